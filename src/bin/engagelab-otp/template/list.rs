//! `engagelab-otp template list`

use clap::Args;
use engagelab_otp::{Client, TemplateSummary};
use serde_json::json;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::output::{Output, say};

/// List the templates.
///
/// Prints id, status and channels of each, and how many SMS its text needs (each is billed), parted by tabs; as
/// JSON {"templates": [TemplateSummary, …]}, as the OpenAPI document describes it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp template list
  engagelab-otp template list -o json | jq -r '.templates[].template_id'")]
pub(crate) struct Arguments {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let templates = arguments.connection.open()?.call(Client::list_templates)?;
    if templates.is_empty() {
        say("There are no templates.");
    }
    let lines: Vec<String> = templates.iter().map(line).collect();
    arguments.output.print_table(&lines, &json!({ "templates": templates }))
}

fn line(template: &TemplateSummary) -> String {
    let id = template.template_id.as_deref().unwrap_or("-");
    let status = template.status.map_or("-", |status| status.name());
    let channels = template.send_channel_strategy.as_deref().unwrap_or("-");
    let parts = template.sms_config.as_ref().and_then(|sms| sms.template_parts);
    let parts = parts.map_or("-".to_owned(), |parts| parts.to_string());
    format!("{id}\t{status}\t{channels}\t{parts}")
}
