//! A response, and how it is given.

#[cfg(feature = "sandbox")]
use std::time::Duration;

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    #[cfg(feature = "sandbox")]
    pub(crate) fault: ResponseFault,
}

/// How a response is given.
#[cfg(feature = "sandbox")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResponseFault {
    /// Whole and at once.
    #[default]
    Plain,
    /// Not at all: the connection is closed.
    Lost,
    /// Not at all: nothing is said until the client gives up.
    Stalled,
    /// Not at all: the connection is reset.
    Reset,
    /// The body octet by octet, with this pause before each.
    Slow(Duration),
}

impl Response {
    /// A response without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            #[cfg(feature = "sandbox")]
            fault: ResponseFault::Plain,
        }
    }

    /// A response that is given whole and at once.
    #[cfg(feature = "sandbox")]
    pub(crate) fn plain(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![("Content-Type", content_type.to_owned())];
        Self { headers, body, ..Self::empty(status) }
    }
}
