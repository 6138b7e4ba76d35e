//! A request, and what its head says.

use std::net::SocketAddr;

#[cfg(feature = "sandbox")]
use percent_encoding::percent_decode_str;

/// A request, read whole.
// The sandbox looks at more of it than the callback server.
#[cfg_attr(not(feature = "sandbox"), allow(dead_code))]
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, without the query, as it came.
    pub(crate) path: String,
    /// The query, without its `?`, as it came.
    pub(crate) query: String,
    /// Names as they came, and values octet for octet as Latin-1.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, where the handler is one for whole requests.
    pub(crate) body: Vec<u8>,
    /// The address that the client connected to.
    pub(crate) local: Option<SocketAddr>,
    /// The address that the client connected from.
    pub(crate) peer: Option<SocketAddr>,
    /// Whether it speaks HTTP/1.0.
    pub(crate) old: bool,
}

#[cfg_attr(not(feature = "sandbox"), allow(dead_code))]
impl Request {
    /// The value of a header that stands there once; none if it is missing or repeated.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        let (_, value) = values.next()?;
        values.next().is_none().then_some(value)
    }

    /// Whether a header stands there at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(found, _)| found.eq_ignore_ascii_case(name))
    }

    /// The value of a parameter of the query.
    #[cfg(feature = "sandbox")]
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.into_iter().find(|(found, _)| *found == name)?;
        // In a query, forms write a space as `+`.
        let value = value.replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    /// Whether the connection ends with this answer.
    pub(super) fn closes(&self) -> bool {
        self.old || self.has_token("connection", "close")
    }

    /// Whether the client waits for a word before it sends the body.
    pub(super) fn expects_continue(&self) -> bool {
        !self.old && self.has_token("expect", "100-continue")
    }

    /// The headers, octet for octet as they came.
    pub(crate) fn header_map(&self) -> Option<http::HeaderMap> {
        let mut headers = http::HeaderMap::new();
        for (name, value) in &self.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).ok()?;
            let octets: Option<Vec<u8>> = value.chars().map(|char| u8::try_from(char).ok()).collect();
            headers.try_append(name, http::HeaderValue::from_bytes(&octets?).ok()?).ok()?;
        }
        Some(headers)
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.headers
            .iter()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| value.split(','))
            .any(|found| found.trim().eq_ignore_ascii_case(token))
    }
}

pub(super) enum Head {
    Partial,
    Refused(u16),
    Complete { request: Box<Request>, framing: Framing, length: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

pub(super) fn parse_head(buffer: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Head::Partial,
        Err(httparse::Error::TooManyHeaders) => return Head::Refused(431),
        Err(_) => return Head::Refused(400),
    };
    if length > LARGEST_HEAD {
        return Head::Refused(431);
    }
    if has_bare_line_feed(&buffer[..length]) {
        return Head::Refused(400);
    }
    let target = parsed.path.unwrap_or_default();
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let latin_1 = |octets: &[u8]| octets.iter().copied().map(char::from).collect::<String>();
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), latin_1(header.value)))
            .collect(),
        old: parsed.version == Some(0),
        ..Request::default()
    };
    match framing(&request) {
        Ok(framing) => Head::Complete { request: Box::new(request), framing, length },
        Err(status) => Head::Refused(status),
    }
}

/// A line that a proxy in front might not take for one.
fn has_bare_line_feed(head: &[u8]) -> bool {
    let line_feeds = head.iter().enumerate().filter(|(_, octet)| **octet == b'\n');
    line_feeds.into_iter().any(|(at, _)| at == 0 || head[at - 1] != b'\r')
}

/// How the end of the body is found, or the status to refuse with. Where two readings are possible, a proxy in front could
/// have made the other one, and so there is none.
fn framing(request: &Request) -> Result<Framing, u16> {
    let values = |name: &'static str| {
        let found = move |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        request.headers.iter().filter(found).map(|(_, value)| value.trim())
    };
    let hosts = values("host").count();
    if hosts > 1 || hosts == 0 && !request.old {
        return Err(400);
    }
    let (mut encodings, mut lengths) = (values("transfer-encoding"), values("content-length"));
    match (encodings.next(), encodings.next(), lengths.next(), lengths.next()) {
        (None, _, None, _) => Ok(Framing::Length(0)),
        (None, _, Some(length), None) => content_length(length),
        // HTTP/1.0 knows no chunks.
        (Some(_), None, None, _) if request.old => Err(400),
        (Some(encoding), None, None, _) if encoding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (Some(_), None, None, _) => Err(501),
        _ => Err(400),
    }
}

fn content_length(value: &str) -> Result<Framing, u16> {
    if value.is_empty() || !value.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(400);
    }
    // Digits alone that are no number are one that is too large.
    value.parse().map(Framing::Length).map_err(|_| 413)
}

pub(super) const LARGEST_HEAD: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<Framing, u16> {
        match parse_head(head.as_bytes()) {
            Head::Complete { framing, .. } => Ok(framing),
            Head::Refused(status) => Err(status),
            Head::Partial => Err(0),
        }
    }

    fn with(headers: &str) -> Result<Framing, u16> {
        read(&format!("POST / HTTP/1.1\r\nHost: h\r\n{headers}\r\n"))
    }

    #[test]
    fn the_end_of_a_body_is_found_in_one_way_or_not_at_all() {
        assert_eq!(with(""), Ok(Framing::Length(0)));
        assert_eq!(with("Content-Length: 12\r\n"), Ok(Framing::Length(12)));
        assert_eq!(with("Content-Length: 70368744177664\r\n"), Ok(Framing::Length(70_368_744_177_664)));
        assert_eq!(with("Transfer-Encoding: chunked\r\n"), Ok(Framing::Chunked));
        for length in ["+2", "-2", "", "2, 2", "0x2", "2 2", "\u{b2}", "1e3"] {
            assert_eq!(with(&format!("Content-Length: {length}\r\n")), Err(400), "{length:?}");
        }
        assert_eq!(with("Content-Length: 18446744073709551616\r\n"), Err(413));
        for encoding in ["gzip, chunked", "gzip", "chunked, chunked", "identity", "xchunked", ""] {
            assert_eq!(with(&format!("Transfer-Encoding: {encoding}\r\n")), Err(501), "{encoding:?}");
        }
        assert_eq!(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(with("Content-Length: 2\r\nContent-Length: 2\r\n"), Err(400));
        assert_eq!(with("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(400));
    }

    #[test]
    fn lines_end_with_carriage_return_and_line_feed() {
        for head in [
            "POST / HTTP/1.1\nHost: h\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\n\n",
            "\nPOST / HTTP/1.1\r\nHost: h\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n",
            "POST / HTTP/1.1\r\nHost : h\r\n\r\n",
        ] {
            assert_eq!(read(head), Err(400), "{head:?}");
        }
    }

    #[test]
    fn a_request_names_one_host_and_an_old_one_may_name_none() {
        assert_eq!(read("GET / HTTP/1.1\r\n\r\n"), Err(400));
        assert_eq!(read("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), Err(400));
        assert_eq!(read("GET / HTTP/1.0\r\n\r\n"), Ok(Framing::Length(0)));
    }

    #[test]
    fn header_values_keep_their_octets() {
        let head = b"GET / HTTP/1.1\r\nHost: h\r\nA: \xff\xc3\xa9\r\n\r\n";
        let Head::Complete { request, .. } = parse_head(head) else { panic!("it is complete") };
        let headers = request.header_map().expect("headers");
        assert_eq!(headers.get("a").expect("there").as_bytes(), b"\xff\xc3\xa9");
    }
}
