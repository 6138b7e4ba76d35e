//! The service itself: an account with its keys, templates and messages, and what becomes of messages as time goes by.
//!
//! It knows no HTTP, no SMPP and no callbacks: those call it, and read from it what has happened. Time is passed in.

mod message;
mod messages;
mod refusal;
mod rules;
mod scenario;
mod seed;
mod send;
mod templates;
mod text;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub(crate) use crate::schedule::Schedule;
pub(crate) use message::{Delivery, TemplateOrigin, price_cents};
pub use message::{Message, TimelineEntry};
use messages::Messages;
pub(crate) use messages::number;
pub(crate) use refusal::Refusal;
pub(crate) use rules::{shape, sms_parts};
use scenario::Step;
pub(crate) use seed::Seed;
pub(crate) use send::{SendCode, SendRequest};
pub(crate) use templates::{Template, Templates};

use subtle::ConstantTimeEq as _;

use crate::api::types::{self, ErrorCode, MessageId, MessageStatus, TemplateStatus};
use crate::test_recipients::{RecipientBehavior, TestRecipient};
use crate::{Credentials, Recipient, TemplateId};

/// The account, and what is planned for its messages.
pub(crate) struct Model {
    keys: Vec<Credentials>,
    key_state: KeyState,
    /// What becomes of new templates.
    review: TemplateStatus,
    speed: Speed,
    templates: Templates,
    messages: Messages,
    /// What becomes of messages to these recipients or of these templates, where it was set.
    behaviors: HashMap<String, RecipientBehavior>,
    schedule: Schedule<Planned>,
    /// How many entries the schedule has when needless ones are looked for.
    prune_at: usize,
    /// What has happened and was not reported yet.
    happened: Vec<Occurrence>,
    random: fastrand::Rng,
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyState {
    /// Everything.
    #[default]
    Active,
    /// Nothing: it has expired or is disabled (error 2002).
    Disabled,
    /// Everything but verify (error 2004).
    SendOnly,
    /// Nothing but verify (error 2004).
    VerifyOnly,
}

/// How fast things happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Speed {
    /// In the time that they take.
    #[default]
    Real,
    /// At once: what becomes of a message becomes of it at once, and the pauses between deliveries of a callback
    /// are 600 times shorter. Codes live as long as ever.
    Fast,
}

/// Something that is planned for a message.
#[derive(Debug)]
enum Planned {
    Step(MessageId, Step),
    /// The message's code expires.
    Expire(MessageId),
}

/// Something that has happened and is to be reported.
#[derive(Debug)]
pub(crate) enum Occurrence {
    /// Something happened to a message; if it is the last step of its delivery, `is_last`.
    Message { id: MessageId, entry: TimelineEntry, is_last: bool },
    /// A template was reviewed.
    TemplateReviewed { id: String, status: TemplateStatus },
}

impl Model {
    pub(crate) fn new(
        keys: Vec<Credentials>,
        review: TemplateStatus,
        speed: Speed,
        history: usize,
        now: SystemTime,
    ) -> Self {
        Self {
            keys,
            key_state: KeyState::default(),
            review,
            speed,
            templates: Templates::builtin(now),
            messages: Messages::new(history, now),
            behaviors: HashMap::new(),
            schedule: Schedule::default(),
            prune_at: PRUNE_AT,
            happened: Vec::new(),
            random: fastrand::Rng::new(),
        }
    }

    /// When the next thing is due.
    pub(crate) fn next_due(&self) -> Option<SystemTime> {
        self.schedule.next()
    }

    /// Lets everything happen that is due.
    pub(crate) fn tick(&mut self, now: SystemTime) {
        while let Some((at, planned)) = self.schedule.take(now) {
            match planned {
                Planned::Step(id, Step { status, channel, error, is_last, .. }) => {
                    self.note(&id, TimelineEntry { at, status, channel, error, is_forced: false }, is_last);
                }
                Planned::Expire(id) => self.expire(&id, at, false),
            }
        }
        self.prune();
    }

    /// What has happened since this was asked last.
    pub(crate) fn take_happened(&mut self) -> Vec<Occurrence> {
        std::mem::take(&mut self.happened)
    }

    pub(crate) fn speed(&self) -> Speed {
        self.speed
    }

    pub(crate) fn keys(&self) -> &[Credentials] {
        &self.keys
    }

    pub(crate) fn set_key_state(&mut self, state: KeyState) {
        self.key_state = state;
    }

