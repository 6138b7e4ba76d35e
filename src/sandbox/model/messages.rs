//! The messages that the sandbox accepted, and their codes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::message::{Delivery, Message, TemplateOrigin, TimelineEntry};
use super::refusal::Refusal;
use crate::api::types::{Channel, ErrorCode, MessageId};
use crate::sandbox::clock::earlier;
use crate::test_recipients::RecipientBehavior;

/// Everything that the sandbox remembers of messages. Time is passed in.
#[derive(Debug)]
pub(crate) struct Messages {
    /// Oldest first. Ids count up by one, so a message's place follows from its id.
    remembered: VecDeque<Message>,
    /// The number of the first id.
    first: u64,
    /// How many messages were forgotten.
    forgotten: u64,
    /// The newest code for each template and recipient.
    newest: HashMap<(String, String), MessageId>,
    /// How many octets the texts of all messages take.
    weight: usize,
    /// The most messages that are remembered.
    most: usize,
}

/// A message to be accepted.
pub(crate) struct NewMessage {
    pub(crate) to: String,
    pub(crate) template: String,
    pub(crate) params: BTreeMap<String, String>,
    pub(crate) channel: Channel,
    pub(crate) code: Option<String>,
    pub(crate) text: String,
    /// How long the service checks its code; none if it does not.
    pub(crate) life: Option<Duration>,
    pub(crate) reported: bool,
    pub(crate) behavior: Option<RecipientBehavior>,
    pub(crate) by_smpp: bool,
    pub(crate) template_origin: TemplateOrigin,
}

impl NewMessage {
    /// What the message can be found by. The parts are apart, so that no word is found across two of them.
    fn words(&self, id: &str) -> Box<str> {
        let code = self.code.as_deref().unwrap_or_default();
        let mut words = [id, &self.to, &self.template, code, &self.text].join("\n");
        for value in self.params.values() {
            words.push('\n');
            words.push_str(value);
        }
        words.to_lowercase().into()
    }
}

impl Messages {
    /// The most messages that are remembered.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// No messages yet; at most so many are remembered. Ids count up from the time that it is now, as the service's seem to:
    /// one of an earlier run is never that of another message.
    pub(crate) fn new(most: usize, now: SystemTime) -> Self {
        let nanoseconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let nanoseconds = u64::try_from(nanoseconds).unwrap_or_default();
        Self {
            remembered: VecDeque::new(),
            // Others are not of the length that ids have.
            first: if FIRST_IDS.contains(&nanoseconds) { nanoseconds } else { FIRST_ID },
            forgotten: 0,
            newest: HashMap::new(),
            weight: 0,
            most: most.max(1),
        }
    }

    /// The id that the first message has or had: no other run has the same.
    pub(crate) fn first_id(&self) -> String {
        self.first.to_string()
    }

    /// Refuses a code while an earlier one for the same template and recipient still lives.
    pub(crate) fn check_resend(&self, template: &str, to: &str, now: SystemTime) -> Result<(), Refusal> {
        let earlier = self.newest.get(&(template.to_owned(), to.to_owned())).and_then(|id| self.get(&id.0));
        let Some(earlier) = earlier.filter(|earlier| earlier.lives(now)) else { return Ok(()) };
        let rule = "the previous code for this recipient and template still counts: wait, or verify it";
        Err(Refusal::new(ErrorCode::ResentTooSoon, rule).about("to").of(&earlier.id))
    }

    /// Remembers a message, and forgets the oldest beyond the limits.
    pub(crate) fn add(&mut self, new: NewMessage, now: SystemTime) -> &Message {
        let number = self.forgotten + self.remembered.len() as u64;
        let id = (self.first + number).to_string();
        let message = Message {
            words: new.words(&id),
            id: MessageId(id),
            to: new.to,
            template: new.template,
            params: new.params,
            channel: new.channel,
            code: new.code,
            text: new.text,
            sent: now,
            verified: false,
            timeline: Vec::new(),
            omitted: 0,
            expires: new.life.map(|life| now + life),
            reported: new.reported,
            behavior: new.behavior,
            by_smpp: new.by_smpp,
            template_origin: new.template_origin,
            delivery: Delivery::UnderWay,
        };
        self.weight += message.weight();
        while self.remembered.len() >= self.most || (self.weight > MOST_TEXT && !self.remembered.is_empty()) {
            self.forget_oldest();
        }
        if message.expires.is_some() {
            self.newest.insert((message.template.clone(), message.to.clone()), message.id.clone());
        }
        let index = self.remembered.len();
        self.remembered.push_back(message);
        &self.remembered[index]
    }

