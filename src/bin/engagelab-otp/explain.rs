//! An error of the library in the words of somebody who must act on it now.

use std::error::Error as StdError;

use engagelab_otp::api::{Operation, operations};
use engagelab_otp::{ApiError, Error, ErrorCodeClass, ErrorKind, Outcome};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{counted, seconds};

/// Where a call went, for what is said when it fails.
pub(crate) struct Target<'a> {
    pub(crate) base_url: &'a str,
    /// Nothing that is done there reaches anybody.
    pub(crate) is_sandbox: bool,
}

/// The failure of a call to the API.
pub(crate) fn failure(error: &Error, target: &Target<'_>) -> Failure {
    if let Some(invalid) = error.invalid_input() {
        return Failure::from(invalid.clone());
    }
    let call = Call::of(error.operation());
    let exit = exit(error, &call);
    let (reason, advice) = match (error.api(), error.outcome()) {
        (Some(api), outcome) => (refused(api, &call, outcome), said(api, error, &call, exit)),
        (None, Outcome::Unknown) => (unanswered(error, &call), open(&call).to_owned()),
        (None, _) => (unreachable(error, target), reachable_again(error, target, exit)),
    };
    let mut failure = Failure::new(exit, reason).with_advice(advice);
    let is_refused = error.api().is_some_and(|api| api.class() == ErrorCodeClass::Authentication);
    let is_unreachable = error.outcome() == Outcome::NotSent && exit == Exit::NotSent && !target.is_sandbox;
    if is_refused || is_unreachable {
        failure = failure.with_doctor();
    }
    with_details(failure, error)
}

/// What a signal leaves open that ends the program while it waits for the answer to this operation.
pub(crate) fn interrupted(operation: &str) -> String {
    let call = Call::of(Some(operation));
    format!("interrupted while the service was asked to {}. {}", call.verb, call.open)
}

/// An operation as people speak of it, and what a lost answer to it leaves open.
struct Call {
    /// After "to", or "refused to".
    verb: &'static str,
    open: &'static str,
    /// Whether it changes nothing.
    reads: bool,
}

impl Call {
    fn of(operation: Option<&str>) -> Self {
        let call = |verb, open| Self { verb, open, reads: false };
        let read = |verb| Self { verb, open: "This only reads: it is safe to run it again.", reads: true };
        match operation {
            Some(id) if id == operations::VERIFY_OTP.id => call(
                "check the code",
                "The code may have been accepted, and is spent then. Do not take this for a yes, nor for a no. If a \
                 second check says `expired_or_used`, nobody can tell any more: send a new code.",
            ),
            Some(id) if id == operations::CREATE_TEMPLATE.id => call(
                "create the template",
                "The template may exist now. Do not create it again before `template show` says that it does not.",
            ),
            Some(id) if id == operations::DELETE_TEMPLATE.id => call(
                "delete the template",
                "The template may be gone, or not. `template list` tells; deleting it again does no harm.",
            ),
            Some(id) if id == operations::LIST_TEMPLATES.id => read("list the templates"),
            Some(id) if id == operations::GET_TEMPLATE.id => read("show the template"),
            Some(id) if SENDS.iter().any(|send| send.id == id) => call("send", LOST_SEND),
            None => call("send", LOST_SEND),
            // Without words of its own, an operation is at least not taken for a send.
            Some(id) => match operations::ALL.iter().find(|operation| operation.id == id) {
                Some(operation) if operation.method == "GET" => read(ANSWER),
                _ => call(ACT, "The service may have acted, or not."),
            },
        }
    }
}

fn exit(error: &Error, call: &Call) -> Exit {
    let slow_down = error.status() == Some(429)
        || error.api().is_some_and(|api| api.class() == ErrorCodeClass::RateLimited);
    match error.outcome() {
        Outcome::NotSent if error.kind() == ErrorKind::Certificate => Exit::Usage,
        Outcome::NotSent => Exit::NotSent,
        Outcome::Rejected if slow_down => Exit::RateLimited,
        Outcome::Rejected => Exit::Rejected,
        Outcome::Unknown if call.reads => Exit::NotSent,
        Outcome::Unknown => Exit::Unknown,
    }
}

