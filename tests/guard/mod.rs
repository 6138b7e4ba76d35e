//! Guards, from the outside.

mod fixture;

mod bad_input;
mod limits;
mod model;
mod outcomes;
mod store;
