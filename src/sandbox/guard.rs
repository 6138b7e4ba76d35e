//! Who may use what: by which names the sandbox is reached, which pages may ask, and who has the token.
//!
//! On loopback the control API and the page take no password. What keeps pages from elsewhere out is that they cannot
//! pretend to be this one: a browser says by which name it reached the sandbox (`Host`), which page asks (`Origin`,
//! `Sec-Fetch-Site`), and asks first before it sends JSON across origins, which is never allowed here. A name that
//! somebody had resolve to this machine (DNS rebinding) is a public one: it has a dot, and no ending that is reserved.
//!
//! Beyond loopback, the control API is off unless a token is set, and then wants it.

use std::net::IpAddr;

use subtle::ConstantTimeEq as _;

use crate::InvalidInput;
use crate::http_server::Request;

/// What was set of access.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    /// Names that the sandbox is reached by, besides those that are always allowed.
    hosts: Vec<String>,
    token: Option<Token>,
}

#[derive(Clone)]
pub(crate) struct Token(pub(crate) String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Why a request is turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) reason: String,
}

fn refuse(status: u16, reason: impl Into<String>) -> Result<(), Refused> {
    Err(Refused { status, reason: reason.into() })
}

impl Guard {
    pub(crate) fn new(hosts: Vec<String>, token: Option<Token>) -> Self {
        Self { hosts, token }
    }

    /// Turns away requests that name another host.
    pub(crate) fn check_host(&self, request: &Request) -> Result<(), Refused> {
        let allowed = |host: &str| name(host).is_some_and(|name| self.allows(name));
        // No browser speaks HTTP/1.0, which knows no hosts.
        let is_nameless = request.old && !request.has("host");
        if is_nameless || request.header("host").is_some_and(allowed) {
            return Ok(());
        }
        refuse(
            421,
            "The sandbox does not know the name that this request is for (its Host header). Use localhost, an IP \
             address or a name without dots; for any other name, start the sandbox with --allow-host NAME \
             (in Rust: allow_host).",
        )
    }

    /// Turns away requests of pages that are not the sandbox's own. The page itself can be linked to.
    pub(crate) fn check_page(request: &Request, is_page: bool) -> Result<(), Refused> {
        let host = request.header("host").unwrap_or_default();
        let own_origin = |origin: &str| {
            let from = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
            from.is_some_and(|from| from.eq_ignore_ascii_case(host))
        };
        let elsewhere = "only the sandbox's own page may ask for this";
        if request.has("origin") && !request.header("origin").is_some_and(own_origin) {
            return refuse(403, elsewhere);
        }
        let navigates = is_page && request.header("sec-fetch-mode") == Some("navigate");
        let from_here = matches!(request.header("sec-fetch-site"), None | Some("same-origin" | "none"));
        if request.has("sec-fetch-site") && !(from_here || navigates && request.method == "GET") {
            return refuse(403, elsewhere);
        }
        // Who sends no body need not say what kind it is of. A form always says it.
        let has_body = !request.body.is_empty() || request.has("content-type");
        if matches!(request.method.as_str(), "POST" | "PUT") && has_body {
            // The kinds of bodies that a browser sends across origins without asking do not include JSON.
            let kind = request.header("content-type").unwrap_or_default();
            let kind = kind.split(';').next().unwrap_or_default().trim();
            if !kind.eq_ignore_ascii_case("application/json") {
                return refuse(415, "Content-Type must be application/json");
            }
        }
        Ok(())
    }

