//! What happened, page by page: messages, requests and callbacks, newest first.

use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Outcome, not_found, room_to_wait, view};
use crate::api::types::MessageStatus;
use crate::http_server::Request;
use crate::sandbox::model::Message;
use crate::sandbox::shared::Shared;
use crate::sandbox::state::State;

/// What messages are looked for.
#[derive(Debug, Default)]
struct Filter {
    /// Words that all occur somewhere in the message, in lower case.
    words: Vec<String>,
    to: Option<String>,
    template: Option<String>,
    channel: Option<String>,
    status: Option<String>,
    /// Sent at this time or later, in milliseconds since 1970.
    since: Option<u64>,
    /// Sent before this time.
    until: Option<u64>,
}

impl Filter {
    fn read(request: &Request) -> Self {
        let words = request.parameter("q").unwrap_or_default().to_lowercase();
        let time = |name| request.parameter(name).and_then(|text| text.parse().ok());
        let text = |name| request.parameter(name).filter(|text: &String| !text.is_empty());
        Self {
            words: words.split_whitespace().map(str::to_owned).collect(),
            channel: text("channel"),
            status: text("status"),
            since: time("since"),
            until: time("until"),
            ..Self::of_sending(request)
        }
    }

    /// What a message is sent with, and keeps whatever becomes of it.
    fn of_sending(request: &Request) -> Self {
        let text = |name| request.parameter(name).filter(|text: &String| !text.is_empty());
        Self { to: text("to"), template: text("template"), ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.words.is_empty()
            && [&self.to, &self.template, &self.channel, &self.status].iter().all(|field| field.is_none())
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
            && is(&self.channel, channel)
            && is(&self.status, status)
            && self.since.is_none_or(|since| view::millis(message.sent) >= since)
            && self.until.is_none_or(|until| view::millis(message.sent) < until)
            && self.words.iter().all(holds)
    }
}

/// Looks through the messages before the one with this id, or through all, newest first, until `look` has seen enough.
/// It takes a few at a time, so that sending is not held up meanwhile.
fn look_through(
    shared: &Shared,
    mut before: Option<String>,
    mut look: impl FnMut(&State, &Message) -> ControlFlow<()>,
) {
    loop {
        let rest = shared.read(|state| {
            let messages = state.model.messages();
            let mut newest = messages.before(before.as_deref()).rev();
            for message in newest.by_ref().take(STEP) {
                look(state, message)?;
                before = Some(message.id.0.clone());
            }
            if newest.len() > 0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if rest.is_break() {
            return;
        }
        // A lock that is let go is not handed over: whoever waits for it gets a moment to take it.
        thread::yield_now();
    }
}

/// A page of messages. With a filter, all that match are counted, whatever the page; without one, the page is all that
/// is looked at.
pub(super) fn messages(shared: &Shared, request: &Request) -> Value {
    let filter = Filter::read(request);
    let limit = limit(request);
    let before = request.parameter("before");
    // Ids are numbers of one length, which count up.
    let is_before = |message: &Message| before.as_ref().is_none_or(|before| message.id.0 < *before);
    let mut found: Vec<Value> = Vec::new();
    let mut matching = 0;
    look_through(shared, before.clone().filter(|_| filter.is_empty()), |_, message| {
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
    json!({
        "total": total,
        "matching": if filter.is_empty() { None } else { Some(matching) },
        "messages": found,
        "next": next,
    })
}

/// The newest message to somebody, waited for if there is none yet.
pub(super) fn latest(shared: &Shared, request: &Request) -> Outcome {
    let filter = Filter::of_sending(request);
    let wait = request.parameter("wait").and_then(|text| text.parse::<f64>().ok());
    let wait = wait.filter(|seconds| (0.0..=MOST_WAIT).contains(seconds)).unwrap_or_default();
    if wait > 0.0 {
        room_to_wait(shared)?;
    }
    let mut after = request.parameter("after");
    let mut found = None;
    shared.wait_for(Duration::from_secs_f64(wait), || {
        let mut newest = None;
        look_through(shared, None, |state, message| {
            newest.get_or_insert_with(|| message.id.0.clone());
            if after.as_ref() == Some(&message.id.0) {
                return ControlFlow::Break(());
            }
            if !filter.matches(message) {
                return ControlFlow::Continue(());
            }
            found = view::message_with_callbacks(state, &message.id.0).ok();
            ControlFlow::Break(())
        });
        // Those that were looked at are not looked at again.
        after = newest.or(after.take());
        found.is_some()
    });
    found.ok_or_else(|| not_found("no such message was sent, in the time to wait for it"))
}

pub(super) fn requests(shared: &Shared, request: &Request) -> Value {
    let limit = limit(request);
    let before = number(request, "before");
    let refused = request.parameter("refused").is_some_and(|value| value == "true");
    shared.read(|state| {
        let wanted = state.requests.iter().rev().filter(|recorded| !refused || recorded.error.is_some());
        let page = wanted.filter(|recorded| before.is_none_or(|before| recorded.id < before)).take(limit);
        let requests: Vec<Value> = page.map(view::request).collect();
        let next = (requests.len() == limit).then(|| requests.last().map(|one| one["id"].clone()));
        json!({"total": state.requests.iter().len(), "requests": requests, "next": next.flatten()})
    })
}

pub(super) fn callbacks(shared: &Shared, request: &Request) -> Value {
    let limit = limit(request);
    let before = number(request, "before");
    shared.read(|state| {
        let all = state.outbox.callbacks().rev();
        let page = all.filter(|callback| before.is_none_or(|before| callback.id < before)).take(limit);
        let callbacks: Vec<Value> = page.map(view::callback).collect();
        let next = (callbacks.len() == limit).then(|| callbacks.last().map(|one| one["id"].clone()));
        json!({"total": state.outbox.callbacks().count(), "callbacks": callbacks, "next": next.flatten()})
    })
}

fn number(request: &Request, name: &str) -> Option<u64> {
    request.parameter(name).and_then(|text| text.parse().ok())
}

fn limit(request: &Request) -> usize {
    number(request, "limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(50).clamp(1, MOST_LINES)
}

/// The most lines of a page.
const MOST_LINES: usize = 500;

/// How many messages are looked through before the lock is let go for a moment.
const STEP: usize = 1_000;

/// The most seconds that a message is waited for.
const MOST_WAIT: f64 = 60.0;
