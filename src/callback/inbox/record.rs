//! The records of an inbox, in octets.

use crate::callback::Claim;

/// What stands in the journal of an inbox.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Record<'a> {
    /// A callback was taken.
    Received { at: u64, claim: Option<Claim>, body: &'a [u8] },
    /// A signature was used without a callback.
    Used(Claim),
    /// The callback with this address is handed to the handler.
    Attempt(u64),
    /// It was handled, or has become a dead letter.
    Settled(u64),
}

/// What stands in the journal of dead letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Dead<'a> {
    /// The address that it had in the inbox.
    pub(super) address: u64,
    pub(super) received_at: u64,
    pub(super) attempts: u32,
    pub(super) body: &'a [u8],
}

impl<'a> Record<'a> {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        match self {
            Self::Received { at, claim, body } => {
                octets.reserve(RECEIVED + CLAIM + body.len());
                octets.push(if claim.is_some() { 2 } else { 1 });
                octets.extend(at.to_le_bytes());
                if let Some(claim) = claim {
                    write_claim(claim, &mut octets);
                }
                octets.extend_from_slice(body);
            }
            Self::Used(claim) => {
                octets.push(3);
                write_claim(claim, &mut octets);
            }
            Self::Attempt(address) => {
                octets.push(4);
                octets.extend(address.to_le_bytes());
            }
            Self::Settled(address) => {
                octets.push(5);
                octets.extend(address.to_le_bytes());
            }
        }
        octets
    }

    /// None for a record that this version does not know.
    pub(super) fn read(octets: &'a [u8]) -> Option<Self> {
        let (kind, rest) = octets.split_first()?;
        match kind {
            1 => {
                let (at, body) = number(rest)?;
                Some(Self::Received { at, claim: None, body })
            }
            2 => {
                let (at, rest) = number(rest)?;
                let (claim, body) = read_claim(rest)?;
                Some(Self::Received { at, claim: Some(claim), body })
            }
            3 => Some(Self::Used(read_claim(rest)?.0)),
            4 => Some(Self::Attempt(number(rest)?.0)),
            5 => Some(Self::Settled(number(rest)?.0)),
            _ => None,
        }
    }
}

impl<'a> Dead<'a> {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(20 + self.body.len());
        octets.extend(self.address.to_le_bytes());
        octets.extend(self.received_at.to_le_bytes());
        octets.extend(self.attempts.to_le_bytes());
        octets.extend_from_slice(self.body);
        octets
    }

    pub(super) fn read(octets: &'a [u8]) -> Option<Self> {
        let (address, rest) = number(octets)?;
        let (received_at, rest) = number(rest)?;
        let (attempts, body) = rest.split_first_chunk()?;
        Some(Self { address, received_at, attempts: u32::from_le_bytes(*attempts), body })
    }
}

fn write_claim(claim: &Claim, octets: &mut Vec<u8>) {
    octets.extend_from_slice(claim.fingerprint());
    octets.extend_from_slice(claim.body_digest());
    octets.extend(claim.signed_second().to_le_bytes());
    octets.extend(claim.last_second().to_le_bytes());
}

fn read_claim(octets: &[u8]) -> Option<(Claim, &[u8])> {
    let (fingerprint, rest) = octets.split_first_chunk()?;
    let (body_digest, rest) = rest.split_first_chunk()?;
    let (signed_second, rest) = number(rest)?;
    let (last_second, rest) = number(rest)?;
    Some((Claim::new(*fingerprint, *body_digest, signed_second, last_second), rest))
}

fn number(octets: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = octets.split_first_chunk()?;
    Some((u64::from_le_bytes(*number), rest))
}

const RECEIVED: usize = 9;
const CLAIM: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_were_written() {
        let claim = Claim::new([1; 32], [2; 32], 3, u64::MAX);
        for record in [
            Record::Received { at: 7, claim: None, body: b"{}" },
            Record::Received { at: 7, claim: Some(claim), body: b"" },
            Record::Used(claim),
            Record::Attempt(u64::MAX),
            Record::Settled(0),
        ] {
            let octets = record.write();
            assert_eq!(Record::read(&octets), Some(record));
            if !matches!(record, Record::Received { .. }) {
                assert_eq!(Record::read(&octets[..octets.len() - 1]), None);
            }
        }
        assert_eq!(Record::read(b""), None);
        assert_eq!(Record::read(b"\xff12345678"), None);
        let dead = Dead { address: 1, received_at: 2, attempts: 3, body: b"x" };
        assert_eq!(Dead::read(&dead.write()), Some(dead));
    }
}
