//! `--dry-run`: the request as it would be sent, with what must not be seen masked.

use std::collections::BTreeMap;

use engagelab_otp::api::Operation;
use serde_json::{Map, Value, json};

use crate::connection::Session;
use crate::failure::Failure;
use crate::output::{Output, say};

/// Shows the request, and says that it was not sent.
pub(crate) fn show(
    session: &Session,
    operation: &Operation,
    path: &str,
    body: Option<&Value>,
    output: &Output,
) -> Result<(), Failure> {
    let url = format!("{}{path}", session.base_url.trim_end_matches('/'));
    let authorization = format!("Basic {MASK} (key {})", session.key);
    let mut text = format!("{} {url}\nAuthorization: {authorization}", operation.method);
    let mut headers = Map::from_iter([("Authorization".to_owned(), json!(authorization))]);
    if let Some(body) = body {
        text += "\nContent-Type: application/json\n\n";
        text += &serde_json::to_string_pretty(body).unwrap_or_default();
        headers.insert("Content-Type".to_owned(), json!("application/json"));
    }
    let method = operation.method.as_str();
    output.print(&text, &json!({ "method": method, "url": url, "headers": headers, "body": body }))?;
    say("Nothing was sent.");
    Ok(())
}

/// Parameters by name alone: a value may be a code.
pub(crate) fn masked_params(params: &BTreeMap<String, String>) -> Value {
    params.keys().map(|name| (name.clone(), json!(MASK))).collect()
}

/// What stands in place of what must not be seen.
pub(crate) const MASK: &str = "…";
