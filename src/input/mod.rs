//! What a caller hands in, parsed: each type here holds only what the service can take.
//!
//! The one place of the rules of input. Limits come from the document ([`api::limits`](crate::api::limits)); nothing
//! here sends or receives. `Language` and `MessageId` stand in answers as well, which no limit binds: they are wire
//! types, with a checked constructor here, and are checked again when they are sent.

mod code;
mod credentials;
mod definition;
mod invalid;
mod json;
mod language;
mod message_id;
mod recipient;
mod strategy;
mod template_id;
mod template_ref;

pub use code::Code;
pub use credentials::Credentials;
pub use definition::{
    CodeAlphabet, CodeConfig, CustomSmsText, DefaultText, EmailConfig, EmailText, PwaConfig, SmsText,
    TemplateDefinition, TemplateDefinitionBuilder,
};
pub use invalid::InvalidInput;
#[cfg(any(feature = "sandbox", feature = "smpp"))]
pub(crate) use json::decode;
#[cfg(feature = "sandbox")]
pub(crate) use json::read;
pub use recipient::Recipient;
pub(crate) use recipient::is_invisible;
pub use strategy::Strategy;
pub use template_id::TemplateId;
pub use template_ref::TemplateRef;
