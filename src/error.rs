//! What can go wrong with a call, and what is known of it afterwards.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::api::types::{ErrorCode, ErrorCodeClass};
use crate::http::response::request_id;
use crate::{InvalidInput, Outcome};

/// A call that did not succeed. It never shows a secret, a code or a whole address, in any form.
///
/// Three questions, three answers: [`kind`](Error::kind) says what went wrong, [`outcome`](Error::outcome)
/// whether the service may have acted, [`api`](Error::api) what the service said.
///
/// ```no_run
/// # use engagelab_otp::{Client, Outcome, Recipient, TemplateRef};
/// # fn example(client: &Client, to: &Recipient, template: &TemplateRef) {
/// match client.send_otp(to, template) {
///     Ok(receipt) => println!("sent: {}", receipt.message_id),
///     Err(error) => match error.outcome() {
///         Outcome::NotSent => println!("nothing left this machine, try again: {error}"),
///         Outcome::Rejected => println!("refused: {error}"),
///         Outcome::Unknown => println!("may have been sent, do not repeat blindly: {error}"),
///     },
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    outcome: Outcome,
    operation: Option<&'static str>,
    attempts: u32,
    status: Option<u16>,
    api: Option<ApiError>,
    retry_after: Option<Duration>,
    headers: HeaderMap,
    /// The request's id, if it may be shown.
    shown_request_id: Option<String>,
    /// What the last attempt alone leaves open.
    last_outcome: Outcome,
    /// What else there is to say, free of what must not be shown.
    detail: String,
    invalid_input: Option<InvalidInput>,
    source: Option<Source>,
}

pub(crate) type Source = Box<dyn StdError + Send + Sync>;

/// What went wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input or the configuration breaks a rule; see [`Error::invalid_input`].
    InvalidInput,
    /// The host's name could not be resolved.
    Resolve,
    /// No connection could be made.
    Connect,
    /// The TLS handshake failed, and not because of the certificate.
    Tls,
    /// The certificate of the other end is not trusted, not valid at this time, or of another name. Trying again does not
    /// help.
    Certificate,
    /// The proxy could not be reached, or refused.
    Proxy,
    /// A time-out passed, or the call's deadline.
    Timeout,
    /// The connection broke.
    ConnectionLost,
    /// What came back was not HTTP.
    Protocol,
    /// The service answered with an error of its own; see [`Error::api`].
    Service,
    /// An answer with a status that is not success, and without an error of the service in it: from a proxy,
    /// a gateway, or a redirect.
    Status,
    /// A success without a body.
    EmptyResponse,
    /// The answer ended early.
    TruncatedResponse,
    /// The answer was larger than the limit.
    OversizedResponse,
    /// A success with a body of another media type than JSON, most often a page of HTML.
    ContentType,
    /// A success whose body is not JSON.
    NotJson,
    /// A success whose body is JSON of another shape than the document says.
    UnexpectedJson,
}

impl ErrorKind {
    /// A short name, as it stands in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid input",
            Self::Resolve => "the host's name could not be resolved",
            Self::Connect => "no connection could be made",
            Self::Tls => "TLS failed",
            Self::Certificate => "the certificate is not trusted",
            Self::Proxy => "the proxy failed",
            Self::Timeout => "timed out",
            Self::ConnectionLost => "the connection broke",
            Self::Protocol => "the answer was not HTTP",
            Self::Service => "the service answered with an error",
            Self::Status => "an answer that is not the service's",
            Self::EmptyResponse => "the answer was empty",
            Self::TruncatedResponse => "the answer ended early",
            Self::OversizedResponse => "the answer was larger than the limit",
            Self::ContentType => "the answer was not of type application/json",
            Self::NotJson => "the answer was not JSON",
            Self::UnexpectedJson => "the answer had another shape than expected",
        }
    }
}

/// What the service said: an HTTP status, its own code, and a message.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) whole_message: String,
}

impl ApiError {
    /// The HTTP status. It can be 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The service's own code. Codes that this version does not know are kept.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What kind of failure the code stands for.
    pub fn class(&self) -> ErrorCodeClass {
        self.code.class()
    }

