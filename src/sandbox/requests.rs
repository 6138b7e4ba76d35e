//! What was asked of the sandbox, and what came of it: the requests that it remembers.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::clock::earlier;
use super::fault::Fault;
use super::model::Refusal;
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
    /// The method; empty if it could not be read.
    pub method: String,
    /// The path, without the query; empty if it could not be read.
    pub path: String,
    /// The `operationId`, if it reached an operation.
    pub operation: Option<&'static str>,
    /// The API key that it named, if it is one that the sandbox knows: any other may be a secret in the wrong place. Its
    /// secret is not kept.
    pub key: Option<String>,
    /// The body, with what may be a code masked. Keep it out of logs: it holds addresses.
    pub body: String,
    /// The answer's status; none if it was left without an answer on purpose.
    pub status: Option<u16>,
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
    /// The message that it sent or verified, or that stands in its way.
    pub message: Option<MessageId>,
}

impl RecordedRequest {
    /// A request to this operation, if it is to any, without what came of it.
    pub(crate) fn of(request: &Request, operation: Option<&'static str>, at: SystemTime) -> Self {
        Self {
            id: 0,
            at,
            method: cut(request.method.clone(), LONGEST_PATH),
            path: cut(request.path.clone(), LONGEST_PATH),
            operation,
            key: None,
            body: masked(&request.body),
            status: None,
            error: None,
            reason: None,
            field: None,
            answer: String::new(),
            took: Duration::ZERO,
            fault: None,
            message: None,
        }
    }

    /// Takes down why it was refused.
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.error = Some(refusal.code);
        self.reason = Some(refusal.sentence());
        self.field = refusal.field.map(Into::into);
        self.message = refusal.message_id;
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
        // The reason of these says all.
        self.operation?;
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

/// A body for people to read: codes masked, and not longer than a page.
pub(crate) fn masked(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            let place = if value.is_object() { Place::Named } else { Place::Free };
            mask(&mut value, place);
            value.to_string()
        }
        // What is no JSON cannot be masked field by field, and may hold anything.
        Err(_) if body.is_empty() => String::new(),
        Err(_) => format!("{} octets that are not JSON", body.len()),
    };
    cut(text, LONGEST_BODY)
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

/// Masks what may be a code: below a name that codes have, whatever stands there; and by its looks among a template's
/// parameters, whose names are free, and where no name says what it is.
fn mask(value: &mut Value, place: Place) {
    match value {
        Value::Object(fields) => {
            // The number of an error stands beside its message, has four digits at most, and is no secret.
            let is_error = fields.contains_key("message");
            for (name, value) in fields {
                let place = match place {
                    Place::OfACode => Place::OfACode,
                    _ if is_error && name == "code" && value.as_u64().is_some_and(|code| code < 10_000) => {
                        continue;
                    }
                    _ if is_setting(name) => Place::Named,
                    _ if is_of_a_code(name) => Place::OfACode,
                    Place::Free => Place::Free,
                    Place::Named if name == "params" => Place::Free,
                    Place::Named => Place::Named,
                };
                mask(value, place);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, place)),
        Value::String(text) if place == Place::OfACode || place == Place::Free && looks_like_a_code(text) => {
            *value = Value::from(MASK);
        }
        Value::Number(_) if place != Place::Named => *value = Value::from(MASK),
        _ => {}
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Below a name that says what it is.
    Named,
    /// Below a name that says nothing, or without any.
    Free,
    /// Below a name that codes have.
    OfACode,
}

/// Names of the document that speak of codes, and hold none.
fn is_setting(name: &str) -> bool {
    name.starts_with("verify_code_") || matches!(name, "custom_country_codes" | "error_code")
}

/// Whether a name is one that codes and secrets have: `otp`, `verify_code`, `loginPin`, `OTPCode`.
fn is_of_a_code(name: &str) -> bool {
    const WORDS: [&str; 11] =
        ["code", "otp", "pin", "tan", "passcode", "password", "passwd", "pwd", "secret", "token", "verify"];
    // Nearly all names are none of these, and are done with here.
    let lower_case = name.to_lowercase();
    if !WORDS.iter().any(|word| lower_case.contains(word)) {
        return false;
    }
    let mut words = vec![String::new()];
    let mut after_lower_case = false;
    for character in name.chars() {
        if !character.is_alphabetic() || after_lower_case && character.is_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphabetic(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        after_lower_case = character.is_lowercase();
    }
    // Capitals alone run together.
    let ends = |word: &String| ["code", "otp"].iter().any(|end| word.ends_with(end) || word.starts_with(end));
    words.iter().any(|word| WORDS.contains(&word.as_str()) || ends(word))
}

/// Whether a value is one that a code could be: short, without white space, and with at least three digits.
fn looks_like_a_code(text: &str) -> bool {
    text.len() <= 16
        && !text.contains(char::is_whitespace)
        && text.bytes().filter(u8::is_ascii_digit).count() >= 3
}

/// What stands where a code was.
const MASK: &str = "••••••";

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
    fn codes_are_masked_and_long_bodies_cut() {
        let body = br#"{"to":"+6591234567","code":"398210","template":{"params":{"code":"1","n":"2"}}}"#;
        let shown = masked(body);
        assert!(
            !shown.contains("398210") && !shown.contains(r#""1""#) && shown.contains("+6591234567"),
            "{shown}"
        );
        let error = r#"{"code":3002,"message":"invalid"}"#;
        assert_eq!(masked(error.as_bytes()), error, "the number of an error is no secret");
        for body in [
            r#"{"verify_code":398210}"#,
            r#"{"code":398210}"#,
            r#"{"message_id":"1","verifyCode":398210}"#,
            r#"{"verifycode":398210}"#,
            r#"{"pincode":398210}"#,
            r#"{"passcode":398210}"#,
            r#"{"verify_code":["398210"]}"#,
            r#"{"verify_code":{"v":"398210"}}"#,
            r#"{"params":"398210"}"#,
            r#"{"params":["398210"]}"#,
            r#"{"params":{"k":["398210"]}}"#,
            r#"{"message":"x","code":398210,"to":"+6591234567"}"#,
            r#"{"message":"x","code":"398210"}"#,
            r#"{"verify":"398210"}"#,
            r#""398210""#,
            "398210",
            r#"["398210"]"#,
        ] {
            assert!(!masked(body.as_bytes()).contains("398210"), "{body}");
        }
        for params in [
            r#"{"otp":"398210"}"#,
            r#"{"otp":398210}"#,
            r#"{"OTPCode":"x7"}"#,
            r#"{"loginPin":"ab"}"#,
            r#"{"one-time-password":"sesame"}"#,
            r#"{"n":"398210"}"#,
            r#"{"n":"398-210"}"#,
        ] {
            let body = format!(r#"{{"template":{{"id":"t","params":{params}}}}}"#);
            assert!(masked(body.as_bytes()).contains("••••••"), "{params}");
        }
        let names = r#"{"template":{"id":"login-2024","params":{"name":"Anna","shipping":"by sea","amount":"12 EUR"}}}"#;
        let template =
            r#"{"template_id":"t","verify_code_config":{"verify_code_len":6,"verify_code_ttl":5}}"#;
        for kept in [names, template] {
            let value = |text: &str| serde_json::from_str::<Value>(text).ok();
            assert_eq!(value(&masked(kept.as_bytes())), value(kept), "no code is in it");
        }
        assert!(masked(format!("\"{}\"", "é".repeat(9000)).as_bytes()).len() < LONGEST_BODY + 8);
        assert_eq!(masked(b"code=398210"), "11 octets that are not JSON");
    }
}
