//! What was asked of the sandbox, and what came of it: the requests that it remembers.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::{Duration, SystemTime};

use super::clock::earlier;
use super::fault::Fault;
use super::masking;
use super::model::{Refusal, number};
use crate::api::types::{ErrorCode, MessageId};
use crate::http_server::Request;

/// A request to the API, and what came of it. Those that were turned away before they reached it are here too: because
/// they could not be read, were too large, or named a host that the sandbox does not know.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Its number. Numbers count up from 1.
    pub id: u64,
    /// When it came.
    pub at: SystemTime,
    /// The method; empty if it could not be read, and `SMPP` for what came over SMPP.
    pub method: String,
    /// The path, without the query; empty if it could not be read. What may be an address or a code is masked. Over SMPP it
    /// is the command, such as `submit_sm`.
    pub path: String,
    /// The query, without its `?`, masked as the path is.
    pub query: String,
    /// The `operationId`, if it reached an operation.
    pub operation: Option<&'static str>,
    /// The API key that it named, if it is one that the sandbox knows: any other may be a secret in the wrong place. Its
    /// secret is not kept.
    pub key: Option<String>,
    /// The body, with what may be a code masked. Keep it out of logs: it holds addresses.
    pub body: String,
    /// The answer's status; none if it was left without an answer on purpose, and over SMPP.
    pub status: Option<u16>,
    /// The status of the answer over SMPP.
    pub smpp_status: Option<u32>,
    /// The error that it was refused with, if the answer says one.
    pub error: Option<ErrorCode>,
    /// Why it was refused, or not acted on: what must be.
    pub reason: Option<String>,
    /// The field that the reason is about.
    pub field: Option<String>,
    /// The answer's body, with codes masked.
    pub answer: String,
    /// How long the sandbox took.
    pub took: Duration,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// The message that it sent or verified, or that stands in its way; the first of those that a list sent.
    pub message: Option<MessageId>,
    /// How many messages it is about: they follow one another, beginning with that one.
    message_count: usize,
}

impl RecordedRequest {
    /// A request to this operation, if it is to any, without what came of it.
    pub(crate) fn of(request: &Request, operation: Option<&'static str>, at: SystemTime) -> Self {
        Self {
            method: cut(masking::word(&request.method).to_owned(), LONGEST_PATH),
            path: cut(masking::path(&request.path), LONGEST_PATH),
            query: cut(masking::query(&request.query), LONGEST_PATH),
            operation,
            ..Self::with_body(&request.body, at)
        }
    }

    /// A command that came over SMPP, without what came of it.
    #[cfg(feature = "smpp")]
    pub(crate) fn over_smpp(command: &str, body: &[u8], at: SystemTime) -> Self {
        Self { method: "SMPP".to_owned(), path: command.to_owned(), ..Self::with_body(body, at) }
    }

    fn with_body(body: &[u8], at: SystemTime) -> Self {
        Self {
            id: 0,
            at,
            method: String::new(),
            path: String::new(),
            query: String::new(),
            operation: None,
            key: None,
            body: cut(masking::body(body), LONGEST_BODY),
            status: None,
            smpp_status: None,
            error: None,
            reason: None,
            field: None,
            answer: String::new(),
            took: Duration::ZERO,
            fault: None,
            message: None,
            message_count: 0,
        }
    }

    /// Takes down what was answered.
    pub(crate) fn answer(&mut self, status: u16, body: &[u8]) {
        self.status = Some(status);
        self.answer = cut(masking::body(body), LONGEST_BODY);
    }

    /// Takes down which messages it is about: so many, which follow one another.
    pub(crate) fn concern(&mut self, first: Option<MessageId>, count: usize) {
        self.message = first;
        self.message_count = count;
    }

    /// The messages that it sent or verified, or that stand in its way: more than one for a list of recipients.
    pub fn messages(&self) -> Vec<MessageId> {
        let first = self.message.as_ref().and_then(|first| number(&first.0));
        let numbers = first.into_iter().flat_map(|first| first..first + self.message_count as u64);
        numbers.map(|number| MessageId(number.to_string())).collect()
    }

    /// Whether it is about this message.
    pub(crate) fn is_about(&self, message: &MessageId) -> bool {
        let first = self.message.as_ref().and_then(|first| number(&first.0));
        let place = number(&message.0).zip(first).and_then(|(one, first)| one.checked_sub(first));
        place.is_some_and(|place| place < self.message_count as u64)
    }