fn refused(api: &ApiError, call: &Call, outcome: Outcome) -> String {
    let (code, name) = (api.code(), api.code().name().replace('_', " "));
    let verb = call.verb;
    match outcome {
        Outcome::Unknown => {
            format!("the service failed while it was to {verb}: {code}, {name} (HTTP {})", api.status())
        }
        _ => format!("the service refused to {verb}: {code}, {name} (HTTP {})", api.status()),
    }
}

/// What the service said, and what to do about it.
fn said(api: &ApiError, error: &Error, call: &Call, exit: Exit) -> String {
    let quote =
        if api.message().is_empty() { String::new() } else { format!("It said: \"{}\". ", api.message()) };
    let advice = match (exit, error.retry_after()) {
        (Exit::RateLimited, Some(pause)) => {
            format!("Nothing was done. Wait {}, then run it again.", counted(seconds(pause), "second"))
        }
        (Exit::RateLimited, None) => {
            "Nothing was done. Wait until the earlier code has expired or some minutes have \
                                      passed, then run it again."
                .to_owned()
        }
        (Exit::Unknown | Exit::NotSent, _) => open(call).to_owned(),
        _ if api.class() == ErrorCodeClass::NotFound
            && error.operation() == Some(operations::VERIFY_OTP.id) =>
        {
            "Check the message id: `send` printed it. Codes of your own are not checked by the service."
                .to_owned()
        }
        _ => remedy(api.class()).to_owned(),
    };
    quote + &advice
}

/// What to do about a refusal of this class.
fn remedy(class: ErrorCodeClass) -> &'static str {
    match class {
        ErrorCodeClass::Authentication => {
            "Check the key and its secret, and that the key is enabled in the service's console."
        }
        ErrorCodeClass::Permission => {
            "The key or the account is not allowed to do this: see its permissions and allowed addresses in the \
             service's console."
        }
        ErrorCodeClass::InvalidRequest | ErrorCodeClass::BusinessRule => {
            "Correct what it names; the same request will be refused again."
        }
        ErrorCodeClass::NotFound => {
            "Check the id, and that it belongs to this account. `engagelab-otp template list` shows the templates."
        }
        ErrorCodeClass::InvalidRecipient => "Correct the number; the same request will be refused again.",
        ErrorCodeClass::Unreachable => {
            "The recipient cannot be reached now: try another channel or number, or later."
        }
        ErrorCodeClass::Blocked => "This recipient gets no messages from you: do not send to it again.",
        ErrorCodeClass::ContentRejected => {
            "Change the template's text; the same request will be refused again."
        }
        ErrorCodeClass::RateLimited => "Wait a while, then run it again.",
        ErrorCodeClass::SendFailed | ErrorCodeClass::Transient => {
            "The service failed by itself. Try once more; if that fails too, tell the service's support."
        }
        _ => "See the service's list of errors for this code.",
    }
}

