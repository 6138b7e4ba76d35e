//! Whether requests go through a proxy, and through which.

use std::env;
use std::fmt;
use std::net::IpAddr;

use http::Uri;

use super::base_url::{BaseUrl, has_good_port, has_host, is_loopback};
use super::resolver::port;
use crate::InvalidInput;

/// Whether requests go through a proxy. `Debug` does not show its address, which may hold a password.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Proxy {
    /// As the environment says: `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`, and the same in lower
    /// case. Loopback addresses never go through a proxy of the environment.
    ///
    /// `NO_PROXY` is a list, with commas or spaces between: names, which stand for all names below them as well, with or
    /// without a leading `.` or `*.`; addresses, and their ranges like `10.0.0.0/8` or `10.*`; each perhaps with a port;
    /// and `*` for everything.
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
    /// Whether requests to a client's base URL go through a proxy.
    ///
    /// # Errors
    ///
    /// If the URL is none, or if the proxy's is none, by which [`ClientBuilder::build`](crate::ClientBuilder::build)
    /// fails, too.
    pub fn is_used_for(&self, base_url: &str) -> Result<bool, InvalidInput> {
        let target = BaseUrl::parse(base_url)?.join("/")?;
        self.resolve(&target).map(|proxy| proxy.is_some())
    }

    /// The proxy for a service at this address.
    pub(super) fn resolve(&self, target: &Uri) -> Result<Option<ureq::Proxy>, InvalidInput> {
        match self {
            Self::FromEnvironment if !is_loopback(target.host().unwrap_or_default()) => {
                from_environment(target)
            }
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
fn from_environment(target: &Uri) -> Result<Option<ureq::Proxy>, InvalidInput> {
    let value = |name: &&str| env::var_os(name).filter(|value| !value.is_empty());
    let Some(first) = VARIABLES.iter().find_map(value) else { return Ok(None) };
    // By convention, the scheme may be left out here.
    let proxy = first.to_str().and_then(parse);
    let rule = "must be a URL in the environment: ALL_PROXY, HTTPS_PROXY or HTTP_PROXY";
    let proxy = proxy.ok_or(InvalidInput::new(FIELD, rule))?;
    let exceptions = EXCEPTIONS.iter().find_map(value).unwrap_or_default();
    Ok((!is_excepted(&exceptions.to_string_lossy(), target)).then_some(proxy))
}

/// Whether a list of exceptions holds this address. ureq would read the list itself, but takes a space behind a comma for
/// a part of the name, and does not know ports, ranges and IPv6.
fn is_excepted(list: &str, target: &Uri) -> bool {
    let host = bare(target.host().unwrap_or_default());
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| {
        // An address of IPv6 without brackets has colons, and no port.
        let (name, only) = match entry.rsplit_once(':') {
            Some((name, digits)) if name.ends_with(']') || !name.contains(':') => (name, Some(digits)),
            _ => (entry, None),
        };
        let port_fits = only.is_none_or(|digits| digits.parse().ok() == port(target));
        port_fits && (name == "*" || covers(&bare(name), &host))
    })
}

/// Whether an entry of the list, without its port, stands for `host`.
fn covers(entry: &str, host: &str) -> bool {
    if let Ok(host) = host.parse::<IpAddr>() {
        let (network, length) = entry.split_once('/').unwrap_or((entry, "128"));
        let within = |network| length.parse().is_ok_and(|length| is_within(network, length, host));
        let prefix = entry.strip_suffix('*').filter(|prefix| !prefix.is_empty());
        return network.parse().is_ok_and(within)
            || prefix.is_some_and(|prefix| host.to_string().starts_with(prefix));
    }
    let name = entry.trim_start_matches('*').trim_start_matches('.');
    let above = host.strip_suffix(name).filter(|_| !name.is_empty());
    above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// Whether the first `length` bits of both are the same.
fn is_within(network: IpAddr, length: u32, host: IpAddr) -> bool {
    let bits = |address| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let differing = bits(network) ^ bits(host);
    network.is_ipv4() == host.is_ipv4() && differing.leading_zeros() >= length
}

/// A host as it is compared: in lower case, without brackets, and without the dot that may end a name.
fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

/// A proxy by its URL. ureq takes a port that does not fit for none, and connects to another one.
fn parse(url: &str) -> Option<ureq::Proxy> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let proxy = ureq::Proxy::new(url).ok()?;
    (has_host(authority) && has_good_port(authority)).then_some(proxy)
}

const FIELD: &str = "proxy";
const RULE: &str =
    "must be a URL with http, https, socks4, socks4a, socks5 or socks5h, a host, and a port if any";

/// In the order in which they count.
const VARIABLES: [&str; 6] =
    ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_names_and_what_is_below_them_addresses_and_ranges() {
        let excepted = |list: &str, target: &str| is_excepted(list, &target.parse().expect("a URL"));
        for (list, target) in [
            ("*", "https://otp.example.test"),
            ("localhost, example.test", "https://otp.example.test"),
            ("localhost example.test", "https://example.test"),
            (".example.test", "https://otp.example.test"),
            ("*.example.test", "https://a.otp.example.test"),
            ("OTP.Example.TEST", "https://otp.example.test"),
            ("otp.example.test", "https://otp.example.test."),
            ("otp.example.test.", "https://otp.example.test"),
            ("otp.example.test:443", "https://otp.example.test"),
            ("10.1.2.3", "https://10.1.2.3"),
            ("10.0.0.0/8", "https://10.1.2.3"),
            ("10.1.*", "https://10.1.2.3"),
            ("0.0.0.0/0", "https://10.1.2.3"),
            ("2001:db8::1", "https://[2001:db8::1]"),
            ("[2001:db8::1]:443", "https://[2001:db8::1]"),
            ("2001:db8::/32", "https://[2001:db8::1]:8443"),
        ] {
            assert!(excepted(list, target), "{list} {target}");
        }
        for (list, target) in [
            ("", "https://otp.example.test"),
            (",.,*.,:443", "https://otp.example.test"),
            ("example.test", "https://notexample.test"),
            ("otp.example.test", "https://example.test"),
            ("otp.example.test:8443", "https://otp.example.test"),
            ("otp.example.test:", "https://otp.example.test"),
            ("0.1.2.3", "https://10.1.2.3"),
            ("10.0.0.0/33", "https://11.1.2.3"),
            ("10.0.0.0/16", "https://10.1.2.3"),
            ("::/0", "https://10.1.2.3"),
            ("2001:db8::/33", "https://[2001:db8:8000::1]"),
        ] {
            assert!(!excepted(list, target), "{list} {target}");
        }
    }

    #[test]
    fn what_is_no_proxys_address_is_refused() {
        let target = Uri::from_static("https://otp.example.test");
        for url in [
            "foo",
            "localhost:8080",
            "",
            "http://",
            "http://:8080",
            "http://h:99999",
            "http://h:0",
            "http://h:",
            "http://h:+80",
            "http://[::g]",
            "http://user:pass@h:99999",
            "ftp://h",
            "http://[::1]:99999",
        ] {
            assert!(Proxy::Url(url.to_owned()).resolve(&target).is_err(), "{url}");
        }
        for url in
            ["http://h", "http://h:1", "socks5h://user:pass@h:1080", "https://[::1]:8080", "http://[::1]"]
        {
            assert!(Proxy::Url(url.to_owned()).resolve(&target).is_ok_and(|proxy| proxy.is_some()), "{url}");
        }
    }
}
