//! Schemas: which shapes can become types, and which keywords mean something where.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use yaml_serde::Value;

use super::Check;
use crate::generator::diagnostic::Place;
use crate::generator::document::{is_blank, items, pairs, schema_name};

impl Check<'_> {
    pub(super) fn schemas(&mut self) {
        let document = self.document;
        for (name, schema) in document.schemas() {
            let place = Place::at(["components", "schemas"]).child(name);
            self.type_name(name, &place);
            if !schema["$ref"].is_null() {
                let what = "a schema that is only another name for one; refer to that one itself";
                self.refuse(place, what);
                continue;
            }
            let (sent, received) = (self.requests.contains(name), self.responses.contains(name));
            if is_blank(&schema["description"]) {
                self.refuse(place.clone(), "`description` is missing; it becomes the type's documentation");
            }
            if !schema["nullable"].is_null() {
                let what = "a named schema is never null; say `nullable` of the property that can be";
                self.refuse(place.child("nullable"), what);
            }
            self.schema(schema, &place, true, sent);
            self.enumeration(name, schema, &place);
            self.sensitive(schema, &place);
            if !schema["enum"].is_null() && !sent {
                let what = "an answer with a closed `enum` breaks when the service adds a value; use `x-extensible-enum`";
                self.refuse(place.child("enum"), what);
            }
            if sent && received && !schema["properties"].is_null() {
                let what = "an object that is both sent and received cannot keep the fields that it does not know; describe it twice, under two names";
                self.refuse(place.clone(), what);
            }
            self.additional(schema, &place, sent, received);
            self.recursion(name, &place);
        }
    }

    /// `named` is false inside a property or an array, where only simple shapes may be written in place. Only what is
    /// `sent` has limits.
    pub(super) fn schema(&mut self, schema: &Value, place: &Place, named: bool, sent: bool) {
        if !schema["$ref"].is_null() {
            if schema_name(schema).is_none() {
                self.refuse(place.clone(), "a schema belongs here; refer to one of `#/components/schemas`");
            }
            return;
        }
        for word in ["oneOf", "anyOf", "allOf", "not", "discriminator"] {
            if !schema[word].is_null() {
                let what = format!("`{word}` is not supported; write one flat object with optional fields");
                self.refuse(place.clone(), what);
            }
        }
        if !schema["default"].is_null() {
            let what = "`default` makes some generators require the field; say it in the description";
            self.refuse(place.clone(), what);
        }
        let kind = schema["type"].as_str().unwrap_or_default();
        let of_kind: &[&str] = match kind {
            "string" => &["format", "enum", "pattern", "minLength", "maxLength", "x-extensible-enum"],
            "integer" => &["format", "enum", "minimum", "maximum", "x-extensible-enum"],
            "number" => &["format"],
            "boolean" => &[],
            "array" => &["items", "minItems", "maxItems"],
            "object" => &["properties", "required", "additionalProperties", "x-additional-properties"],
            _ => {
                let what = format!(
                    "type {kind:?} is not one of OpenAPI 3.0; choose string, integer, number, boolean, array or object"
                );
                return self.refuse(place.clone(), what);
            }
        };
        let mut known = vec![
            "type",
            "description",
            "nullable",
            "example",
            "x-sensitive",
            "x-enum-varnames",
            "x-enum-statuses",
            "x-enum-classes",
            "oneOf",
            "anyOf",
            "allOf",
            "not",
            "discriminator",
            "default",
        ];
        known.extend(of_kind);
        self.keys(schema, place, &known);
        if !named {
            self.in_place(schema, place);
        }
        for key in ["nullable", "x-sensitive"] {
            if !schema[key].is_null() && schema[key].as_bool() != Some(true) {
                self.refuse(place.child(key), "this is not `true`; write that, or leave it out");
            }
        }
        self.format(schema, kind, place);
        self.limits(schema, place, sent);
        self.properties(schema, place, sent);
        if kind == "array" {
            if schema["items"].is_null() {
                self.refuse(place.clone(), "an array without `items`; say what it holds");
            } else {
                self.member(&schema["items"], &place.child("items"), sent);
            }
        }
        if schema["additionalProperties"].is_mapping() {
            self.member(&schema["additionalProperties"], &place.child("additionalProperties"), sent);
        } else if !schema["additionalProperties"].is_null() && !schema["additionalProperties"].is_bool() {
            self.refuse(
                place.child("additionalProperties"),
                "this is no schema; write one, `true` or `false`",
            );
        }
    }

    /// What an array or a map holds. Limits are those of a named schema or of a property.
    fn member(&mut self, schema: &Value, place: &Place, sent: bool) {
        if place.nesting() > DEEPEST {
            let what = "arrays and maps are nested too deep here; give an inner one a name under components";
            return self.refuse(place.clone(), what);
        }
        self.schema(schema, place, false, sent);
        for key in LIMITS.into_iter().filter(|key| sent && !schema[*key].is_null()) {
            let what = "the limits of what an array or a map holds need a name; give it one under components, and refer to it";
            self.refuse(place.child(key), what);
        }
    }

    /// What needs a type of its own needs a name.
    fn in_place(&mut self, schema: &Value, place: &Place) {
        if !schema["properties"].is_null() {
            let what = "an object with properties stands inside another; give it a name under components";
            self.refuse(place.clone(), what);
        }
        for key in ["enum", "x-extensible-enum", "x-enum-varnames", "x-enum-statuses", "x-enum-classes"] {
            if !schema[key].is_null() {
                let what = format!(
                    "`{key}` makes a type of its own; give it a name under components, and refer to it"
                );
                self.refuse(place.child(key), what);
            }
        }
    }

    /// A format says more to readers than to this generator, but must not say what is not so.
    fn format(&mut self, schema: &Value, kind: &str, place: &Place) {
        let format = &schema["format"];
        let known: &[&str] = match kind {
            "string" => &["date", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid"],
            "integer" => &["int32", "int64"],
            "number" => &["float", "double"],
            _ => return,
        };
        if !format.is_null() && !format.as_str().is_some_and(|format| known.contains(&format)) {
            let what =
                format!("this format is not supported; leave it out, or use one of {}", known.join(", "));
            self.refuse(place.child("format"), what);
        }
    }

    /// They become constants that bind what is sent.
    fn limits(&mut self, schema: &Value, place: &Place, sent: bool) {
        for (least, most, negative) in
            [("minLength", "maxLength", false), ("minimum", "maximum", true), ("minItems", "maxItems", false)]
        {
            for key in [least, most] {
                let value = &schema[key];
                if !value.is_null() && value.as_i64().is_none_or(|value| value < 0 && !negative) {
                    self.refuse(
                        place.child(key),
                        "this is no limit; write a whole number, and for an amount one not below 0",
                    );
                }
            }
            if let (Some(min), Some(max)) = (schema[least].as_i64(), schema[most].as_i64())
                && min > max
            {
                self.refuse(place.child(least), format!("this is more than `{most}`; exchange them"));
            }
        }
        if !schema["pattern"].is_null() && !schema["pattern"].is_string() {
            self.refuse(place.child("pattern"), "a pattern is a text; put it in quotes");
        }
        if sent {
            return;
        }
        for key in LIMITS {
            if !schema[key].is_null() {
                let what = "what is received is not bound by limits; say it in the description";
                self.refuse(place.child(key), what);
            }
        }
    }

    fn properties(&mut self, schema: &Value, place: &Place, sent: bool) {
        if !schema["required"].is_null() && !schema["required"].is_sequence() {
            self.refuse(place.child("required"), "this is a list of names; write `[name, …]`");
        }
        let mut seen = Vec::new();
        for name in items(&schema["required"]) {
            let described = name.as_str().is_some_and(|name| !schema["properties"][name].is_null());
            if !described || seen.contains(&name) {
                let what = format!(
                    "{:?} is required but not described, or stands here twice; add the property or drop the name",
                    name.as_str().unwrap_or_default()
                );
                self.refuse(place.child("required"), what);
            }
            seen.push(name);
        }
        if !schema["properties"].is_null() && pairs(&schema["properties"]).next().is_none() {
            self.refuse(place.child("properties"), "there are no properties; leave it out, or describe some");
        }
        let mut fields: BTreeMap<String, &str> = BTreeMap::new();
        for (name, property) in pairs(&schema["properties"]) {
            let place = place.child("properties").child(name);
            self.field_name(name, &place);
            if let Some(other) = fields.insert(name.to_snake_case(), name) {
                let what = format!("{name:?} has the same name in Rust as {other:?}; rename one of them");
                self.refuse(place.clone(), what);
            }
            if matches!(name.to_snake_case().as_str(), "new" | "extra") {
                let what = format!("{name:?} is a name that every type here has; rename the property");
                self.refuse(place.clone(), what);
            }
            if property["$ref"].is_null() && is_blank(&property["description"]) {
                self.refuse(place.clone(), "`description` is missing; it becomes the field's documentation");
            }
            let required = items(&schema["required"]).any(|one| one.as_str() == Some(name));
            if sent && !required && !property["nullable"].is_null() {
                let what =
                    "a field that can be left out cannot be null as well here; require it, or leave this out";
                self.refuse(place.child("nullable"), what);
            }
            self.schema(property, &place, false, sent);
        }
    }

    /// Types of texts and maps of texts keep themselves out of `Debug`, and so do objects. Numbers would show
    /// themselves in `Display`.
    fn sensitive(&mut self, schema: &Value, place: &Place) {
        if schema["x-sensitive"].is_null() {
            return;
        }
        let place = place.child("x-sensitive");
        if !matches!(schema["type"].as_str(), Some("string" | "object" | "array")) {
            let what = "a named number or boolean cannot be sensitive; say it of the property, where its type stands in place";
            self.refuse(place, what);
        } else if !schema["enum"].is_null() || !schema["x-extensible-enum"].is_null() {
            self.refuse(place, "a list of known values is no secret; leave out one or the other");
        }
    }

    /// Answers keep the fields that they do not know, in any case.
    fn additional(&mut self, schema: &Value, place: &Place, sent: bool, received: bool) {
        let kept = &schema["x-additional-properties"];
        if !kept.is_null()
            && (kept.as_bool() != Some(true) || schema["properties"].is_null() || sent || received)
        {
            let what = "this keeps unknown fields of objects with properties that are neither sent nor answers; write `true` there, or leave it out";
            self.refuse(place.child("x-additional-properties"), what);
        }
        let additional = &schema["additionalProperties"];
        let place = place.child("additionalProperties");
        if schema["type"].as_str() != Some("object") || additional.is_null() {
            return;
        }
        let what = if schema["properties"].is_null() {
            if additional.as_bool() != Some(false) {
                return;
            }
            "an object without properties and without other fields holds nothing; describe what it holds"
        } else if additional.is_mapping() {
            "fields that are described, and others that have a type, do not go together; put the others in a field of their own"
        } else if additional.as_bool() == Some(true) && sent {
            "what is sent has no fields beside those that are described; leave it out"
        } else if additional.as_bool() == Some(false) && received {
            "the service may add fields to its answers, and they are kept; leave it out"
        } else {
            return;
        };
        self.refuse(place, what);
    }

    /// An object that requires another of its own kind cannot be written down.
    fn recursion(&mut self, name: &str, place: &Place) {
        let schemas = &self.document.root["components"]["schemas"];
        let mut queue = vec![name];
        let mut seen = Vec::new();
        while let Some(current) = queue.pop() {
            let schema = &schemas[current];
            for required in items(&schema["required"]).filter_map(Value::as_str) {
                let Some(next) = schema_name(&schema["properties"][required]) else { continue };
                if next == name {
                    let what = format!(
                        "{name} requires another {name}, and so on for ever; let the field be left out"
                    );
                    return self.refuse(place.child("required"), what);
                }
                if !seen.contains(&next) {
                    seen.push(next);
                    queue.push(next);
                }
            }
        }
    }
}

/// What binds a value that is sent.
const LIMITS: [&str; 7] = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern"];

/// How often arrays and maps may be nested in place. Far more would overflow the stack of the type generator.
const DEEPEST: usize = 4;
