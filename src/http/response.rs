//! Reads what an answer means. Pure: no I/O, no clock of its own.

use std::time::{Duration, SystemTime};

use http::header::{self, HeaderMap};
use serde::Deserialize;

use crate::api::types::ErrorCode;
use crate::error::{ApiError, Error};
use crate::http::redact::Redactor;
use crate::http::transport::{ExchangeError, RawResponse};
use crate::{ErrorKind, Outcome};

/// Takes the body of a success; says what was wrong with it if it cannot.
pub(crate) type Decode<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), serde_json::Error>;

/// Hands a success to `decode`, and makes an error of everything else. `sensitive` is asked for only then.
pub(crate) fn read(
    reply: RawResponse,
    now: SystemTime,
    sensitive: impl FnOnce() -> Redactor,
    decode: Decode<'_>,
) -> Result<(), Error> {
    let RawResponse { status, headers, body } = reply;
    let success = (200..300).contains(&status);
    let failed = |kind, outcome| Error::new(kind, outcome).with_status(status, retry_after(&headers, now));
    let outcome = outcome_of(status);
    let body = match body {
        Ok(body) => body,
        Err(lost) => {
            // The answer's status says more than that its body broke off.
            let error = Error::from(ExchangeError { outcome, ..lost });
            return Err(error.with_status(status, retry_after(&headers, now)));
        }
    };

    if let Some(refusal) = Refusal::in_body(&body, success) {
        let sensitive = sensitive();
        let outcome = if refusal.code == ErrorCode::Internal && status != TOO_MANY_REQUESTS {
            Outcome::Unknown
        } else if success {
            Outcome::Rejected
        } else {
            outcome
        };
        return Err(failed(ErrorKind::Service, outcome).with_api(ApiError {
            status,
            code: refusal.code,
            message: sensitive.excerpt(&refusal.message),
            whole_message: refusal.message,
        }));
    }
    if !success {
        return Err(failed(ErrorKind::Status, outcome).with_detail(shown(&sensitive(), &headers, &body)));
    }
    // An operation whose success has no body answers with nothing, which reads like JSON's null.
    let decoded = if body.is_empty() { decode(b"null") } else { decode(&body) };
    decoded.map_err(|error| {
        let sensitive = sensitive();
        if body.is_empty() {
            failed(ErrorKind::EmptyResponse, Outcome::Unknown)
        } else if error.is_data() {
            failed(ErrorKind::UnexpectedJson, Outcome::Unknown)
                .with_detail(sensitive.excerpt(&error.to_string()))
        } else if !says_json(&headers) {
            failed(ErrorKind::ContentType, Outcome::Unknown).with_detail(shown(&sensitive, &headers, &body))
        } else if error.is_eof() {
            failed(ErrorKind::TruncatedResponse, Outcome::Unknown)
        } else {
            failed(ErrorKind::NotJson, Outcome::Unknown).with_detail(shown(&sensitive, &headers, &body))
        }
    })
}

impl From<ExchangeError> for Error {
    fn from(lost: ExchangeError) -> Self {
        let error = Self::new(lost.kind, lost.outcome).with_detail(lost.detail);
        match lost.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// What a status alone says. Only success, and what a server or gateway says of itself, leave it open whether
/// the request was acted on.
fn outcome_of(status: u16) -> Outcome {
    match status {
        300..=407 | 409..=499 => Outcome::Rejected,
        _ => Outcome::Unknown,
    }
}

/// An error of the service. A body may be one even with a status of success.
struct Refusal {
    code: ErrorCode,
    message: String,
}

impl Refusal {
    fn in_body(body: &[u8], success: bool) -> Option<Self> {
        #[derive(Deserialize)]
        struct Probe {
            code: i64,
            message: Option<String>,
        }
        let object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let probe = if object { serde_json::from_slice::<Probe>(body).ok()? } else { return None };
        (probe.code != 0 || !success)
            .then(|| Self { code: probe.code.into(), message: probe.message.unwrap_or_default() })
    }
}

/// The media type and the beginning of a body that is not what was asked for.
fn shown(sensitive: &Redactor, headers: &HeaderMap, body: &[u8]) -> String {
    let media =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("no media type");
    let text = String::from_utf8_lossy(body);
    let excerpt = sensitive.excerpt(&text);
    let media = sensitive.excerpt(media);
    if excerpt.is_empty() { format!("{media}, empty") } else { format!("{media}, “{excerpt}”") }
}

fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let media =
        value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.ends_with("/json") || media.ends_with("+json")
}

/// `Retry-After`, in seconds or as a date. A date is taken against the answer's own `Date` where there is one,
/// since clocks differ.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(header::RETRY_AFTER)?;
    if let Ok(seconds) = asked.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(asked).ok()?;
    let now = text(header::DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(then.duration_since(now).unwrap_or_default())
}

const TOO_MANY_REQUESTS: u16 = 429;

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
        assert_eq!(wait(&[(header::RETRY_AFTER, "soon")]), None);
        assert_eq!(wait(&[]), None);
    }

    #[test]
    fn only_some_statuses_are_a_clear_no() {
        for status in [301, 302, 307, 400, 401, 403, 404, 409, 429, 499] {
            assert_eq!(outcome_of(status), Outcome::Rejected, "{status}");
        }
        for status in [101, 200, 408, 500, 502, 503, 504, 599] {
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
            assert!(says_json(&headers(&[(header::CONTENT_TYPE, media)])), "{media}");
        }
        assert!(says_json(&HeaderMap::new()));
        assert!(!says_json(&headers(&[(header::CONTENT_TYPE, "text/html")])));
    }
}
