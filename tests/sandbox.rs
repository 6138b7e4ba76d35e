//! The sandbox, as its users meet it.
#![cfg(feature = "sandbox")]

#[path = "sandbox/browser.rs"]
mod browser;
#[path = "sandbox/callbacks.rs"]
mod callbacks;
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
#[path = "sandbox/webdriver.rs"]
mod webdriver;
