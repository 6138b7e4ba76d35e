//! What the SMPP client and its server half promise.

mod architecture;
mod bad_input;
mod both_write;
mod client;
mod codec;
mod connecting;
mod faults;
mod fleet;
mod loopback;
mod oracle;
mod peers;
mod raw_server;
mod reports;
mod restart;
mod server;
mod server_faults;
mod stopped;
mod tls;
