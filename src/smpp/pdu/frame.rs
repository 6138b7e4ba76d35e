//! Cutting a stream of octets into PDUs, before anything in them is read.
//!
//! A frame is isolated by its length alone, so a PDU with a bad body cannot put the stream out of step.

use super::{Command, Status};
use crate::InvalidInput;

/// Octets of a PDU's header.
///
/// ```text
/// octets  field
/// 4       command_length, of the whole PDU, these octets included
/// 4       command_id
/// 4       command_status, zero in requests
/// 4       sequence_number
/// ```
pub const HEADER_LENGTH: usize = 16;

/// The longest PDU that is read or written: `message_payload` at its longest fits with room to spare.
pub const MAXIMUM_LENGTH: usize = 128 * 1024;

/// The first sixteen octets of a PDU, without the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What the PDU asks for or answers.
    pub command: Command,
    /// How the request went; zero in requests.
    pub status: Status,
    /// The number that ties an answer to its request.
    pub sequence: u32,
}

impl Header {
    /// Reads the header at the front of a frame; `None` when there are fewer than sixteen octets.
    pub fn read(frame: &[u8]) -> Option<Self> {
        let header = frame.first_chunk::<HEADER_LENGTH>()?;
        let word =
            |at: usize| u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        Some(Self { command: Command(word(4)), status: Status(word(8)), sequence: word(12) })
    }

    /// Writes the header and a body that is already in its final form.
    pub(crate) fn write_with(self, body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets(HEADER_LENGTH + body.len()));
        out.extend_from_slice(body);
    }

    /// Writes the header over the first octets of a frame that is otherwise in its final form.
    pub(super) fn write_over(self, frame: &mut [u8]) {
        let octets = self.octets(frame.len());
        if let Some(header) = frame.first_chunk_mut() {
            *header = octets;
        }
    }

    fn octets(self, length: usize) -> [u8; HEADER_LENGTH] {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mut header = [0; HEADER_LENGTH];
        header[..4].copy_from_slice(&length.to_be_bytes());
        header[4..8].copy_from_slice(&self.command.0.to_be_bytes());
        header[8..12].copy_from_slice(&self.status.0.to_be_bytes());
        header[12..].copy_from_slice(&self.sequence.to_be_bytes());
        header
    }
}

/// A whole PDU and the octets behind it.
pub type FrameAndRest<'a> = (&'a [u8], &'a [u8]);

/// Splits the first whole PDU off `input`: the frame and the rest, or `None` while octets are missing.
///
/// # Errors
///
/// When the length field is below sixteen or beyond [`MAXIMUM_LENGTH`]. The stream is then lost: there is no telling where
/// the next PDU starts.
pub fn split_frame(input: &[u8]) -> Result<Option<FrameAndRest<'_>>, InvalidInput> {
    let Some(length) = input.first_chunk::<4>() else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length < HEADER_LENGTH {
        return Err(InvalidInput::new("command_length", "must be at least 16 octets"));
    }
    if length > MAXIMUM_LENGTH {
        return Err(InvalidInput::new("command_length", "must be at most 131072 octets"));
    }
    Ok(input.split_at_checked(length))
}

/// Holds on to the octets of a PDU that has not arrived as a whole.
#[derive(Debug, Default)]
pub(crate) struct Deframer {
    partial: Vec<u8>,
}

impl Deframer {
    /// Hands every whole frame in what is held and in `input` to `take`, in order, and keeps the rest.
    ///
    /// # Errors
    ///
    /// As [`split_frame`]. Frames before the bad length have been handed over.
    pub(crate) fn feed(&mut self, input: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), InvalidInput> {
        if self.partial.is_empty() {
            let rest = drain(input, &mut take)?;
            self.partial.extend_from_slice(rest);
            return Ok(());
        }
        self.partial.extend_from_slice(input);
        let rest = drain(&self.partial, &mut take)?.len();
        let taken = self.partial.len() - rest;
        self.partial.drain(..taken);
        Ok(())
    }
}

fn drain<'a>(mut input: &'a [u8], take: &mut impl FnMut(&[u8])) -> Result<&'a [u8], InvalidInput> {
    while let Some((frame, rest)) = split_frame(input)? {
        take(frame);
        input = rest;
    }
    Ok(input)
}
