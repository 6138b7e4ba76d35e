//! The recipients whose fate is fixed, as the vendor describes its own sandbox.

use std::time::Duration;

use super::lifecycle::{ChannelAttempt, Scenario};
use crate::api::types::{Channel, ErrorCode};

/// What becomes of a send to a recipient.
#[derive(Debug, Default)]
pub(super) struct RecipientBehavior {
    /// The error with which a send is refused.
    pub(super) refused: Option<ErrorCode>,
    /// The code, whatever the template says.
    pub(super) code: Option<&'static str>,
    /// What happens to a message that is taken over.
    pub(super) course: Scenario,
}

/// The recipients with a fate of their own, and what it is, for people to read.
pub const RECIPIENTS: [(&str, &str); 14] = [
    ("+10000000000", "delivered after 2 s"),
    ("+10000000010", "delivered at once"),
    ("+10000000005", "delivered, and the code is 123456"),
    ("sandbox@example.com", "delivered by e-mail"),
    ("+10000000001", "refused: 5011, not a phone number"),
    ("+10000000011", "refused: 5013, on a block list"),
    ("+10000000012", "refused: 5019, unsubscribed"),
    ("+10000000099", "refused: 3004, sent again too soon"),
    ("+10000000002", "not delivered: 5012, unreachable"),
    ("+10000000018", "not delivered: 5018, handset off"),
    ("+10000000003", "taken over, and then silence"),
    ("+10000000004", "WhatsApp fails, SMS is delivered"),
    ("+10000000014", "WhatsApp, SMS and voice fail"),
    ("+10000000024", "delivered by WhatsApp"),
];

/// The fate of a recipient. Whoever is not on the list gets what is sent, after a second.
pub(super) fn fate(to: &str) -> RecipientBehavior {
    let refused = |code| RecipientBehavior { refused: Some(code), ..RecipientBehavior::default() };
    let course = |course| RecipientBehavior { course, ..RecipientBehavior::default() };
    let fails = |channel, code| ChannelAttempt { channel, error: Some(code) };
    let arrives = |channel| ChannelAttempt { channel, error: None };
    match to {
        "+10000000000" => course(Scenario::Arrives { after: Duration::from_secs(2) }),
        "+10000000010" => course(Scenario::Arrives { after: Duration::ZERO }),
        "+10000000005" => RecipientBehavior { code: Some("123456"), ..RecipientBehavior::default() },
        "+10000000001" => refused(ErrorCode::InvalidPhoneNumber),
        "+10000000011" => refused(ErrorCode::Blocked),
        "+10000000012" => refused(ErrorCode::Unsubscribed),
        "+10000000099" => refused(ErrorCode::ResentTooSoon),
        "+10000000002" => course(Scenario::Fails(ErrorCode::Unreachable)),
        "+10000000018" => course(Scenario::Fails(ErrorCode::HandsetOff)),
        "+10000000003" => course(Scenario::Silence),
        "+10000000004" => course(Scenario::Legs(vec![
            fails(Channel::Whatsapp, ErrorCode::NotRegistered),
            arrives(Channel::Sms),
        ])),
        "+10000000014" => course(Scenario::Legs(vec![
            fails(Channel::Whatsapp, ErrorCode::NotRegistered),
            fails(Channel::Sms, ErrorCode::Unreachable),
            fails(Channel::Voice, ErrorCode::HandsetOff),
        ])),
        "+10000000024" => course(Scenario::Legs(vec![arrives(Channel::Whatsapp)])),
        _ => RecipientBehavior::default(),
    }
}
