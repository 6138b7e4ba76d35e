//! Refuses, with the place, what the generator could not turn into code, and what it would leave out.
//!
//! The generators stop at the first problem, panic on some, and ignore keys that they do not know. So everything
//! that can be wrong is looked for here first, and all of it is reported at once.

mod enumeration;
mod name;
mod operation;
mod parameter;
mod schema;
mod value;

use std::collections::BTreeSet;

use yaml_serde::Value;

use super::diagnostic::{Diagnostic, Place};
use super::document::{Document, is_blank, items, pairs, references};

/// Everything that is wrong with the document.
pub(crate) fn defects(document: &Document) -> Vec<Diagnostic> {
    let mut check = Check {
        document,
        defects: Vec::new(),
        operations: BTreeSet::new(),
        requests: document.request_schemas(),
        responses: document.response_schemas(),
    };
    check.run();
    check.defects
}

struct Check<'a> {
    document: &'a Document,
    defects: Vec<Diagnostic>,
    operations: BTreeSet<String>,
    /// The schemas that are sent, and those that are received.
    requests: BTreeSet<&'a str>,
    responses: BTreeSet<&'a str>,
}

impl Check<'_> {
    fn run(&mut self) {
        let document = self.document;
        let root = &document.root;
        if !root.is_mapping() {
            return self.refuse(Place::default(), "this is no OpenAPI document; begin with `openapi: 3.0.3`");
        }
        let version = root["openapi"].as_str().unwrap_or_default();
        if !version.starts_with("3.0.") {
            let what = format!("OpenAPI version {version:?} is not supported; write the document in 3.0.3");
            return self.refuse(Place::at(["openapi"]), what);
        }
        self.values(root, &Place::default());
        self.references();
        // What follows reads keys, and would say of each that it is missing.
        if !self.defects.is_empty() {
            return;
        }
        let known = ["openapi", "info", "servers", "security", "tags", "paths", "components", "externalDocs"];
        self.keys(root, &Place::default(), &known);
        self.info();
        self.server();
        self.security();
        self.components();
        if pairs(&root["paths"]).next().is_none() {
            let what = "`paths` is missing or empty; describe at least one operation";
            self.refuse(Place::at(["paths"]), what);
        }
        self.paths();
        self.schemas();
    }

    fn info(&mut self) {
        let info = &self.document.root["info"];
        let place = Place::at(["info"]);
        if info.is_null() {
            return self.refuse(place, "`info` is missing; write it, with `title` and `version`");
        }
        let known = ["title", "description", "termsOfService", "contact", "license", "version"];
        self.keys(info, &place, &known);
        for key in ["title", "version"] {
            if is_blank(&info[key]) {
                self.refuse(place.child(key), format!("`{key}` is missing; OpenAPI requires it, as a text"));
            }
        }
    }

    /// It becomes the address that the client talks to.
    fn server(&mut self) {
        let servers = &self.document.root["servers"];
        let place = Place::at(["servers"]);
        let Some([server]) = servers.as_sequence().map(Vec::as_slice) else {
            let what = "there must be exactly one server, the client's base URL; write one, which a program can replace";
            return self.refuse(place, what);
        };
        let place = place.child("0");
        self.keys(server, &place, &["url", "description"]);
        if !is_base_url(server["url"].as_str().unwrap_or_default()) {
            let what = "the server's `url` is not one; write `https://` and a host, perhaps with a path, without a slash at the end";
            self.refuse(place.child("url"), what);
        }
    }

    /// The client authenticates every call by HTTP's Basic scheme, and by nothing else.
    fn security(&mut self) {
        let root = &self.document.root;
        let schemes: Vec<_> = pairs(&root["components"]["securitySchemes"]).collect();
        let place = Place::at(["components", "securitySchemes"]);
        let basic = |scheme: &Value| {
            scheme["type"].as_str() == Some("http")
                && scheme["scheme"].as_str().is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
        };
        let [(name, scheme)] = schemes.as_slice() else {
            return self.refuse(
                place,
                "there must be exactly one security scheme; write one with `type: http` and `scheme: basic`",
            );
        };
        self.keys(scheme, &place.child(name), &["type", "scheme", "description"]);
        if !basic(scheme) {
            let what =
                "only HTTP's Basic authentication is supported; write `type: http` and `scheme: basic`";
            self.refuse(place.child(name), what);
        }
        let required: Vec<_> = items(&root["security"]).collect();
        let met = match required.as_slice() {
            [one] => {
                let schemes: Vec<_> = pairs(one).collect();
                matches!(schemes.as_slice(), [(id, scopes)] if id == name && scopes.as_sequence().is_some_and(Vec::is_empty))
            }
            _ => false,
        };
        if !met {
            let what =
                format!("every call is authenticated; write `security` as one list item, `{name}: []`");
            self.refuse(Place::at(["security"]), what);
        }
    }

    /// The parts of the document that stand by themselves.
    fn components(&mut self) {
        let document = self.document;
        let components = &document.root["components"];
        let place = Place::at(["components"]);
        let known = ["schemas", "responses", "parameters", "securitySchemes", "callbacks"];
        self.keys(components, &place, &known);
        for (name, response) in pairs(&components["responses"]) {
            self.response(response, &place.child("responses").child(name));
        }
        for (name, parameter) in pairs(&components["parameters"]) {
            self.parameter(parameter, &place.child("parameters").child(name));
        }
    }

    fn references(&mut self) {
        let document = self.document;
        for (place, reference) in references(&document.root) {
            let component =
                reference.strip_prefix("#/components/").is_some_and(|rest| rest.split('/').count() == 2);
            if !component {
                let what = format!(
                    "`$ref` to {reference:?} is not to a component of this document; name one as `#/components/…/…`"
                );
                self.refuse(place, what);
            } else if document.target(reference).is_none() {
                let what = format!("`$ref` to {reference:?} leads nowhere; define it, or correct the name");
                self.refuse(place, what);
            } else if document.target(reference).and_then(|target| document.resolve(target)).is_none() {
                let what =
                    format!("`$ref` to {reference:?} leads back to itself; let one of them be a definition");
                self.refuse(place, what);
            } else if place.child("$ref").siblings(&document.root) > 1 {
                let what =
                    "OpenAPI ignores what stands beside `$ref`; move it to the component, or leave it out";
                self.refuse(place, what);
            }
        }
    }

    /// A reference to another kind of component would be followed, and what is looked for not be found there.
    fn refers_to(&mut self, kind: &str, reference: &str, place: &Place) {
        if reference.strip_prefix("#/components/").and_then(|rest| rest.split('/').next()) != Some(kind) {
            let what = format!(
                "{reference:?} is another kind of component; refer to one of `#/components/{kind}` here"
            );
            self.refuse(place.clone(), what);
        }
    }

    /// Keys that nobody reads are ignored by every reader, and a typing error becomes a silent hole.
    fn keys(&mut self, value: &Value, place: &Place, allowed: &[&str]) {
        if !value.is_mapping() && !value.is_null() {
            return self.refuse(place.clone(), "keys and values belong here; write a mapping");
        }
        for (key, value) in pairs(value) {
            if allowed.contains(&key) {
                self.documentation(key, value, &place.child(key));
            } else {
                let what = if key.starts_with("x-") {
                    "nothing reads this extension here; is it misspelt, or does it belong elsewhere?"
                } else {
                    "this key means nothing here; is it misspelt?"
                };
                self.refuse(place.child(key), what);
            }
        }
    }

    /// What is written for people, in the shape that OpenAPI gives it.
    fn documentation(&mut self, key: &str, value: &Value, place: &Place) {
        let (fits, what) = match key {
            "description" | "summary" => (value.is_string(), "this is not a text; put it in quotes"),
            "tags" => (value.is_sequence(), "this is not a list; begin each item with `-`"),
            "callbacks" | "contact" | "content" | "examples" | "externalDocs" | "license" => {
                (value.is_mapping(), "keys and values belong here; write a mapping")
            }
            _ => return,
        };
        if !fits {
            self.refuse(place.clone(), what);
        }
        if value.as_str().is_some_and(has_rust_code) {
            let what = "what is indented, or fenced without a language or as Rust, is compiled in the documentation; fence it with ```text";
            self.refuse(place.clone(), what);
        }
    }

    fn refuse(&mut self, place: Place, what: impl Into<String>) {
        self.defects.push(Diagnostic::new(place, what));
    }
}

