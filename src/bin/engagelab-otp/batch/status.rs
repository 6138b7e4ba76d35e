//! `engagelab-otp batch status`

use std::path::PathBuf;

use clap::Args;
use engagelab_otp::batch::JournalReport;
use serde_json::json;

use super::ask;
use super::settings::failure;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Show how far a batch is, from its journal; also while it runs.
///
/// A row that is being sent counts as unknown meanwhile, and rows that were left out, bad ones and duplicates, as left:
/// the journal does not name them. Exit code: as of the batch. As JSON {"transport": "http", "kind": "otp", "template":
/// "login", "counts": {"rows": 3, "accepted": 2, …}, "reasons": [{"state": "rejected", "reason": "5011", "count": 1}],
/// "torn": 0}, where torn counts the octets at the end of the journal that are no whole record, as a crash leaves them.
#[derive(Args)]
#[command(after_help = "\
Example:
  engagelab-otp batch status customers.csv.journal")]
pub(super) struct Arguments {
    /// The journal: FILE.journal, unless --journal named another
    #[arg(value_hint = clap::ValueHint::FilePath)]
    journal: PathBuf,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let report = JournalReport::read(&arguments.journal).map_err(|error| failure(&error))?;
    ask::torn(report.torn);
    let mut lines = vec![ask::counts(&report.counts)];
    let mut reasons = Vec::new();
    for ((state, reason), count) in &report.reasons {
        lines.push(format!("{count} {state}: {}", ask::reason(reason)));
        reasons.push(json!({ "state": state, "reason": reason, "count": count }));
    }
    let json = json!({
        "transport": report.transport,
        "kind": report.kind,
        "template": report.template,
        "counts": report.counts,
        "reasons": reasons,
        "torn": report.torn,
    });
    arguments.output.print_table(&lines, &json)?;
    match ask::exit_of(&report.counts) {
        Exit::Done => Ok(()),
        exit => Err(Failure::new(exit, "")),
    }
}
