//! A message in the form in which it leaves.

use super::ledger::DestinationKey;

/// The encoded body of `submit_sm`, and what its report is recognised by.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) body: Vec<u8>,
    pub(super) destination: DestinationKey,
    pub(super) reference: String,
}
