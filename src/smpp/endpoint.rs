//! Where links go to, and how messages are shared among them.

/// An address of the service, and the links that are opened to it.
///
/// A link can take a message when it is bound, has a place in its window, and neither its rate nor the service makes it
/// wait. Of those that can, the most preferred take it, in turn by their weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub(crate) address: String,
    pub(crate) links: usize,
    pub(crate) weight: u32,
    pub(crate) preference: u32,
}

impl Endpoint {
    /// One link to `address`, that is `host:port`.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), links: 1, weight: 1, preference: 0 }
    }

    /// How many links are opened; 1 by default.
    #[must_use]
    pub fn links(self, links: usize) -> Self {
        Self { links, ..self }
    }

    /// How many messages each of the links takes for one that a link of weight 1 takes; 1 by default.
    #[must_use]
    pub fn weight(self, weight: u32) -> Self {
        Self { weight, ..self }
    }

    /// Links with a lower number are used first, and those with a higher one when no such link can take a message; 0 by
    /// default.
    #[must_use]
    pub fn preference(self, preference: u32) -> Self {
        Self { preference, ..self }
    }
}
