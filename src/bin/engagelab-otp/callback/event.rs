//! An event on one line, without addresses and texts.

use std::time::{Duration, UNIX_EPOCH};

use engagelab_otp::callback::{Detail, Event};
use serde_json::{Value, json};

/// For people: when, which message, what, by which channel, why, at what cost.
pub(super) fn text(event: &Event) -> String {
    let mut words = Vec::new();
    words.extend(event.seconds().and_then(date));
    words.extend(event.message_id().map(ToOwned::to_owned));
    words.push(name(event));
    words.extend(event.channel().map(|channel| format!("by {}", channel.as_str())));
    words.extend(error(event).map(|code| format!("error {code}")));
    words.extend(event.cost().map(|cost| format!("cost {} {}", cost.amount(), cost.currency())));
    words.join("  ").trim_end().to_owned()
}

/// For programs: the same members for every kind of event, null where there is nothing to say.
pub(super) fn json(event: &Event) -> Value {
    json!({
        "kind": kind(event),
        "name": name(event),
        "message_id": event.message_id(),
        "channel": event.channel(),
        "time": event.seconds(),
        "error_code": error(event),
        "cost": event.cost().map(|cost| json!({ "amount": cost.amount().to_string(), "currency": cost.currency() })),
    })
}

/// The time as people read it.
fn date(seconds: i64) -> Option<String> {
    let since = Duration::from_secs(u64::try_from(seconds).ok()?);
    // Beyond the year 9999, there is no form for it.
    let time = UNIX_EPOCH.checked_add(since).filter(|_| seconds < 253_402_300_800)?;
    Some(httpdate::fmt_http_date(time))
}

fn kind(event: &Event) -> &'static str {
    match event.detail() {
        Detail::Status(_) => "status",
        Detail::Notification(_) => "notification",
        Detail::Response(_) => "response",
        Detail::System(_) => "system",
        _ => "unknown",
    }
}

/// The status of a message, or what the event calls itself.
fn name(event: &Event) -> String {
    let name = match event.detail() {
        Detail::Status(status) => status.message_status().map(|status| status.as_str().to_owned()),
        Detail::Notification(notification) => {
            notification.event.as_ref().map(|name| name.as_str().to_owned())
        }
        Detail::Response(response) => response.event.as_ref().map(|name| name.as_str().to_owned()),
        Detail::System(system) => system.event.as_ref().map(|name| name.as_str().to_owned()),
        _ => None,
    };
    name.unwrap_or_else(|| kind(event).to_owned())
}

fn error(event: &Event) -> Option<i64> {
    let Detail::Status(status) = event.detail() else { return None };
    status.error_code().filter(|&code| code != 0)
}
