//! Refuses, with the place, what the generator could not turn into code.
//!
//! The generators stop at the first problem, panic on some, and ignore keys that they do not know. So everything
//! that can be wrong is looked for here first, and all of it is reported at once.

use std::collections::BTreeSet;

use heck::{ToSnakeCase, ToUpperCamelCase};
use yaml_serde::Value;

use super::diagnostic::{Diagnostic, Place};
use super::document::{Document, METHODS, items, pairs, references, schema_name};

/// Everything that is wrong with the document.
pub(crate) fn defects(document: &Document) -> Vec<Diagnostic> {
    let mut check = Check { document, defects: Vec::new(), operations: BTreeSet::new() };
    check.run();
    check.defects
}

struct Check<'a> {
    document: &'a Document,
    defects: Vec<Diagnostic>,
    operations: BTreeSet<String>,
}

impl Check<'_> {
    fn run(&mut self) {
        let root = &self.document.root;
        let version = root["openapi"].as_str().unwrap_or_default();
        if !version.starts_with("3.0.") {
            let what = format!("OpenAPI version {version:?} is not supported; write the document in 3.0.3");
            return self.refuse(Place::at(["openapi"]), what);
        }
        self.references();
        self.components();
        self.keys(
            root,
            &Place::default(),
            &["openapi", "info", "servers", "security", "tags", "paths", "components", "externalDocs"],
        );
        let paths = Place::at(["paths"]);
        for (path, item) in pairs(&root["paths"]) {
            let place = paths.child(path);
            if !item["$ref"].is_null() {
                self.refuse(place.clone(), "a path item by `$ref` is not supported; write it out here");
            }
            let mut allowed = vec!["summary", "description", "servers", "parameters", "$ref"];
            allowed.extend(METHODS);
            self.keys(item, &place, &allowed);
            for (method, operation) in pairs(item).filter(|(key, _)| METHODS.contains(key)) {
                self.operation(path, operation, &place.child(method));
            }
        }
        let (requests, responses) = (self.document.request_schemas(), self.document.response_schemas());
        for (name, schema) in self.document.schemas() {
            let place = Place::at(["components", "schemas"]).child(name);
            self.name(name, &place);
            if name.to_upper_camel_case() != name {
                self.refuse(place.clone(), "a schema's name becomes a type's name; write it LikeThis");
            }
            self.schema(schema, &place, true);
            self.enumeration(schema, &place);
            if !schema["enum"].is_null() && responses.contains(name) && !requests.contains(name) {
                let what = "an answer with a closed `enum` breaks when the service adds a value; use `x-extensible-enum`";
                self.refuse(place.child("enum"), what);
            }
            let taken = requests.contains(name) && !schema["properties"]["new"].is_null();
            if taken {
                self.refuse(
                    place.child("properties").child("new"),
                    "`new` makes the request; name the field otherwise",
                );
            }
        }
    }

    /// The values of an extensible enumeration, and what the generator makes of them.
    fn enumeration(&mut self, schema: &Value, place: &Place) {
        if schema["x-sensitive"].as_bool() == Some(true)
            && !matches!(schema["type"].as_str(), Some("string" | "object"))
        {
            self.refuse(place.child("x-sensitive"), "only texts, and objects of texts, can be sensitive");
        }
        let values = &schema["x-extensible-enum"];
        if values.is_null() {
            return;
        }
        let place = place.child("x-extensible-enum");
        let texts = schema["type"].as_str() == Some("string");
        let varnames = &schema["x-enum-varnames"];
        let names = if texts && varnames.is_null() { values } else { varnames };
        let fits = |value: &Value| if texts { value.is_string() } else { value.is_i64() };
        if !values.as_sequence().is_some_and(|values| !values.is_empty() && values.iter().all(fits)) {
            let what =
                "the values are a list, and each is of the schema's type; quote texts that look like numbers";
            return self.refuse(place, what);
        }
        let mut variants = BTreeSet::from(["Other".to_owned()]);
        for name in items(names).filter_map(Value::as_str) {
            self.name(name, &place);
            if !variants.insert(name.to_upper_camel_case()) {
                let what =
                    format!("{name:?} has the same name in Rust as another value; choose names that differ");
                self.refuse(place.clone(), what);
            }
        }
    }

    /// Names become Rust's names.
    fn name(&mut self, name: &str, place: &Place) {
        let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || syn::parse_str::<syn::Ident>(&name.to_snake_case()).is_err() {
            let what = format!(
                "{name:?} cannot be a name in Rust; begin with a letter, go on with letters, digits and `_`, and avoid keywords"
            );
            self.refuse(place.clone(), what);
        }
    }

    /// The parts of the document that stand by themselves.
    fn components(&mut self) {
        let document = self.document;
        let root = &document.root;
        let info = ["title", "description", "termsOfService", "contact", "license", "version"];
        self.keys(&root["info"], &Place::at(["info"]), &info);
        let components = Place::at(["components"]);
        self.keys(
            &root["components"],
            &components,
            &[
                "schemas",
                "responses",
                "parameters",
                "examples",
                "requestBodies",
                "headers",
                "securitySchemes",
                "links",
                "callbacks",
            ],
        );
        for (name, response) in pairs(&root["components"]["responses"]) {
            self.response(response, &components.child("responses").child(name));
        }
        for (name, parameter) in pairs(&root["components"]["parameters"]) {
            self.parameter(parameter, &components.child("parameters").child(name));
        }
    }

    fn response(&mut self, response: &Value, place: &Place) {
        self.keys(response, place, &["description", "headers", "content", "links", "$ref"]);
        self.media(&response["content"], &place.child("content"));
    }

    fn media(&mut self, content: &Value, place: &Place) {
        for (name, media) in pairs(content) {
            self.keys(media, &place.child(name), &["schema", "example", "examples", "encoding"]);
        }
    }

    fn parameter(&mut self, parameter: &Value, place: &Place) {
        self.keys(
            parameter,
            place,
            &[
                "name",
                "in",
                "description",
                "required",
                "deprecated",
                "style",
                "explode",
                "schema",
                "example",
                "examples",
                "$ref",
            ],
        );
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
                let what = format!("`$ref` to {reference:?} leads nowhere; define it, or mend the name");
                self.refuse(place, what);
            }
        }
    }

    fn operation(&mut self, path: &str, operation: &Value, place: &Place) {
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
                "security",
                "deprecated",
                "externalDocs",
                "servers",
            ],
        );
        match operation["operationId"].as_str() {
            None => self.refuse(place.clone(), "`operationId` is missing; it becomes the function's name"),
            Some(id) => {
                let place = place.child("operationId");
                self.name(id, &place);
                if !self.operations.insert(id.to_snake_case()) {
                    self.refuse(
                        place,
                        format!("{id:?} is taken, or is but written otherwise; choose another name"),
                    );
                }
            }
        }
        if operation["summary"].as_str().is_none_or(str::is_empty) {
            self.refuse(place.clone(), "`summary` is missing; it becomes the function's documentation");
        }
        if !operation["x-repeatable"].is_bool() {
            let what = "`x-repeatable` is missing; say `true` if a repeat does no harm, else `false`";
            self.refuse(place.clone(), what);
        }
        self.parameters(path, operation, place);
        self.keys(
            &operation["responses"],
            &place.child("responses"),
            &pairs(&operation["responses"]).map(|(key, _)| key).collect::<Vec<_>>(),
        );
        self.request_body(&operation["requestBody"], &place.child("requestBody"));
        self.responses(operation, &place.child("responses"));
    }

    fn parameters(&mut self, path: &str, operation: &Value, place: &Place) {
        let mut open: BTreeSet<&str> =
            path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect();
        for (index, parameter) in items(&operation["parameters"]).enumerate() {
            self.parameter(parameter, &place.child("parameters").child(&index.to_string()));
        }
        for parameter in self.document.parameters(path, operation) {
            let name = parameter["name"].as_str().unwrap_or_default();
            self.name(name, place);
            let found_in = parameter["in"].as_str().unwrap_or_default();
            if found_in != "path" {
                let what = format!(
                    "the {found_in} parameter {name:?} is not supported; the generator knows path parameters"
                );
                self.refuse(place.clone(), what);
            } else if !open.remove(name) {
                self.refuse(place.clone(), format!("the path has no {{{name}}}; mend the path or the name"));
            }
        }
        for name in open {
            self.refuse(place.clone(), format!("the path parameter {name:?} is not described; add it"));
        }
    }

    fn request_body(&mut self, body: &Value, place: &Place) {
        if body.is_null() {
            return;
        }
        if !body["$ref"].is_null() {
            return self
                .refuse(place.clone(), "a request body by `$ref` is not supported; write it out here");
        }
        self.keys(body, place, &["description", "content", "required", "$ref"]);
        self.media(&body["content"], &place.child("content"));
        self.json_content(&body["content"], place);
    }

    fn responses(&mut self, operation: &Value, place: &Place) {
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
                .resolve(&operation["responses"][status])
                .map(|response| &response["content"]["application/json"]["schema"]);
            if body.and_then(schema_name) != Some("ErrorBody") {
                let what =
                    format!("{status} must answer with the schema ErrorBody; refer to the response Failed");
                self.refuse(place.clone(), what);
            }
        }
        for (status, response) in pairs(&operation["responses"]) {
            self.response(response, &place.child(status));
            if !(status.starts_with('2') || matches!(status, "4XX" | "5XX")) {
                let what =
                    "only one success, 4XX and 5XX are supported; errors differ by code, not by status";
                self.refuse(place.child(status), what);
            }
        }
    }

    fn json_content(&mut self, content: &Value, place: &Place) {
        let media: Vec<_> = pairs(content).collect();
        let [("application/json", media)] = media.as_slice() else {
            let what = "exactly one media type, application/json, is supported";
            return self.refuse(place.clone(), what);
        };
        if schema_name(&media["schema"]).is_none() {
            let what =
                "the body's schema is written in place; give it a name under components and refer to it";
            self.refuse(place.clone(), what);
        }
    }

    /// `named` is false inside a property or an array, where only simple shapes may be written in place.
    fn schema(&mut self, schema: &Value, place: &Place, named: bool) {
        if !schema["$ref"].is_null() {
            return;
        }
        for word in ["oneOf", "anyOf", "allOf", "not", "discriminator"] {
            if !schema[word].is_null() {
                let what = format!("`{word}` is not supported; write one flat object with optional fields");
                self.refuse(place.clone(), what);
            }
        }
        self.keys(
            schema,
            place,
            &[
                "type",
                "format",
                "description",
                "title",
                "enum",
                "pattern",
                "minLength",
                "maxLength",
                "minimum",
                "maximum",
                "minItems",
                "maxItems",
                "items",
                "properties",
                "required",
                "additionalProperties",
                "nullable",
                "example",
                "deprecated",
                "readOnly",
                "writeOnly",
                "oneOf",
                "anyOf",
                "allOf",
                "not",
                "discriminator",
                "default",
                "$ref",
            ],
        );
        if !schema["default"].is_null() {
            let what = "`default` makes some generators require the field; say it in the description";
            self.refuse(place.clone(), what);
        }
        let kind = schema["type"].as_str().unwrap_or_default();
        if !["string", "integer", "number", "boolean", "array", "object"].contains(&kind) {
            let what = format!(
                "type {kind:?} is not one of OpenAPI 3.0; choose string, integer, number, boolean, array or object"
            );
            self.refuse(place.clone(), what);
        }
        if kind == "object" && !named && !schema["properties"].is_null() {
            let what = "an object with properties stands inside another; give it a name under components";
            self.refuse(place.clone(), what);
        }
        for name in items(&schema["required"]).filter_map(Value::as_str) {
            if schema["properties"][name].is_null() {
                let what =
                    format!("{name:?} is required but not described; add the property or drop the name");
                self.refuse(place.child("required"), what);
            }
        }
        for (name, property) in pairs(&schema["properties"]) {
            self.schema(property, &place.child("properties").child(name), false);
        }
        if kind == "array" {
            if schema["items"].is_null() {
                self.refuse(place.clone(), "an array without `items`; say what it holds");
            } else {
                self.schema(&schema["items"], &place.child("items"), false);
            }
        }
        if schema["additionalProperties"].is_mapping() {
            self.schema(&schema["additionalProperties"], &place.child("additionalProperties"), false);
        }
    }

    /// Keys that nobody knows are ignored by every reader, and a typing error becomes a silent hole.
    fn keys(&mut self, value: &Value, place: &Place, allowed: &[&str]) {
        if value.as_mapping().is_some_and(|mapping| mapping.keys().any(|key| !key.is_string())) {
            self.refuse(place.clone(), "a key here is not a text; put it in quotes");
        }
        for (key, _) in pairs(value) {
            if !key.starts_with("x-") && !allowed.contains(&key) {
                self.refuse(place.child(key), "this key means nothing here; is it misspelt?");
            }
        }
    }

    fn refuse(&mut self, place: Place, what: impl Into<String>) {
        self.defects.push(Diagnostic::new(place, what));
    }
}