    /// Checks a key and its secret, and whether the key may do what is asked. In the place of a key that was not given
    /// stands what must be.
    pub(crate) fn authorize(
        &self,
        given: Result<(&str, &str), &'static str>,
        verifies: bool,
    ) -> Result<(), Refusal> {
        let refuse = |code, message| Err(Refusal::new(code, message).about("Authorization"));
        let given = match given {
            Ok(given) => given,
            Err(rule) => return refuse(ErrorCode::WrongCredentials, rule),
        };
        let same = |known: &Credentials, (key, secret): (&str, &str)| {
            known.key() == key && bool::from(known.secret().as_bytes().ct_eq(secret.as_bytes()))
        };
        let known = self.keys.iter().any(|known| same(known, given));
        // By the key alone, which is no secret: whether the other is the secret is not said.
        let swapped = self.keys.iter().any(|known| known.key() == given.1);
        match self.key_state {
            _ if !known && swapped => refuse(
                ErrorCode::WrongCredentials,
                "key and secret look swapped: the key comes first, and then the secret, as KEY:SECRET",
            ),
            _ if !known => refuse(ErrorCode::WrongCredentials, "the key or the secret is wrong"),
            KeyState::Disabled => refuse(ErrorCode::KeyDisabled, "the key has expired or is disabled"),
            KeyState::SendOnly if verifies => refuse(ErrorCode::NotPermitted, "the key may not verify"),
            KeyState::VerifyOnly if !verifies => refuse(ErrorCode::NotPermitted, "the key may only verify"),
            _ => Ok(()),
        }
    }

    pub(crate) fn templates(&self) -> &Templates {
        &self.templates
    }

    /// Adds a template, which is reviewed as the sandbox was told to.
    pub(crate) fn create_template(
        &mut self,
        definition: types::TemplateDefinition,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        rules::definition(&definition)?;
        let definition = Arc::new(definition);
        let template = Template { definition, status: self.review, created: now, is_builtin: false };
        self.templates.add(template)
    }

    /// Fills it with a seed: with all of it, or with nothing. Its templates need no review, and replace those with the same
    /// id.
    pub(crate) fn sow(&mut self, seed: Seed, now: SystemTime) -> Result<(), Refusal> {
        let (mut templates, mut behaviors) = (self.templates.clone(), self.behaviors.clone());
        for (index, definition) in seed.templates.into_iter().enumerate() {
            drop(templates.delete(&definition.template_id.0));
            let (definition, status) = (Arc::new(definition), TemplateStatus::Approved);
            let added = templates.add(Template { definition, status, created: now, is_builtin: false });
            added.map_err(|refusal| refusal.about(format!("templates[{index}]")))?;
        }
        behaviors.extend(seed.behaviors);
        if behaviors.len() > MOST_BEHAVIORS {
            return Err(too_many_behaviors().about("behaviors"));
        }
        (self.templates, self.behaviors) = (templates, behaviors);
        Ok(())
    }

    pub(crate) fn delete_template(&mut self, id: &str) -> Result<(), Refusal> {
        self.templates.delete(id).map(drop)
    }

    /// Ends the review of a template, which is reported.
    pub(crate) fn review_template(&mut self, id: &str, status: TemplateStatus) -> Result<(), Refusal> {
        self.templates.set_status(id, status)?;
        self.happened.push(Occurrence::TemplateReviewed { id: id.to_owned(), status });
        Ok(())
    }

    /// Puts the built-in templates back as they were.
    pub(crate) fn restore_templates(&mut self, now: SystemTime) {
        self.templates.restore_builtin(now);
    }

    pub(crate) fn messages(&self) -> &Messages {
        &self.messages
    }

    /// Compares a code, notes the outcome, and has it reported.
    pub(crate) fn verify(&mut self, id: &str, code: &str, now: SystemTime) -> Result<bool, Refusal> {
        let verified = self.messages.verify(id, code, now)?;
        let status = if verified { MessageStatus::Verified } else { MessageStatus::VerifiedFailed };
        self.note_last(id, status, now, true);
        Ok(verified)
    }

    /// Verifies the code of a message as if its recipient had typed it.
    pub(crate) fn verify_right(&mut self, id: &str, now: SystemTime) -> Result<(), Refusal> {
        let code = self.messages.get(id).ok_or_else(no_message)?.code.clone().unwrap_or_default();
        self.verify(id, &code, now).map(drop)
    }

    /// Sets what becomes of messages to a recipient, or of a template; none for as usual.
    pub(crate) fn set_behavior(
        &mut self,
        of: &str,
        behavior: Option<RecipientBehavior>,
    ) -> Result<(), Refusal> {
        check_behavior_of(of)?;
        match behavior {
            None => drop(self.behaviors.remove(of)),
            Some(_) if self.behaviors.len() >= MOST_BEHAVIORS && !self.behaviors.contains_key(of) => {
                return Err(too_many_behaviors());
            }
            Some(behavior) => drop(self.behaviors.insert(of.to_owned(), behavior)),
        }
        Ok(())
    }

    /// What was set to become of messages, by recipient or template.
    pub(crate) fn behaviors(&self) -> impl Iterator<Item = (&String, &RecipientBehavior)> {
        self.behaviors.iter()
    }

    /// What becomes of a message: what was set for its recipient, or for its template, or the table's.
    fn behavior(&self, to: &str, template: &str) -> RecipientBehavior {
        let fixed = || TestRecipient::find(to).map(|recipient| &recipient.behavior);
        self.set_for(to, template).or_else(fixed).cloned().unwrap_or_default()
    }

    /// What was set to become of a message, if anything was: of its recipient first, else of its template.
    fn set_for(&self, to: &str, template: &str) -> Option<&RecipientBehavior> {
        self.behaviors.get(to).or_else(|| self.behaviors.get(template))
    }

