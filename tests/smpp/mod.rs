//! What the SMPP client and its server half promise.

mod architecture;
mod bad_input;
mod client;
mod codec;
mod faults;
mod loopback;
mod misbehaviour;
mod oracle;
mod peers;
mod reports;
mod server;
mod stopped;
mod tls;
