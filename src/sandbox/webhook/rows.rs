//! Rows of callbacks: what happened to a message, and the kinds of events that have nothing to do with one.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::InvalidInput;
use crate::api::types::{ErrorCode, MessageStatus, TemplateStatus};
use crate::sandbox::demo;
use crate::sandbox::model::{Message, TimelineEntry, price_cents};

/// An event that a sandbox can be asked to report, with made-up particulars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SampleEvent {
    /// A notification: the balance runs low.
    InsufficientBalance,
    /// A notification: few of the codes are verified.
    InsufficientVerificationRate,
    /// A notification: a template was reviewed.
    TemplateAuditResult,
    /// A user wrote back.
    UplinkMessage,
    /// A user logged in.
    AccountLogin,
    /// An API key was created.
    KeyManage,
    /// A template was changed.
    TemplateManage,
    /// The API was called.
    ApiCall,
    /// The history of messages was read.
    MsgHistory,
    /// An event of a kind that no documentation knows.
    Unknown,
}

impl SampleEvent {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::InsufficientBalance,
        Self::InsufficientVerificationRate,
        Self::TemplateAuditResult,
        Self::UplinkMessage,
        Self::AccountLogin,
        Self::KeyManage,
        Self::TemplateManage,
        Self::ApiCall,
        Self::MsgHistory,
        Self::Unknown,
    ];

    /// The event's name, as it stands in a callback.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientBalance => "insufficient_balance",
            Self::InsufficientVerificationRate => "insufficient_verification_rate",
            Self::TemplateAuditResult => "template_audit_result",
            Self::UplinkMessage => "uplink_message",
            Self::AccountLogin => "account_login",
            Self::KeyManage => "key_manage",
            Self::TemplateManage => "template_manage",
            Self::ApiCall => "api_call",
            Self::MsgHistory => "msg_history",
            Self::Unknown => "unknown",
        }
    }

    pub(crate) fn row(self, at: SystemTime) -> Value {
        let name = self.as_str();
        match self {
            Self::InsufficientBalance => notification(
                at,
                name,
                &json!({"business_id": BUSINESS, "remain_balance": 4.2, "balance_threshold": 10.0, "currency": "USD"}),
            ),
            Self::InsufficientVerificationRate => {
                notification(at, name, &json!({"business_id": BUSINESS, "rate": 0.31, "threshold": 0.5}))
            }
            Self::TemplateAuditResult => audit_row("sandbox-otp-tpl", TemplateStatus::Approved, at),
            Self::UplinkMessage => json!({
                "server": SERVER, "itime": seconds(at), "message_id": "0", "business_id": BUSINESS,
                "response": {"event": name, "response_data": {
                    "message_sid": "uplink-1", "account_sid": "account-1",
                    "from": "+6591234567", "to": "+10000000000", "body": "STOP",
                }},
            }),
            Self::AccountLogin => system(at, name, &json!({"action": "login_success"})),
            Self::KeyManage => system(
                at,
                name,
                &json!({"action": "create api_key", "api_key": demo::DEV_KEY, "description": "made by the sandbox"}),
            ),
            Self::TemplateManage => system(
                at,
                name,
                &json!({"action": "update", "template_id": "sandbox-otp-tpl", "template_name": "sandbox-otp-tpl"}),
            ),
            Self::ApiCall => system(at, name, &json!({"api_path": "/v1/messages", "method": "POST"})),
            Self::MsgHistory => system(at, name, &json!({"action": "query"})),
            Self::Unknown => json!({
                "server": SERVER, "itime": seconds(at), "novelty": {"event": "weather", "data": {"sky": "clear"}},
            }),
        }
    }
}

impl fmt::Display for SampleEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for SampleEvent {
    type Err = InvalidInput;

    fn from_str(name: &str) -> Result<Self, InvalidInput> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == name);
        let names = || Self::ALL.map(Self::as_str).join(", ");
        found.ok_or_else(|| InvalidInput::of("event", format!("must be one of: {}", names())))
    }
}

/// The row that reports how the review of a template ended.
pub(crate) fn audit_row(template: &str, status: TemplateStatus, at: SystemTime) -> Value {
    let data = json!({"business_id": BUSINESS, "template_id": template, "status": status, "reason": ""});
    notification(at, SampleEvent::TemplateAuditResult.as_str(), &data)
}

/// The row that reports what happened to a message.
pub(crate) fn status_row(message: &Message, entry: &TimelineEntry) -> Value {
    let mut status = json!({
        "message_status": entry.status,
        "status_data": {
            "msg_time": seconds(message.sent),
            "message_id": message.id,
            "current_send_channel": entry.channel,
            "template_key": message.template,
            "business_id": BUSINESS,
        },
        "error_code": entry.error.map_or(0, ErrorCode::value),
    });
    if let Some(code) = entry.error {
        status["error_detail"] = json!({"message": code.name()});
    }
    if entry.status == MessageStatus::Sent {
        let cost = f64::from(price_cents(&entry.channel)) / 100.0;
        status["billing"] = json!({"cost": cost, "currency": "USD"});
    }
    json!({
        "message_id": message.id,
        "to": message.to,
        "server": SERVER,
        "channel": entry.channel,
        "itime": seconds(entry.at),
        "custom_args": {},
        "status": status,
    })
}

fn notification(at: SystemTime, event: &str, data: &Value) -> Value {
    json!({
        "server": SERVER, "itime": seconds(at),
        "notification": {"event": event, "notification_data": data},
    })
}

fn system(at: SystemTime, event: &str, particulars: &Value) -> Value {
    json!({
        "server": SERVER, "itime": seconds(at),
        "system_event": {"event": event, "data": {
            "business_id": BUSINESS,
            "org_id": "sandbox",
            "operator": {"email": "admin@example.com", "ip_address": "192.0.2.1"},
            (event): particulars,
        }},
    })
}

/// Seconds since 1970; before that, 0.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

const SERVER: &str = "otp";
const BUSINESS: &str = "1000";
