//! The address that all requests go to, parsed once, and joined with paths as a URL rather than as text.

use std::net::{IpAddr, Ipv6Addr};

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::InvalidInput;

/// A base URL: scheme, host and port, and perhaps a path that all others are put behind.
#[derive(Clone, Debug)]
pub(super) struct BaseUrl {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or begins with `/` and does not end with one.
    prefix: String,
}

impl BaseUrl {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidInput> {
        let refuse = |rule| Err(InvalidInput::new(FIELD, rule));
        let Ok(uri) = text.parse::<Uri>() else {
            return refuse("must be a URL, like `https://otp.api.engagelab.cc`");
        };
        // `http` accepts more than URLs: `https:/host`, or a path alone.
        let Some((scheme, rest)) = text.split_once("://") else {
            return refuse("must begin with `https://`, or `http://` on loopback");
        };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "https" => Scheme::HTTPS,
            "http" => Scheme::HTTP,
            _ => return refuse("must begin with `https://`, or `http://` on loopback"),
        };
        if text.contains(['?', '#']) {
            return refuse("must have no query and no fragment");
        }
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, path),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return refuse("must hold no user name or password; give them as credentials");
        }
        let Some(parsed) = uri.authority().filter(|parsed| parsed.as_str() == authority && has_host(parsed))
        else {
            return refuse("must have a host");
        };
        if !has_good_port(parsed) {
            return refuse("must have a port from 1 to 65535, or none");
        }
        let path = path.trim_end_matches('/');
        let plain = |segment: &str| {
            !segment.is_empty()
                && is_no_dot(segment)
                && segment
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@".contains(&byte))
        };
        if !path.is_empty() && !path.split('/').all(plain) {
            return refuse("must have a path of plain segments, or none");
        }
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { scheme, authority: parsed.clone(), prefix })
    }

    /// Whether requests are encrypted.
    pub(super) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Whether requests stay on this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(self.authority.host())
    }

    /// The address of `path`: always on this host, whatever the path is.
    pub(super) fn join(&self, path: &str) -> Result<Uri, InvalidInput> {
        let invalid = || InvalidInput::new("path", "must begin with `/` and be the path of a URL");
        if !path.starts_with('/') {
            return Err(invalid());
        }
        let path = PathAndQuery::try_from([&self.prefix, path].concat()).map_err(|_| invalid())?;
        let joined = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build();
        joined.map_err(|_| invalid())
    }
}

/// Whether a URL's host is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether there is a host: `:443` and the like are authorities too, and in brackets may stand anything.
pub(super) fn has_host(authority: &Authority) -> bool {
    let host = authority.host();
    let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    !host.is_empty() && literal.is_none_or(|literal| literal.parse::<Ipv6Addr>().is_ok())
}

/// Whether there is no port, or one that a connection can be made to. `http` takes one that does not fit for none, and
/// `+443` for one.
pub(super) fn has_good_port(authority: &Authority) -> bool {
    let host_and_port = authority.as_str().rsplit('@').next().unwrap_or_default();
    let port = host_and_port.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    port.is_none_or(|(_, digits)| {
        digits.bytes().all(|digit| digit.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// Whether a segment is a name: not `.` or `..`, which may be written with escapes, and without escapes that are none.
fn is_no_dot(segment: &str) -> bool {
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    let escapes = segment.split('%').skip(1);
    let is_escape =
        |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|digit| digit.is_ascii_hexdigit());
    !matches!(plain.as_str(), "." | "..") && escapes.into_iter().all(is_escape)
}

const FIELD: &str = "base_url";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_changes_the_host() {
        let base = BaseUrl::parse("http://otp.example.test").expect("valid");
        for path in ["v1/y", ".evil.test/", "@evil.test/", ":80@evil.test/", "", "?a", "#a", "*"] {
            assert!(base.join(path).is_err(), "{path}");
        }
        for path in ["/v1/y", "//evil.test/y", "/@evil.test/", "/\\evil.test"] {
            let Ok(joined) = base.join(path) else { continue };
            assert_eq!(joined.authority().map(Authority::as_str), Some("otp.example.test"), "{path}");
        }
    }

    #[test]
    fn a_path_of_the_base_comes_first() {
        for (base, joined) in [
            ("https://otp.example.test", "https://otp.example.test/v1/codes"),
            ("https://otp.example.test/", "https://otp.example.test/v1/codes"),
            ("HTTPS://otp.example.test:8443/a/b/", "https://otp.example.test:8443/a/b/v1/codes"),
            ("http://[::1]:80/a", "http://[::1]:80/a/v1/codes"),
            ("https://otp.example.test/a%2Fb", "https://otp.example.test/a%2Fb/v1/codes"),
        ] {
            let base = BaseUrl::parse(base).expect("valid");
            assert_eq!(base.join("/v1/codes").expect("a URL").to_string(), joined);
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused() {
        for text in [
            "",
            "otp.example.test",
            "https:/otp.example.test",
            "https:otp.example.test",
            "ftp://otp.example.test",
            "https://",
            "https:///v1",
            "https://:443",
            "https://otp.example.test:0",
            "https://otp.example.test:99999",
            "https://otp.example.test:",
            "https://otp.example.test:+443",
            "https://[::g]",
            "https://otp.example.test/a/%2e%2E/b",
            "https://otp.example.test/%2e",
            "https://otp.example.test/a%zz",
            "https://otp.example.test/a%2",
            "https://user:pass@otp.example.test",
            "https://otp.example.test?a=b",
            "https://otp.example.test/#a",
            "https://otp.example.test/a//b",
            "https://otp.example.test/a/../b",
            "https://otp.example.test/a b",
            "https://otp.example.test\\@evil.test",
            " https://otp.example.test",
        ] {
            assert!(BaseUrl::parse(text).is_err(), "{text}");
        }
    }
}
