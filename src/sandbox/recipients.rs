//! The recipients whose fate is fixed, as the vendor describes its own sandbox.

use crate::api::types::{Channel, ErrorCode};

/// What becomes of a send to a recipient.
pub(super) struct Fate {
    /// The error with which a send is refused.
    pub(super) refused: Option<ErrorCode>,
    /// The channel that is tried first, whatever the template says.
    pub(super) channel: Option<Channel>,
    /// The code, whatever the template says.
    pub(super) code: Option<&'static str>,
}

/// The fate of a recipient. Whoever is not on the list gets what is sent.
pub(super) fn fate(to: &str) -> Fate {
    let refused = |code| Fate { refused: Some(code), channel: None, code: None };
    let by = |channel| Fate { refused: None, channel: Some(channel), code: None };
    match to {
        "+10000000001" => refused(ErrorCode::InvalidPhoneNumber),
        "+10000000011" => refused(ErrorCode::Blocked),
        "+10000000012" => refused(ErrorCode::Unsubscribed),
        "+10000000099" => refused(ErrorCode::ResentTooSoon),
        "+10000000004" | "+10000000014" | "+10000000024" => by(Channel::Whatsapp),
        "+10000000005" => Fate { refused: None, channel: None, code: Some("123456") },
        _ => Fate { refused: None, channel: None, code: None },
    }
}
