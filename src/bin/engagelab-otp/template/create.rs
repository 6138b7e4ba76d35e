//! `engagelab-otp template create`

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use clap::Args;
use engagelab_otp::api::operations::CREATE_TEMPLATE;
use serde_json::{Value, json};

use super::definition::Definition;
use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt;

/// Create a template from a JSON file.
///
/// The file holds one TemplateDefinition of the OpenAPI document, and nothing that is not known there. The template
/// can be sent once its status is approved. Prints the id; as JSON {"template_id": "…", "created": true}.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file, or - for standard input
    file: PathBuf,
    /// Show the request, and do not send it
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let text = read(arguments)?;
    let fail = |what: &str| refuse(arguments, what);
    let read: Definition = serde_json::from_str(&text).map_err(|error| fail(&error.to_string()))?;
    let definition = read.check().map_err(|invalid| fail(&invalid))?;
    let session = arguments.connection.open()?;
    if arguments.dry_run {
        // It was just read as something narrower.
        let body: Value = serde_json::from_str(&text).map_err(|error| fail(&error.to_string()))?;
        let path = CREATE_TEMPLATE.path;
        return dry_run::show(&session, &CREATE_TEMPLATE, path, Some(&body), &arguments.output);
    }
    session.call(|client| client.create_template(&definition))?;
    let id = definition.id().as_str();
    arguments.output.print(id, &json!({ "template_id": id, "created": true }))
}

fn read(arguments: &Arguments) -> Result<String, Failure> {
    if arguments.file.as_os_str() == "-" {
        return prompt::standard_input("the template", LARGEST);
    }
    let fail = |what: &str| refuse(arguments, what);
    let limit = u64::try_from(LARGEST).unwrap_or(u64::MAX) + 1;
    let mut text = String::new();
    File::open(&arguments.file)
        .and_then(|file| file.take(limit).read_to_string(&mut text))
        .map_err(|error| fail(&format!("cannot be read: {error}")))?;
    if text.len() > LARGEST { Err(fail("larger than 1 MiB")) } else { Ok(text) }
}

fn refuse(arguments: &Arguments, what: &str) -> Failure {
    if arguments.file.as_os_str() == "-" {
        return Failure::usage(format!("template on standard input: {what}"));
    }
    Failure::usage(format!("template file {}: {what}", arguments.file.display()))
}

const LARGEST: usize = 1 << 20;