    /// Forgets all messages. Their ids are not given out again.
    pub(crate) fn clear(&mut self) {
        self.forgotten += self.remembered.len() as u64;
        self.remembered.clear();
        self.newest.clear();
        self.weight = 0;
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.remembered.pop_front() else { return };
        self.forgotten += 1;
        self.weight = self.weight.saturating_sub(oldest.weight());
        let pair = (oldest.template, oldest.to);
        if self.newest.get(&pair) == Some(&oldest.id) {
            self.newest.remove(&pair);
        }
    }

    /// Compares a code; a right one is used up.
    pub(crate) fn verify(&mut self, id: &str, code: &str, now: SystemTime) -> Result<bool, Refusal> {
        let message = self.get_mut(id).filter(|message| message.expires.is_some());
        let Some(message) = message else {
            let rule = "no message with this id has a code to verify";
            return Err(Refusal::new(ErrorCode::NotFound, rule).about("message_id"));
        };
        let refuse = |rule| Err(Refusal::rule("message_id", rule).of(&message.id));
        if message.verified {
            return refuse("the code was verified before, and counts once");
        }
        if !message.lives(now) {
            return refuse("the code has expired");
        }
        message.verified = message.code.as_deref() == Some(code);
        Ok(message.verified)
    }

    /// Adds to the timeline of a message. Who guesses codes for ever does not fill the memory: beyond a limit the
    /// oldest wrong guesses are left out of what is shown. With the last step its delivery has ended.
    pub(crate) fn note(&mut self, id: &str, entry: TimelineEntry, is_last: bool) -> Option<&Message> {
        let message = self.get_mut(id)?;
        if is_last {
            message.delivery = Delivery::Ended;
        }
        if message.timeline.len() >= MOST_ENTRIES {
            let guess = |entry: &TimelineEntry| entry.status == crate::MessageStatus::VerifiedFailed;
            let oldest = message.timeline.iter().position(guess).unwrap_or_default();
            message.timeline.remove(oldest);
            message.omitted += 1;
        }
        message.timeline.push(entry);
        Some(message)
    }

    /// Has a message's code expire at another time than planned.
    pub(crate) fn set_expiry(&mut self, id: &str, expires: SystemTime) {
        if let Some(message) = self.get_mut(id) {
            message.expires = message.expires.map(|_| expires);
        }
    }

    /// Moves all times back by as much as the clock is put back, so that what happened lies as long ago as before.
    pub(crate) fn rewind(&mut self, by: Duration) {
        for message in &mut self.remembered {
            let entries = message.timeline.iter_mut().map(|entry| &mut entry.at);
            for time in entries.chain([&mut message.sent]).chain(&mut message.expires) {
                *time = earlier(*time, by);
            }
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Message> {
        self.remembered.get(self.position(id)?)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Message> {
        let position = self.position(id)?;
        self.remembered.get_mut(position)
    }

    fn position(&self, id: &str) -> Option<usize> {
        let place = number(id)?.checked_sub(self.first)?.checked_sub(self.forgotten)?;
        usize::try_from(place).ok()
    }

    /// The messages, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.remembered.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.remembered.len()
    }

    /// The messages whose ids are lower than this number, or all, oldest first. No message need have it as its id.
    pub(crate) fn before(
        &self,
        number: Option<u64>,
    ) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator + use<'_> {
        let place = |number: u64| number.saturating_sub(self.first).saturating_sub(self.forgotten);
        let end = number.map_or(self.len(), |number| usize::try_from(place(number)).unwrap_or(usize::MAX));
        self.remembered.range(..end.min(self.len()))
    }
}

/// The number that an id is. Only the form that was given out is an id: no sign, no leading zero.
pub(crate) fn number(id: &str) -> Option<u64> {
    let canonical = id.len() == 19 && id.bytes().all(|byte| byte.is_ascii_digit());
    canonical.then(|| id.parse().ok()).flatten()
}

/// Ids look like the service's: decimal, of 19 digits, and beyond what a double holds exactly.
const FIRST_ID: u64 = 1_725_407_449_772_531_712;

const FIRST_IDS: std::ops::Range<u64> = 1_000_000_000_000_000_000..9_000_000_000_000_000_000;

/// The most octets that the texts of all remembered messages take.
const MOST_TEXT: usize = 64 * 1024 * 1024;

/// The most entries of one timeline.
const MOST_ENTRIES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MessageStatus;

