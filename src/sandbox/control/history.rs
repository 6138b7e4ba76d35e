//! What happened, page by page: messages, requests and callbacks, newest first.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Outcome, not_found, view};
use crate::api::types::MessageStatus;
use crate::http_server::Request;
use crate::sandbox::model::Message;
use crate::sandbox::shared::Shared;

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
            to: text("to"),
            template: text("template"),
            channel: text("channel"),
            status: text("status"),
            since: time("since"),
            until: time("until"),
        }
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
        let sent = view::millis(message.sent);
        is(&self.to, &message.to)
            && is(&self.template, &message.template)
            && is(&self.channel, message.last_channel().as_str())
            && is(&self.status, status)
            && self.since.is_none_or(|since| sent >= since)
            && self.until.is_none_or(|until| sent < until)
            && self.words.iter().all(|word| holds(message, status, word))
    }
}

/// Whether a word, in lower case, occurs anywhere in a message.
fn holds(message: &Message, status: &str, word: &str) -> bool {
    let code = message.code.as_deref().unwrap_or_default();
    let texts = [
        message.id.0.as_str(),
        &message.to,
        &message.template,
        message.last_channel().as_str(),
        status,
        code,
        &message.text,
    ];
    texts.iter().any(|text| contains(text, word))
        || message.params.values().any(|value| contains(value, word))
}

/// Whether a word in lower case occurs in a text, whatever the case there.
fn contains(text: &str, word: &str) -> bool {
    if text.is_ascii() && word.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        return word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    }
    text.to_lowercase().contains(word)
}

/// A page of messages. They are looked through a few at a time, so that sending is not held up meanwhile.
pub(super) fn messages(shared: &Shared, request: &Request) -> Value {
    let filter = Filter::read(request);
    let limit = limit(request);
    let mut before = request.parameter("before");
    let mut found: Vec<Value> = Vec::new();
    let mut matching = 0;
    // With a filter, all that match are counted; without one, the page is all that is looked at.
    loop {
        let (looked_at, oldest) = shared.read(|state| {
            let all = state.model.messages();
            let mut looked_at = 0;
            let mut oldest = None;
            let mut take = |message: &Message| {
                looked_at += 1;
                oldest = Some(message.id.0.clone());
                if filter.matches(message) {
                    matching += 1;
                    if found.len() < limit {
                        found.push(view::summary(message));
                    }
                }
            };
            let step = if filter.is_empty() { limit } else { STEP };
            match &before {
                Some(id) => all.before(id).rev().take(step).for_each(&mut take),
                None => all.iter().rev().take(step).for_each(&mut take),
            }
            (looked_at, oldest)
        });
        if filter.is_empty() || looked_at < STEP {
            break;
        }
        before = oldest;
    }
    let total = shared.read(|state| state.model.messages().iter().len());
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
    let filter = Filter::read(request);
    let wait = request.parameter("wait").and_then(|text| text.parse::<f64>().ok());
    let wait = wait.filter(|seconds| (0.0..=MOST_WAIT).contains(seconds)).unwrap_or_default();
    let after = request.parameter("after");
    let mut found = None;
    shared.wait_for(Duration::from_secs_f64(wait), || {
        found = shared.read(|state| {
            let newest = state.model.messages().iter().rev();
            let mut newer = newest.take_while(|message| after.as_ref() != Some(&message.id.0));
            let newest = newer.find(|message| filter.matches(message))?;
            view::message_with_callbacks(state, &newest.id.0).ok()
        });
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

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn words_are_found_whatever_their_case() {
        assert!(contains("Your CODE is 123456.", "code is"));
        assert!(contains("GRÜSSE", "grüsse"));
        assert!(!contains("Your code", "codes") && contains("anything", ""));
    }
}
