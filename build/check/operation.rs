//! Paths, and what can be done with them.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use yaml_serde::Value;

use super::Check;
use crate::generator::diagnostic::Place;
use crate::generator::document::{JSON, METHODS, is_blank, pairs, path_names, schema_name};

impl Check<'_> {
    pub(super) fn paths(&mut self) {
        let document = self.document;
        let place = Place::at(["paths"]);
        let mut shapes: BTreeMap<String, &str> = BTreeMap::new();
        for (path, item) in pairs(&document.root["paths"]) {
            let place = place.child(path);
            if !item["$ref"].is_null() {
                self.refuse(place.clone(), "a path item by `$ref` is not supported; write it out here");
            }
            self.path(path, &place);
            let shape = path_names(path)
                .fold(path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), "{}"));
            if let Some(other) = shapes.insert(shape, path) {
                let what =
                    format!("this is {other:?} with other names for its parameters; put both together");
                self.refuse(place.clone(), what);
            }
            let mut allowed = vec!["parameters"];
            allowed.extend(METHODS);
            self.keys(item, &place, &allowed);
            if !METHODS.iter().any(|method| !item[*method].is_null()) {
                self.refuse(
                    place.clone(),
                    "nothing can be done with this path; describe an operation, or leave it out",
                );
            }
            for (method, operation) in pairs(item).filter(|(key, _)| METHODS.contains(key)) {
                self.operation(path, method, operation, &place.child(method));
            }
        }
    }

    /// It is written behind the base URL, parameters filled in, and must lead nowhere else.
    fn path(&mut self, path: &str, place: &Place) {
        let Some(rest) = path.strip_prefix('/') else {
            let what =
                "a path begins with `/`; without it, another host would be asked, and get the credentials";
            return self.refuse(place.clone(), what);
        };
        let names: Vec<&str> = path_names(path).collect();
        let plain =
            names.iter().fold(rest.to_owned(), |rest, name| rest.replacen(&format!("{{{name}}}"), "x", 1));
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@/".contains(c);
        if !plain.chars().all(legal) {
            let what = "a path holds letters, digits, `-._~!$&'()*+,;=:@` and parameters in braces; parameters of the query belong under `parameters`";
            self.refuse(place.clone(), what);
        } else if plain.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            let what = "a path has no segments that are empty, `.` or `..`; they would lead elsewhere";
            self.refuse(place.clone(), what);
        }
        for segment in rest.split('/').filter(|segment| segment.contains(['{', '}'])) {
            let whole = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if whole.is_none_or(|name| name.is_empty() || name.contains(['{', '}'])) {
                let what = "a parameter in braces fills a segment of the path whole; write `/{name}/`";
                self.refuse(place.clone(), what);
            }
        }
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                let what = format!("the path has {{{name}}} twice; give each place its own name");
                self.refuse(place.clone(), what);
            }
        }
    }

    fn operation(&mut self, path: &str, method: &str, operation: &Value, place: &Place) {
        self.keys(
            operation,
            place,
            &[
                "operationId",
                "tags",
                "summary",
                "description",
                "parameters",
                "requestBody",
                "responses",
                "callbacks",
                "deprecated",
                "externalDocs",
                "x-repeatable",
                // Refused below, with what to do.
                "security",
                "servers",
            ],
        );
        if !operation["security"].is_null() {
            let what = "every call is authenticated as the document's `security` says; leave it out here";
            self.refuse(place.child("security"), what);
        }
        if !operation["servers"].is_null() {
            let what = "every call goes to the document's server; leave this out here";
            self.refuse(place.child("servers"), what);
        }
        if !matches!(method, "get" | "put" | "post" | "delete" | "patch") {
            let what = format!("the method {method} is not supported; get, put, post, delete and patch are");
            self.refuse(place.clone(), what);
        }
        match operation["operationId"].as_str() {
            None => self.refuse(place.clone(), "`operationId` is missing; it becomes the function's name"),
            Some(id) => {
                let place = place.child("operationId");
                self.name(id, &place);
                if RESERVED.contains(&id.to_snake_case().as_str()) {
                    let what = format!(
                        "{id:?} is the name of something beside it in the generated code; choose another one"
                    );
                    self.refuse(place.clone(), what);
                }
                if !self.operations.insert(id.to_snake_case()) {
                    self.refuse(
                        place,
                        format!("{id:?} is taken, or is but written otherwise; choose another name"),
                    );
                }
            }
        }
        if is_blank(&operation["summary"]) {
            self.refuse(place.clone(), "`summary` is missing; it becomes the function's documentation");
        }
        if !operation["x-repeatable"].is_bool() {
            let what = "`x-repeatable` is missing; say `true` if a repeat does no harm, else `false`";
            self.refuse(place.clone(), what);
        }
        if !operation["deprecated"].is_null() && operation["deprecated"].as_bool() != Some(true) {
            self.refuse(place.child("deprecated"), "this is not `true`; write that, or leave it out");
        }
        self.parameters(path, operation, place);
        self.request_body(method, &operation["requestBody"], &place.child("requestBody"));
        self.responses(operation, &place.child("responses"));
    }

    fn request_body(&mut self, method: &str, body: &Value, place: &Place) {
        if body.is_null() {
            return;
        }
        if !body["$ref"].is_null() {
            return self
                .refuse(place.clone(), "a request body by `$ref` is not supported; write it out here");
        }
        self.keys(body, place, &["description", "content", "required"]);
        if matches!(method, "get" | "delete") {
            let what =
                format!("a body means nothing to the method {method}; use parameters, or another method");
            self.refuse(place.clone(), what);
        }
        if body["required"].as_bool() != Some(true) {
            let what = "a body that can be left out is not supported; write `required: true`";
            self.refuse(place.clone(), what);
        }
        let media: Vec<_> = pairs(&body["content"]).map(|(name, _)| name).collect();
        if media != [JSON] {
            let what = format!("exactly one media type, {JSON}, is supported; a request is sent as one");
            self.refuse(place.child("content"), what);
        }
        self.json_content(&body["content"], place);
        let schema = self.document.resolve(&body["content"][JSON]["schema"]);
        if schema.is_some_and(|schema| schema["properties"].is_null()) {
            let what = "a request's body must be an object with properties; put the value in a field";
            self.refuse(place.clone(), what);
        }
    }

    fn responses(&mut self, operation: &Value, place: &Place) {
        let responses = &operation["responses"];
        if !responses.is_mapping() {
            let what = "`responses` is missing; describe one success, and 4XX and 5XX";
            return self.refuse(place.clone(), what);
        }
        let successes = self.document.successes(operation);
        match successes.as_slice() {
            [response] if response["content"].is_null() => {}
            [response] => self.json_content(&response["content"], place),
            [] => self.refuse(place.clone(), "no status 200 to 299; describe what success answers"),
            _ => self.refuse(
                place.clone(),
                "several statuses from 200 to 299; a function returns one type, so keep one of them",
            ),
        }
        for status in ["4XX", "5XX"] {
            let body = self
                .document
                .resolve(&responses[status])
                .map(|response| &response["content"][JSON]["schema"]);
            if body.and_then(schema_name) != Some("ErrorBody") {
                let what =
                    format!("{status} must answer with the schema ErrorBody; refer to the response Failed");
                self.refuse(place.clone(), what);
            }
        }
        for (status, response) in pairs(responses) {
            let place = place.child(status);
            match response["$ref"].as_str() {
                Some(reference) => self.refers_to("responses", reference, &place),
                None => self.response(response, &place),
            }
            let resolved = self.document.resolve(response);
            if matches!(status, "204" | "205") && resolved.is_some_and(|one| !one["content"].is_null()) {
                let what =
                    "an answer with this status has no body; leave out `content`, or choose another status";
                self.refuse(place.clone(), what);
            }
            let success = matches!(status.as_bytes(), [b'2', b'0'..=b'9', b'0'..=b'9'] | b"2XX");
            if !(success || matches!(status, "4XX" | "5XX")) {
                let what =
                    "only one success, 4XX and 5XX are supported; errors differ by code, not by status";
                self.refuse(place, what);
            }
        }
    }

    pub(super) fn response(&mut self, response: &Value, place: &Place) {
        self.keys(response, place, &["description", "content"]);
        if is_blank(&response["description"]) {
            self.refuse(place.clone(), "`description` is missing; OpenAPI requires it of each response");
        }
        for (name, media) in pairs(&response["content"]) {
            self.keys(media, &place.child("content").child(name), &["schema", "example", "examples"]);
        }
    }

    /// One of the media types must be JSON; the others of an answer are never asked for.
    fn json_content(&mut self, content: &Value, place: &Place) {
        let media = &content[JSON];
        if media.is_null() {
            let what = format!("there is no media type {JSON}, and no other is supported; describe it");
            return self.refuse(place.clone(), what);
        }
        for (name, media) in pairs(content) {
            self.keys(media, &place.child("content").child(name), &["schema", "example", "examples"]);
        }
        if schema_name(&media["schema"]).is_none() {
            let what =
                "the body's schema is written in place; give it a name under components and refer to it";
            self.refuse(place.clone(), what);
        }
    }
}

/// Methods that `Api` has already, and the constants beside the operations.
const RESERVED: [&str; 5] = ["all", "base_url", "clone", "respond", "run"];
