//! What is shown and asked before a batch is sent, and the words for what it came to.

use std::fmt::Write as _;

use engagelab_otp::ErrorCode;
use engagelab_otp::batch::{Batch, Counts, Input, Row};
use serde_json::{Value, json};

use crate::dry_run::MASK;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Output, counted, say, warn};
use crate::prompt::Confirmation;

/// The failure of a file with bad rows; none if there are none, or they are to be skipped.
pub(super) fn problems(input: &Input, skips: bool) -> Option<Failure> {
    let count = input.invalid();
    if count == 0 {
        return None;
    }
    let listed: Vec<String> = input.problems().iter().map(|problem| format!("  {problem}")).collect();
    let more = count.saturating_sub(u64::try_from(listed.len()).unwrap_or_default());
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let are = if count == 1 { "is" } else { "are" };
    let rows = format!("{count} of {} {are} bad", counted(input.rows(), "row"));
    let text = format!("{}: {rows}:\n{}{more}", input.path().display(), listed.join("\n"));
    if skips {
        warn(&format!("{text}\nThey are left out."));
        return None;
    }
    let advice = "Nothing was sent. Correct them, or leave them out with --skip-invalid.";
    let mut failure = Failure::usage(text).with_advice(advice).with("kind", "batch");
    // Programs get the first one; --check has them all.
    if let Some(first) = input.problems().first() {
        failure = failure.with("field", first.field()).with("rule", first.rule()).with("line", first.line());
    }
    Some(failure)
}

/// Says what was cut off at the end of a journal.
pub(super) fn torn(octets: u64) {
    if octets > 0 {
        warn(&format!(
            "the journal ended in {}: the rest of a record, as a crash leaves it; the rows that were being sent then are \
             unknown",
            counted(octets, "octet")
        ));
    }
}

/// Says how many rows of a file are good.
pub(super) fn checked(input: &Input, output: &Output) -> Result<(), Failure> {
    let (rows, good) = (input.rows(), input.good());
    let problems: Vec<Value> = input
        .problems()
        .iter()
        .map(|problem| json!({ "line": problem.line(), "field": problem.field(), "rule": problem.rule() }))
        .collect();
    let json = json!({
        "rows": rows,
        "good": good,
        "invalid": input.invalid(),
        "duplicates": input.duplicates(),
        "problems": problems,
    });
    output.print(&format!("{good} of {} can be sent", counted(rows, "row")), &json)
}

/// Shows the first rows as they would be sent.
pub(super) fn dry_run(rows: &[Row], all: u64, output: &Output) -> Result<(), Failure> {
    let mut lines = Vec::new();
    let mut objects = Vec::new();
    for row in rows {
        let template = serde_json::to_value(row.template()).unwrap_or_default();
        let mut template = template;
        if let Some(params) = template.get_mut("params").and_then(Value::as_object_mut) {
            params.values_mut().for_each(|value| *value = json!(MASK));
        }
        let mut body = json!({ "to": row.to().to_string(), "template": template });
        if row.has_code() {
            body["code"] = json!(MASK);
        }
        lines.push(format!("row {}: {body}", row.number()));
        objects.push(json!({ "row": row.number(), "body": body }));
    }
    output.print(&lines.join("\n"), &json!({ "rows": all, "first": objects }))?;
    say("Nothing was sent.");
    Ok(())
}

/// Asks before it is sent, and once more before a row is sent that may have been sent before.
pub(super) fn confirm(
    confirmation: &Confirmation,
    batch: &Batch,
    resends: bool,
    what: &str,
    place: &str,
    is_sandbox: bool,
) -> Result<(), Failure> {
    let (to_send, counts) = (batch.to_send(), batch.counts());
    if counts.accepted > 0 {
        let (accepted, were) = (counts.accepted, if counts.accepted == 1 { "was" } else { "were" });
        say(&format!("Going on with an earlier run, by which {} {were} accepted.", counted(accepted, "row")));
    }
    if resends && counts.unknown > 0 {
        let question = format!(
            "{} may have been sent before. Send again, so that some recipients may get two messages?",
            counted(counts.unknown, "row")
        );
        confirmation.obtain(&question, is_sandbox)?;
    }
    let rows = counted(to_send, "row");
    confirmation.obtain(&format!("Send {rows} {what} through {place}, for real?"), is_sandbox)
}

/// Where rows stand, on one line.
pub(super) fn counts(counts: &Counts) -> String {
    let parts = [
        (counts.accepted, "accepted"),
        (counts.rejected, "rejected"),
        (counts.unknown, "unknown"),
        (counts.left, "left"),
        (counts.invalid, "bad"),
        (counts.duplicates, "duplicate"),
    ];
    let mut text = format!("{} of {} accepted", counts.accepted, counts.rows);
    for (count, name) in parts.into_iter().skip(1).filter(|(count, _)| *count > 0) {
        // Writing to a string cannot fail.
        let _ = write!(text, ", {count} {name}");
    }
    text
}

/// A reason in words: the service's codes have names.
pub(super) fn reason(reason: &str) -> String {
    if let Some(limit) = reason.strip_prefix("guard_") {
        return match limit {
            "store" => "the guard's store does not answer".to_owned(),
            "store_full" => "the guard's store is full".to_owned(),
            limit => format!("denied by the guard, {}", limit.replace('_', " ")),
        };
    }
    match reason.parse::<i64>() {
        Ok(429) => "asked to slow down (HTTP 429)".to_owned(),
        Ok(code) => format!("{code}, {}", ErrorCode::from(code).name().replace('_', " ")),
        // The names of SMPP's statuses stay as the standard has them.
        Err(_) if reason.starts_with("ESME") => reason.to_owned(),
        Err(_) => {
            let words = WORDS.iter().find(|(name, _)| *name == reason).map(|(_, words)| *words);
            words.map_or_else(|| reason.replace('_', " "), str::to_owned)
        }
    }
}

/// Reasons whose names do not say enough.
const WORDS: [(&str, &str); 9] = [
    ("connect", "no connection to the service"),
    ("no_link", "no connection to the service"),
    ("resolve", "the service's host has no address"),
    ("tls", "no TLS with the service"),
    ("certificate", "the service's certificate is not trusted"),
    ("proxy", "the proxy does not connect"),
    ("timeout", "no answer in time"),
    ("status", "an answer that is not the service's"),
    ("interrupted", "being sent when the run ended"),
];

/// How many rows `--dry-run` shows.
pub(super) const SHOWN: usize = 3;

/// What a batch that stands like this means for whoever reads its journal.
pub(super) fn exit_of(counts: &Counts) -> Exit {
    match counts {
        counts if counts.unknown > 0 => Exit::Unknown,
        counts if counts.left > 0 => Exit::NotSent,
        counts if counts.rejected > 0 => Exit::Rejected,
        _ => Exit::Done,
    }
}
