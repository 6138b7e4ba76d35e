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
pub(crate) struct Arguments {
    /// The template's id
    id: String,
    #[command(flatten)]
    consent: Confirmation,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let id: TemplateId = arguments.id.parse()?;
    let session = arguments.connection.open()?;
    if arguments.consent.dry_run {
        let place = percent_encoding::utf8_percent_encode(id.as_str(), percent_encoding::NON_ALPHANUMERIC);
        let path = DELETE_TEMPLATE.path.replace(PLACE, &place.to_string());
        return dry_run::show(&session, &DELETE_TEMPLATE, &path, None, &arguments.output);
    }
    let question = format!("Delete the template `{id}` at {}, for good?", session.base_url);
    arguments.consent.obtain(&question, session.is_sandbox)?;
    session.call(|client| client.delete_template(&id))?;
    arguments.output.print(id.as_str(), &json!({ "template_id": id.as_str(), "deleted": true }))
}

/// Where the id stands in the path.
const PLACE: &str = "{templateId}";
