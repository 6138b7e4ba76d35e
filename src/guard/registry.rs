//! Sends that were registered before they left, by recipient and template; and which message became of one whose answer was
//! lost. Pure: no I/O, no clock.
//!
//! A message that a callback names, and no receipt has named, is taken for a send only where there is no doubt: where
//! exactly one registered send without an id fits it by time, those in flight included.

use super::message::Accepted;
use super::octets::{Reader, write_number, write_octets, write_option};

/// A send, as whoever registers it knows it.
pub(crate) trait Registrable: Copy {
    /// What tells it from all others.
    type Id: Copy + PartialEq;

    fn id(&self) -> Self::Id;
}

/// All sends of one template to one recipient within a day.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Registry<S> {
    sends: Vec<Registered<S>>,
    /// Messages of which it was not clear which send they are.
    strays: Vec<Stray>,
    /// Whether a send without an id, or a message without a send, was forgotten: any other may belong to it.
    overflowed: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Registered<S> {
    send: S,
    /// When it was admitted, by when its answer was to be there, and when nothing more was waited for; in seconds since
    /// 1970, by the clock of whoever keeps the registry.
    admitted: u64,
    limit: u64,
    ended: Option<u64>,
    message: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stray {
    message: String,
    sent: u64,
}

/// A send, and the message that it was found to be.
pub(crate) type Resolved<S> = (S, String);

impl<S> Default for Registry<S> {
    fn default() -> Self {
        Self { sends: Vec::new(), strays: Vec::new(), overflowed: false }
    }
}

impl<S: Registrable> Registry<S> {
    /// A send is about to leave, whose answer is awaited until `limit`.
    pub(crate) fn register(&mut self, send: S, admitted: u64, limit: u64) {
        self.sends.retain(|send| send.admitted.saturating_add(DAY) > admitted);
        self.strays.retain(|stray| stray.sent.saturating_add(DAY) > admitted);
        if self.sends.len() >= MOST_SENDS {
            // The oldest with an id has told what it had to.
            let known = self.sends.iter().position(|send| send.message.is_some());
            self.overflowed |= known.is_none();
            self.sends.remove(known.unwrap_or_default());
        }
        self.sends.push(Registered { send, admitted, limit, ended: None, message: None });
    }

    /// A receipt names the message of a send.
    pub(crate) fn identify(&mut self, id: S::Id, message: &str, tolerance: u64) -> Vec<Resolved<S>> {
        self.strays.retain(|stray| stray.message != message);
        if let Some(send) = self.find(id) {
            send.message = Some(message.to_owned());
        }
        self.match_strays(tolerance)
    }

    /// Nothing more is waited for, and what became of a send is not known.
    pub(crate) fn end(&mut self, id: S::Id, now: u64) {
        if let Some(send) = self.find(id) {
            send.ended = Some(now);
        }
    }

    /// A send came to nothing.
    pub(crate) fn withdraw(&mut self, id: S::Id, tolerance: u64) -> Vec<Resolved<S>> {
        self.sends.retain(|send| send.send.id() != id || send.message.is_some());
        self.match_strays(tolerance)
    }

    /// A callback names a message, of which no receipt is known, that was sent at this time.
    pub(crate) fn see(&mut self, message: &str, sent: u64, tolerance: u64) -> Vec<Resolved<S>> {
        let known = |send: &&Registered<S>| send.message.as_deref() == Some(message);
        if let Some(send) = self.sends.iter().find(known) {
            // Said again: whoever found it out may have died before that was written everywhere.
            return vec![(send.send, message.to_owned())];
        }
        if !self.strays.iter().any(|stray| stray.message == message) {
            if self.strays.len() >= MOST_STRAYS {
                self.overflowed = true;
                self.strays.remove(0);
            }
            self.strays.push(Stray { message: message.to_owned(), sent });
        }
        self.match_strays(tolerance)
    }

    /// The message of a send, if it is known.
    pub(crate) fn message_of(&self, id: S::Id) -> Option<&str> {
        self.sends.iter().find(|send| send.send.id() == id)?.message.as_deref()
    }

    /// Whether there is a send of which no message is known.
    #[cfg(feature = "batch")]
    pub(crate) fn has_open(&self) -> bool {
        self.sends.iter().any(|send| send.message.is_none())
    }

    fn find(&mut self, id: S::Id) -> Option<&mut Registered<S>> {
        self.sends.iter_mut().find(|send| send.send.id() == id && send.message.is_none())
    }

    /// Gives strays to sends, where each fits the other and nothing else.
    fn match_strays(&mut self, tolerance: u64) -> Vec<Resolved<S>> {
        let mut resolved = Vec::new();
        while let Some((stray, send)) = self.unambiguous(tolerance) {
            let stray = self.strays.remove(stray);
            self.sends[send].message = Some(stray.message.clone());
            resolved.push((self.sends[send].send, stray.message));
        }
        resolved
    }

    fn unambiguous(&self, tolerance: u64) -> Option<(usize, usize)> {
        if self.overflowed {
            return None;
        }
        self.strays.iter().enumerate().find_map(|(place, stray)| {
            let mut sends =
                self.sends.iter().enumerate().filter(|(_, send)| send.may_be(stray.sent, tolerance));
            let (only, send) = sends.next()?;
            let alone = sends.next().is_none()
                && self.strays.iter().filter(|other| send.may_be(other.sent, tolerance)).count() == 1;
            (alone && send.fits(stray.sent, tolerance)).then_some((place, only))
        })
    }
}

impl Registry<Accepted> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut octets = vec![FORM, u8::from(self.overflowed)];
        octets.push(u8::try_from(self.sends.len()).unwrap_or(u8::MAX));
        for send in &self.sends {
            write_octets(&mut octets, &send.send.encode());
            write_number(&mut octets, send.admitted);
            write_number(&mut octets, send.limit);
            write_option(&mut octets, send.ended, write_number);
            write_option(&mut octets, send.message.as_deref(), |octets, id| {
                write_octets(octets, id.as_bytes());
            });
        }
        for stray in &self.strays {
            write_octets(&mut octets, stray.message.as_bytes());
            write_number(&mut octets, stray.sent);
        }
        octets
    }

    pub(super) fn decode(octets: &[u8]) -> Option<Self> {
        let mut reader = Reader(octets);
        if reader.octet()? != FORM {
            return None;
        }
        let overflowed = reader.octet()? != 0;
        let sends = (0..reader.octet()?).map(|_| {
            Some(Registered {
                send: Accepted::decode(reader.octets()?)?,
                admitted: reader.number()?,
                limit: reader.number()?,
                ended: reader.option(Reader::number)?,
                message: reader.option(Reader::text)?,
            })
        });
        let sends = sends.collect::<Option<_>>()?;
        let mut strays = Vec::new();
        while !reader.0.is_empty() {
            strays.push(Stray { message: reader.text()?, sent: reader.number()? });
        }
        Some(Self { sends, strays, overflowed })
    }
}

