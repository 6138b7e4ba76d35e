//! The account that the sandbox pretends to be: its templates, its messages, and their codes.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime};

use crate::api::types::{Channel, ErrorCode, MessageId, TemplateDefinition, TemplateStatus};

/// Everything that the sandbox remembers. Time is passed in.
#[derive(Debug, Default)]
pub(super) struct Account {
    templates: Vec<Template>,
    messages: HashMap<String, Message>,
    /// Ids in order of age, for forgetting the oldest.
    order: VecDeque<String>,
    /// The newest code for each template and recipient.
    newest: HashMap<(String, String), String>,
    sent: u64,
}

/// A template and what became of its review.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) definition: TemplateDefinition,
    pub(super) status: TemplateStatus,
    pub(super) created: SystemTime,
}

/// A message that the sandbox took over.
#[derive(Clone)]
#[non_exhaustive]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Who it is for. Keep it out of logs.
    pub to: String,
    /// The template's id.
    pub template: String,
    /// The channel that was tried first.
    pub channel: Channel,
    /// The code, if it carries one. Keep it out of logs.
    pub code: Option<String>,
    /// When it was sent.
    pub sent: SystemTime,
    /// Whether its code was verified.
    pub verified: bool,
    /// Until when its code counts; none if the service does not check it.
    pub(super) expires: Option<SystemTime>,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("template", &self.template)
            .field("channel", &self.channel)
            .field("sent", &self.sent)
            .field("verified", &self.verified)
            .finish_non_exhaustive()
    }
}

/// A message to be taken over.
pub(super) struct NewMessage {
    pub(super) to: String,
    pub(super) template: String,
    pub(super) channel: Channel,
    pub(super) code: Option<String>,
    /// How long the service checks its code; none if it does not.
    pub(super) life: Option<Duration>,
}

/// An error of the service.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) ErrorCode, pub(super) String);

impl Account {
    pub(super) fn add_template(&mut self, template: Template) -> Result<(), Refusal> {
        if self.template(&template.definition.template_id).is_ok() {
            return Err(Refusal(ErrorCode::RuleBroken, "a template with this id exists already".to_owned()));
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

    /// Takes a message over, unless an earlier code for the same template and recipient still lives.
    pub(super) fn send(
        &mut self,
        new: NewMessage,
        now: SystemTime,
        most: usize,
    ) -> Result<&Message, Refusal> {
        let pair = (new.template.clone(), new.to.clone());
        let earlier = self.newest.get(&pair).and_then(|id| self.messages.get(id));
        if new.life.is_some() && earlier.is_some_and(|earlier| earlier.lives(now)) {
            let message = "the previous code for this recipient and template still lives".to_owned();
            return Err(Refusal(ErrorCode::ResentTooSoon, message));
        }
        while self.order.len() >= most.max(1) {
            let oldest = self.order.pop_front().and_then(|id| self.messages.remove(&id));
            if let Some(oldest) = oldest {
                self.newest.remove(&(oldest.template, oldest.to));
            }
        }
        let id = (FIRST_ID + self.sent).to_string();
        self.sent += 1;
        if new.life.is_some() {
            self.newest.insert(pair, id.clone());
        }
        self.order.push_back(id.clone());
        let message = Message {
            id: MessageId(id.clone()),
            to: new.to,
            template: new.template,
            channel: new.channel,
            code: new.code,
            sent: now,
            verified: false,
            expires: new.life.map(|life| now + life),
        };
        Ok(self.messages.entry(id).insert_entry(message).into_mut())
    }

    /// Compares a code; a right one is spent.
    pub(super) fn verify(&mut self, id: &str, code: &str, now: SystemTime) -> Result<bool, Refusal> {
        let message = self.messages.get_mut(id).filter(|message| message.expires.is_some());
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

    pub(super) fn message(&self, id: &str) -> Option<&Message> {
        self.messages.get(id)
    }

    /// The messages, oldest first.
    pub(super) fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.order.iter().filter_map(|id| self.messages.get(id))
    }
}

impl Message {
    /// Whether its code still counts.
    fn lives(&self, now: SystemTime) -> bool {
        !self.verified && self.expires.is_some_and(|expires| now < expires)
    }
}

fn no_template() -> Refusal {
    Refusal(ErrorCode::NotFound, "no template has this id".to_owned())
}

/// Ids look like the service's: decimal, and beyond what a double holds exactly.
const FIRST_ID: u64 = 1_725_407_449_772_531_712;
