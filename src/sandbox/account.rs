//! The account that the sandbox pretends to be: its templates, its messages, and their codes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use super::message::{Message, TimelineEntry};
use crate::api::types::{Channel, ErrorCode, MessageId, TemplateDefinition, TemplateStatus};

/// Everything that the sandbox remembers of templates and messages. Time is passed in.
#[derive(Debug, Default)]
pub(super) struct Account {
    templates: Vec<Template>,
    /// Oldest first. Ids count up by one, so a message's place follows from its id.
    messages: VecDeque<Message>,
    /// How many messages were forgotten.
    forgotten: u64,
    /// The newest code for each template and recipient.
    newest: HashMap<(String, String), MessageId>,
    /// How many octets the texts of all messages take.
    weight: usize,
}

/// A template and what became of its review.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) definition: TemplateDefinition,
    pub(super) status: TemplateStatus,
    pub(super) created: SystemTime,
}

/// A message to be taken over.
#[derive(Default)]
pub(super) struct NewMessage {
    pub(super) to: String,
    pub(super) template: String,
    pub(super) params: BTreeMap<String, String>,
    pub(super) channel: Option<Channel>,
    pub(super) code: Option<String>,
    pub(super) text: String,
    /// How long the service checks its code; none if it does not.
    pub(super) life: Option<Duration>,
    pub(super) reported: bool,
    pub(super) by_smpp: bool,
}

/// An error of the service.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) ErrorCode, pub(super) String);

impl Account {
    pub(super) fn add_template(&mut self, template: Template) -> Result<(), Refusal> {
        if self.template(&template.definition.template_id.0).is_ok() {
            return Err(Refusal(ErrorCode::RuleBroken, "a template with this id exists already".to_owned()));
        }
        if self.templates.len() >= MOST_TEMPLATES {
            return Err(Refusal(ErrorCode::RuleBroken, format!("{MOST_TEMPLATES} templates are the most")));
        }
        self.templates.push(template);
        Ok(())
    }

    pub(super) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.templates.iter()
    }

    pub(super) fn template(&self, id: &str) -> Result<&Template, Refusal> {
        self.templates.iter().find(|template| template.definition.template_id.0 == id).ok_or_else(no_template)
    }

    pub(super) fn set_template_status(&mut self, id: &str, status: TemplateStatus) -> bool {
        let found = self.templates.iter_mut().find(|template| template.definition.template_id.0 == id);
        found.map(|template| template.status = status).is_some()
    }

    pub(super) fn delete_template(&mut self, id: &str) -> Result<(), Refusal> {
        let position = self
            .templates
            .iter()
            .position(|template| template.definition.template_id.0 == id)
            .ok_or_else(no_template)?;
        self.templates.remove(position);
        Ok(())
    }

    /// Takes a message over, unless an earlier code for the same template and recipient still lives. At most
    /// `most` messages are remembered.
    pub(super) fn send(
        &mut self,
        new: NewMessage,
        now: SystemTime,
        most: usize,
    ) -> Result<&Message, Refusal> {
        let pair = (new.template.clone(), new.to.clone());
        let earlier = self.newest.get(&pair).and_then(|id| self.message(id));
        if new.life.is_some() && earlier.is_some_and(|earlier| earlier.lives(now)) {
            let message = "the previous code for this recipient and template still lives".to_owned();
            return Err(Refusal(ErrorCode::ResentTooSoon, message));
        }
        let number = self.forgotten + self.messages.len() as u64;
        let message = Message {
            id: MessageId((FIRST_ID + number).to_string()),
            to: new.to,
            template: new.template,
            params: new.params,
            channel: new.channel.unwrap_or(Channel::Sms),
            code: new.code,
            text: new.text,
            sent: now,
            verified: false,
            timeline: Vec::new(),
            expires: new.life.map(|life| now + life),
            reported: new.reported,
            by_smpp: new.by_smpp,
        };
        self.weight += message.weight();
        while self.messages.len() >= most.max(1) || (self.weight > MOST_TEXT && !self.messages.is_empty()) {
            self.forget_oldest();
        }
        if message.expires.is_some() {
            self.newest.insert(pair, message.id.clone());
        }
        self.messages.push_back(message);
        // One was just put there.
        self.messages.back().ok_or_else(|| Refusal(ErrorCode::Internal, String::new()))
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.messages.pop_front() else { return };
        self.forgotten += 1;
        self.weight = self.weight.saturating_sub(oldest.weight());
        let pair = (oldest.template, oldest.to);
        if self.newest.get(&pair) == Some(&oldest.id) {
            self.newest.remove(&pair);
        }
    }

    /// Compares a code; a right one is spent.
    pub(super) fn verify(&mut self, id: &str, code: &str, now: SystemTime) -> Result<bool, Refusal> {
        let message = self.message_mut(id).filter(|message| message.expires.is_some());
        let Some(message) = message else {
            return Err(Refusal(
                ErrorCode::NotFound,
                "no message with this id has a code to verify".to_owned(),
            ));
        };
        if !message.lives(now) {
            return Err(Refusal(
                ErrorCode::RuleBroken,
                "the code has expired or was verified before".to_owned(),
            ));
        }
        message.verified = message.code.as_deref() == Some(code);
        Ok(message.verified)
    }

    /// Notes what happened to a message.
    pub(super) fn note(&mut self, id: &str, entry: TimelineEntry) -> Option<&Message> {
        let message = self.message_mut(id)?;
        if message.timeline.len() >= MOST_ENTRIES {
            return None;
        }
        message.timeline.push(entry);
        Some(message)
    }

    pub(super) fn message(&self, id: &str) -> Option<&Message> {
        self.messages.get(self.position(id)?)
    }

    fn message_mut(&mut self, id: &str) -> Option<&mut Message> {
        let position = self.position(id)?;
        self.messages.get_mut(position)
    }

    fn position(&self, id: &str) -> Option<usize> {
        // Only the form that was given out is an id: no sign, no leading zero.
        let canonical = id.len() == 19 && id.bytes().all(|byte| byte.is_ascii_digit());
        let number = canonical.then(|| id.parse::<u64>().ok()).flatten()?.checked_sub(FIRST_ID)?;
        usize::try_from(number.checked_sub(self.forgotten)?).ok()
    }

    /// The messages, oldest first.
    pub(super) fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.messages.iter()
    }

    /// The messages before the one with this id, oldest first; all if there is no such message any more.
    pub(super) fn messages_before(&self, id: &str) -> impl DoubleEndedIterator<Item = &Message> {
        let end = self.position(id).map_or(0, |position| position.min(self.messages.len()));
        self.messages.range(..end)
    }
}

