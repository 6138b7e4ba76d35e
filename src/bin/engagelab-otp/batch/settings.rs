//! What rows are sent as, and how a file is read.

use std::num::NonZeroUsize;
use std::path::Path;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use engagelab_otp::batch::{BatchError, BatchErrorKind, Duplicates, Format, InputOptions, Kind};
use engagelab_otp::{Language, TemplateId};

use crate::failure::{Failure, chain};

/// What the rows of a file are.
#[derive(Args)]
pub(super) struct RowArguments {
    /// What the rows are sent as: otp, codes that the service makes up; code, codes of your own from the column
    /// `code`; message; or marketing
    #[arg(long, short, value_name = "KIND", default_value = "otp", value_parser = names(Kind::ALL, Kind::as_str))]
    kind: String,
    /// The template of rows that name none
    #[arg(long, short, value_name = "ID")]
    template: Option<String>,
    /// The language of rows that name none, such as en or zh_CN
    #[arg(long, short, value_name = "LANGUAGE")]
    language: Option<String>,
    /// What becomes of a row that is the same as an earlier one
    #[arg(long, value_name = "WHAT", default_value = "refuse", value_parser = names(Duplicates::ALL, Duplicates::as_str))]
    duplicates: String,
    #[command(flatten)]
    format: FormatArgument,
}

/// How a file is written.
#[derive(Args)]
pub(super) struct FormatArgument {
    /// The file's format; unless given, its name tells: JSON Lines for .jsonl, .ndjson and .json, else CSV
    #[arg(long, value_name = "FORMAT", value_parser = names(Format::ALL, Format::as_str))]
    format: Option<String>,
}

fn names<T: Copy>(
    all: &[T],
    name: fn(T) -> &'static str,
) -> impl clap::builder::TypedValueParser<Value = String> + use<T> {
    PossibleValuesParser::new(all.iter().map(|one| name(*one)).collect::<Vec<_>>()).map(|text| text)
}

impl FormatArgument {
    pub(super) fn of(&self, path: &Path) -> Result<Format, Failure> {
        Ok(self.format.as_deref().map(str::parse).transpose()?.unwrap_or_else(|| Format::of_path(path)))
    }
}

impl RowArguments {
    pub(super) fn options(&self, path: &Path) -> Result<InputOptions, Failure> {
        let mut options = InputOptions::new(self.format.of(path)?)
            .kind(self.kind.parse()?)
            .duplicates(self.duplicates.parse()?);
        if let Some(id) = &self.template {
            options = options.template(TemplateId::new(id)?);
        }
        if let Some(name) = &self.language {
            options = options.language(Language::new(name)?);
        }
        Ok(options)
    }

    /// For the question before it: as what, by which template.
    pub(super) fn what(&self) -> String {
        match &self.template {
            Some(template) => format!("as {} by `{template}`", self.kind),
            None => format!("as {} by the templates of the file", self.kind),
        }
    }
}

/// So many a second, written as `50` or `50/s`.
pub(super) fn rate(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    number.parse().map_err(|_| "must be a number of requests a second, such as 50/s".to_owned())
}

/// What keeps a batch from being run, and what to do about it.
pub(super) fn failure(error: &BatchError) -> Failure {
    let path = error.path().display();
    let reason = match (error.kind(), std::error::Error::source(error)) {
        // It names the file too.
        (BatchErrorKind::Journal, Some(cause)) => format!("journal: {}", chain(cause)),
        _ => chain(error),
    };
    let failure = Failure::usage(reason).with("kind", "batch");
    match error.kind() {
        BatchErrorKind::NotAFile => failure.with_advice("Write it to a file first."),
        BatchErrorKind::OpenToOthers => failure.with_advice(format!("Run: chmod 600 {path}")),
        BatchErrorKind::Changed => failure.with_advice("Leave it as it is while it is sent, then run this again."),
        BatchErrorKind::InUse => {
            failure.with_advice("`engagelab-otp batch status` tells how far it is; it reads the journal meanwhile.")
        }
        BatchErrorKind::OtherBatch(_) => failure.with_advice(
            "To go on with that batch, use what it was begun with. For another batch, name another --journal; who got \
             a message from the first may get one more then.",
        ),
        BatchErrorKind::Damaged(_) => failure.with_advice(
            "Nothing was sent. Take it back from a copy. A new journal, by another --journal, sends once more to those who \
             got a message by this one.",
        ),
        BatchErrorKind::NotAJournal => failure.with_advice("It is FILE.journal unless --journal named another."),
        _ => failure,
    }
}
