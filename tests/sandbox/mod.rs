//! The sandbox, as its users meet it.

mod bad_input;
mod browser;
mod callbacks;
#[cfg(feature = "cli")]
mod command;
mod control;
mod copied;
mod faults;
mod lifecycle;
pub(crate) mod loopback;
mod over_smpp;
pub(crate) mod peers;
mod refusals;
mod sdk;
mod service;
mod strict;
mod volume;
mod webdriver;
