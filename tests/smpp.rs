//! What the SMPP client and its server half promise.

#[path = "smpp/architecture.rs"]
mod architecture;
#[path = "smpp/bad_input.rs"]
mod bad_input;
#[path = "smpp/client.rs"]
mod client;
#[path = "smpp/codec.rs"]
mod codec;
#[path = "smpp/faults.rs"]
mod faults;
#[path = "smpp/loopback.rs"]
mod loopback;
#[path = "smpp/misbehaviour.rs"]
mod misbehaviour;
#[path = "smpp/oracle.rs"]
mod oracle;
#[path = "smpp/peers.rs"]
mod peers;
#[path = "smpp/reports.rs"]
mod reports;
#[path = "smpp/server.rs"]
mod server;
#[path = "smpp/stopped.rs"]
mod stopped;
#[cfg(feature = "rustls")]
#[path = "smpp/tls.rs"]
mod tls;
