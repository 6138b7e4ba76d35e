//! Where requests come in: those to the API, and those to the console.

use std::sync::Arc;

use super::console::{self, Console};
use super::rest;
use super::shared::Shared;
use crate::http_server::{Request, Response};

pub(crate) struct Router {
    shared: Arc<Shared>,
    console: Console,
}

impl Router {
    pub(crate) fn new(
        shared: Arc<Shared>,
        #[cfg(feature = "smpp")] smsc: std::sync::Weak<crate::smpp::smsc::Smsc>,
    ) -> Self {
        let console = Console::new(
            shared.clone(),
            #[cfg(feature = "smpp")]
            smsc,
        );
        Self { shared, console }
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        if console::is_console(&request.path) {
            return self.console.answer(request);
        }
        rest::answer(&self.shared, request)
    }
}