    /// Turns away who has no token, where one is needed.
    pub(crate) fn check_token(&self, request: &Request) -> Result<(), Refused> {
        if request.path == "/sandbox/health" {
            return Ok(());
        }
        let Some(Token(token)) = &self.token else {
            // Who connected by a loopback address is on this machine.
            if request.local.is_none_or(|local| local.ip().to_canonical().is_loopback()) {
                return Ok(());
            }
            return refuse(403, "the control API is off beyond this machine: start the sandbox with a token");
        };
        let given = request.header("authorization").and_then(|value| value.trim().split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"));
        let given = given.map(|(_, token)| token.trim_start());
        if given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(token.as_bytes()))) {
            return Ok(());
        }
        refuse(401, "Authorization must be `Bearer` and the token that the sandbox was started with")
    }

    /// Whether a name is one that the sandbox may be reached by.
    fn allows(&self, name: &str) -> bool {
        // An address is never a name that was made to resolve to another one.
        let unbracketed = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if unbracketed.is_some_and(|inner| matches!(inner.parse(), Ok(IpAddr::V6(_)))) {
            return true;
        }
        if matches!(name.parse(), Ok(IpAddr::V4(_))) {
            return true;
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || !name.bytes().all(plain) {
            return false;
        }
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        // No public name lacks a dot, and none has these endings. Numbers are addresses in disguise.
        let is_single = !name.contains('.') && name.bytes().any(|byte| byte.is_ascii_alphabetic());
        let reserved = [".localhost", ".internal"].iter().any(|ending| name.ends_with(ending));
        is_single || reserved || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(&name))
    }
}

/// The name that a host is to be reached by; a port behind it is no part of that.
pub(crate) fn allowed_host(text: &str) -> Result<String, InvalidInput> {
    let refuse = |rule| Err(InvalidInput::new("allow_host", rule));
    let text = text.trim();
    if text.contains("://") || text.contains('/') {
        return refuse(
            "must be a name alone, without scheme and path: write otp.example.com for http://otp.example.com/",
        );
    }
    if text.contains('*') {
        return refuse("must be one name, without `*`: give each name for itself");
    }
    let Some(name) = name(text).map(|name| name.trim_end_matches('.')).filter(|name| !name.is_empty()) else {
        return refuse("must be a name such as otp.example.com");
    };
    if !name.is_ascii() {
        return refuse("must be a name as it travels, in ASCII: xn--mnchen-3ya.example");
    }
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'[' | b']' | b':');
    if !name.bytes().all(plain) {
        return refuse("must be a name such as otp.example.com");
    }
    Ok(name.to_ascii_lowercase())
}

