//! Signatures: checked against a secret, and made with one.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use ring::digest::{SHA256, digest};
use ring::hmac;

use super::header::{SignedParts, is_nonce};
use crate::InvalidInput;

/// The newest time that a timestamp of ten digits can say.
const LAST_SECOND: u64 = 9_999_999_999;

/// A user name and the secret that goes with it. The secret is kept as the keyed state alone.
#[derive(Clone)]
pub(crate) struct SigningKey {
    user: String,
    key: hmac::Key,
}

impl SigningKey {
    pub(crate) fn new(user: &str, secret: &str) -> Result<Self, InvalidInput> {
        let plain = user.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';');
        let check = InvalidInput::unless;
        check((1..=256).contains(&user.len()), "user", "must be 1 to 256 characters")?;
        check(plain, "user", "must be ASCII without spaces and semicolons")?;
        check(!secret.is_empty(), "secret", "must not be empty")?;
        Ok(Self { user: user.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()) })
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// The signature that belongs to these parts.
    pub(crate) fn tag(&self, parts: &SignedParts<'_>) -> hmac::Tag {
        self.sign(parts.timestamp, parts.nonce)
    }

    fn sign(&self, timestamp: &str, nonce: &str) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [timestamp, nonce, &self.user] {
            context.update(part.as_bytes());
        }
        context.sign()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Signs as the service does, so that a receiver can be tried without it.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use engagelab_otp::callback::Signer;
///
/// let signer = Signer::new("shop", "a secret")?;
/// let header = signer.header(UNIX_EPOCH + Duration::from_secs(1_791_763_200), "k2f8r1")?;
/// assert!(header.starts_with("timestamp=1791763200;nonce=k2f8r1;username=shop;signature="));
/// # Ok::<(), engagelab_otp::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
pub struct Signer(SigningKey);

impl Signer {
    /// A signer with the user name and the secret that the receiver knows.
    ///
    /// # Errors
    ///
    /// If the user name cannot stand in a header, or the secret is empty.
    pub fn new(user: &str, secret: &str) -> Result<Self, InvalidInput> {
        SigningKey::new(user, secret).map(Self)
    }

    /// The value of the header `X-CALLBACK-ID` for this time and nonce.
    ///
    /// # Errors
    ///
    /// If the time does not fit ten digits of seconds, or the nonce cannot stand in a header.
    pub fn header(&self, time: SystemTime, nonce: &str) -> Result<String, InvalidInput> {
        let seconds = unix_seconds(time);
        InvalidInput::unless(seconds <= LAST_SECOND, "timestamp", "must be before the year 2286")?;
        InvalidInput::unless(
            is_nonce(nonce),
            "nonce",
            "must be 1 to 256 characters of ASCII without spaces and semicolons",
        )?;
        let timestamp = format!("{seconds:010}");
        let tag = self.0.sign(&timestamp, nonce);
        let mut header = format!("timestamp={timestamp};nonce={nonce};username={};signature=", self.0.user);
        for byte in tag.as_ref() {
            for digit in [byte >> 4, byte & 15] {
                header.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        Ok(header)
    }
}

/// Seconds since 1970; before that, 0.
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(digest(&SHA256, bytes).as_ref());
    array
}
