//! `engagelab-otp template show`

use clap::Args;
use engagelab_otp::TemplateId;
use serde_json::{Value, json};

use super::definition;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{Output, write};

/// Show one template, with what its channels say.
///
/// As JSON, the TemplateDetails of the OpenAPI document; with --definition, the file that `template create` takes.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp template show login
  engagelab-otp template show login --definition > login.json")]
pub(crate) struct Arguments {
    /// The template's id
    id: String,
    /// Print a definition that `template create` takes, and nothing else, as JSON
    #[arg(long)]
    definition: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let id: TemplateId = arguments.id.parse()?;
    let details = arguments.connection.open()?.call(|client| client.get_template(&id))?;
    if arguments.definition {
        return write(&format!("{:#}\n", json!(definition::of(&details)?)));
    }
    let mut text = Vec::new();
    let json = json!(details);
    lines(&json, "", &mut text);
    if let Some(status) = details.status {
        let number = format!("status: {}", status.value());
        text.iter_mut()
            .filter(|line| **line == number)
            .for_each(|line| *line = format!("status: {}", status.name()));
    }
    arguments.output.print(&text.join("\n"), &json)
}

/// Each value on a line, after the path to it.
fn lines(value: &Value, path: &str, found: &mut Vec<String>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| lines(value, &below(name), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| lines(item, &below(&index.to_string()), found));
        }
        Value::String(text) => found.push(format!("{path}: {}", text.replace('\n', "\n    "))),
        value => found.push(format!("{path}: {value}")),
    }
}
