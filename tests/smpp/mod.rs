//! What the SMPP client and its server half promise.

mod architecture;
mod bad_input;
mod both_write;
mod capped;
mod client;
mod codec;
mod connecting;
mod crowded;
mod faults;
mod fleet;
mod fleet_accounts;
mod fleet_capacity;
mod loopback;
mod oracle;
mod peers;
mod process;
mod raw_server;
mod reports;
mod restart;
mod server;
mod server_faults;
mod stopped;
pub(crate) mod tls;
