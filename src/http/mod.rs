//! One call over HTTP: its attempts, what is safe to repeat, and what is known at the end.
//!
//! Knows nothing of templates, codes or recipients; `transport` alone knows `ureq`.

mod api;
mod attempt;
pub(crate) mod authorization;
pub(crate) mod call;
mod classify;
mod escapes;
pub(crate) mod parameters;
mod redact;
pub(crate) mod response;
pub(crate) mod retry;
pub(crate) mod transport;

pub use api::Api;
pub use attempt::{Attempt, AttemptFailure, AttemptStart};
pub use retry::RetryPolicy;
pub use transport::{Proxy, RootCertificates, Timeouts, TlsBackend};
