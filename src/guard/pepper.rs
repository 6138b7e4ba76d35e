//! Makes keys of numbers, requesters and messages, from which nobody gets back to them.

use std::borrow::Cow;
use std::fmt;

use ring::hmac;
use ring::rand::SystemRandom;

use super::ids::no_randomness;
use super::store::Key;
use crate::{InvalidInput, Recipient, TemplateId};

/// The secret by which numbers, requesters and messages become keys of a store: by HMAC-SHA256, so that whoever reads the
/// store finds none of them, not even by trying all there are.
///
/// All processes that share a store must have the same one. To change it without a moment in which counters begin anew:
///
/// 1. everywhere, the old one [with](Pepper::and) the new one;
/// 2. when all have that, and have had it for as long as the longest window: the new one with the old one;
/// 3. as long again after that: the new one alone.
#[derive(Clone)]
pub struct Pepper {
    own: hmac::Key,
    other: Option<hmac::Key>,
}

impl Pepper {
    /// This secret, of at least 16 octets.
    ///
    /// # Errors
    ///
    /// If it is shorter.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, InvalidInput> {
        Ok(Self { own: read(secret.as_ref())?, other: None })
    }

    /// A secret that is made up now, and known to nobody: for a store that ends with this process.
    ///
    /// # Errors
    ///
    /// If the operating system gives no randomness.
    pub fn random() -> Result<Self, InvalidInput> {
        let own = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Ok(Self { own: own.map_err(|_| no_randomness("pepper"))?, other: None })
    }

    /// What is counted under this other secret counts as well. New charges are made under the first.
    ///
    /// # Errors
    ///
    /// If it is shorter than 16 octets.
    pub fn and(mut self, other: impl AsRef<[u8]>) -> Result<Self, InvalidInput> {
        self.other = Some(read(other.as_ref())?);
        Ok(self)
    }

    pub(super) fn recipient(&self, to: &Recipient) -> Digests {
        self.digests(Subject::Recipient, &[&address(to)])
    }

    /// What sends of a template to a recipient are registered by.
    pub(super) fn registry(&self, to: &Recipient, template: &TemplateId) -> Digests {
        self.digests(Subject::Registry, &[&address(to), template.as_str()])
    }

    pub(super) fn digests(&self, subject: Subject, parts: &[&str]) -> Digests {
        let digest = |key: &hmac::Key| {
            let mut context = hmac::Context::with_key(key);
            context.update(&[subject as u8]);
            for part in parts {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part.as_bytes());
            }
            let mut digest = [0; 14];
            digest.copy_from_slice(&context.sign().as_ref()[..14]);
            digest
        };
        Digests { own: digest(&self.own), other: self.other.as_ref().map(digest) }
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pepper").field("rotating", &self.other.is_some()).finish_non_exhaustive()
    }
}

/// Mail goes to the same box however the address is written.
pub(crate) fn address(to: &Recipient) -> Cow<'_, str> {
    if to.is_email() { to.expose().to_lowercase().into() } else { to.expose().into() }
}

fn read(secret: &[u8]) -> Result<hmac::Key, InvalidInput> {
    InvalidInput::unless(secret.len() >= 16, "pepper", "must be at least 16 octets")?;
    Ok(hmac::Key::new(hmac::HMAC_SHA256, secret))
}

/// What a digest is of.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Recipient = 1,
    Requester,
    Message,
    Registry,
    Once,
    Arguments,
}

/// What becomes a key, under both peppers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digests {
    pub(super) own: [u8; 14],
    pub(super) other: Option<[u8; 14]>,
}

impl Digests {
    /// What needs no secret.
    pub(super) fn plain(text: &str) -> Self {
        let mut own = [0; 14];
        for (place, octet) in own.iter_mut().zip(text.bytes()) {
            *place = octet;
        }
        Self { own, other: None }
    }

    pub(super) fn key(&self, kind: Kind, index: u8) -> Key {
        key(kind, index, &self.own)
    }

    pub(super) fn other_key(&self, kind: Kind, index: u8) -> Option<Key> {
        self.other.map(|other| key(kind, index, &other))
    }

    /// The keys under which it may be found.
    pub(super) fn keys(&self, kind: Kind) -> impl Iterator<Item = Key> {
        [Some(self.key(kind, 0)), self.other_key(kind, 0)].into_iter().flatten()
    }
}

fn key(kind: Kind, index: u8, digest: &[u8; 14]) -> Key {
    let mut octets = [0; 16];
    octets[0] = kind as u8;
    octets[1] = index;
    octets[2..].copy_from_slice(digest);
    Key::new(octets)
}

/// What a key is for. It is the key's first octet, so that these numbers stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sends = 1,
    Spend = 2,
    Prefix = 3,
    Unverified = 4,
    Verified = 5,
    Requester = 6,
    Cooldown = 7,
    Recipient = 8,
    Checks = 9,
    MessageCodes = 10,
    RecipientCodes = 11,
    Message = 20,
    Registry = 21,
    Once = 22,
    Lifecycle = 23,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pepper_of_less_than_16_octets_is_refused() {
        assert!(Pepper::new("").is_err() && Pepper::new("fifteen octets!").is_err());
        assert!(Pepper::new("sixteen octets!!").is_ok_and(|pepper| pepper.and("short").is_err()));
    }

    #[test]
    fn an_address_has_one_key_however_it_is_written_and_parts_are_kept_apart() {
        let pepper = Pepper::new([7; 32]).expect("a pepper");
        let digests = |address: &str| pepper.recipient(&address.parse().expect("an address"));
        assert_eq!(digests("User@Example.com"), digests("user@example.COM"));
        assert_ne!(digests("user@example.com"), digests("user2@example.com"));
        let parts = |parts: &[&str]| pepper.digests(Subject::Message, parts);
        assert_ne!(parts(&["ab", "c"]), parts(&["a", "bc"]));
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", Pepper::new("a secret of some length").expect("a pepper"));
        assert_eq!(shown, "Pepper { rotating: false, .. }");
    }
}