    /// Takes down why it was refused.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.error = Some(refusal.code);
        self.reason = Some(refusal.sentence());
        self.field = refusal.field.map(Into::into);
        self.concern(refusal.message_id, 1);
    }

    /// Whether it was refused, or not acted on.
    pub fn is_refused(&self) -> bool {
        self.reason.is_some()
    }

    /// What to do about a refusal, in plain words; none if it was not refused, or nothing is known.
    pub fn advice(&self) -> Option<&'static str> {
        if self.fault.is_some() {
            return Some("This went wrong on purpose: a fault was asked for.");
        }
        match self.smpp_status {
            Some(status) => self.advice_on_error().or_else(|| smpp_advice(status)),
            // Of what reached no operation, the reason says all.
            None => self.operation.and_then(|_| self.advice_on_error()),
        }
    }

    fn advice_on_error(&self) -> Option<&'static str> {
        Some(match self.error? {
            ErrorCode::WrongCredentials if self.key.is_some() => {
                "The key is known, and its secret is another one. The console and the terminal say where it stands."
            }
            ErrorCode::WrongCredentials => {
                "Send `Authorization: Basic` with base64 of KEY:SECRET. The console lists the keys that are known."
            }
            ErrorCode::KeyDisabled | ErrorCode::NotPermitted => {
                "The key's state was changed by a test, or on the console's page."
            }
            ErrorCode::InvalidJson => {
                "The body is not JSON. Look at quotes and commas, and at what was sent."
            }
            ErrorCode::InvalidParameter => {
                "A field is missing, has the wrong type, or breaks its rule. The document has every field."
            }
            ErrorCode::RuleBroken => {
                "The request is well formed, and the state of the account does not allow it."
            }
            ErrorCode::ResentTooSoon => {
                "Wait until the previous code expires, verify it, or let the sandbox's time pass."
            }
            ErrorCode::NotFound => "The id is not known here. A sandbox forgets everything when it ends.",
            ErrorCode::InvalidPhoneNumber => {
                "Write the number as `+`, country code and digits, without spaces: +6591234567."
            }
            _ => return None,
        })
    }
}

/// Addresses and codes never show.
impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedRequest")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("query", &self.query)
            .field("status", &self.status)
            .field("smpp_status", &self.smpp_status)
            .field("error", &self.error)
            .field("reason", &self.reason)
            .field("field", &self.field)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// The requests that are remembered, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: VecDeque<RecordedRequest>,
    count: u64,
    /// How many came to each operation, by its id.
    counts: HashMap<&'static str, u64>,
}

impl RequestLog {
    /// Remembers a request, and gives it its number.
    pub(crate) fn add(&mut self, request: RecordedRequest) -> &RecordedRequest {
        if self.requests.len() >= MOST_REQUESTS {
            self.requests.pop_front();
        }
        self.count += 1;
        if let Some(operation) = request.operation {
            *self.counts.entry(operation).or_default() += 1;
        }
        self.requests.push_back(RecordedRequest { id: self.count, ..request });
        &self.requests[self.requests.len() - 1]
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &RecordedRequest> + ExactSizeIterator {
        self.requests.iter()
    }

    /// Moves all times back by as much as the clock is put back.
    pub(crate) fn rewind(&mut self, by: Duration) {
        for request in &mut self.requests {
            request.at = earlier(request.at, by);
        }
    }

    /// How many requests came to an operation, those that are forgotten included.
    pub(crate) fn count(&self, operation: &str) -> u64 {
        self.counts.get(operation).copied().unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }
}

#[cfg(feature = "smpp")]
fn smpp_advice(status: u32) -> Option<&'static str> {
    let status = crate::smpp::pdu::Status(status);
    (!status.is_ok()).then(|| status.advice())
}

#[cfg(not(feature = "smpp"))]
const fn smpp_advice(_: u32) -> Option<&'static str> {
    None
}

/// A text of at most so many octets, and a mark if there was more.
fn cut(mut text: String, longest: usize) -> String {
    if text.len() > longest {
        let end = (0..=longest).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The most requests that are remembered.
const MOST_REQUESTS: usize = 2_000;

/// The most octets of a method or a path that are kept.
const LONGEST_PATH: usize = 1024;

/// The most octets of a body that are kept.
const LONGEST_BODY: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_is_cut_between_characters() {
        let request =
            Request { body: format!("\"{}\"", "é".repeat(9000)).into_bytes(), ..Request::default() };
        let recorded = RecordedRequest::of(&request, None, SystemTime::UNIX_EPOCH);
        assert!(recorded.body.len() < LONGEST_BODY + 8 && recorded.body.ends_with('…'));
    }
}
