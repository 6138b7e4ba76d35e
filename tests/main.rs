//! The specification of the crate, as facts that are checked. One binary, since linking costs more than running.
//!
//! With `--features full` it is whole; with fewer features, what they hold.

mod support;

mod architecture;
#[cfg(feature = "batch")]
mod batch;
mod callback;
#[cfg(feature = "cli")]
mod cli;
mod document;
mod errors;
mod facade;
mod generation;
mod guard;
mod lost_answers;
#[cfg(feature = "metrics")]
mod metrics;
mod redaction;
mod sandbox;
mod smpp;
mod surplus;
mod threads;
mod transport;
