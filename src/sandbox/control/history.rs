//! What happened, page by page: messages, requests and callbacks, newest first.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Value, json};

use super::asked::Asked;
use super::{Outcome, dismissed, not_found, stops, view};
use crate::Recipient;
use crate::api::types::{Channel, MessageStatus};
use crate::sandbox::model::{Message, Refusal, number};
use crate::sandbox::shared::Shared;
use crate::sandbox::state::State;

/// What messages are looked for.
#[derive(Debug, Default)]
struct Filter {
    /// Words that all occur somewhere in the message, in lower case.
    words: Vec<String>,
    to: Option<String>,
    template: Option<String>,
    channel: Option<Channel>,
    status: Option<MessageStatus>,
    /// Sent at this time or later, in milliseconds since 1970.
    since: Option<u64>,
    /// Sent before this time.
    until: Option<u64>,
}

impl Filter {
    fn read(asked: &Asked<'_>) -> Result<Self, Refusal> {
        let words = asked.text("q").unwrap_or_default().to_lowercase();
        let time = |name| {
            let time =
                asked.parameter(name, |_| true, "must be milliseconds since 1970, as a whole number")?;
            Ok::<_, Refusal>(time.map(|time: i64| u64::try_from(time).unwrap_or_default()))
        };
        Ok(Self {
            words: words.split_whitespace().map(str::to_owned).collect(),
            channel: asked.parameter("channel", is_channel, "must be a channel, such as sms")?,
            status: asked.parameter("status", is_status, STATUS_RULE)?,
            since: time("since")?,
            until: time("until")?,
            ..Self::of_sending(asked)?
        })
    }

    /// What a message is sent with, and keeps whatever becomes of it.
    fn of_sending(asked: &Asked<'_>) -> Result<Self, Refusal> {
        // A `+` that was not written as `%2B` has become a space, with which no recipient begins.
        let to =
            asked.text("to").map(|to| to.strip_prefix(' ').map_or(to.to_owned(), |rest| format!("+{rest}")));
        if let Some(Err(invalid)) = to.as_ref().map(|to| to.parse::<Recipient>()) {
            return Err(Refusal::from(invalid).about("to"));
        }
        Ok(Self { to, template: asked.text("template").map(str::to_owned), ..Self::default() })
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty()
            && self.to.is_none()
            && self.template.is_none()
            && self.channel.is_none()
            && self.status.is_none()
            && self.since.is_none()
            && self.until.is_none()
    }

    fn matches(&self, message: &Message) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let status = message.status().map_or("", MessageStatus::as_str);
        let channel = message.last_channel().as_str();
        let holds =
            |word: &String| message.words().contains(word) || status.contains(word) || channel.contains(word);
        is(&self.to, &message.to)
            && is(&self.template, &message.template)
            && self.channel.as_ref().is_none_or(|wanted| wanted == message.last_channel())
            && self.status.as_ref().is_none_or(|wanted| Some(wanted) == message.status())
            && self.since.is_none_or(|since| view::millis(message.sent) >= since)
            && self.until.is_none_or(|until| view::millis(message.sent) < until)
            && self.words.iter().all(holds)
    }
}

