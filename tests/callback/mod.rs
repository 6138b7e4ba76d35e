//! Callbacks, from the outside.

mod fixture;

mod differential;
mod hostile;
mod lifecycle;
mod oracle;
mod peer;
mod reading;
mod receiving;
mod replay;
mod secrecy;
mod server;
mod two_steps;
mod vectors;
