//! Reads and writes the octets of small records.

/// What is left of a record. Everything gives nothing where it is too short.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn octet(&mut self) -> Option<u8> {
        self.array::<1>().map(|[octet]| octet)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.octets()?.to_vec()).ok()
    }

    /// Something that may be there.
    #[expect(
        clippy::option_option,
        reason = "that it is not there is something else than a record that is cut"
    )]
    pub(super) fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.octet()? {
            0 => Some(None),
            _ => read(self).map(Some),
        }
    }
}

pub(super) fn write_number(octets: &mut Vec<u8>, number: u64) {
    octets.extend(number.to_be_bytes());
}

/// Writes at most 65,535 octets: what is longer is none of ours.
pub(super) fn write_octets(octets: &mut Vec<u8>, text: &[u8]) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    octets.extend(length.to_be_bytes());
    octets.extend(&text[..length.into()]);
}

pub(super) fn write_option<T>(octets: &mut Vec<u8>, what: Option<T>, write: impl FnOnce(&mut Vec<u8>, T)) {
    octets.push(u8::from(what.is_some()));
    if let Some(what) = what {
        write(octets, what);
    }
}
