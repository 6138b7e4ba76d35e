//! Hands callbacks on to a program under development, as they came.

use std::io::ErrorKind;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderMap, Uri};
use ureq::Timeout;

use crate::failure::Failure;

/// A receiver on this machine or another.
pub(super) struct Target {
    agent: ureq::Agent,
    url: Uri,
}

impl Target {
    pub(super) fn new(url: &str) -> Result<Self, Failure> {
        let url: Uri = url
            .parse()
            .map_err(|_| Failure::usage("--forward-to must be a URL that begins with http:// or https://"))?;
        if !matches!(url.scheme_str(), Some("http" | "https")) || url.host().is_none() {
            return Err(Failure::usage("--forward-to must be a URL that begins with http:// or https://"));
        }
        if url.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(Failure::usage(
                "--forward-to must have no user and password before the host: whoever lists processes would see them",
            ));
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(TIMEOUT))
            .proxy(None)
            .user_agent("")
            .accept("")
            .accept_encoding("")
            .build()
            .into();
        Ok(Self { agent, url })
    }

    /// Posts the same octets under the same headers; the answer's status, or why there is none, in words.
    pub(super) fn post(&self, headers: &HeaderMap, body: &[u8]) -> Result<u16, String> {
        let mut request = self.agent.post(self.url.clone());
        let named = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        let named: Vec<String> =
            named.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect();
        for (name, value) in headers {
            let of_the_connection = OF_THE_CONNECTION.contains(&name.as_str());
            if !of_the_connection && !named.iter().any(|named| named == name.as_str()) {
                request = request.header(name, value);
            }
        }
        // The error may hold the URL, which whoever reads this has given.
        request.send(body).map(|answer| answer.status().as_u16()).map_err(|error| match error {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                "Not forwarded: no connection in time".to_owned()
            }
            error if never_left(&error) => {
                format!("Not forwarded: {}", error.to_string().trim_start_matches("io: "))
            }
            // The target can have it all the same.
            ureq::Error::Timeout(_) => "Forwarded, and not answered in time".to_owned(),
            error => {
                format!("Forwarded, and not answered: {}", error.to_string().trim_start_matches("io: "))
            }
        })
    }
}

/// Whether it is certain that the target got nothing.
fn never_left(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::Tls(_) => true,
        ureq::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused | ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable
        ),
        _ => false,
    }
}

/// Headers that are about one connection, and not about the callback; and those that `Connection` names.
const OF_THE_CONNECTION: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A little less than the service waits.
const TIMEOUT: Duration = Duration::from_millis(2500);
