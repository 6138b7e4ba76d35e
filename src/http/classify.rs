//! Reads what a response means. Pure: no I/O, no clock of its own.
//!
//! One rule decides whether the service may have acted. A response is a clear no only if it has been read whole and
//! nothing in it leaves the question open: neither its status, nor, where the body is an error of the service, its code.
//! A response that was cut is never a clear no: the part that is missing may have held the code 1000. Nor is one whose
//! body cannot be read, for its coding or because it begins like JSON and is none, or one without a body that ends with
//! the connection.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::api::types::ErrorCode;
use crate::error::{ApiError, Error};
use crate::http::redact::Redactor;
use crate::http::response::ResponseHead;
use crate::http::transport::{ExchangeError, RawResponse};
use crate::{ErrorKind, Outcome};

/// Stands before JSON where a server's library puts it, and means nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Takes the body of a success; says what was wrong with it if it cannot.
pub(crate) type Decode<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), serde_json::Error>;

/// Hands a success to `decode`, and makes an error of everything else. `redactor` is called only then.
pub(crate) fn read(
    response: RawResponse,
    now: SystemTime,
    redactor: impl Fn() -> Redactor,
    decode: Decode<'_>,
) -> Result<ResponseHead, Error> {
    let RawResponse { status, headers, body, reused } = response;
    let success = (200..300).contains(&status);
    let error = match body {
        Err(incomplete) => Error::from(incomplete),
        Ok(body) => {
            let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
            // A server that sends the request back would have a one-time password read as the code of an error.
            let genuine = |found: ServiceError| {
                let known = !matches!(ErrorCode::from(found.code), ErrorCode::Other(_));
                let own = known || redactor().is_clean(&found.code.to_string());
                if own { Ok(found) } else { Err(Unread::Broken) }
            };
            match service_error(body, success).map(|found| found.and_then(genuine)) {
                Some(Ok(found)) => of_service(found, status, &redactor()),
                Some(Err(Unread::Cut)) if !success => truncated(),
                None if !success && may_be_cut(status, &headers, body) => truncated(),
                unread if !success => {
                    let readable = unread.is_none() && !is_coded(&headers);
                    let outcome = if readable { outcome_of(status) } else { Outcome::Unknown };
                    Error::new(ErrorKind::Status, outcome).with_detail(excerpt(&redactor(), &headers, body))
                }
                _ => match decode_success(body, decode) {
                    Ok(()) => return Ok(ResponseHead { headers, reused_connection: reused }),
                    Err(error) => of_success(&error, &headers, body, &redactor()),
                },
            }
        }
    };
    Err(error
        .with_status(status, retry_after(&headers, now))
        .with_headers(headers, |id| redactor().is_clean(id)))
}

