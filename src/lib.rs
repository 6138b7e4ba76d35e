#![cfg_attr(all(feature = "sandbox", feature = "smpp"), doc = include_str!("../README.md"))]
#![cfg_attr(
    not(all(feature = "sandbox", feature = "smpp")),
    doc = include_str!(concat!(env!("OUT_DIR"), "/overview.md"))
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
#[cfg(feature = "batch")]
pub mod batch;
#[cfg(feature = "callback")]
pub mod callback;
#[cfg(feature = "guard")]
pub mod guard;
#[cfg(any(feature = "callback", feature = "guard", feature = "smpp"))]
pub mod lifecycle;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "sandbox")]
pub mod sandbox;
#[cfg(feature = "smpp")]
pub mod smpp;

mod backoff;
mod builder;
mod client;
mod clock;
mod error;
mod http;
#[cfg(feature = "callback")]
mod http_server;
mod input;
// SMPP and batches need less of it than callbacks.
#[cfg_attr(not(feature = "callback"), allow(dead_code))]
#[cfg(any(feature = "batch", feature = "callback", feature = "smpp"))]
mod journal;
mod outcome;
#[cfg(any(feature = "batch", feature = "smpp"))]
mod rate;
mod receipt;
#[cfg(any(feature = "guard", feature = "sandbox", feature = "smpp"))]
mod schedule;
mod sync;
// The sandbox publishes it.
#[cfg_attr(not(feature = "sandbox"), allow(dead_code, unreachable_pub))]
#[cfg(any(feature = "sandbox", feature = "smpp"))]
mod test_recipients;
#[cfg(any(feature = "redis", feature = "rustls"))]
mod tls;
mod verification;
#[cfg(any(feature = "callback", feature = "guard"))]
mod violation;

pub use api::types::{
    Channel, ErrorCode, ErrorCodeClass, Language, MessageId, MessageStatus, SmsPurpose, TemplateDetails,
    TemplateStatus, TemplateSummary,
};
pub use builder::ClientBuilder;
pub use client::Client;
pub use clock::{Clock, SystemClock};
pub use error::{ApiError, Error, ErrorKind};
pub use http::{
    Api, Attempt, AttemptFailure, AttemptStart, Proxy, RetryPolicy, RootCertificates, Timeouts, TlsBackend,
};
pub use input::{
    Code, CodeAlphabet, CodeConfig, Credentials, CustomSmsText, DefaultText, EmailConfig, EmailText,
    InvalidInput, PwaConfig, Recipient, SmsText, Strategy, TemplateDefinition, TemplateDefinitionBuilder,
    TemplateId, TemplateRef,
};
pub use outcome::Outcome;
pub use receipt::SendReceipt;
pub use verification::Verification;

/// The OpenAPI document that this crate is made from.
pub const OPENAPI: &str = include_str!("../openapi/otp.yaml");
