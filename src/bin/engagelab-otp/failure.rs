//! Why a command did not end well: what is said on standard error, to people or to programs, and the exit code.

use std::error::Error as StdError;
use std::fmt::{self, Write as _};

use engagelab_otp::InvalidInput;
use serde_json::{Map, Value, json};

use crate::exit::Exit;

/// What is said on standard error, and the exit code.
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// Empty if everything has been said.
    pub(crate) reason: String,
    /// What to do now; one sentence or more.
    pub(crate) advice: Option<String>,
    /// Whether `doctor` finds out more.
    is_for_doctor: bool,
    /// Members of the JSON object that are not null.
    details: Map<String, Value>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, reason: impl fmt::Display) -> Self {
        Self { exit, reason: reason.to_string(), advice: None, is_for_doctor: false, details: Map::new() }
    }

    /// The command cannot do what it was given.
    pub(crate) fn usage(reason: impl fmt::Display) -> Self {
        Self::new(Exit::Usage, reason)
    }

    /// A check came to a no, and has said so where its answer belongs.
    pub(crate) fn no() -> Self {
        Self::new(Exit::No, "")
    }

    /// The service has acted, and the result could not be printed: whoever reads only the exit code must not take
    /// that for a failure which can be repeated.
    pub(crate) fn result_lost(done: &str, error: &std::io::Error) -> Self {
        Self::new(Exit::Unknown, format!("{done}, but standard output cannot be written: {error}"))
            .with_advice(
                "Do not run this again: it has been done. What would have been printed stands above.",
            )
            .with("kind", "output")
    }

    pub(crate) fn with_advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// With one more sentence of advice.
    pub(crate) fn with_more_advice(self, sentence: &str) -> Self {
        let advice = self.advice.iter().map(String::as_str).chain([sentence]).collect::<Vec<_>>().join(" ");
        self.with_advice(advice)
    }

    /// With the advice to run `doctor`, for everybody but itself.
    pub(crate) fn with_doctor(self) -> Self {
        Self { is_for_doctor: true, ..self }
    }

    /// All that is advised.
    pub(crate) fn whole_advice(&self) -> Option<String> {
        let doctor = self.is_for_doctor.then_some("`engagelab-otp doctor` looks where it fails.");
        let parts: Vec<_> = self.advice.as_deref().into_iter().chain(doctor).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// With a member of the JSON object.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The same members for every failure, null where there is nothing to say.
    pub(crate) fn json(&self) -> Value {
        let mut object =
            json!({ "error": self.reason, "advice": self.whole_advice(), "exit_code": self.exit.code() });
        for name in MEMBERS {
            object[name] = Value::Null;
        }
        object["kind"] = json!(match self.exit {
            Exit::Done | Exit::No => "no",
            Exit::Usage => "usage",
            Exit::Rejected | Exit::RateLimited => "service",
            Exit::NotSent | Exit::Unknown => "transport",
        });
        object["outcome"] = json!(self.exit.outcome());
        for (name, value) in &self.details {
            object[name] = value.clone();
        }
        object
    }
}

impl From<InvalidInput> for Failure {
    fn from(invalid: InvalidInput) -> Self {
        let name = FIELDS.iter().find(|(field, _)| *field == invalid.field()).map(|(_, name)| *name);
        Self::usage(format!("{} {}", name.unwrap_or(invalid.field()), invalid.rule()))
            .with("kind", "invalid_input")
            .with("field", invalid.field())
            .with("rule", invalid.rule())
    }
}

/// An error and what caused it, on one line. The library keeps secrets, codes and addresses out of both.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

/// Fields whose names in the document are not those of people.
const FIELDS: [(&str, &str); 13] = [
    ("to", "the recipient"),
    ("code", "the code"),
    ("message_id", "the message id"),
    ("template.id", "the template's id"),
    ("template_id", "the template's id"),
    ("base_url", "the service's address"),
    ("dev_key", "the API key"),
    ("dev_secret", "the API key's secret"),
    ("system_id", "the SMPP system id"),
    ("password", "the SMPP password"),
    ("proxy", "the proxy's address"),
    ("callback_url", "the address for callbacks"),
    ("language", "the language"),
];

/// The members of the JSON object besides `error`, `advice` and `exit_code`.
const MEMBERS: [&str; 14] = [
    "kind",
    "outcome",
    "operation",
    "attempts",
    "status",
    "code",
    "class",
    "service_message",
    "retry_after",
    "request_id",
    "field",
    "rule",
    "line",
    "cause",
];
