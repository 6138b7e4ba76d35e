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

    /// The parameters of the query, decoded; none if what they hold is not UTF-8.
    #[cfg(feature = "sandbox")]
    pub(crate) fn parameters(&self) -> Option<Vec<(String, String)>> {
        let decoded = |text: &str| {
            // In a query, forms write a space as `+`.
            percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(Into::into)
        };
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.map(|(name, value)| Some((decoded(name)?, decoded(value)?))).collect()
    }

    /// A host in the target counts in place of the header's (RFC 9112, 3.2.2).
    fn name_host(&mut self, authority: Option<&str>) -> Result<(), BadRequest> {
        let Some(authority) = authority else { return Ok(()) };
        if authority.is_empty() || authority.contains('@') {
            return Err(BadRequest::new(400, "the target", "must name a host, and no user"));
        }
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
        self.headers.push(("Host".to_owned(), authority.to_owned()));
        Ok(())
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
    /// It breaks a rule; with as much of the request as could be read.
    Refused(BadRequest, Box<Request>),
    Complete {
        request: Box<Request>,
        framing: Framing,
        length: usize,
    },
}

/// Why a request is turned away that breaks a rule of HTTP, or a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
// The callback server says the status alone.
#[cfg_attr(not(feature = "sandbox"), allow(dead_code))]
pub(crate) struct BadRequest {
    pub(crate) status: u16,
    /// The part of the request that it is about.
    pub(crate) part: &'static str,
    /// What the part must be.
    pub(crate) rule: &'static str,
}

impl BadRequest {
    pub(super) const fn new(status: u16, part: &'static str, rule: &'static str) -> Self {
        Self { status, part, rule }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
}

pub(super) fn parse_head(buffer: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut headers);
    let parsing = parsed.parse(buffer);
    if matches!(parsing, Ok(httparse::Status::Partial)) {
        return Head::Partial;
    }
    let (mut request, authority) = named(&parsed);
    let length = match parsing {
        Ok(httparse::Status::Complete(length)) if length <= LARGEST_HEAD => length,
        Ok(_) => return Head::Refused(HEAD_TOO_LARGE, request),
        Err(error) => return Head::Refused(unparsed(error, buffer), request),
    };
    let latin_1 = |octets: &[u8]| octets.iter().copied().map(char::from).collect::<String>();
    let headers = parsed.headers.iter().map(|header| (header.name.to_owned(), latin_1(header.value)));
    request.headers = headers.collect();
    if has_bare_line_feed(&buffer[..length]) {
        return Head::Refused(LINE_END, request);
    }
    match framing(&request).and_then(|framing| request.name_host(authority).map(|()| framing)) {
        Ok(framing) => Head::Complete { request, framing, length },
        Err(bad) => Head::Refused(bad, request),
    }
}

/// As much as can be read of a head that is not whole.
pub(super) fn begun(buffer: &[u8]) -> Box<Request> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut parsed = httparse::Request::new(&mut headers);
    // Whether it is well formed so far is not asked.
    let _ = parsed.parse(buffer);
    named(&parsed).0
}

/// A request with what the request line says, and the host in its target if there is one.
fn named<'a>(parsed: &httparse::Request<'_, 'a>) -> (Box<Request>, Option<&'a str>) {
    let target = parsed.path.unwrap_or_default();
    let (authority, target) = absolute(target).unwrap_or((None, target));
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    // An empty path stands for the root.
    let path = if path.is_empty() && authority.is_some() { "/" } else { path };
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        old: parsed.version == Some(0),
        ..Request::default()
    };
    (Box::new(request), authority)
}

/// The authority and the rest of a target in absolute form, as clients send it to proxies.
fn absolute(target: &str) -> Option<(Option<&str>, &str)> {
    let (scheme, rest) = target.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    Some((Some(authority), rest))
}

