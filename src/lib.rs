//! Blocking client for the `EngageLab` OTP service.

mod outcome;
#[cfg(feature = "smpp")]
pub mod smpp;

pub use outcome::Outcome;
