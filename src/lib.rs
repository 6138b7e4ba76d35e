//! Blocking client for the EngageLab OTP service.

mod outcome;

pub use outcome::Outcome;
