//! The two kinds of field a body is made of: single octets, and texts that end with a zero.

use crate::InvalidInput;

/// Reads the fields of one body from front to back.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    pub(super) fn octet(&mut self, field: &'static str) -> Result<u8, InvalidInput> {
        let (first, rest) = self
            .rest
            .split_first()
            .ok_or(InvalidInput::new(field, "must be one octet, but the PDU ends before it"))?;
        self.rest = rest;
        Ok(*first)
    }

    pub(super) fn octets(&mut self, field: &'static str, length: usize) -> Result<&'a [u8], InvalidInput> {
        let (value, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(InvalidInput::new(field, "must be as long as it says, but the PDU ends before"))?;
        self.rest = rest;
        Ok(value)
    }

    /// A text up to its closing zero. Longer than the standard allows is taken as it comes.
    pub(super) fn text(&mut self, field: &'static str) -> Result<String, InvalidInput> {
        let end = self
            .rest
            .iter()
            .position(|octet| *octet == 0)
            .ok_or(InvalidInput::new(field, "must end with a zero, but the PDU ends before it"))?;
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(latin1(value))
    }

    /// A text that some peers leave out or do not close, in answers.
    pub(super) fn lenient_text(&mut self) -> String {
        let end = self.rest.iter().position(|octet| *octet == 0).unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        latin1(value)
    }

    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }
}

/// Every octet becomes the character of the same number: nothing is lost, and ASCII stays ASCII.
pub(crate) fn latin1(octets: &[u8]) -> String {
    if octets.is_empty() {
        return String::new();
    }
    match std::str::from_utf8(octets) {
        Ok(ascii) if octets.is_ascii() => ascii.to_owned(),
        _ => octets.iter().copied().map(char::from).collect(),
    }
}

/// Writes a text and its closing zero, if it is ASCII and no longer than the field.
pub(super) fn write_text(
    out: &mut Vec<u8>,
    field: &'static str,
    value: &str,
    longest: usize,
    rule: &'static str,
) -> Result<(), InvalidInput> {
    if value.len() > longest {
        return Err(InvalidInput::new(field, rule));
    }
    if !value.bytes().all(|octet| octet.is_ascii() && octet != 0) {
        return Err(InvalidInput::new(field, "must be ASCII without zero octets"));
    }
    out.extend_from_slice(value.as_bytes());
    out.push(0);
    Ok(())
}
