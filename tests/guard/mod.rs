//! Guards, from the outside.

mod fixture;

mod bad_input;
mod client;
mod limits;
mod model;
mod once;
mod outcomes;
#[cfg(feature = "redis")]
mod processes;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(feature = "redis")]
mod redis_faults;
mod resolution;
mod store;
