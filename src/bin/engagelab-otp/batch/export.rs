//! `engagelab-otp batch export`

use std::io;
use std::path::PathBuf;

use clap::Args;
use engagelab_otp::batch::{BatchErrorKind, InputOptions, export, journal_of};

use super::settings::{FormatArgument, failure};
use crate::failure::Failure;
use crate::output::cannot_write;
use crate::standard_output;

/// Print the file of a batch with what became of each row beside it: state, message_id and reason.
///
/// It is written in the file's own format. Codes are left out; addresses are not.
#[derive(Args)]
#[command(after_help = "\
Example:
  engagelab-otp batch export customers.csv > sent.csv")]
pub(super) struct Arguments {
    /// The file of recipients
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    /// The journal; unless given, FILE.journal
    #[arg(long, value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    journal: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgument,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let options = InputOptions::new(arguments.format.of(&arguments.file)?);
    let journal = arguments.journal.clone().unwrap_or_else(|| journal_of(&arguments.file));
    let out = standard_output::lock().map_err(|error| cannot_write(&error))?;
    match export(&arguments.file, &options, &journal, out) {
        Err(error) if error.kind() == BatchErrorKind::Output => match cause(&error) {
            Some(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Some(cause) => Err(cannot_write(cause)),
            None => Err(failure(&error)),
        },
        result => result.map_err(|error| {
            let failure = failure(&error);
            let path = &arguments.file;
            if path.extension().is_none_or(|extension| extension != "journal") {
                return failure;
            }
            let input = path.with_extension("");
            failure.with_advice(format!(
                "This wants the file of recipients, and not its journal: `batch export {}`, with --journal if the journal \
                 has another name.",
                input.display()
            ))
        }),
    }
}

/// Why it could not be written.
fn cause<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a io::Error> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            return Some(error);
        }
        source = cause.source();
    }
    None
}