    fn send(messages: &mut Messages, to: &str, text: usize) -> String {
        let new = NewMessage {
            to: to.to_owned(),
            template: "t".to_owned(),
            params: BTreeMap::new(),
            channel: Channel::Sms,
            code: Some("1234".to_owned()),
            text: "x".repeat(text),
            life: Some(Duration::from_secs(60)),
            reported: true,
            behavior: None,
            by_smpp: false,
            template_origin: TemplateOrigin::Own,
        };
        messages.add(new, UNIX_EPOCH).id.0.clone()
    }

    #[test]
    fn the_oldest_messages_are_forgotten_and_their_ids_lead_nowhere() {
        let mut messages = Messages::new(3, UNIX_EPOCH);
        let ids: Vec<String> = (0..5).map(|n| send(&mut messages, &format!("+1000{n}"), 0)).collect();
        let known: Vec<bool> = ids.iter().map(|id| messages.get(id).is_some()).collect();
        assert_eq!(known, [false, false, true, true, true]);
        assert_eq!(messages.newest.len(), 3);
        let before = |number| messages.before(number).map(|m| m.id.0.as_str()).collect::<Vec<_>>();
        assert_eq!(before(number(&ids[4])), [&ids[2], &ids[3]]);
        assert_eq!(before(number(&ids[0])), [""; 0], "all that were older are forgotten");
        assert_eq!(before(Some(1)), [""; 0]);
        assert_eq!(before(Some(u64::MAX)).len(), 3);
        messages.clear();
        assert!(messages.get(&ids[4]).is_none());
        assert!(!ids.contains(&send(&mut messages, "+10000", 0)), "ids are not given out again");
    }

    #[test]
    fn long_texts_are_forgotten_before_they_fill_the_memory() {
        let mut messages = Messages::new(100, UNIX_EPOCH);
        for n in 0..5 {
            // Each is held twice: as it is, and as it is searched.
            send(&mut messages, &format!("+1000{n}"), MOST_TEXT / 3);
        }
        assert_eq!(messages.iter().len(), 1);
        assert!(messages.weight <= MOST_TEXT);
    }

    #[test]
    fn only_the_form_that_was_given_out_is_an_id() {
        let mut messages = Messages::new(3, UNIX_EPOCH);
        let id = send(&mut messages, "+10000", 0);
        for wrong in [format!("+{id}"), format!("0{id}"), format!(" {id}"), String::new(), "-1".to_owned()] {
            assert!(messages.get(&wrong).is_none(), "{wrong:?}");
        }
        assert!(messages.get(&id).is_some());
    }

    #[test]
    fn a_timeline_shows_its_ends_and_leaves_out_the_oldest_guesses() {
        let mut messages = Messages::new(3, UNIX_EPOCH);
        let id = send(&mut messages, "+10000", 0);
        let entry = |status| TimelineEntry {
            at: UNIX_EPOCH,
            status,
            channel: Channel::Sms,
            error: None,
            is_forced: false,
        };
        messages.note(&id, entry(MessageStatus::Sent), false);
        for _ in 0..500 {
            messages.note(&id, entry(MessageStatus::VerifiedFailed), false);
        }
        let message = messages.note(&id, entry(MessageStatus::Delivered), true).expect("remembered");
        assert_eq!((message.timeline.len(), message.omitted), (MOST_ENTRIES, 402));
        assert_eq!(message.timeline[0].status, MessageStatus::Sent);
        assert_eq!(message.status(), Some(&MessageStatus::Delivered));
        assert_eq!(message.delivery, Delivery::Ended);
    }
    #[test]
    fn an_id_of_an_earlier_run_is_that_of_no_message_of_this_one() {
        let begun = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let (mut earlier, mut later) =
            (Messages::new(3, begun), Messages::new(3, begun + Duration::from_secs(1)));
        let (old, new) = (send(&mut earlier, "+10000", 0), send(&mut later, "+10000", 0));
        assert_eq!((old.len(), new.len()), (19, 19));
        assert!(number(&old) < number(&new) && later.get(&old).is_none());
        // A clock that a test has set to anywhere makes ids all the same.
        for now in [UNIX_EPOCH, UNIX_EPOCH + Duration::from_secs(253_402_300_799)] {
            assert_eq!(send(&mut Messages::new(3, now), "+10000", 0).len(), 19);
        }
    }
}
