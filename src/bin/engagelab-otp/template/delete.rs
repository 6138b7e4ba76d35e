//! `engagelab-otp template delete`

use clap::Args;
use engagelab_otp::TemplateId;
use engagelab_otp::api::operations::DELETE_TEMPLATE;
use serde_json::json;

use crate::connection::Connection;
use crate::dry_run;
use crate::failure::Failure;
use crate::output::Output;
use crate::prompt::Confirmation;

/// Delete a template.
///
/// Prints the id; as JSON {"template_id": "…", "deleted": true}.
#[derive(Args)]
#[command(after_help = "\
Examples:
  engagelab-otp template delete login
  engagelab-otp template delete login --dry-run")]
pub(crate) struct Arguments {
    /// The template's id
    id: String,
    #[command(flatten)]
    confirmation: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let id: TemplateId = arguments.id.parse()?;
    let session = arguments.connection.open()?;
    if arguments.confirmation.dry_run {
        let place = percent_encoding::utf8_percent_encode(id.as_str(), percent_encoding::NON_ALPHANUMERIC);
        let path = DELETE_TEMPLATE.path.replace(PLACE, &place.to_string());
        return dry_run::show(&session, &DELETE_TEMPLATE, &path, None, &arguments.output);
    }
    let question = format!("Delete the template `{id}` at {}, for good?", session.place());
    arguments.confirmation.obtain(&question, session.is_sandbox)?;
    session.act(&DELETE_TEMPLATE, |client| client.delete_template(&id))?;
    let json = json!({ "template_id": id.as_str(), "deleted": true });
    arguments.output.print_result(id.as_str(), &json, &format!("the template {id} was deleted"))
}

/// Where the id stands in the path.
const PLACE: &str = "{templateId}";
