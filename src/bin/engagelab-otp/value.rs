//! What the values of options must be, in words: the standard library's own are for programmers.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

/// Reads a whole number within a range.
pub(crate) fn within(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<u64, String> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
    }
}

/// Reads a number of things.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| "must be a whole number".to_owned())
}

/// Reads seconds since 1970.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "must be a whole number of seconds since 1970".to_owned())
}

/// Reads where to listen. `localhost` is taken for what it is everywhere; other names may be those of several addresses.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    local.as_deref().unwrap_or(text).parse().map_err(|_| {
        "must be an IP address and a port from 0 to 65535, such as 127.0.0.1:8036 or [::1]:8036".to_owned()
    })
}