/// Looks through the messages whose ids are lower than this, or through all, newest first, until `look` has seen enough.
/// It takes a few at a time, so that sending is not held up meanwhile.
fn look_through(
    shared: &Shared,
    mut before: Option<u64>,
    mut look: impl FnMut(&State, &Message) -> ControlFlow<()>,
) {
    loop {
        let rest = shared.read(|state| {
            let messages = state.model.messages();
            let mut newest = messages.before(before).rev();
            for message in newest.by_ref().take(STEP) {
                look(state, message)?;
                before = number(&message.id.0);
            }
            if newest.len() > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if rest.is_break() {
            return;
        }
        shared.give_way();
    }
}

/// A page of messages. With a filter, all that match are counted, whatever the page; without one, the page is all that
/// is looked at.
pub(super) fn messages(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let filter = Filter::read(asked)?;
    let limit = limit(asked)?;
    let before = message_number(asked, "before")?;
    let is_before = |message: &Message| before.is_none_or(|before| number(&message.id.0) < Some(before));
    let mut found: Vec<Value> = Vec::new();
    let mut matching = 0;
    look_through(shared, before.filter(|_| filter.is_empty()), |_, message| {
        if filter.matches(message) {
            matching += 1;
            if found.len() < limit && is_before(message) {
                found.push(view::summary(message));
            }
        }
        let is_enough = filter.is_empty() && found.len() == limit;
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let total = shared.read(|state| state.model.messages().len());
    let next = (found.len() == limit).then(|| found.last().map(|message| message["id"].clone())).flatten();
    Ok(json!({
        "total": total,
        "matching": if filter.is_empty() { None } else { Some(matching) },
        "messages": found,
        "next": next,
    }))
}

/// The newest message to somebody, waited for if there is none yet.
pub(super) fn latest(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let filter = Filter::of_sending(asked)?;
    let rule = format!("must be 0 to {MOST_WAIT} seconds");
    let wait =
        asked.parameter("wait", |seconds| (0.0..=MOST_WAIT).contains(seconds), rule)?.unwrap_or_default();
    let mut after = message_number(asked, "after")?;
    let waiter = (wait > 0.0).then(|| shared.waiter());
    let mut found = None;
    shared.wait_for(Duration::from_secs_f64(wait), waiter.as_ref(), || {
        let mut newest = None;
        look_through(shared, None, |state, message| {
            let number = number(&message.id.0);
            newest = newest.max(number);
            if after.is_some() && number <= after {
                return ControlFlow::Break(());
            }
            if !filter.matches(message) {
                return ControlFlow::Continue(());
            }
            found = view::message_with_callbacks(state, &message.id.0).ok();
            ControlFlow::Break(())
        });
        // Those that were looked at are not looked at again.
        after = after.max(newest);
        found.is_some()
    });
    let none = || not_found("no such message was sent, in the time to wait for it");
    found.ok_or_else(|| match &waiter {
        Some(_) if shared.is_stopping() => stops(),
        Some(waiter) if waiter.is_dismissed() => dismissed(),
        _ => none(),
    })
}

pub(super) fn requests(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let (limit, before) = (limit(asked)?, entry_number(asked)?);
    let refused: Option<bool> = asked.parameter("refused", |_| true, "must be true or false")?;
    let refused = refused.unwrap_or_default();
    Ok(shared.read(|state| {
        let wanted = state.requests.iter().rev().filter(|recorded| !refused || recorded.is_refused());
        let page = wanted.filter(|recorded| before.is_none_or(|before| recorded.id < before)).take(limit);
        let requests: Vec<Value> = page.map(view::request).collect();
        let next = (requests.len() == limit).then(|| requests.last().map(|one| one["id"].clone()));
        json!({"total": state.requests.iter().len(), "requests": requests, "next": next.flatten()})
    }))
}

pub(super) fn callbacks(shared: &Shared, asked: &Asked<'_>) -> Outcome {
    let (limit, before) = (limit(asked)?, entry_number(asked)?);
    Ok(shared.read(|state| {
        let all = state.outbox.callbacks().rev();
        let page = all.filter(|callback| before.is_none_or(|before| callback.id < before)).take(limit);
        let callbacks: Vec<Value> = page.map(view::callback).collect();
        let next = (callbacks.len() == limit).then(|| callbacks.last().map(|one| one["id"].clone()));
        json!({"total": state.outbox.callbacks().count(), "callbacks": callbacks, "next": next.flatten()})
    }))
}

/// The number that entries of a page are to be before.
fn entry_number(asked: &Asked<'_>) -> Result<Option<u64>, Refusal> {
    asked.parameter("before", |_| true, "must be a number, as `next` of a page says it")
}

/// The id of a message as the number that it is, whether it was ever given out or not: ids count up.
fn message_number(asked: &Asked<'_>, name: &'static str) -> Result<Option<u64>, Refusal> {
    let is_id = |id: &String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    let id = asked.parameter(name, is_id, "must be a message's id, which is digits alone")?;
    // Digits alone that are no number are one that is too large.
    Ok(id.map(|id| id.parse().unwrap_or(u64::MAX)))
}

fn limit(asked: &Asked<'_>) -> Result<usize, Refusal> {
    let rule = format!("must be 1 to {MOST_LINES}");
    Ok(asked.parameter("limit", |limit| (1..=MOST_LINES).contains(limit), rule)?.unwrap_or(50))
}

fn is_channel(channel: &Channel) -> bool {
    !matches!(channel, Channel::Other(_))
}

pub(super) fn is_status(status: &MessageStatus) -> bool {
    !matches!(status, MessageStatus::Other(_))
}

pub(super) const STATUS_RULE: &str = "must be a status of messages, such as delivered";

/// The most lines of a page.
const MOST_LINES: usize = 500;

/// How many messages are looked through before the lock is let go for a moment.
const STEP: usize = 1_000;

/// The most seconds that a message is waited for.
const MOST_WAIT: f64 = 60.0;
