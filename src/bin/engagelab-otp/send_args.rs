//! What the three ways to send have in common: somebody, and a template with values for its variables.

use std::collections::BTreeMap;

use clap::Args;
use engagelab_otp::{Channel, Language, Recipient, SendReceipt, TemplateRef};
use serde_json::{Value, json};

use crate::dry_run::{MASK, masked_params};
use crate::failure::{Exit, Failure};
use crate::output::{Output, say};

/// To whom, and by which template.
#[derive(Args)]
pub(crate) struct SendArgs {
    /// A phone number with + and country code, or an e-mail address
    to: String,
    /// The template's id
    #[arg(long, value_name = "ID")]
    template: String,
    /// The value of one of the template's variables; can be given several times
    #[arg(long = "param", value_name = "NAME=VALUE")]
    params: Vec<String>,
}

/// The same, checked.
pub(crate) struct Letter {
    pub(crate) to: Recipient,
    pub(crate) params: BTreeMap<String, String>,
    template: String,
    language: Option<String>,
}

impl SendArgs {
    /// Checks everything. `hint` says how this command takes a code, for those who give one as a parameter.
    pub(crate) fn check(&self, language: Option<&str>, hint: &str) -> Result<Letter, Failure> {
        let letter = Letter {
            // Not by clap, whose errors repeat what was given.
            to: self.to.parse()?,
            params: params(&self.params, hint)?,
            template: self.template.clone(),
            language: language.map(str::to_owned),
        };
        letter.template().map(|_| letter)
    }
}

impl Letter {
    pub(crate) fn template(&self) -> Result<TemplateRef, Failure> {
        let mut template = TemplateRef::new(&self.template)?;
        if let Some(language) = &self.language {
            template = template.language(Language::new(language)?);
        }
        Ok(self.params.iter().fold(template, |template, (name, value)| template.param(name, value)))
    }

    /// The body of the request with everything masked that is somebody's.
    pub(crate) fn preview(&self, with_code: bool) -> Value {
        let mut template = json!({ "id": self.template });
        if let Some(language) = &self.language {
            template["language"] = json!(language);
        }
        if !self.params.is_empty() {
            template["params"] = masked_params(&self.params);
        }
        let mut body = json!({ "to": self.to.to_string(), "template": template });
        if with_code {
            body["code"] = json!(MASK);
        }
        body
    }

    pub(crate) fn question(&self, base_url: &str) -> String {
        format!("Send `{}` to {} through {base_url}, for real?", self.template, self.to)
    }

    /// Prints the message's id, and says where it goes.
    pub(crate) fn report(&self, receipt: &SendReceipt, output: &Output) -> Result<(), Failure> {
        let channel = receipt.send_channel.as_ref().map(Channel::as_str);
        say(&format!(
            "On its way to {}{}.",
            self.to,
            channel.map(|name| format!(" by {name}")).unwrap_or_default()
        ));
        let id = receipt.message_id.as_str();
        output
            .print(id, &json!({ "message_id": id, "channel": channel }))
            .map_err(|failure| sent(id, &failure))
    }
}

/// What is said when a message was sent and its id cannot be printed: whoever reads only the exit code must not
/// send it again.
pub(crate) fn sent(id: &str, failure: &Failure) -> Failure {
    Failure::new(Exit::Unknown, format!("{}; but the message was sent: its id is {id}", failure.reason))
        .with_advice("Do not send it again.")
}

/// Reads `NAME=VALUE`, without repeating any value in what is said about it.
pub(crate) fn params(given: &[String], hint: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut params = BTreeMap::new();
    for param in given {
        let Some((name, value)) = param.split_once('=') else {
            return Err(Failure::usage("--param is NAME=VALUE, and one has no `=`"));
        };
        let name = name.trim();
        if name.eq_ignore_ascii_case("code") {
            return Err(Failure::usage(
                "codes are not taken from the command line, where other users can read them",
            )
            .with_advice(hint));
        }
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(Failure::usage("the name of a --param is empty, or holds control characters"));
        }
        if params.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Failure::usage(format!("--param {name} is given twice")));
        }
    }
    Ok(params)
}
