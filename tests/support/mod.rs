//! What the tests share: a clock that does not wait, a server that misbehaves, certificates, and what was logged.

pub(crate) mod clock;
pub(crate) mod events;
pub(crate) mod logged;
pub(crate) mod server;
pub(crate) mod tls;

use engagelab_otp::{Client, ClientBuilder, Credentials, Proxy, Recipient, TemplateRef};

/// The credentials that tests use, unless they are about credentials.
pub(crate) fn credentials() -> Credentials {
    Credentials::new("key", "secret").expect("valid credentials")
}

/// A client of the server at `url`, that no proxy of the environment comes between.
pub(crate) fn client(url: &str) -> ClientBuilder {
    Client::builder(credentials()).base_url(url).proxy(Proxy::None)
}

pub(crate) fn phone() -> Recipient {
    "+6591234567".parse().expect("a valid phone number")
}

pub(crate) fn template() -> TemplateRef {
    "login".parse().expect("a valid template id")
}