/// The name in a `Host`, without the port.
fn name(host: &str) -> Option<&str> {
    match host.rsplit_once(':') {
        // The last colon of an address in brackets may be one of its own.
        Some((name, port)) if !port.ends_with(']') => port.parse::<u16>().is_ok().then_some(name),
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request {
            method: "POST".to_owned(),
            path: "/sandbox/callbacks".to_owned(),
            headers: headers.iter().map(owned).collect(),
            local: Some("192.0.2.7:8035".parse().expect("an address")),
            ..Request::default()
        }
    }

    const JSON: (&str, &str) = ("Content-Type", "application/json");

    #[test]
    fn names_that_nobody_can_have_resolve_to_this_machine_are_allowed() {
        let guard = Guard::new(vec!["otp.example.com".to_owned()], None);
        for host in [
            "localhost",
            "LOCALHOST:8035",
            "127.0.0.1:8035",
            "127.8.9.1",
            "192.0.2.7:8035",
            "192.0.2.8",
            "[::1]:8035",
            "[::1]",
            "otp-sandbox:8035",
            "otp_sandbox",
            "app.localhost:8035",
            "host.docker.internal:8035",
            "otp.example.com",
            "OTP.example.com:80",
        ] {
            assert_eq!(guard.check_host(&request(&[("Host", host)])), Ok(()), "{host}");
        }
        for host in [
            "example.com",
            "example.com:8035",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "otp.example.com.evil.example",
            "::1",
            "localhost:x",
            "localhost:",
            "[::1",
            "",
            "2130706433",
            "0x7f.1",
            "a b",
        ] {
            let refused = guard.check_host(&request(&[("Host", host)])).expect_err(host);
            assert_eq!(refused.status, 421, "{host}");
        }
        assert!(guard.check_host(&request(&[])).is_err(), "no Host");
        let old = |headers| Request { old: true, ..request(headers) };
        assert_eq!(guard.check_host(&old(&[])), Ok(()), "HTTP/1.0 knows none");
        assert!(guard.check_host(&old(&[("Host", "example.com")])).is_err(), "and one that is given counts");
        assert!(guard.check_host(&request(&[("Host", "localhost"), ("Host", "localhost")])).is_err(), "two");
    }

    #[test]
    fn a_host_to_allow_is_a_name_and_anything_else_is_refused_with_what_to_write() {
        for (given, name) in [
            ("otp.example.com", "otp.example.com"),
            ("OTP.example.com:8035", "otp.example.com"),
            ("otp.example.com.", "otp.example.com"),
            ("192.0.2.7:80", "192.0.2.7"),
            ("[::1]:80", "[::1]"),
        ] {
            assert_eq!(allowed_host(given).as_deref(), Ok(name), "{given}");
            let guard = Guard::new(vec![name.to_owned()], None);
            assert_eq!(guard.check_host(&request(&[("Host", given)])), Ok(()), "{given}");
        }
        for wrong in [
            "",
            " ",
            ":8035",
            "http://otp.example.com",
            "otp.example.com/v1",
            "*.example.com",
            "a b.c",
            "otp.example.com:x",
        ] {
            let refused = allowed_host(wrong).expect_err(wrong).to_string();
            assert!(refused.contains("must be"), "{refused}");
        }
        assert!(allowed_host("münchen.example").expect_err("not ASCII").to_string().contains("xn--"));
    }

    #[test]
    fn pages_from_elsewhere_are_turned_away() {
        let with = |extra: &[(&str, &str)]| {
            let mut headers = vec![("Host", "localhost:8035"), JSON];
            headers.extend(extra);
            Guard::check_page(&request(&headers), false).map_err(|refused| refused.status)
        };
        assert_eq!(with(&[("Origin", "http://localhost:8035"), ("Sec-Fetch-Site", "same-origin")]), Ok(()));
        for origin in ["http://example.com", "http://localhost:3000", "https://localhost", "null", ""] {
            assert_eq!(with(&[("Origin", origin)]), Err(403), "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert_eq!(with(&[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate")]), Err(403), "{site}");
        }
    }

    #[test]
    fn only_json_is_read() {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"] {
            let request = request(&[("Host", "localhost"), ("Content-Type", kind)]);
            assert_eq!(Guard::check_page(&request, false).expect_err(kind).status, 415);
        }
    }

    #[test]
    fn the_page_can_be_linked_to_and_nothing_else() {
        let link = [("Host", "localhost"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
        let link = Request { method: "GET".to_owned(), ..request(&link) };
        assert!(Guard::check_page(&link, false).is_err());
        assert_eq!(Guard::check_page(&link, true), Ok(()));
    }

    #[test]
    fn beyond_loopback_it_takes_a_token() {
        let guard = Guard::new(Vec::new(), Some(Token("t0ken".to_owned())));
        let status = |guard: &Guard, request: &Request| guard.check_token(request).map_err(|it| it.status);
        assert_eq!(status(&Guard::default(), &request(&[])), Err(403));
        let local = Some("127.0.0.1:1".parse().expect("an address"));
        assert_eq!(status(&Guard::default(), &Request { local, ..request(&[]) }), Ok(()));
        assert_eq!(
            status(&guard, &Request { local, ..request(&[]) }),
            Err(401),
            "where one is set, it is wanted"
        );
        for right in ["Bearer t0ken", "bearer t0ken", "BEARER  t0ken"] {
            assert_eq!(status(&guard, &request(&[("Authorization", right)])), Ok(()), "{right}");
        }
        for wrong in ["Bearer t0ke", "Bearer ", "t0ken", "Basic t0ken"] {
            assert_eq!(status(&guard, &request(&[("Authorization", wrong)])), Err(401), "{wrong}");
        }
        assert_eq!(format!("{guard:?}").find("t0ken"), None);
    }
}
