//! The octets of a journal: a header, and frames.

use super::checksum;

/// What the records of a journal are about, and in which version they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Four letters.
    pub(crate) name: [u8; 4],
    /// Later versions are refused.
    pub(crate) version: u16,
}

/// What stands at the beginning of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) salt: u32,
    /// The address of the file's first frame.
    pub(super) base: u64,
}

/// What the beginning of a file turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    Complete(Header),
    /// The file was created, and the machine stopped before its header was on disk.
    Unfinished,
    Newer,
    Other,
}

impl Header {
    pub(super) fn write(&self) -> [u8; HEADER] {
        let mut octets = [0; HEADER];
        octets[..8].copy_from_slice(MAGIC);
        octets[8..10].copy_from_slice(&FORMAT.to_le_bytes());
        octets[10..14].copy_from_slice(&self.kind.name);
        octets[14..16].copy_from_slice(&self.kind.version.to_le_bytes());
        octets[16..20].copy_from_slice(&self.salt.to_le_bytes());
        octets[20..28].copy_from_slice(&self.base.to_le_bytes());
        let checksum = checksum::update(0, &octets[..28]);
        octets[28..].copy_from_slice(&checksum.to_le_bytes());
        octets
    }

    /// Reads the beginning of a file of this length.
    pub(super) fn read(octets: &[u8], length: u64, wanted: Kind) -> Head {
        let begun = octets.len().min(MAGIC.len());
        let empty = octets.iter().all(|octet| *octet == 0);
        // Nothing stands behind a header that is not on disk.
        if empty && length <= HEADER as u64 || octets.len() < HEADER && octets[..begun] == MAGIC[..begun] {
            return Head::Unfinished;
        }
        let Some(octets) = octets.first_chunk::<HEADER>() else { return Head::Other };
        let number = |at: usize| u16::from_le_bytes([octets[at], octets[at + 1]]);
        if &octets[..8] != MAGIC {
            return Head::Other;
        }
        if number(8) > FORMAT {
            return Head::Newer;
        }
        let [.., a, b, c, d] = *octets;
        if checksum::update(0, &octets[..28]) != u32::from_le_bytes([a, b, c, d])
            || octets[10..14] != wanted.name
        {
            return Head::Other;
        }
        if number(14) > wanted.version {
            return Head::Newer;
        }
        let mut salt = [0; 4];
        salt.copy_from_slice(&octets[16..20]);
        let mut base = [0; 8];
        base.copy_from_slice(&octets[20..28]);
        Head::Complete(Self {
            kind: Kind { name: wanted.name, version: number(14) },
            salt: u32::from_le_bytes(salt),
            base: u64::from_le_bytes(base),
        })
    }
}

/// Appends a frame; `checksum` is that of the record alone.
pub(super) fn write(buffer: &mut Vec<u8>, record: &[u8], checksum: u32, salt: u32, address: u64) {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&complete(checksum, salt, address, length).to_le_bytes());
    buffer.extend_from_slice(record);
}

/// The length and the checksum that a frame claims; none if no frame can have this length.
pub(super) fn read_head(octets: [u8; FRAME_HEAD]) -> Option<(usize, u32)> {
    let [a, b, c, d, checksum @ ..] = octets;
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).ok()?;
    (1..=MAX_RECORD).contains(&length).then_some((length, u32::from_le_bytes(checksum)))
}

/// Whether a record is the one that was written at this address.
pub(super) fn is_whole(record: &[u8], checksum: u32, salt: u32, address: u64) -> bool {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    complete(checksum::update(0, record), salt, address, length) == checksum
}

/// Whether octets that begin with no whole frame would but for one bit: it was whole then, and a disk, or a hand, has changed
/// it since.
pub(super) fn is_whole_but_for_a_bit(octets: &[u8], salt: u32, address: u64) -> bool {
    let Some((head, records)) = octets.split_first_chunk::<FRAME_HEAD>() else { return false };
    let [a, b, c, d, checksum @ ..] = *head;
    let (claimed, checksum) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes(checksum));
    let record = |length: u32| {
        let length = usize::try_from(length).ok().filter(|length| (1..=MAX_RECORD).contains(length))?;
        records.get(..length)
    };
    let mut of_other_lengths = (0..u32::BITS).filter_map(|bit| record(claimed ^ (1 << bit)));
    if of_other_lengths.any(|record| is_whole(record, checksum, salt, address)) {
        return true;
    }
    let Some(record) = record(claimed) else { return false };
    let difference = complete(checksum::update(0, record), salt, address, claimed) ^ checksum;
    let zeros = record.iter().rev().take_while(|octet| **octet == 0).count();
    difference.is_power_of_two() || checksum::is_by_a_bit(difference, record.len() - zeros, PLACE + zeros)
}

fn complete(checksum: u32, salt: u32, address: u64, length: u32) -> u32 {
    let mut place = [0; PLACE];
    place[..4].copy_from_slice(&salt.to_le_bytes());
    place[4..12].copy_from_slice(&address.to_le_bytes());
    place[12..].copy_from_slice(&length.to_le_bytes());
    checksum::update(checksum, &place)
}

/// No text begins like this.
const MAGIC: &[u8; 8] = b"\x89otpjrn\n";

/// The version of header and frames.
const FORMAT: u16 = 1;

/// What is summed behind a record.
const PLACE: usize = 16;

pub(super) const HEADER: usize = 32;
pub(super) const FRAME_HEAD: usize = 8;

/// The largest record, in octets.
pub(super) const MAX_RECORD: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_bit_is_damage_and_octets_that_were_never_written_are_none() {
        // An address, say, whose last octet but zeros has one bit.
        let record = [3, 0x5A, 0xA5, 0x01, 0, 0, 0, 0];
        let mut frame = Vec::new();
        write(&mut frame, &record, checksum::update(0, &record), 7, 64);
        for (octet, bit, damaged) in [(1, 4, true), (3, 1, true), (3, 0, false)] {
            let mut found = frame.clone();
            found[FRAME_HEAD + octet] ^= 1 << bit;
            assert_eq!(is_whole_but_for_a_bit(&found, 7, 64), damaged, "{octet}, {bit}");
        }
    }
}
