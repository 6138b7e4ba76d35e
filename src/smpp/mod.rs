//! SMPP 3.4: a blocking client for users with volume.
//!
//! It does not decide whether a message is sent again: it says what is known of each, and leaves repeating to the caller.

mod input;
pub mod pdu;
mod text;

pub use input::InvalidInput;
pub use text::Coding;