/// A call whose answer is missing, or cannot be read.
fn unanswered(error: &Error, call: &Call) -> String {
    let what = match error.kind() {
        ErrorKind::Timeout => "no answer came in time",
        ErrorKind::ConnectionLost => "the connection broke before the answer was complete",
        ErrorKind::Status => "the answer did not come from the service itself",
        kind => kind.as_str(),
    };
    let status = error.status().map(|status| format!(" (HTTP {status})")).unwrap_or_default();
    let cause = cause(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("asked the service to {}, and {what}{status}{cause}", call.verb)
}

fn unreachable(error: &Error, target: &Target<'_>) -> String {
    let url = target.base_url;
    let cause = cause(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    match error.kind() {
        ErrorKind::Resolve => format!("the host of {url} has no address{cause}"),
        ErrorKind::Connect => format!("cannot connect to {url}{cause}"),
        ErrorKind::Certificate => format!("the certificate of {url} is not trusted{cause}"),
        ErrorKind::Tls => format!("no TLS with {url}{cause}"),
        ErrorKind::Proxy => format!("the proxy does not connect to {url}{cause}"),
        ErrorKind::Timeout => format!("cannot reach {url} in time{cause}"),
        ErrorKind::Status => format!(
            "{url} refused with HTTP {}, and not in the service's words",
            error.status().unwrap_or_default()
        ),
        kind => format!("{}, at {url}{cause}", kind.as_str()),
    }
}

fn reachable_again(error: &Error, target: &Target<'_>, exit: Exit) -> String {
    match (error.kind(), exit) {
        (_, Exit::RateLimited) => match error.retry_after() {
            Some(pause) => {
                format!("Nothing was done. Wait {}, then run it again.", counted(seconds(pause), "second"))
            }
            None => "Nothing was done. Wait some minutes, then run it again.".to_owned(),
        },
        (_, Exit::Rejected) => {
            "A proxy or a gateway may stand in between: check the address, and ask who runs it.".to_owned()
        }
        (_, Exit::Usage) => {
            "Nothing was sent. If you know who issued it, give its root certificate with --ca-cert or \
                             SSL_CERT_FILE; if not, somebody may be reading along."
                .to_owned()
        }
        (ErrorKind::Connect | ErrorKind::Resolve, _) if target.is_sandbox => {
            "Nothing was sent. Is a sandbox running there? `engagelab-otp sandbox` starts one.".to_owned()
        }
        (ErrorKind::Resolve, _) => {
            "Nothing was sent; it is safe to run this again. Check the address, and this machine's DNS."
                .to_owned()
        }
        (ErrorKind::Proxy, _) => {
            "Nothing was sent; it is safe to run this again. Check HTTPS_PROXY, ALL_PROXY and NO_PROXY."
                .to_owned()
        }
        _ => "Nothing was sent; it is safe to run this again.".to_owned(),
    }
}

fn open(call: &Call) -> &'static str {
    call.open
}

/// What lies at the bottom of it, where that says more than its kind.
fn cause(error: &Error) -> Option<String> {
    let mut source = error.source()?;
    while let Some(deeper) = source.source() {
        source = deeper;
    }
    let text = source.to_string();
    let text = text.trim_start_matches("io: ").trim_start_matches("rustls: ");
    (!text.is_empty() && !text.starts_with("timeout")).then(|| text.to_owned())
}

/// What programs get besides.
fn with_details(failure: Failure, error: &Error) -> Failure {
    let mut failure = failure
        .with("kind", snake_case(&format!("{:?}", error.kind())))
        .with("outcome", error.outcome().as_str().replace(' ', "_"))
        .with("attempts", error.attempts());
    if let Some(operation) = error.operation() {
        failure = failure.with("operation", operation);
    }
    if let Some(status) = error.status() {
        failure = failure.with("status", status);
    }
    if let Some(pause) = error.retry_after() {
        failure = failure.with("retry_after", seconds(pause));
    }
    if let Some(api) = error.api() {
        failure = failure
            .with("code", api.code().value())
            .with("class", snake_case(&format!("{:?}", api.class())))
            .with("service_message", api.message());
    }
    if let Some(id) = error.request_id() {
        failure = failure.with("request_id", id);
    }
    match cause(error) {
        Some(cause) => failure.with("cause", cause),
        None => failure,
    }
}

/// A variant's name as JSON has it.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// The operations that deliver something.
const SENDS: [&Operation; 3] = [&operations::SEND_OTP, &operations::SEND_CODE, &operations::SEND_MESSAGE];

const ANSWER: &str = "answer";
const ACT: &str = "act";

/// What an unanswered send leaves open.
pub(crate) const LOST_SEND: &str = "The message may have been delivered and billed, or not. Do not send it again \
    before you know: look for it in the service's console, or wait for its callback.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_document_is_spoken_of_in_words_of_its_own() {
        for operation in operations::ALL {
            let call = Call::of(Some(operation.id));
            assert!(![ANSWER, ACT].contains(&call.verb), "Call::of has no words for {}", operation.id);
            assert_eq!(call.reads, operation.method == "GET", "{}", operation.id);
        }
    }

    #[test]
    fn an_operation_without_words_is_not_taken_for_a_send() {
        assert_ne!(Call::of(Some("reticulate")).open, LOST_SEND);
    }
}
