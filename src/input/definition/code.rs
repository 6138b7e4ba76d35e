//! How codes are made.

use std::ops::BitOr;

use crate::InvalidInput;
use crate::api::limits::{
    CODE_CONFIG_VERIFY_CODE_LEN_RANGE, CODE_CONFIG_VERIFY_CODE_TTL_RANGE, CODE_CONFIG_VERIFY_CODE_TYPE_RANGE,
};
use crate::api::types;

/// How codes are made, and how long they live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeConfig {
    alphabet: CodeAlphabet,
    length: u8,
    minutes: u8,
}

impl CodeConfig {
    /// Codes of so many of these characters, that live so many minutes, within
    /// [`CODE_CONFIG_VERIFY_CODE_LEN_RANGE`](crate::api::limits::CODE_CONFIG_VERIFY_CODE_LEN_RANGE) and
    /// [`CODE_CONFIG_VERIFY_CODE_TTL_RANGE`](crate::api::limits::CODE_CONFIG_VERIFY_CODE_TTL_RANGE); with WhatsApp 1,
    /// 5 or 10 minutes.
    ///
    /// # Errors
    ///
    /// If the length or the life is out of range.
    pub fn new(alphabet: CodeAlphabet, length: u8, minutes: u8) -> Result<Self, InvalidInput> {
        let (lengths, lives) = (CODE_CONFIG_VERIFY_CODE_LEN_RANGE, CODE_CONFIG_VERIFY_CODE_TTL_RANGE);
        InvalidInput::unless_of(lengths.contains(length.into()), LENGTH, || format!("must be {lengths}"))?;
        InvalidInput::unless_of(lives.contains(minutes.into()), LIFE, || format!("must be {lives}"))?;
        Ok(Self { alphabet, length, minutes })
    }

    /// WhatsApp's texts exist for these lives only.
    pub(super) fn check_whatsapp(&self) -> Result<(), InvalidInput> {
        let allowed = matches!(self.minutes, 1 | 5 | 10);
        InvalidInput::unless(allowed, LIFE, "must be 1, 5 or 10 with whatsapp in the strategy")
    }
}

impl TryFrom<&types::CodeConfig> for CodeConfig {
    type Error = InvalidInput;

    fn try_from(wire: &types::CodeConfig) -> Result<Self, InvalidInput> {
        // What does not fit is out of range in any case.
        let small = |number: i64| u8::try_from(number).unwrap_or(u8::MAX);
        Self::new(
            CodeAlphabet::from_bits(wire.verify_code_type)?,
            small(wire.verify_code_len),
            small(wire.verify_code_ttl),
        )
    }
}

impl From<&CodeConfig> for types::CodeConfig {
    fn from(code: &CodeConfig) -> Self {
        Self::new(code.alphabet.0, code.length, code.minutes)
    }
}

/// The characters that codes are made of; join several with `|`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeAlphabet(u8);

impl CodeAlphabet {
    /// 0 to 9.
    pub const DIGITS: Self = Self(1);
    /// a to z.
    pub const LOWER_CASE: Self = Self(2);
    /// A to Z.
    pub const UPPER_CASE: Self = Self(4);

    fn from_bits(bits: i64) -> Result<Self, InvalidInput> {
        let known = CODE_CONFIG_VERIFY_CODE_TYPE_RANGE.contains(bits);
        u8::try_from(bits).ok().filter(|_| known).map(Self).ok_or_else(|| {
            let rule = "must be a sum of 1 (digits), 2 (lower-case letters) and 4 (upper-case letters)";
            InvalidInput::new("verify_code_config.verify_code_type", rule)
        })
    }
}

impl BitOr for CodeAlphabet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

const LENGTH: &str = "verify_code_config.verify_code_len";

const LIFE: &str = "verify_code_config.verify_code_ttl";
