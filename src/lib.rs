#![cfg_attr(all(feature = "sandbox", feature = "smpp"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "sandbox", feature = "smpp")),
    doc = "Blocking client for the EngageLab OTP service."
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
#[cfg(feature = "callback")]
pub mod callback;
#[cfg(any(feature = "callback", feature = "smpp"))]
pub mod lifecycle;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "smpp")]
pub mod smpp;

mod answer;
mod attempt;
mod builder;
mod call;
mod client;
mod clock;
mod code;
mod credentials;
mod definition;
mod error;
mod input;
mod outcome;
mod recipient;
mod redact;
mod retry;
mod strategy;
mod template;
mod transport;

pub use api::types::{
    Channel, ErrorCode, ErrorCodeClass, Language, MessageId, MessageStatus, SendReceipt, SmsPurpose,
    TemplateDetails, TemplateStatus, TemplateSummary,
};
pub use attempt::{Attempt, AttemptFailure};
pub use builder::ClientBuilder;
pub use client::{Client, Verification};
pub use clock::{Clock, SystemClock};
pub use code::Code;
pub use credentials::Credentials;
pub use definition::{
    Characters, CodeConfig, EmailConfig, EmailText, OwnSmsText, PwaConfig, ServiceText, SmsText,
    TemplateDefinition, TemplateDefinitionBuilder,
};
pub use error::{ApiError, Error, ErrorKind};
pub use input::InvalidInput;
pub use outcome::Outcome;
pub use recipient::Recipient;
pub use retry::RetryPolicy;
pub use strategy::Strategy;
pub use template::{TemplateId, TemplateRef};
pub use transport::{Proxy, Roots, Timeouts, TlsBackend};

/// The OpenAPI document that this crate is made from.
pub const OPENAPI: &str = include_str!("../openapi/otp.yaml");
