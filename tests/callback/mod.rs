//! Callbacks, from the outside.

mod fixture;

mod hostile;
mod lifecycle;
mod peer;
mod reading;
mod receiving;
mod replay;
mod secrecy;
mod server;
mod two_steps;
mod vectors;