impl From<ExchangeError> for Error {
    fn from(failed: ExchangeError) -> Self {
        let error = Self::new(failed.kind, failed.outcome).with_detail(failed.detail);
        match failed.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// What a status alone says. Open is what a success, a server or a gateway says of itself; 303, which sends to the result
/// of what was done; and 408 and 499, which say that one side stopped waiting.
fn outcome_of(status: u16) -> Outcome {
    match status {
        303 | 408 | 499 => Outcome::Unknown,
        300..=499 => Outcome::Rejected,
        _ => Outcome::Unknown,
    }
}

fn of_service(found: ServiceError, status: u16, redactor: &Redactor) -> Error {
    let code = ErrorCode::from(found.code);
    let outcome = match code {
        ErrorCode::Internal => Outcome::Unknown,
        // A success with an error in it: the service has read the request, and says no.
        _ if (200..300).contains(&status) => Outcome::Rejected,
        _ => outcome_of(status),
    };
    let message = found.message.unwrap_or_default();
    Error::new(ErrorKind::Service, outcome).with_api(ApiError {
        status,
        code,
        message: redactor.excerpt(&message),
        whole_message: message,
    })
}

/// An error in the service's own form.
struct ServiceError {
    code: i64,
    message: Option<String>,
}

/// A JSON object that is not read to its end.
enum Unread {
    /// It ends early.
    Cut,
    /// It breaks the rules of JSON, is not UTF-8, or is what was sent.
    Broken,
}

fn truncated() -> Error {
    Error::new(ErrorKind::TruncatedResponse, Outcome::Unknown)
}

/// The error of the service that a body holds, if it does. One may stand even behind a status of success.
///
/// Only the code decides. It is found whatever else the body holds, and in other forms than the document's, too: a
/// failure must not be taken for a clear no, nor for a success, because its message is not a text.
fn service_error(body: &[u8], success: bool) -> Option<Result<ServiceError, Unread>> {
    if body.iter().copied().find(|octet| !is_blank(*octet)) != Some(b'{') {
        return None;
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let found = Codes::deserialize(&mut json).and_then(|codes| {
        // What stands behind a failure changes nothing of it; a success is one value, and nothing else.
        if success { json.end().map(|()| codes) } else { Ok(codes) }
    });
    match found {
        Ok(Codes(codes)) => {
            let open = codes.contains(&ErrorCode::Internal.value());
            let code = if open { ErrorCode::Internal.value() } else { codes.last().copied()? };
            let message = || serde_json::from_slice::<Message>(body).ok()?.message;
            (code != 0 || !success).then(|| Ok(ServiceError { code, message: message() }))
        }
        Err(error) if error.is_eof() => Some(Err(Unread::Cut)),
        Err(_) => Some(Err(Unread::Broken)),
    }
}

/// Whether an octet may stand before JSON and means nothing: white space, and parts of a byte order mark or of a
/// character in UTF-16.
fn is_blank(octet: u8) -> bool {
    octet.is_ascii_whitespace() || matches!(octet, 0x00 | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF)
}

/// The numbers that an object has under `code`: as a rule one.
struct Codes(Vec<i64>);

impl<'de> Deserialize<'de> for Codes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Codes {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Self, A::Error> {
        while let Some(name) = members.next_key::<Name>()? {
            match name {
                Name::Code => self.0.extend(members.next_value::<Code>()?.number()),
                Name::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self)
    }
}

#[derive(serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Name {
    Code,
    #[serde(other)]
    Other,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Code {
    Number(i64),
    Decimal(f64),
    Text(String),
    Other(IgnoredAny),
}

impl Code {
    fn number(self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(number),
            // What is too large is a code, too: the conversion takes the nearest.
            #[allow(clippy::cast_possible_truncation)]
            Self::Decimal(number) => (number.fract() == 0.0).then_some(number as i64),
            // A number is not written with zeros before it; a one-time password may be.
            Self::Text(text) => {
                let text = text.trim();
                text.parse().ok().filter(|number: &i64| number.to_string() == text)
            }
            Self::Other(_) => None,
        }
    }
}

#[derive(serde::Deserialize)]
struct Message {
    message: Option<String>,
}

/// Whether a failure's body may have been longer: nothing came, and nothing said that nothing would.
fn may_be_cut(status: u16, headers: &HeaderMap, body: &[u8]) -> bool {
    let framed =
        [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].iter().any(|name| headers.contains_key(name));
    !matches!(status, 100..=199 | 304) && !framed && body.iter().copied().all(is_blank)
}

/// Whether the body is in a coding, which was not asked for, and so cannot be read. Chunks are put together by the
/// transport.
fn is_coded(headers: &HeaderMap) -> bool {
    let holds_other = |name, plain: &[u8]| {
        let codings =
            headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|octet| *octet == b','));
        codings.map(<[u8]>::trim_ascii).any(|coding| !coding.eq_ignore_ascii_case(plain))
    };
    holds_other(header::CONTENT_ENCODING, b"identity") || holds_other(header::TRANSFER_ENCODING, b"chunked")
}

/// An operation whose success has no body is answered with nothing, which reads like JSON's null.
fn decode_success(body: &[u8], decode: Decode<'_>) -> Result<(), serde_json::Error> {
    if body.is_empty() { decode(b"null") } else { decode(body) }
}

fn of_success(error: &serde_json::Error, headers: &HeaderMap, body: &[u8], redactor: &Redactor) -> Error {
    let (kind, detail) = if body.is_empty() {
        (ErrorKind::EmptyResponse, String::new())
    } else if error.is_data() {
        (ErrorKind::UnexpectedJson, redactor.excerpt(&error.to_string()))
    } else if !is_json(headers) {
        (ErrorKind::ContentType, excerpt(redactor, headers, body))
    } else if error.is_eof() {
        (ErrorKind::TruncatedResponse, String::new())
    } else {
        (ErrorKind::NotJson, excerpt(redactor, headers, body))
    };
    Error::new(kind, Outcome::Unknown).with_detail(detail)
}

/// The media type and the beginning of a body that is not what was asked for.
fn excerpt(redactor: &Redactor, headers: &HeaderMap, body: &[u8]) -> String {
    let media =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("no media type");
    let text = redactor.excerpt(&String::from_utf8_lossy(body));
    let media = redactor.excerpt(media);
    if text.is_empty() { format!("{media}, empty") } else { format!("{media}, “{text}”") }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let media =
        value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.ends_with("/json") || media.ends_with("+json")
}

/// `Retry-After`, in seconds or as a date; of several, the longest. A date is taken against the response's own `Date`
/// where there is one, since clocks differ.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let texts = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::trim);
    let date = |text| httpdate::parse_http_date(text).ok();
    let now = texts(header::DATE).find_map(date).unwrap_or(now);
    let until = |then: SystemTime| then.duration_since(now).unwrap_or_default();
    texts(header::RETRY_AFTER).filter_map(|asked| seconds(asked).or_else(|| date(asked).map(until))).max()
}

