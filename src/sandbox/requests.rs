//! What was asked of the sandbox, and what came of it: the requests that it remembers.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::fault::Fault;
use crate::api::types::{ErrorCode, MessageId};

/// A request to the API, and what came of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Its number. Numbers count up from 1.
    pub id: u64,
    /// When it came.
    pub at: SystemTime,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The `operationId`, if it reached an operation.
    pub operation: Option<&'static str>,
    /// The API key that it named. Its secret is not kept.
    pub key: Option<String>,
    /// The body, with codes masked. Keep it out of logs: it holds addresses.
    pub body: String,
    /// The answer's status; none if it was left without an answer on purpose.
    pub status: Option<u16>,
    /// The error that it was refused with.
    pub error: Option<ErrorCode>,
    /// Why it was refused: what must be.
    pub reason: Option<String>,
    /// The field that the reason is about.
    pub field: Option<String>,
    /// The answer's body, with codes masked.
    pub answer: String,
    /// How long the sandbox took.
    pub took: Duration,
    /// What went wrong on purpose.
    pub fault: Option<Fault>,
    /// The message that it sent or verified.
    pub message: Option<MessageId>,
}

impl RecordedRequest {
    /// What to do about a refusal, in plain words; none if it was not refused, or nothing is known.
    pub fn advice(&self) -> Option<&'static str> {
        if self.fault.is_some() {
            return Some("This went wrong on purpose: a fault was asked for.");
        }
        // The reason of these says all.
        self.operation?;
        Some(match self.error? {
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
            .field("status", &self.status)
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

    /// How many requests came to an operation, those that are forgotten included.
    pub(crate) fn count(&self, operation: &str) -> u64 {
        self.counts.get(operation).copied().unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.counts.clear();
    }
}

/// A body for people to read: codes masked, and not longer than a page.
pub(crate) fn masked(body: &[u8]) -> String {
    let mut text = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            mask(&mut value);
            value.to_string()
        }
        // What is no JSON cannot be masked field by field, and may hold anything.
        Err(_) if body.is_empty() => String::new(),
        Err(_) => format!("{} octets that are not JSON", body.len()),
    };
    if text.len() > LONGEST_BODY {
        let end = (0..=LONGEST_BODY).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
        text.truncate(end);
        text.push('…');
    }
    text
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // The number of an error stands beside its message, and is no secret.
            let is_error = fields.contains_key("message");
            for (name, value) in fields {
                let is_number = value.is_number() && !(is_error && name == "code");
                let is_code = matches!(name.as_str(), "code" | "verify_code");
                if is_code && (value.is_string() || is_number) {
                    *value = Value::from("••••••");
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

/// The most requests that are remembered.
const MOST_REQUESTS: usize = 2_000;

/// The most octets of a body that are kept.
const LONGEST_BODY: usize = 4 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_masked_and_long_bodies_cut() {
        let body = br#"{"to":"+6591234567","code":"398210","template":{"params":{"code":"1","n":"2"}}}"#;
        let shown = masked(body);
        assert!(
            !shown.contains("398210") && !shown.contains(r#""1""#) && shown.contains("+6591234567"),
            "{shown}"
        );
        let error = r#"{"code":3002,"message":"invalid"}"#;
        assert_eq!(masked(error.as_bytes()), error, "the number of an error is no secret");
        for body in [r#"{"verify_code":398210}"#, r#"{"code":398210}"#] {
            assert!(!masked(body.as_bytes()).contains("398210"), "a code written as a number is a code");
        }
        assert!(masked(format!("\"{}\"", "é".repeat(9000)).as_bytes()).len() < LONGEST_BODY + 8);
        assert_eq!(masked(b"code=398210"), "11 octets that are not JSON");
    }
}
