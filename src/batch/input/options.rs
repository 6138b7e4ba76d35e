//! How an input is read, and what its rows are sent as.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::{InvalidInput, Language, TemplateId};

/// How an input is read, and what its rows are sent as.
#[derive(Clone, Debug)]
pub struct InputOptions {
    pub(in crate::batch) format: Format,
    pub(in crate::batch) kind: Kind,
    pub(in crate::batch) template: Option<TemplateId>,
    pub(in crate::batch) language: Option<Language>,
    pub(in crate::batch) duplicates: Duplicates,
    pub(in crate::batch) over_smpp: bool,
}

/// One list, from which names are written and read.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident $field:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| {
                    let names: Vec<_> = Self::ALL.iter().map(|one| one.as_str()).collect();
                    InvalidInput::of($field, format!("must be one of {}", names.join(", ")))
                })
            }
        }
    };
}

named! {
    /// What an input is written in.
    Format "format" {
        /// Comma-separated values with a header, in UTF-8.
        Csv = "csv",
        /// One JSON object on each line.
        JsonLines = "jsonl",
    }
}

named! {
    /// What the rows are sent as.
    Kind "kind" {
        /// One-time passwords that the service makes up.
        Otp = "otp",
        /// One-time passwords of your own, from the column `code`.
        Code = "code",
        /// Notifications, or messages of any kind over HTTP.
        Message = "message",
        /// Marketing messages.
        Marketing = "marketing",
    }
}

named! {
    /// What becomes of a row that is the same as an earlier one, in all that would be sent.
    Duplicates "duplicates" {
        /// It is bad.
        Refuse = "refuse",
        /// It is not sent.
        Skip = "skip",
        /// It is sent too.
        Send = "send",
    }
}

impl Format {
    /// The format that a file's name tells: JSON Lines for `.jsonl`, `.ndjson` and `.json`, else CSV.
    pub fn of_path(path: impl AsRef<Path>) -> Self {
        let extension =
            path.as_ref().extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" | "json" => Self::JsonLines,
            _ => Self::Csv,
        }
    }
}

impl InputOptions {
    /// One-time passwords to the rows of an input in this format.
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            kind: Kind::Otp,
            template: None,
            language: None,
            duplicates: Duplicates::Refuse,
            over_smpp: false,
        }
    }

    /// The same, in the [format that the file's name tells](Format::of_path).
    pub fn of_path(path: impl AsRef<Path>) -> Self {
        Self::new(Format::of_path(path))
    }

    /// What the rows are sent as; [`Kind::Otp`] by default.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The template of rows that name none.
    #[must_use]
    pub fn template(self, template: TemplateId) -> Self {
        Self { template: Some(template), ..self }
    }

    /// The language of rows that name none.
    #[must_use]
    pub fn language(self, language: Language) -> Self {
        Self { language: Some(language), ..self }
    }

    /// For a batch over SMPP, which reaches phones alone.
    #[cfg(feature = "smpp")]
    #[must_use]
    pub fn over_smpp(self) -> Self {
        Self { over_smpp: true, ..self }
    }

    /// What becomes of rows that are the same as an earlier one; they are bad by default.
    #[must_use]
    pub fn duplicates(self, duplicates: Duplicates) -> Self {
        Self { duplicates, ..self }
    }
}
