//! Whether requests go through a proxy, and through which.

use std::env;
use std::fmt;

use http::Uri;

use crate::InvalidInput;

/// Whether requests go through a proxy. `Debug` does not show its address, which may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// As the environment says: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, and the same in lower
    /// case. Loopback addresses never go through a proxy of the environment.
    #[default]
    FromEnvironment,
    /// None, whatever the environment says.
    None,
    /// This one: a URL with `http`, `https`, `socks4`, `socks4a`, `socks5` or `socks5h`, a host, and perhaps a port,
    /// a user name and a password. With `socks4a` and `socks5h` the proxy resolves the service's name.
    Url(String),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FromEnvironment => "FromEnvironment",
            Self::None => "None",
            Self::Url(_) => "Url(…)",
        })
    }
}

impl Proxy {
    /// The proxy for a service that is on this machine, or is not.
    pub(super) fn resolve(&self, loopback: bool) -> Result<Option<ureq::Proxy>, InvalidInput> {
        match self {
            Self::FromEnvironment if !loopback => from_environment(),
            Self::FromEnvironment | Self::None => Ok(None),
            Self::Url(url) => {
                let explicit = url.contains("://");
                InvalidInput::unless(explicit, FIELD, RULE)?;
                parse(url).ok_or(InvalidInput::new(FIELD, RULE)).map(Some)
            }
        }
    }
}

/// The first variable that is set counts. To go on to the next, or directly, because of a typing error would be a
/// surprise.
fn from_environment() -> Result<Option<ureq::Proxy>, InvalidInput> {
    let value = |name: &&str| env::var_os(name).filter(|value| !value.is_empty());
    let Some(first) = VARIABLES.iter().find_map(value) else { return Ok(None) };
    // By convention, the scheme may be left out here.
    let usable = first.to_str().and_then(parse).is_some();
    InvalidInput::unless(
        usable,
        FIELD,
        "must be a URL in the environment: ALL_PROXY, HTTPS_PROXY or HTTP_PROXY",
    )?;
    Ok(ureq::Proxy::try_from_env())
}

/// ureq takes a port that does not fit for none, and connects to another one.
fn parse(url: &str) -> Option<ureq::Proxy> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let host_and_port = authority.as_str().rsplit('@').next()?;
    let port = host_and_port.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    let port_fits = port.is_none() || authority.port_u16().is_some_and(|port| port > 0);
    let proxy = ureq::Proxy::new(url).ok()?;
    (port_fits && !authority.host().is_empty()).then_some(proxy)
}

const FIELD: &str = "proxy";
const RULE: &str =
    "must be a URL with http, https, socks4, socks4a, socks5 or socks5h, a host, and a port if any";

/// In the order in which ureq asks them.
const VARIABLES: [&str; 6] =
    ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_proxys_address_is_refused() {
        for url in [
            "foo",
            "localhost:8080",
            "",
            "http://",
            "http://:8080",
            "http://h:99999",
            "http://h:0",
            "http://h:",
            "http://user:pass@h:99999",
            "ftp://h",
            "http://[::1]:99999",
        ] {
            assert!(Proxy::Url(url.to_owned()).resolve(false).is_err(), "{url}");
        }
        for url in
            ["http://h", "http://h:1", "socks5h://user:pass@h:1080", "https://[::1]:8080", "http://[::1]"]
        {
            assert!(Proxy::Url(url.to_owned()).resolve(true).is_ok_and(|proxy| proxy.is_some()), "{url}");
        }
    }
}