    /// Ends a message's delivery now, as said, in place of what was planned; its code still counts. A delivery ends once.
    pub(crate) fn end_delivery(
        &mut self,
        id: &str,
        error: Option<ErrorCode>,
        now: SystemTime,
    ) -> Result<(), Refusal> {
        let message = self.messages.get(id).ok_or_else(no_message)?;
        if message.delivery == Delivery::Ended {
            let rule =
                "the delivery of this message has ended: it was delivered, or failed on its last channel";
            return Err(Refusal::rule("event", rule).of(&message.id));
        }
        let (id, channel) = (message.id.clone(), message.last_channel().clone());
        self.schedule.retain(|planned| !matches!(planned, Planned::Step(of, _) if *of == id));
        let status = if error.is_some() { MessageStatus::DeliveredFailed } else { MessageStatus::Delivered };
        self.note(&id, TimelineEntry { at: now, status, channel, error, is_forced: true }, true);
        Ok(())
    }

    /// Has a message's code expire now.
    pub(crate) fn expire_now(&mut self, id: &str, now: SystemTime) -> Result<(), Refusal> {
        let message = self.messages.get(id).ok_or_else(no_message)?;
        if !message.lives(now) {
            return Err(Refusal::rule("message_id", "the message has no code that still counts"));
        }
        let id = message.id.clone();
        self.schedule.retain(|planned| !matches!(planned, Planned::Expire(of) if *of == id));
        self.messages.set_expiry(&id.0, now);
        self.expire(&id, now, true);
        Ok(())
    }

    /// Forgets messages, keys' states and what was set; with the templates too, everything is as in a new sandbox.
    pub(crate) fn reset(&mut self, now: SystemTime) {
        self.clear_messages();
        self.templates = Templates::builtin(now);
        self.behaviors.clear();
        self.key_state = KeyState::default();
    }

    /// Forgets all messages.
    pub(crate) fn clear_messages(&mut self) {
        self.messages.clear();
        self.schedule.clear();
        self.happened.clear();
    }

    /// Moves all times back by as much as the clock is put back.
    pub(crate) fn rewind(&mut self, by: Duration) {
        self.messages.rewind(by);
        self.templates.rewind(by);
        self.schedule.rewind(by);
    }

    fn expire(&mut self, id: &MessageId, at: SystemTime, is_forced: bool) {
        let Some(message) = self.messages.get(&id.0) else { return };
        let awaited = matches!(
            message.status(),
            Some(MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::VerifiedFailed)
        );
        if awaited {
            self.note_last(&id.0, MessageStatus::VerifiedTimeout, at, is_forced);
        }
    }

    /// Something happened, on the channel that the message took last.
    fn note_last(&mut self, id: &str, status: MessageStatus, at: SystemTime, is_forced: bool) {
        let Some(message) = self.messages.get(id) else { return };
        if message.reported {
            let (id, channel) = (message.id.clone(), message.last_channel().clone());
            self.note(&id, TimelineEntry { at, status, channel, error: None, is_forced }, false);
        }
    }

    fn note(&mut self, id: &MessageId, entry: TimelineEntry, is_last: bool) {
        if self.messages.note(&id.0, entry.clone(), is_last).is_some() {
            self.happened.push(Occurrence::Message { id: id.clone(), entry, is_last });
        }
    }

    /// Plans for messages that were forgotten are dropped, before they pile up.
    fn prune(&mut self) {
        if self.schedule.len() < self.prune_at {
            return;
        }
        let messages = &self.messages;
        self.schedule.retain(|planned| match planned {
            Planned::Step(id, _) | Planned::Expire(id) => messages.get(&id.0).is_some(),
        });
        self.prune_at = PRUNE_AT.max(2 * self.schedule.len());
    }
}

/// The channels of a strategy, as a template holds it.
fn channels(strategy: &str) -> impl Iterator<Item = types::Channel> {
    strategy.split('|').map(types::Channel::from)
}

/// Refuses what is neither a recipient nor the id of a template. What is meant for a recipient and is none would
/// otherwise count as an id that no template has.
fn check_behavior_of(of: &str) -> Result<(), Refusal> {
    let is_number = (7..=15).contains(&of.len()) && of.bytes().all(|byte| byte.is_ascii_digit());
    let is_meant = is_number || of.starts_with('+') || of.contains('@');
    let rule = match of.parse::<Recipient>() {
        Err(invalid) if is_meant => invalid.rule().to_owned(),
        Err(_) if of.parse::<TemplateId>().is_err() => {
            "must name a recipient, or a template by its id".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Refusal::parameter("the path", rule))
}

fn too_many_behaviors() -> Refusal {
    Refusal::rule("behavior", format!("must be one of at most {MOST_BEHAVIORS}"))
}

fn no_message() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "no message has this id").about("message_id")
}

/// How many plans are looked through for needless ones.
const PRUNE_AT: usize = 10_000;

const MOST_BEHAVIORS: usize = 10_000;
