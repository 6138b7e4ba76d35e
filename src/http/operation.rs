//! What is known of an operation before it is called.

/// What is known of an operation before it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its `operationId`.
    pub id: &'static str,
    /// Its HTTP method.
    pub method: http::Method,
    /// Its path, with parameters in braces.
    pub path: &'static str,
    /// Whether doing it twice is the same as doing it once (`x-repeatable` in the document).
    pub repeatable: bool,
}