/// Why a head cannot be read.
fn unparsed(error: httparse::Error, buffer: &[u8]) -> BadRequest {
    let bad = |part, rule| BadRequest::new(400, part, rule);
    match error {
        httparse::Error::TooManyHeaders => {
            BadRequest::new(431, "the head", "must have at most 64 header fields")
        }
        httparse::Error::HeaderName | httparse::Error::HeaderValue => {
            bad("each header field", "must be a name of letters, digits and hyphens, a colon, and a value")
        }
        httparse::Error::NewLine => LINE_END,
        httparse::Error::Version | httparse::Error::Token if has_space_in_target(buffer) => bad(
            "the target",
            "must have no white space: write a space as %20, and encode parameters as URLs have them",
        ),
        httparse::Error::Version => {
            BadRequest::new(505, "the version", "must be HTTP/1.1 or HTTP/1.0: this server speaks no other")
        }
        // How TLS begins.
        _ if buffer.starts_with(&[0x16, 3]) => bad(
            "the scheme",
            "must be http: this port does not speak TLS, and a base URL with https cannot reach it",
        ),
        _ => bad(
            "the request line",
            "must be METHOD TARGET HTTP/1.1: each once, one space between them, and nothing but ASCII",
        ),
    }
}

/// Whether a request line would be one if its target were without its spaces.
fn has_space_in_target(buffer: &[u8]) -> bool {
    let line = buffer.split(|octet| *octet == b'\n').next().unwrap_or_default().trim_ascii_end();
    let mut parts = line.split(|octet| matches!(octet, b' ' | b'\t'));
    let (method, target) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let last = parts.next_back().unwrap_or_default();
    let is_method = !method.is_empty() && method.iter().all(u8::is_ascii_alphabetic);
    is_method && !target.is_empty() && parts.next().is_some() && last.starts_with(b"HTTP/")
}

/// A line that a proxy in front might not take for one.
fn has_bare_line_feed(head: &[u8]) -> bool {
    let line_feeds = head.iter().enumerate().filter(|(_, octet)| **octet == b'\n');
    line_feeds.into_iter().any(|(at, _)| at == 0 || head[at - 1] != b'\r')
}

/// How the end of the body is found, or why it is not. Where two readings are possible, a proxy in front could have made
/// the other one, and so there is none.
fn framing(request: &Request) -> Result<Framing, BadRequest> {
    let bad = |part, rule| Err(BadRequest::new(400, part, rule));
    let values = |name: &'static str| {
        let found = move |(found, _): &&(String, String)| found.eq_ignore_ascii_case(name);
        request.headers.iter().filter(found).map(|(_, value)| value.trim())
    };
    let hosts = values("host").count();
    if hosts > 1 || hosts == 0 && !request.old {
        return bad("Host", "must be given, and once");
    }
    let (mut encodings, mut lengths) = (values("transfer-encoding"), values("content-length"));
    match (encodings.next(), encodings.next(), lengths.next(), lengths.next()) {
        (None, _, None, _) => Ok(Framing::Length(0)),
        (None, _, Some(length), None) => content_length(length),
        // HTTP/1.0 knows no chunks.
        (Some(_), None, None, _) if request.old => {
            bad("Transfer-Encoding", "must be left out in HTTP/1.0, which has no chunks")
        }
        (Some(encoding), None, None, _) if encoding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (Some(_), None, None, _) => {
            Err(BadRequest::new(501, "Transfer-Encoding", "must be chunked, and nothing besides"))
        }
        (_, _, None, _) => bad("Transfer-Encoding", "must be given once"),
        (None, ..) => bad("Content-Length", "must be given once"),
        _ => bad("Content-Length", "must be left out where Transfer-Encoding is given"),
    }
}

fn content_length(value: &str) -> Result<Framing, BadRequest> {
    if value.is_empty() || !value.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(BadRequest::new(400, "Content-Length", "must be digits alone"));
    }
    // Digits alone that are no number are one that is too large.
    value.parse().map(Framing::Length).map_err(|_| BODY_TOO_LARGE)
}

