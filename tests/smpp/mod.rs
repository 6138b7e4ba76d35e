//! What the SMPP client and its server half promise.

mod architecture;
mod bad_input;
mod client;
mod codec;
mod faults;
mod loopback;
mod oracle;
mod peers;
mod reports;
mod server;
mod server_faults;
mod stopped;
mod tls;
