//! The command line, as a shell runs it: standard output, standard error and exit code stand in `golden/`.
//!
//! `UPDATE_GOLDEN=1 cargo test --features full cli` writes those files anew; look at what changed.

mod bad_input;
mod batch;
mod callbacks;
mod doctor;
mod full_disk;
mod help;
mod listen;
#[cfg(feature = "metrics")]
mod metrics;
mod outcomes;
mod schemas;
mod sending;
mod session;
mod settings;
#[cfg(unix)]
mod shells;
mod smpp;
mod templates;
#[cfg(unix)]
mod terminal;
#[cfg(feature = "rustls")]
mod tls;
