//! A request, and what its head says.

use std::net::SocketAddr;

use percent_encoding::percent_decode_str;

/// A request, read whole.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, without the query, as it came.
    pub(crate) path: String,
    /// The query, without its `?`, as it came.
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The address that the client connected to.
    pub(crate) local: Option<SocketAddr>,
}

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
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.into_iter().find(|(found, _)| *found == name)?;
        // In a query, forms write a space as `+`.
        let value = value.replace('+', " ");
        Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
    }

    /// Whether the client wants the connection to end with this answer.
    pub(super) fn closes(&self) -> bool {
        self.has_token("connection", "close")
    }

    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
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
    Complete { request: Request, length: usize },
}

#[derive(Clone, Copy)]
pub(super) enum Framing {
    Length(usize),
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
    let target = parsed.path.unwrap_or_default();
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), String::from_utf8_lossy(header.value).into_owned()))
            .collect(),
        ..Request::default()
    };
    Head::Complete { request, length }
}

pub(super) fn framing(request: &Request) -> Result<Framing, u16> {
    let encoded = request.has("transfer-encoding");
    let mut lengths = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    match (encoded, lengths.next(), lengths.next()) {
        (false, None, _) => Ok(Framing::Length(0)),
        (false, Some((_, length)), None) => match length.trim().parse() {
            Ok(length) if length > LARGEST_BODY => Err(413),
            Ok(length) => Ok(Framing::Length(length)),
            Err(_) => Err(400),
        },
        (true, None, _) if request.has_token("transfer-encoding", "chunked") => Ok(Framing::Chunked),
        (true, None, _) => Err(501),
        // Two framings at once are how requests are smuggled.
        _ => Err(400),
    }
}

pub(super) const LARGEST_HEAD: usize = 16 * 1024;
pub(super) const LARGEST_BODY: usize = 1024 * 1024;