impl<S> Registered<S> {
    /// Whether a message that was sent then may be this one. One that has not ended can leave at any later time: its process
    /// may have died, and may as well have been suspended, with the machine.
    fn may_be(&self, sent: u64, tolerance: u64) -> bool {
        let end = self.ended.map_or(u64::MAX, |end| end.saturating_add(tolerance));
        self.message.is_none() && (self.admitted.saturating_sub(tolerance)..=end).contains(&sent)
    }

    /// Whether a message that was sent then, and may be this one, is taken for it: only if it was sent while the answer was
    /// awaited.
    fn fits(&self, sent: u64, tolerance: u64) -> bool {
        sent <= self.ended.unwrap_or(self.limit).saturating_add(tolerance)
    }
}

/// The greatest length, in octets, of a message's id that is registered. Those of the service have 19 digits.
pub(crate) const MAX_MESSAGE_ID: usize = 128;

const FORM: u8 = 1;
const MOST_SENDS: usize = 32;
const MOST_STRAYS: usize = 16;
const DAY: u64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::pepper::Digests;
    use crate::guard::store::ChargeId;

    fn accepted(number: u8) -> Accepted {
        let to = Digests { own: [2; 14], other: None };
        let charge = ChargeId::new([number; 16]);
        Accepted { charge, spend: None, unverified: Some(3), verified: Some(4), to, is_verified: false }
    }

    fn registry(admitted: &[u64]) -> Registry<Accepted> {
        let mut registry = Registry::default();
        for (number, &time) in (1..).zip(admitted) {
            registry.register(accepted(number), time, time + 30);
        }
        registry
    }

    const TOLERANCE: u64 = 60;

    #[test]
    fn one_send_that_fits_is_the_message_and_is_so_however_often_it_is_said() {
        let mut one = registry(&[1000]);
        one.end(accepted(1).charge, 1030);
        assert_eq!(one.see("early", 939, TOLERANCE), []);
        assert_eq!(one.see("late", 1091, TOLERANCE), []);
        for _ in 0..2 {
            assert_eq!(one.see("it", 1001, TOLERANCE), [(accepted(1), "it".to_owned())]);
        }
        assert_eq!(one.see("another", 1001, TOLERANCE), []);
        assert_eq!(one.message_of(accepted(1).charge), Some("it"));
    }

    #[test]
    fn of_two_sends_that_fit_neither_is_it_until_one_has_its_receipt() {
        let mut two = registry(&[1000, 1010]);
        assert_eq!(two.see("of the first", 1000, TOLERANCE), []);
        assert_eq!(
            two.identify(accepted(2).charge, "of the second", TOLERANCE),
            [(accepted(1), "of the first".to_owned())]
        );

        let mut two = registry(&[1000, 1010]);
        assert_eq!(two.see("of the second", 1000, TOLERANCE), []);
        assert_eq!(two.identify(accepted(2).charge, "of the second", TOLERANCE), []);
        assert_eq!(two.message_of(accepted(1).charge), None);

        let mut two = registry(&[1000, 1010]);
        assert_eq!(two.see("one", 1000, TOLERANCE), []);
        assert_eq!(two.see("other", 1010, TOLERANCE), []);
        assert_eq!(two.see("one", 1000, TOLERANCE), []);
        // One of them was refused after all: still two messages for one send.
        assert_eq!(two.withdraw(accepted(2).charge, TOLERANCE), []);
    }

    #[test]
    fn what_was_sent_at_another_time_does_not_make_it_ambiguous() {
        let mut two = registry(&[1000, 5000]);
        two.end(accepted(1).charge, 1030);
        assert_eq!(two.see("second", 5001, TOLERANCE), [(accepted(2), "second".to_owned())]);
    }

    #[test]
    fn a_send_that_never_ended_is_found_within_its_limit_and_leaves_later_ones_in_doubt() {
        let mut died = registry(&[1000]);
        assert_eq!(died.see("after its limit", 1091, TOLERANCE), []);
        let mut died = registry(&[1000, 9000]);
        died.end(accepted(2).charge, 9030);
        // It may have been suspended, and have left only now.
        assert_eq!(died.see("of which?", 9001, TOLERANCE), []);
        assert_eq!(died.see("of the first", 1090, TOLERANCE), []);
        died.withdraw(accepted(1).charge, TOLERANCE);
        assert_eq!(died.message_of(accepted(2).charge), Some("of which?"));
        let mut died = registry(&[1000, 9000]);
        died.end(accepted(2).charge, 9030);
        assert_eq!(died.see("of the first", 1090, TOLERANCE).len(), 1);
        assert_eq!(died.see("of the second", 9001, TOLERANCE).len(), 1);
    }

    #[test]
    fn a_receipt_that_comes_after_the_callback_says_the_same() {
        let mut one = registry(&[1000]);
        assert_eq!(one.see("it", 1000, TOLERANCE).len(), 1);
        assert_eq!(one.identify(accepted(1).charge, "it", TOLERANCE), []);
        assert_eq!(one.message_of(accepted(1).charge), Some("it"));
    }

    #[test]
    fn with_more_sends_than_can_be_remembered_nothing_is_certain() {
        let mut many = registry(&[1000; MOST_SENDS + 1]);
        for number in 2..=u8::try_from(MOST_SENDS + 1).expect("few") {
            many.withdraw(accepted(number).charge, TOLERANCE);
        }
        assert_eq!(many.see("it", 1000, TOLERANCE), []);
    }

    #[test]
    fn with_more_messages_than_can_be_remembered_nothing_is_certain() {
        let mut two = registry(&[1000, 1010]);
        two.end(accepted(1).charge, 1030);
        for message in ["one", "other"] {
            assert_eq!(two.see(message, 1000, TOLERANCE), []);
        }
        two.withdraw(accepted(2).charge, TOLERANCE);
        for number in 0..MOST_STRAYS {
            // The first that does not find a place takes that of one of the two.
            assert_eq!(two.see(&format!("later {number}"), 5000, TOLERANCE), []);
        }
    }

    #[test]
    fn a_full_registry_fits_a_record_and_is_read_again() {
        let mut full = registry(&[1000; MOST_SENDS]);
        let id = |number: usize| format!("{number:0MAX_MESSAGE_ID$}");
        for number in 0..MOST_STRAYS {
            full.see(&id(number), 1000, TOLERANCE);
        }
        for number in 1..=u8::try_from(MOST_SENDS).expect("few") {
            full.end(accepted(number).charge, 1001);
            full.identify(accepted(number).charge, &id(100 + usize::from(number)), TOLERANCE);
        }
        let octets = full.encode();
        assert!(octets.len() < crate::guard::MAX_RECORD, "{}", octets.len());
        assert_eq!(Registry::decode(&octets), Some(full));
        for length in 0..40 {
            assert_eq!(Registry::decode(&octets[..length]), None);
        }
    }
}
