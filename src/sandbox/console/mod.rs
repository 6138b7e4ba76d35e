//! The console: one page, and the JSON that it lives on.

use super::http::{Request, Response};
use super::shared::Shared;

pub(super) struct Console;

impl Console {
    pub(super) fn new() -> Self {
        Self
    }
    pub(super) fn answer(&self, _shared: &Shared, _request: &Request) -> Response {
        Response::plain(404, "text/plain", Vec::new())
    }
}
pub(super) fn is_console(path: &str) -> bool {
    path == "/" || path.starts_with("/console/")
}
