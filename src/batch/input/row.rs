//! One row, from the fields of a file to what is sent.

use std::fmt;

use super::{InputOptions, Kind};
use crate::api::types::{MessageTemplateReference, TemplateReference};
#[cfg(feature = "smpp")]
use crate::smpp::Message;
use crate::{Code, InvalidInput, Language, Recipient, TemplateRef};

/// One row that can be sent. Its `Debug` form shows no address, value or code.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub(in crate::batch) number: u32,
    pub(in crate::batch) line: u64,
    pub(in crate::batch) to: Recipient,
    pub(in crate::batch) template: TemplateRef,
    pub(in crate::batch) code: Option<Code>,
}

impl Row {
    /// Its number, counted from 1; the header is none.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The line on which it begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Who gets it.
    pub fn to(&self) -> &Recipient {
        &self.to
    }

    /// By which template.
    pub fn template(&self) -> &TemplateRef {
        &self.template
    }

    /// Whether it has a code of its own.
    pub fn has_code(&self) -> bool {
        self.code.is_some()
    }

    /// Checks everything that would be checked before it is sent.
    pub(super) fn checked(fields: Fields, options: &InputOptions, number: u32) -> Result<Self, Problem> {
        let row = Self::of(fields, options, number)?;
        row.can_be_sent(options).map_err(|invalid| Problem::of(number, row.line, &invalid))?;
        Ok(row)
    }

    /// A row of these fields, without what whoever sends it checks once more.
    pub(super) fn of(fields: Fields, options: &InputOptions, number: u32) -> Result<Self, Problem> {
        let line = fields.line;
        let bad = |invalid: InvalidInput| Problem::of(number, line, &invalid);
        let missing = |field, rule| bad(InvalidInput::new(field, rule));
        let Some(to) = fields.to else { return Err(missing("to", "must be given")) };
        let to: Recipient = to.parse().map_err(bad)?;
        let mut template = match (fields.template, &options.template) {
            (Some(id), _) => TemplateRef::new(id).map_err(bad)?,
            (None, Some(id)) => TemplateRef::from(id.clone()),
            (None, None) => return Err(missing("template", "must be given, here or for all rows")),
        };
        let language = fields.language.as_deref().map(Language::new).transpose().map_err(bad)?;
        if let Some(language) = language.or_else(|| options.language.clone()) {
            template = template.language(language);
        }
        for (name, value) in fields.params {
            template = template.param(name, value);
        }
        let code = fields.code.map(Code::new).transpose().map_err(bad)?;
        match (options.kind, &code) {
            (Kind::Code, None) => return Err(missing("code", "must be given for codes of your own")),
            (Kind::Code, Some(_)) | (_, None) => {}
            (Kind::Message | Kind::Marketing, Some(_)) => {
                return Err(missing("code", "must be the variable `param.code` of a message"));
            }
            (Kind::Otp, Some(_)) => {
                return Err(missing("code", "must be left out: the service makes the code up"));
            }
        }
        Ok(Self { number, line, to, template, code })
    }

    /// What the client would refuse is refused here.
    fn can_be_sent(&self, options: &InputOptions) -> Result<(), InvalidInput> {
        #[cfg(feature = "smpp")]
        if options.over_smpp {
            return message(options.kind, self)?.to_short_message().map(drop);
        }
        match options.kind {
            Kind::Message | Kind::Marketing => MessageTemplateReference::try_from(&self.template).map(drop),
            Kind::Otp | Kind::Code => TemplateReference::try_from(&self.template).map(drop),
        }
    }
}

/// A row as SMPP sends it.
#[cfg(feature = "smpp")]
pub(in crate::batch) fn message(kind: Kind, row: &Row) -> Result<Message, InvalidInput> {
    match (kind, &row.code) {
        (Kind::Code, Some(code)) => Message::code(&row.to, &row.template, code),
        (Kind::Marketing, _) => Message::marketing(&row.to, &row.template),
        _ => Message::notification(&row.to, &row.template),
    }
}

/// The fields of a row, as they stand in the file.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) line: u64,
    to: Option<String>,
    template: Option<String>,
    language: Option<String>,
    code: Option<String>,
    params: Vec<(String, String)>,
}

impl Fields {
    pub(super) fn on_line(line: u64) -> Self {
        Self { line, ..Self::default() }
    }

    /// Sets a field, by the name of its column or member. What is empty counts as not given, but for variables.
    pub(super) fn set(&mut self, name: &str, value: String) {
        if let Some(variable) = name.strip_prefix(PARAM) {
            self.params.push((variable.to_owned(), value));
            return;
        }
        let value = Some(value).filter(|value| !value.is_empty());
        match name {
            "to" => self.to = value,
            "template" => self.template = value,
            "language" => self.language = value,
            "code" => self.code = value,
            _ => {}
        }
    }

    pub(super) fn has_code(&self) -> bool {
        self.code.is_some() || self.params.iter().any(|(name, _)| name.eq_ignore_ascii_case("code"))
    }
}

/// Whether a column or member can have this name.
pub(super) fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || name.strip_prefix(PARAM).is_some_and(|variable| !variable.is_empty())
}

/// What is wrong with one row: where, which field, and what it must be. It repeats no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    row: u32,
    line: u64,
    field: String,
    rule: String,
}

impl Problem {
    pub(super) fn new(line: u64, field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { row: 0, line, field: field.into(), rule: rule.into() }
    }

    fn of(row: u32, line: u64, invalid: &InvalidInput) -> Self {
        Self { row, ..Self::new(line, invalid.field(), invalid.rule()) }
    }

    pub(super) fn of_row(self, row: u32) -> Self {
        Self { row, ..self }
    }

    /// Of a row, with its line, that is the same as the one on an earlier line.
    pub(super) fn duplicate((row, line): (u32, u64), earlier: u32) -> Self {
        Self { row, ..Self::new(line, "row", format!("must not be the same as the one on line {earlier}")) }
    }

    /// The row's number, counted from 1.
    pub fn row(&self) -> u32 {
        self.row
    }

    /// The line on which the row begins.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// What it must be.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {} {}", self.line, self.field, self.rule)
    }
}

/// The columns there are, besides those of variables.
pub(super) const NAMES: [&str; 4] = ["to", "template", "language", "code"];
/// What the names of variables' columns begin with.
pub(super) const PARAM: &str = "param.";
