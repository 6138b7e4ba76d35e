//! The generator, without the compiler in between: it obeys a document, or refuses it with line and advice.

#![allow(dead_code)]

#[path = "../../build/mod.rs"]
mod generator;

mod mutations;
mod refused;
