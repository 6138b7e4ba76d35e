//! Who may use the console: this machine's own browser, on the console's own page.
//!
//! The console takes no password. What keeps pages from elsewhere out is that they cannot pretend to be this
//! one: a browser says by which name it reached the sandbox (`Host`), which page asks (`Origin`,
//! `Sec-Fetch-Site`), and asks first before it sends JSON across origins, which is never allowed here. A name
//! that somebody had resolve to this machine (DNS rebinding) is not one of this machine's names.

use std::net::IpAddr;

use crate::http_server::Request;

/// Why a request is turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) reason: &'static str,
}

/// Turns away what does not come from the console's own page.
pub(super) fn check(request: &Request) -> Result<(), Refused> {
    let refuse = |status, reason| Err(Refused { status, reason });
    let Some(host) = request.header("host").filter(|host| is_own_name(host, request)) else {
        return refuse(421, "open the console by `localhost` or by the address that the sandbox listens at");
    };
    let own_origin = |origin: &str| origin.strip_prefix("http://").is_some_and(|from| from == host);
    if request.has("origin") && !request.header("origin").is_some_and(own_origin) {
        return refuse(403, "the console serves its own page alone");
    }
    let navigates = request.path == "/" && request.header("sec-fetch-mode") == Some("navigate");
    let from_here = matches!(request.header("sec-fetch-site"), None | Some("same-origin" | "none"));
    if !(from_here || navigates && request.method == "GET") {
        return refuse(403, "the console serves its own page alone");
    }
    if request.method == "POST" {
        // The kinds of bodies that a browser sends across origins without asking do not include JSON.
        let kind = request.header("content-type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return refuse(415, "the console reads JSON");
        }
    }
    Ok(())
}

/// Whether a `Host` is `localhost`, loopback, or the very address that the client connected to.
fn is_own_name(host: &str, request: &Request) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The last colon of an address in brackets may be one of its own.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return false;
    }
    let address = match name.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').and_then(|inner| inner.parse().ok().map(IpAddr::V6)),
        None => name.parse().ok().map(IpAddr::V4),
    };
    match address {
        Some(address) => {
            address.is_loopback() || request.local.is_some_and(|local| local.ip().to_canonical() == address)
        }
        None => name.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&str, &str)]) -> Request {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Request {
            method: "POST".to_owned(),
            path: "/console/fire".to_owned(),
            headers: headers.iter().map(owned).collect(),
            local: Some("192.0.2.7:8035".parse().expect("an address")),
            ..Request::default()
        }
    }

    const JSON: (&str, &str) = ("Content-Type", "application/json");

    #[test]
    fn names_of_this_machine_are_let_in_and_others_are_not() {
        for host in
            ["localhost", "LOCALHOST:8035", "127.0.0.1:1", "127.8.8.8", "[::1]:80", "[::1]", "192.0.2.7:8035"]
        {
            assert_eq!(check(&request(&[("Host", host), JSON])), Ok(()), "{host}");
        }
        for host in [
            "example.com",
            "example.com:8035",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "192.0.2.8",
            "::1",
            "localhost:x",
            "localhost:",
            "[::1",
            "",
            "2130706433",
            "0x7f.1",
        ] {
            let refused = check(&request(&[("Host", host), JSON])).expect_err(host);
            assert_eq!(refused.status, 421, "{host}");
        }
        assert!(check(&request(&[JSON])).is_err(), "no Host");
        assert!(check(&request(&[("Host", "localhost"), ("Host", "localhost"), JSON])).is_err(), "two");
    }

    #[test]
    fn pages_from_elsewhere_are_turned_away() {
        let with = |extra: &[(&str, &str)]| {
            let mut headers = vec![("Host", "localhost:8035"), JSON];
            headers.extend(extra);
            check(&request(&headers)).map_err(|refused| refused.status)
        };
        assert_eq!(with(&[("Origin", "http://localhost:8035"), ("Sec-Fetch-Site", "same-origin")]), Ok(()));
        for origin in ["http://example.com", "http://localhost:3000", "https://localhost:8035", "null", ""] {
            assert_eq!(with(&[("Origin", origin)]), Err(403), "{origin}");
        }
        for site in ["cross-site", "same-site", "?"] {
            assert_eq!(with(&[("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate")]), Err(403), "{site}");
        }
    }

    #[test]
    fn only_json_is_read() {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "text/plain; application/json"] {
            let refused = check(&request(&[("Host", "localhost"), ("Content-Type", kind)])).expect_err(kind);
            assert_eq!(refused.status, 415);
        }
    }

    #[test]
    fn the_page_can_be_linked_to_and_nothing_else() {
        let mut link = request(&[
            ("Host", "localhost"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
        ]);
        link.method = "GET".to_owned();
        assert!(check(&link).is_err());
        link.path = "/".to_owned();
        assert_eq!(check(&link), Ok(()));
    }
}