/// What a client takes for its base URL, of `https` and without a slash at the end.
fn is_base_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, "-"));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    host.split('.').all(|label| label.starts_with(|first: char| first.is_ascii_alphanumeric()))
        && plain(host)
        && port.bytes().all(|digit| digit.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
        && path.split('/').all(|segment| plain(segment) && !matches!(segment, "" | "." | ".."))
}

/// Whether rustdoc would take a part of a text for Rust, and compile it.
fn has_rust_code(text: &str) -> bool {
    let (mut fence, mut after_blank) = (None, true);
    for line in text.lines() {
        // A fence may stand in a quotation or in an item of a list.
        let content = line.trim_start_matches(|c: char| c.is_whitespace() || ">-*+".contains(c));
        let mark = content.chars().next().filter(|mark| "`~".contains(*mark)).unwrap_or(' ');
        let info = content.trim_start_matches(mark);
        let length = content.len() - info.len();
        let indent = line.len() - line.trim_start().len();
        if let Some((opened, least)) = fence {
            if mark == opened && length >= least && info.trim().is_empty() {
                fence = None;
            }
        } else if mark != ' ' && length >= 3 {
            if is_rust(info) {
                return true;
            }
            fence = Some((mark, length));
        } else if after_blank && !content.is_empty() && (indent >= 4 || line[..indent].contains('\t')) {
            return true;
        }
        after_blank = line.trim().is_empty();
    }
    false
}

/// Whether rustdoc takes a fenced block for Rust, by what stands behind the fence.
fn is_rust(info: &str) -> bool {
    const OWN: [&str; 7] =
        ["rust", "should_panic", "no_run", "compile_fail", "test_harness", "standalone_crate", "ignore"];
    let mut words = info.split([',', ' ', '\t']).filter(|word| !word.is_empty()).peekable();
    words.peek().is_none()
        || words.any(|word| OWN.contains(&word) || word.starts_with("edition") || word.starts_with("ignore-"))
}