const LINE_END: BadRequest =
    BadRequest::new(400, "each line of the head", "must end with CR LF, and hold neither besides");

pub(super) const HEAD_TOO_LARGE: BadRequest = BadRequest::new(431, "the head", "must be at most 16 KiB");

pub(super) const BODY_TOO_LARGE: BadRequest = BadRequest::new(413, "the body", "must be at most 1 MiB");

pub(super) const LARGEST_HEAD: usize = 16 * 1024;

const MOST_FIELDS: usize = 64;

const _: () = assert!(LARGEST_HEAD == 16 << 10 && MOST_FIELDS == 64, "the rules above say these numbers");

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Result<Framing, u16> {
        match parse_head(head.as_bytes()) {
            Head::Complete { framing, .. } => Ok(framing),
            Head::Refused(bad, _) => Err(bad.status),
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
    fn a_target_in_absolute_form_names_the_host() {
        let read = |target: &str| {
            let head = format!("GET {target} HTTP/1.1\r\nHost: other\r\n\r\n");
            match parse_head(head.as_bytes()) {
                Head::Complete { request, .. } => {
                    let host = request.header("host").unwrap_or_default().to_owned();
                    Ok((host, request.path.clone(), request.query.clone()))
                }
                Head::Refused(bad, _) => Err(bad.status),
                Head::Partial => Err(0),
            }
        };
        let found = |host: &str, path: &str, query: &str| Ok((host.into(), path.into(), query.into()));
        assert_eq!(
            read("http://localhost:8035/v1/messages?a=b"),
            found("localhost:8035", "/v1/messages", "a=b")
        );
        assert_eq!(read("HTTP://localhost"), found("localhost", "/", ""));
        assert_eq!(read("http://localhost?a=b"), found("localhost", "/", "a=b"));
        assert_eq!(read("/http://localhost/"), found("other", "/http://localhost/", ""));
        assert_eq!(read("ftp://localhost/"), found("other", "ftp://localhost/", ""));
        for target in ["http:///v1", "http://user:password@localhost/", "http://@localhost/"] {
            assert_eq!(read(target), Err(400), "{target}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_as_much_as_was_read() {
        let read = |head: &[u8]| match parse_head(head) {
            Head::Refused(bad, request) => (bad.part, request.method, request.path),
            _ => panic!("{head:?} is not refused"),
        };
        let (part, method, path) = read(b"POST /v1/messages HTTP/1.1\r\nHost : h\r\n\r\n");
        assert_eq!((part, method.as_str(), path.as_str()), ("each header field", "POST", "/v1/messages"));
        let (part, _, path) = read(b"POST /v1/codes HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\n");
        assert_eq!((part, path.as_str()), ("Content-Length", "/v1/codes"));
        let (part, method, path) = read(b"GET /v1/messages/+65 9123 4567 HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!((part, method.as_str(), path.as_str()), ("the target", "GET", "/v1/messages/+65"));
        assert_eq!(read(b"GET /a b HTTP/1.1\r\n\r\n").0, "the target");
        assert_eq!(read(b"GET  /a HTTP/1.1\r\n\r\n").0, "the request line");
        assert_eq!(read(b"GET /a HTTP/3.0\r\n\r\n").0, "the version");
        assert_eq!(read(b"\x16\x03\x01\x02\0\x01").0, "the scheme");
        assert_eq!(read(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").0, "the version");
    }

    #[test]
    fn header_values_keep_their_octets() {
        let head = b"GET / HTTP/1.1\r\nHost: h\r\nA: \xff\xc3\xa9\r\n\r\n";
        let Head::Complete { request, .. } = parse_head(head) else { panic!("it is complete") };
        let headers = request.header_map().expect("headers");
        assert_eq!(headers.get("a").expect("there").as_bytes(), b"\xff\xc3\xa9");
    }
}
