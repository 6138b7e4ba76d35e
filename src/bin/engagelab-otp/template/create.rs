//! `engagelab-otp template create`

use std::path::PathBuf;

use clap::Args;
use engagelab_otp::TemplateDefinition;
use engagelab_otp::api::operations::CREATE_TEMPLATE;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::file;
use crate::output::Output;
use crate::prompt::{self, Confirmation};

/// Create a template from a JSON file.
///
/// The file holds one TemplateDefinition of the OpenAPI document, and nothing that is not known there. The template
/// can be sent once its status is approved. Prints the id; as JSON {"template_id": "…", "created": true}.
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{LEAST}"))]
pub(crate) struct Arguments {
    /// The file, or - for standard input
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let definition = parse(&read(arguments)?, arguments)?;
    let session = arguments.connection.open()?;
    if arguments.confirmation.dry_run {
        let body = json!(definition);
        let path = CREATE_TEMPLATE.path;
        return dry_run::show(&session, &CREATE_TEMPLATE, path, Some(&body), &arguments.output);
    }
    let id = definition.id().as_str();
    let question = format!("Create the template `{id}` at {}?", session.place());
    arguments.confirmation.obtain(&question, session.is_sandbox)?;
    session.act(&CREATE_TEMPLATE, |client| client.create_template(&definition))?;
    let json = json!({ "template_id": id, "created": true });
    arguments.output.print_result(id, &json, &format!("the template {id} was created"))
}

/// The definition, if the text is JSON and keeps the service's rules.
fn parse(text: &str, arguments: &Arguments) -> Result<TemplateDefinition, Failure> {
    // Some editors begin a file so.
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let what =
            if text.trim().is_empty() { "is empty".to_owned() } else { format!("{place}: this is not JSON") };
        refuse(arguments, &what).with("kind", "invalid_input").with("line", error.line())
    })?;
    if !value.is_object() {
        return Err(refuse(arguments, "must be one object, as `template create --help` shows")
            .with("kind", "invalid_input"));
    }
    TemplateDefinition::try_from(value).map_err(|invalid| {
        refuse(arguments, &invalid.to_string())
            .with("kind", "invalid_input")
            .with("field", invalid.field())
            .with("rule", invalid.rule())
    })
}

fn read(arguments: &Arguments) -> Result<String, Failure> {
    if arguments.file.as_os_str() == "-" {
        return prompt::standard_input("the template", LARGEST);
    }
    let octets = file::read(&arguments.file, "template file", LARGEST)?;
    String::from_utf8(octets).map_err(|_| refuse(arguments, "is not UTF-8"))
}

fn refuse(arguments: &Arguments, what: &str) -> Failure {
    if arguments.file.as_os_str() == "-" {
        return Failure::usage(format!("template on standard input: {what}"));
    }
    Failure::usage(format!("template file {}: {what}", arguments.file.display()))
}

const LARGEST: usize = 1 << 20;

const EXAMPLES: &str = "\
Examples:
  engagelab-otp template create login.json
  engagelab-otp template show login --definition \\
    | engagelab-otp template create - --sandbox";

const LEAST: &str = "\
The least that a file can hold:
  {
    \"template_id\": \"login\",
    \"send_channel_strategy\": \"sms\",
    \"verify_code_config\": {
      \"verify_code_type\": 1,
      \"verify_code_len\": 6,
      \"verify_code_ttl\": 5
    },
    \"sms_config\": {
      \"template_type\": 1,
      \"template_default_config\": {
        \"contain_security\": true,
        \"contain_expire\": true
      }
    }
  }";
