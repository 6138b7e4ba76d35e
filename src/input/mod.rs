//! What a caller hands in, parsed: each type here holds only what the service can take.
//!
//! Limits come from the document ([`api::limits`](crate::api)); nothing here sends or receives.

mod code;
mod credentials;
mod definition;
mod invalid;
mod recipient;
mod strategy;
mod template;

pub use code::Code;
pub use credentials::Credentials;
pub use definition::{
    CodeAlphabet, CodeConfig, CustomSmsText, DefaultText, EmailConfig, EmailText, PwaConfig, SmsText,
    TemplateDefinition, TemplateDefinitionBuilder,
};
pub use invalid::InvalidInput;
pub use recipient::Recipient;
pub use strategy::Strategy;
pub use template::{TemplateId, TemplateRef};
