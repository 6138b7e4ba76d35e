//! The address that all requests go to, parsed once, and joined with paths as a URL rather than as text.

use std::net::IpAddr;

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
        // A port that does not fit is no port to `http`, and would be ignored.
        let port = authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        if port.is_some() && parsed.port_u16().is_none_or(|port| port == 0) {
            return refuse("must have a port from 1 to 65535, or none");
        }
        let path = path.trim_end_matches('/');
        let plain = |segment: &str| {
            !segment.is_empty()
                && !matches!(segment, "." | "..")
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

/// Whether there is a host: `:443` and the like are authorities too.
fn has_host(authority: &Authority) -> bool {
    !authority.host().is_empty()
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
