//! What the SMPP client and its server half promise.

#[path = "smpp/codec.rs"]
mod codec;
#[path = "smpp/oracle.rs"]
mod oracle;