/// Whole seconds are the standard, but some servers send fractions. What is too long for a duration is the longest.
fn seconds(text: &str) -> Option<Duration> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // Digits that do not fit are too many: there is no other way to fail.
    let whole = whole.parse().map_or(Duration::MAX, Duration::from_secs);
    let fraction = format!("0.{fraction}").parse().map_or(Duration::ZERO, Duration::from_secs_f64);
    Some(whole.saturating_add(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), header::HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT").expect("a date");
        let later = "Sun, 06 Nov 1994 08:49:37 GMT";
        let wait = |pairs: &[_]| retry_after(&headers(pairs), now).map(|wait| wait.as_secs());
        assert_eq!(wait(&[(header::RETRY_AFTER, "120")]), Some(120));
        assert_eq!(wait(&[(header::RETRY_AFTER, later)]), Some(37));
        assert_eq!(
            wait(&[(header::RETRY_AFTER, later), (header::DATE, "Sun, 06 Nov 1994 08:49:30 GMT")]),
            Some(7)
        );
        assert_eq!(wait(&[(header::RETRY_AFTER, "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(0));
        let twice = [(header::RETRY_AFTER, "1"), (header::RETRY_AFTER, later), (header::RETRY_AFTER, "soon")];
        assert_eq!(wait(&[&twice[1..], &twice[..1]].concat()), Some(37));
        for nonsense in ["soon", "", "-1", "+1", "1e3", "1.", ".5", "inf", "1.2.3", "0x10"] {
            assert_eq!(wait(&[(header::RETRY_AFTER, nonsense)]), None, "{nonsense}");
        }
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn fractions_and_huge_values_of_retry_after_are_honoured() {
        let wait = |value| retry_after(&headers(&[(header::RETRY_AFTER, value)]), SystemTime::UNIX_EPOCH);
        assert_eq!(wait("1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("0.25"), Some(Duration::from_millis(250)));
        assert!(wait("18446744073709551615.9") > Some(Duration::from_secs(u64::MAX)));
        assert_eq!(wait("99999999999999999999999999"), Some(Duration::MAX));
    }

    #[test]
    fn only_some_statuses_are_a_clear_no() {
        for status in [300, 301, 302, 307, 400, 401, 403, 404, 409, 413, 429, 498] {
            assert_eq!(outcome_of(status), Outcome::Rejected, "{status}");
        }
        for status in [101, 200, 303, 408, 499, 500, 502, 503, 504, 599] {
            assert_eq!(outcome_of(status), Outcome::Unknown, "{status}");
        }
    }

    #[test]
    fn media_types_with_json_in_them_say_json() {
        for media in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON",
            "application/problem+json",
        ] {
            assert!(is_json(&headers(&[(header::CONTENT_TYPE, media)])), "{media}");
        }
        assert!(is_json(&HeaderMap::new()));
        assert!(!is_json(&headers(&[(header::CONTENT_TYPE, "text/html")])));
    }
}
