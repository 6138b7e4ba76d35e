//! The sandbox, as its users meet it.
#![cfg(feature = "sandbox")]

#[path = "sandbox/bad_input.rs"]
mod bad_input;
#[path = "sandbox/browser.rs"]
mod browser;
#[path = "sandbox/callbacks.rs"]
mod callbacks;
#[cfg(feature = "cli")]
#[path = "sandbox/command.rs"]
mod command;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/lifecycle.rs"]
mod lifecycle;
#[path = "sandbox/loopback.rs"]
mod loopback;
#[cfg(feature = "smpp")]
#[path = "sandbox/over_smpp.rs"]
mod over_smpp;
#[path = "sandbox/peers.rs"]
mod peers;
#[path = "sandbox/sdk.rs"]
mod sdk;
#[path = "sandbox/volume.rs"]
mod volume;
#[path = "sandbox/webdriver.rs"]
mod webdriver;