    /// What the service says, with everything cut that may be a code, a secret or an address.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the service says, whole. It may repeat parts of the request: keep it out of logs.
    pub fn expose_message(&self) -> &str {
        &self.whole_message
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "error {} ({}, HTTP status {})",
            self.code,
            self.code.name().replace('_', " "),
            self.status
        )?;
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, outcome: Outcome) -> Self {
        Self(Box::new(Inner {
            kind,
            outcome,
            operation: None,
            attempts: 0,
            status: None,
            api: None,
            retry_after: None,
            headers: HeaderMap::new(),
            shown_request_id: None,
            last_outcome: outcome,
            detail: String::new(),
            invalid_input: None,
            source: None,
        }))
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_status(mut self, status: u16, retry_after: Option<Duration>) -> Self {
        self.0.status = Some(status);
        self.0.retry_after = retry_after;
        self
    }

    /// `may_be_shown` says whether the request's id holds nothing of the request.
    pub(crate) fn with_headers(
        mut self,
        headers: HeaderMap,
        may_be_shown: impl FnOnce(&str) -> bool,
    ) -> Self {
        // A short one may be a code.
        let id = request_id(&headers).filter(|id| id.len() >= LENGTH_OF_AN_ID && may_be_shown(id));
        self.0.shown_request_id = id.map(str::to_owned);
        self.0.headers = headers;
        self
    }

    pub(crate) fn with_api(mut self, api: ApiError) -> Self {
        self.0.api = Some(api);
        self
    }

    /// The error of a whole call: its last attempt's, with what earlier attempts may have done.
    pub(crate) fn of_call(mut self, operation: &'static str, attempts: u32, may_have_acted: bool) -> Self {
        self.0.operation = Some(operation);
        self.0.attempts = attempts;
        if may_have_acted {
            self.0.outcome = Outcome::Unknown;
        }
        self
    }

    /// A success that cannot be taken for the answer to this call. Nothing is known of the call then.
    pub(crate) fn of_unproven_answer(operation: &'static str, why: &'static str, headers: HeaderMap) -> Self {
        Self::new(ErrorKind::UnexpectedJson, Outcome::Unknown)
            .with_detail(why)
            .with_headers(headers, |_| false)
            .of_call(operation, 1, false)
    }

    /// Whether the service asked to wait, and did nothing else. Its own code outranks the status, where there is one.
    pub(crate) fn is_throttled(&self) -> bool {
        let asks_to_wait =
            |api: &ApiError| matches!(api.class(), ErrorCodeClass::RateLimited | ErrorCodeClass::Unknown);
        self.status() == Some(429)
            && self.outcome() == Outcome::Rejected
            && self.api().is_none_or(asks_to_wait)
    }

    /// Whether an attempt, after one that may have done it, has found nothing left to delete.
    pub(crate) fn is_gone_since(&self) -> bool {
        let gone = self.api().is_some_and(|api| api.code() == ErrorCode::NotFound);
        gone && self.0.last_outcome == Outcome::Rejected && self.outcome() == Outcome::Unknown
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the service may have acted on the call.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// What the service said, if the answer was one of its errors.
    pub fn api(&self) -> Option<&ApiError> {
        self.0.api.as_ref()
    }

    /// The HTTP status, if there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// How long the answer asked to wait (`Retry-After`), if it did.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The header fields of the response, if there was one. Nothing is cut from them: keep them out of logs.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The id that the service, or a gateway before it, gave to the request: what its support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.0.headers)
    }

    /// The `operationId` of the call; none if there was no call.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// How many times the call was tried.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The field and the rule, if the input was at fault.
    pub fn invalid_input(&self) -> Option<&InvalidInput> {
        self.0.invalid_input.as_ref()
    }
}

impl From<InvalidInput> for Error {
    fn from(invalid: InvalidInput) -> Self {
        let mut error = Self::new(ErrorKind::InvalidInput, Outcome::NotSent);
        error.0.invalid_input = Some(invalid);
        error
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        // That says all there is to say, and so it is not the source as well.
        if let Some(invalid) = &inner.invalid_input {
            return invalid.fmt(f);
        }
        if let Some(operation) = inner.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(inner.kind.as_str())?;
        match (&inner.api, inner.status) {
            (Some(api), _) => write!(f, ": {api}")?,
            (None, Some(status)) => write!(f, " (HTTP status {status})")?,
            (None, None) => {}
        }
        if !inner.detail.is_empty() {
            write!(f, ": {}", inner.detail)?;
        }
        match inner.outcome {
            Outcome::Unknown => f.write_str("; outcome unknown: the service may have acted on it")?,
            Outcome::NotSent => f.write_str("; nothing was sent")?,
            Outcome::Rejected => {}
        }
        if inner.attempts > 1 {
            write!(f, " ({} attempts)", inner.attempts)?;
        }
        match &inner.shown_request_id {
            Some(id) => write!(f, " [request {id}]"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("outcome", &inner.outcome)
            .field("operation", &inner.operation)
            .field("attempts", &inner.attempts)
            .field("status", &inner.status)
            .field("api", &inner.api)
            .field("request_id", &inner.shown_request_id)
            .field("detail", &inner.detail)
            .field("invalid_input", &inner.invalid_input)
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// As JSON, for logs: what [`Display`](fmt::Display) says, in parts. Like it, without anything that must not be shown.
///
/// ```
/// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
/// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
/// use engagelab_otp::TemplateRef;
///
/// let error = client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("no-such")?).unwrap_err();
/// let json = serde_json::to_value(&error)?;
/// assert_eq!((&json["kind"], &json["outcome"]), (&"service".into(), &"rejected".into()));
/// assert_eq!((&json["api"]["code"], &json["api"]["name"]), (&4001.into(), &"not_found".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = &self.0;
        let mut causes = Vec::new();
        let mut cause = self.source();
        while let Some(error) = cause {
            causes.push(error.to_string());
            cause = error.source();
        }
        let mut error = serializer.serialize_struct("Error", 11)?;
        error.serialize_field("kind", &inner.kind)?;
        error.serialize_field("outcome", &inner.outcome)?;
        error.serialize_field("message", &self.to_string())?;
        error.serialize_field("operation", &inner.operation)?;
        error.serialize_field("attempts", &inner.attempts)?;
        error.serialize_field("status", &inner.status)?;
        error.serialize_field("api", &inner.api)?;
        error.serialize_field("retry_after", &inner.retry_after.map(|wait| wait.as_secs_f64()))?;
        error.serialize_field("request_id", &inner.shown_request_id)?;
        error.serialize_field("invalid_field", &inner.invalid_input.as_ref().map(InvalidInput::field))?;
        error.serialize_field("causes", &causes)?;
        error.end()
    }
}

impl Serialize for ApiError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut error = serializer.serialize_struct("ApiError", 4)?;
        error.serialize_field("status", &self.status)?;
        error.serialize_field("code", &self.code.value())?;
        error.serialize_field("name", self.code.name())?;
        error.serialize_field("message", &self.message)?;
        error.end()
    }
}

/// The length from which on something is taken for an id rather than for a code.
const LENGTH_OF_AN_ID: usize = 16;
