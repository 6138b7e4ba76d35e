//! The specification of the crate, as facts that are checked. One binary, since linking costs more than running.

mod support;

mod architecture;
mod callback;
mod document;
mod errors;
mod facade;
mod generation;
mod lost_answers;
mod redaction;
mod sandbox;
mod smpp;
mod transport;
