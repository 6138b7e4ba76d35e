//! What the three ways to send have in common: a recipient, and a template with values for its variables.

use std::collections::BTreeMap;

use clap::Args;
use engagelab_otp::{Channel, Language, Recipient, SendReceipt, TemplateRef};
use serde_json::{Value, json};

use crate::connection::Session;
use crate::dry_run::{MASK, masked_params};
use crate::failure::Failure;
use crate::output::{Output, say};

/// To whom, and by which template.
#[derive(Args)]
pub(crate) struct SendArgs {
    /// A phone number with + and country code, or an e-mail address
    to: String,
    /// The template's id
    #[arg(long, short, value_name = "ID")]
    template: String,
    #[command(flatten)]
    params: Params,
}

/// The language of the text, where it can be chosen.
#[derive(Args)]
pub(crate) struct LanguageArg {
    /// The language of the text, such as en or zh_CN; the template's own unless given
    #[arg(long, short, value_name = "LANGUAGE")]
    pub(crate) language: Option<String>,
}

/// Values for a template's variables.
#[derive(Args)]
pub(crate) struct Params {
    /// The value of one of the template's variables; can be given several times
    #[arg(long = "param", short, value_name = "NAME=VALUE")]
    params: Vec<String>,
}

/// A send that was checked.
pub(crate) struct CheckedSend {
    pub(crate) to: Recipient,
    pub(crate) template: TemplateRef,
    id: String,
    language: Option<String>,
    params: BTreeMap<String, String>,
}

impl SendArgs {
    /// Checks everything. `hint` says how this command takes a code, for those who give one as a parameter.
    pub(crate) fn check(&self, language: Option<&str>, hint: &str) -> Result<CheckedSend, Failure> {
        // Not by clap, whose errors repeat what was given.
        let to = self.to.parse()?;
        let params = self.params.check(hint)?;
        let mut template = TemplateRef::new(&self.template)?;
        if let Some(language) = language {
            template = template.language(Language::new(language)?);
        }
        for (name, value) in &params {
            template = template.param(name, value);
        }
        Ok(CheckedSend {
            to,
            template,
            id: self.template.clone(),
            language: language.map(str::to_owned),
            params,
        })
    }
}

impl Params {
    /// Reads each `NAME=VALUE`, without repeating any value in what is said about it.
    pub(crate) fn check(&self, hint: &str) -> Result<BTreeMap<String, String>, Failure> {
        let mut params = BTreeMap::new();
        for param in &self.params {
            let Some((name, value)) = param.split_once('=') else {
                return Err(Failure::usage("each --param must be NAME=VALUE, and one has no `=`"));
            };
            let name = name.trim();
            if name.eq_ignore_ascii_case("code") {
                return Err(Failure::usage(
                    "codes are not taken from the command line, where other users can read them",
                )
                .with_advice(hint));
            }
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err(Failure::usage(
                    "the name of each --param must not be empty, and must have no control characters",
                ));
            }
            if params.insert(name.to_owned(), value.to_owned()).is_some() {
                return Err(Failure::usage(format!("--param {name} is given twice")));
            }
        }
        Ok(params)
    }
}

impl CheckedSend {
    /// The body of the request, with everything masked that is somebody's.
    pub(crate) fn masked_body(&self) -> Value {
        let mut template = json!({ "id": self.id });
        if let Some(language) = &self.language {
            template["language"] = json!(language);
        }
        if !self.params.is_empty() {
            template["params"] = masked_params(&self.params);
        }
        json!({ "to": self.to.to_string(), "template": template })
    }

    /// The same with a code of its own.
    pub(crate) fn masked_body_with_code(&self) -> Value {
        let mut body = self.masked_body();
        body["code"] = json!(MASK);
        body
    }

    /// The question before it is sent. The number stands there whole, so that it can be checked.
    pub(crate) fn question(&self, session: &Session) -> String {
        format!("Send `{}` to {} through {}, for real?", self.id, self.to.expose(), session.place())
    }

    /// Prints the message's id, and says where it goes.
    pub(crate) fn report(&self, receipt: &SendReceipt, output: &Output) -> Result<(), Failure> {
        let channel = receipt.send_channel.as_ref().map(Channel::as_str);
        let by = channel.map(|name| format!(" by {name}")).unwrap_or_default();
        say(&format!("On its way to {}{by}.", self.to));
        let id = receipt.message_id.as_str();
        let json = json!({ "message_id": id, "channel": channel, "request_id": receipt.request_id() });
        output.print_result(id, &json, &format!("the message was sent, and its id is {id}"))
    }
}
