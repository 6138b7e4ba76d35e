//! One POST to any address, for the sandbox: its callbacks go wherever its user says.

use std::io::Read;
use std::time::Duration;

use http::{Request, Uri};
use ureq::{Agent, Error};

use super::TransportOptions;
use super::timeouts::Timeouts;
use crate::InvalidInput;

/// Posts to one address. Connections are not kept: receivers come and go.
pub(crate) struct WebhookClient {
    agent: Agent,
    url: String,
}

impl WebhookClient {
    /// For this address, with so much time for a whole exchange.
    pub(crate) fn new(url: &str, timeout: Duration) -> Result<Self, InvalidInput> {
        let refuse = |rule| InvalidInput::new("callback_url", rule);
        let uri: Uri = url.parse().map_err(|_| refuse("must be a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(refuse("must begin with `http://` or `https://`"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            // It would be shown wherever the address is.
            return Err(refuse(
                "must have no user and password before the host: the value of Authorization for callbacks is set \
                 apart (callback.authorization in a profile, callback_authorization in Rust)",
            ));
        }
        let host = uri.host().filter(|host| !host.is_empty());
        host.ok_or_else(|| refuse("must have a host"))?;
        let options = TransportOptions {
            timeouts: Timeouts::new().total(timeout),
            max_idle_connections: 0,
            user_agent_suffix: Some("sandbox".to_owned()),
            ..TransportOptions::default()
        };
        let config = options.config(&uri)?;
        Ok(Self { agent: Agent::new_with_config(config), url: url.to_owned() })
    }

    /// The answer's status and the beginning of its body, or why there is none.
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &str) -> Result<(u16, String), String> {
        let mut request = Request::post(&self.url).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|error| error.to_string())?;
        let response = self.agent.run(request).map_err(|error| describe(&error))?;
        let status = response.status().as_u16();
        let mut excerpt = Vec::new();
        let read = response.into_body().into_reader().take(EXCERPT).read_to_end(&mut excerpt);
        read.map_err(|error| format!("the answer broke off: {error}"))?;
        let body = String::from_utf8_lossy(&excerpt).into_owned();
        Ok((status, body))
    }
}

fn describe(error: &Error) -> String {
    match error {
        Error::Timeout(_) => "no answer in time".to_owned(),
        error => error.to_string(),
    }
}

/// The most octets of an answer that are read.
const EXCERPT: u64 = 1024;
