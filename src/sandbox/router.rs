//! Where requests come in: those to the API, those to the control API, and those of browsers for the console's page.

use super::console;
use super::control::Control;
use super::guard::{Guard, Refused};
use super::rest;
use crate::http_server::{Request, Response};

pub(crate) struct Router {
    control: Control,
    guard: Guard,
    policy: String,
}

impl Router {
    pub(crate) fn new(control: Control, guard: Guard) -> Self {
        Self { control, guard, policy: console::policy() }
    }

    pub(crate) fn answer(&self, request: &Request) -> Response {
        let is_page = request.path == "/";
        if let Err(refused) = self.guard.check_host(request) {
            return refusal(&refused, request);
        }
        if !is_page
            && request
                .path
                .strip_prefix("/sandbox")
                .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
        {
            // A browser that asks for a page is shown the way to one.
            if request.method == "GET" && accepts_html(request) && !request.has("authorization") {
                return hint(request);
            }
            return rest::answer(self.control.shared(), request);
        }
        let mut response = match Guard::check_page(request, is_page) {
            Err(refused) => refusal(&refused, request),
            Ok(()) if is_page && request.method == "GET" => {
                Response::plain(200, "text/html; charset=utf-8", console::page().into())
            }
            Ok(()) if is_page => rest::json(405, &serde_json::json!({"error": "the page takes GET"})),
            Ok(()) => match self.guard.check_token(request) {
                Err(refused) => refusal(&refused, request),
                Ok(()) => self.control.answer(request),
            },
        };
        let headers = [
            ("Content-Security-Policy", self.policy.as_str()),
            ("X-Content-Type-Options", "nosniff"),
            ("X-Frame-Options", "DENY"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Cache-Control", "no-store"),
        ];
        response.headers.extend(headers.map(|(name, value)| (name, value.to_owned())));
        response
    }
}

fn accepts_html(request: &Request) -> bool {
    request.header("accept").is_some_and(|accepted| accepted.contains("text/html"))
}

/// A refusal: a page for browsers, JSON for programs.
fn refusal(refused: &Refused, request: &Request) -> Response {
    if accepts_html(request) {
        return notice(refused.status, "This is the OTP sandbox", &refused.reason);
    }
    rest::json(refused.status, &serde_json::json!({"error": refused.reason}))
}

/// What a browser gets that asks for a path of the API.
fn hint(request: &Request) -> Response {
    let known = request.path == "/v1" || request.path.starts_with("/v1/");
    let status = if known { 200 } else { 404 };
    let text = if known {
        "This address is for programs: it speaks JSON, and wants a key. The page at / shows how to call it."
    } else {
        "There is nothing at this path. The page is at /, the API for programs below /v1, and the control API for tests \
         below /sandbox."
    };
    notice(status, "OTP sandbox", text)
}

/// A small page without anything of the request in it.
fn notice(status: u16, title: &str, text: &str) -> Response {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <main><h1>{title}</h1><p>{escaped}</p><p><a href=\"/\">Open the sandbox's page</a></p></main></html>"
    );
    let mut response = Response::plain(status, "text/html; charset=utf-8", page.into_bytes());
    response.headers.push(("Content-Security-Policy", "default-src 'none'".to_owned()));
    response
}
