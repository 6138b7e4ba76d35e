//! Where requests come in: those to the API, those to the control API, and those of browsers for the console's page.

use super::console;
use super::control::Control;
use super::guard::{Guard, Refused};
use super::model::Refusal;
use super::rest;
use crate::http_server::{Request, Response, ResponseFault};

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
        let shared = self.control.shared();
        let is_page = request.path == "/";
        let inside = request.path.strip_prefix("/sandbox");
        let is_control = inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Err(refused) = self.guard.check_host(request) {
            let why = Refusal::parameter("Host", refused.reason.clone()).with_status(refused.status);
            let response = rest::refuse(shared, request, why);
            let is_of_the_api = !is_page && !is_control && !accepts_html(request);
            return if is_of_the_api { response } else { refusal(&refused, request) };
        }
        if !is_page && !is_control {
            let response = rest::answer(shared, request);
            // A browser that asks for a page is shown the way to one.
            let navigates = request.method == "GET" && accepts_html(request) && !request.has("authorization");
            let is_lost = matches!(response.status, 401 | 404) && response.fault == ResponseFault::Plain;
            return if navigates && is_lost { hint(request, response.status) } else { response };
        }
        let mut response = match Guard::check_page(request, is_page) {
            Err(refused) => refusal(&refused, request),
            Ok(()) if is_page && matches!(request.method.as_str(), "GET" | "HEAD") => {
                Response::plain(200, "text/html; charset=utf-8", console::page().into())
            }
            Ok(()) if is_page => {
                let mut response = rest::json(405, &serde_json::json!({"error": "the page takes GET"}));
                response.headers.push(("Allow", "GET, HEAD".to_owned()));
                response
            }
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
    let mut response = rest::json(refused.status, &serde_json::json!({"error": refused.reason}));
    if refused.status == 401 {
        response.headers.push(("WWW-Authenticate", "Bearer".to_owned()));
    }
    response
}

/// What a browser gets that asks for a path of the API.
fn hint(request: &Request, status: u16) -> Response {
    let known = request.path == "/v1" || request.path.starts_with("/v1/");
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
