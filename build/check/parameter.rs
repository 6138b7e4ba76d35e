//! Parameters of the path, the query and the header.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use yaml_serde::Value;

use super::Check;
use crate::generator::diagnostic::Place;
use crate::generator::document::{items, path_names};

impl Check<'_> {
    /// Those of an operation and of its path together.
    pub(super) fn parameters(&mut self, path: &str, operation: &Value, place: &Place) {
        let document = self.document;
        let of_path = &document.root["paths"][path]["parameters"];
        for (parameters, place) in
            [(of_path, Place::at(["paths"]).child(path)), (&operation["parameters"], place.clone())]
        {
            if !parameters.is_null() && !parameters.is_sequence() {
                self.refuse(place.child("parameters"), "parameters are a list; begin each with `-`");
            }
            for (index, parameter) in items(parameters).enumerate() {
                let place = place.child("parameters").child(&index.to_string());
                match parameter["$ref"].as_str() {
                    Some(reference) => self.refers_to("parameters", reference, &place),
                    None => self.parameter(parameter, &place),
                }
            }
        }
        let mut open: BTreeSet<&str> = path_names(path).collect();
        let mut arguments = BTreeSet::new();
        let mut described = BTreeSet::new();
        for parameter in document.parameters(path, operation) {
            let name = parameter["name"].as_str().unwrap_or_default();
            let found_in = parameter["in"].as_str().unwrap_or_default();
            if !described.insert((name, found_in)) {
                let what = format!("the {found_in} parameter {name:?} is described twice; keep one of them");
                self.refuse(place.clone(), what);
            } else if !arguments.insert(name.to_snake_case()) {
                let what =
                    format!("the parameter {name:?} has the same name in Rust as another one; rename it");
                self.refuse(place.clone(), what);
            }
            if found_in == "path" && !open.remove(name) {
                self.refuse(
                    place.clone(),
                    format!("the path has no {{{name}}}; correct the path or the name"),
                );
            }
        }
        for name in open {
            self.refuse(place.clone(), format!("the path parameter {name:?} is not described; add it"));
        }
    }

    pub(super) fn parameter(&mut self, parameter: &Value, place: &Place) {
        let known =
            ["name", "in", "description", "required", "style", "explode", "schema", "example", "examples"];
        self.keys(parameter, place, &known);
        let name = parameter["name"].as_str().unwrap_or_default();
        let found_in = parameter["in"].as_str().unwrap_or_default();
        self.parameter_name(name, found_in, place);
        let (style, explode) = match found_in {
            "path" | "header" => ("simple", false),
            "query" => ("form", true),
            _ => {
                let what = format!(
                    "the place {found_in:?} is not supported; parameters stand in path, query or header"
                );
                return self.refuse(place.child("in"), what);
            }
        };
        if found_in == "path" && parameter["required"].as_bool() != Some(true) {
            self.refuse(place.clone(), "a parameter of the path is always there; write `required: true`");
        } else if !parameter["required"].is_null() && !parameter["required"].is_bool() {
            self.refuse(place.child("required"), "this is neither true nor false; write one of them");
        }
        let style_fits = parameter["style"].is_null() || parameter["style"].as_str() == Some(style);
        let explode_fits = parameter["explode"].is_null() || parameter["explode"].as_bool() == Some(explode);
        if !style_fits || !explode_fits {
            let what = format!(
                "only the style that is the default here is supported; leave out `style` and `explode`, or say {style} and {explode}"
            );
            self.refuse(place.clone(), what);
        }
        let schema = &parameter["schema"];
        let Some(resolved) = self.document.resolve(schema).filter(|schema| schema.is_mapping()) else {
            return self.refuse(place.clone(), "`schema` is missing; say what the parameter is");
        };
        let kind = resolved["type"].as_str().unwrap_or_default();
        if !matches!(kind, "string" | "integer" | "number" | "boolean") {
            let what = format!(
                "a parameter that is of type {kind:?} is not supported; use a text, a number or a boolean"
            );
            self.refuse(place.child("schema"), what);
        }
        if !resolved["x-sensitive"].is_null() {
            let what = "what is sensitive must not stand in a URL or a header, which are logged on the way; put it in the body";
            self.refuse(place.child("schema"), what);
        }
        if !resolved["nullable"].is_null() {
            let what =
                "a parameter cannot be null; leave out `nullable`, and `required` if it can be left out";
            self.refuse(place.child("schema"), what);
        }
        if schema["$ref"].is_null() {
            self.schema(schema, &place.child("schema"), false, true);
        }
    }

    fn parameter_name(&mut self, name: &str, found_in: &str, place: &Place) {
        if found_in == "header" {
            let token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(token) {
                let what =
                    format!("{name:?} cannot be a header's name here; use letters, digits, `-` and `_`");
                return self.refuse(place.clone(), what);
            }
            if OF_CLIENT.contains(&name.to_ascii_lowercase().as_str()) {
                let what = format!("the header {name} is the client's own; leave the parameter out");
                return self.refuse(place.clone(), what);
            }
            return self.name(&name.to_snake_case(), place);
        }
        self.name(name, place);
        if name.to_snake_case() == "body" {
            self.refuse(place.clone(), "\"body\" is the name of the request's body; choose another one");
        }
    }
}

/// What the client writes itself, and what belongs to one connection, to a proxy or to how a message is framed.
const OF_CLIENT: [&str; 18] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