fn no_template() -> Refusal {
    Refusal(ErrorCode::NotFound, "no template has this id".to_owned())
}

/// Ids look like the service's: decimal, and beyond what a double holds exactly.
const FIRST_ID: u64 = 1_725_407_449_772_531_712;

/// The most octets that the texts of all remembered messages take.
const MOST_TEXT: usize = 64 * 1024 * 1024;

const MOST_TEMPLATES: usize = 1_000;

/// The most entries of one timeline: who guesses codes for ever does not fill the memory.
const MOST_ENTRIES: usize = 100;

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn send(account: &mut Account, to: &str, text: usize, most: usize) -> String {
        let life = Some(Duration::from_secs(60));
        let new = NewMessage { to: to.to_owned(), text: "x".repeat(text), life, ..NewMessage::default() };
        account.send(new, UNIX_EPOCH, most).expect("taken over").id.0.clone()
    }

    #[test]
    fn the_oldest_messages_are_forgotten_and_their_ids_lead_nowhere() {
        let mut account = Account::default();
        let ids: Vec<String> = (0..5).map(|n| send(&mut account, &format!("+1000{n}"), 0, 3)).collect();
        let known: Vec<bool> = ids.iter().map(|id| account.message(id).is_some()).collect();
        assert_eq!(known, [false, false, true, true, true]);
        assert_eq!(account.newest.len(), 3);
        let before: Vec<&str> = account.messages_before(&ids[4]).map(|m| m.id.0.as_str()).collect();
        assert_eq!(before, [&ids[2], &ids[3]]);
    }

    #[test]
    fn long_texts_are_forgotten_before_they_fill_the_memory() {
        let mut account = Account::default();
        for n in 0..5 {
            send(&mut account, &format!("+1000{n}"), MOST_TEXT / 2, 100);
        }
        assert_eq!(account.messages().len(), 1);
        assert!(account.weight <= MOST_TEXT);
    }

    #[test]
    fn only_the_form_that_was_given_out_is_an_id() {
        let mut account = Account::default();
        let id = send(&mut account, "+10000", 0, 3);
        for wrong in [format!("+{id}"), format!("0{id}"), format!(" {id}"), String::new(), "-1".to_owned()] {
            assert!(account.message(&wrong).is_none(), "{wrong:?}");
        }
        assert!(account.message(&id).is_some());
    }
}
