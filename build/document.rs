//! Reads the document, and finds things in it.

use std::collections::BTreeSet;

use yaml_serde::Value;

use super::check;
use super::diagnostic::{Diagnostic, Place};

/// The document, checked.
pub(crate) struct Document {
    pub(crate) root: Value,
}

/// The methods that a path item can have.
pub(crate) const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The media type that travels.
pub(crate) const JSON: &str = "application/json";

const SCHEMA_PREFIX: &str = "#/components/schemas/";

impl Document {
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let root: Value = yaml_serde::from_str(text).map_err(|error| {
            let line = error.location().map(|location| location.line());
            vec![Diagnostic::on_line(line, format!("this is not YAML: {error}; correct the syntax there"))]
        })?;
        let document = Self { root };
        let defects = check::defects(&document);
        if defects.is_empty() { Ok(document) } else { Err(defects) }
    }

    /// `(path, method, operation)` in the document's order.
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        pairs(&self.root["paths"]).flat_map(|(path, item)| {
            pairs(item)
                .filter(|(method, _)| METHODS.contains(method))
                .map(move |(method, operation)| (path, method, operation))
        })
    }

    pub(crate) fn schemas(&self) -> impl Iterator<Item = (&str, &Value)> {
        pairs(&self.root["components"]["schemas"])
    }

    /// The object behind `value`, which may be a `$ref`.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> Option<&'a Value> {
        let mut value = value;
        // A reference to a reference is legal; more than a few are a circle.
        for _ in 0..8 {
            match value["$ref"].as_str() {
                Some(reference) => value = self.target(reference)?,
                None => return Some(value),
            }
        }
        None
    }

    pub(crate) fn target(&self, reference: &str) -> Option<&Value> {
        let mut target = &self.root;
        for key in reference.strip_prefix("#/")?.split('/') {
            target = target.get(key)?;
        }
        Some(target)
    }

    /// The parameters of an operation: those of its path, then its own.
    pub(crate) fn parameters<'a>(
        &'a self,
        path: &str,
        operation: &'a Value,
    ) -> impl Iterator<Item = &'a Value> {
        items(&self.root["paths"][path]["parameters"])
            .chain(items(&operation["parameters"]))
            .filter_map(|parameter| self.resolve(parameter))
    }

    /// The statuses 200 to 299 of an operation, with their responses.
    pub(crate) fn successes<'a>(&'a self, operation: &'a Value) -> Vec<&'a Value> {
        pairs(&operation["responses"])
            .filter(|(status, _)| status.starts_with('2'))
            .filter_map(|(_, response)| self.resolve(response))
            .collect()
    }

    /// The names of the schemas that requests are made of, however deep.
    pub(crate) fn request_schemas(&self) -> BTreeSet<&str> {
        let bodies = self.operations().map(|(_, _, operation)| &operation["requestBody"]);
        let parameters = self.operations().flat_map(|(path, _, operation)| self.parameters(path, operation));
        self.reachable(bodies.chain(parameters))
    }

    /// The names of the schemas that the answers are made of, however deep.
    pub(crate) fn response_schemas(&self) -> BTreeSet<&str> {
        let responses = self.operations().flat_map(|(_, _, operation)| pairs(&operation["responses"]));
        self.reachable(responses.filter_map(|(_, response)| self.resolve(response)))
    }

    fn reachable<'a>(&'a self, roots: impl Iterator<Item = &'a Value>) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut queue: Vec<&Value> = roots.collect();
        while let Some(value) = queue.pop() {
            for name in references(value).into_iter().filter_map(|(_, to)| to.strip_prefix(SCHEMA_PREFIX)) {
                if seen.insert(name) {
                    queue.push(&self.root["components"]["schemas"][name]);
                }
            }
        }
        seen
    }
}

/// The schema's name, if `value` is a `$ref` to a named one.
pub(crate) fn schema_name(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.strip_prefix(SCHEMA_PREFIX)
}

/// Whether there is no text, or nothing to read in it.
pub(crate) fn is_blank(value: &Value) -> bool {
    value.as_str().is_none_or(|text| text.trim().is_empty())
}

pub(crate) fn pairs(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_mapping().into_iter().flatten().filter_map(|(key, value)| Some((key.as_str()?, value)))
}

pub(crate) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_sequence().into_iter().flatten()
}

/// The names in braces, in the path's order.
pub(crate) fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

/// Whether an example stands there, which is data and no structure. A property or a component may have that name, too.
pub(crate) fn is_data(place: &Place) -> bool {
    !place.is_name() && (place.ends_with("example") || place.ends_with("examples"))
}

/// Every `$ref` below `value`, with the place below it. Examples are data, not structure.
pub(crate) fn references(value: &Value) -> Vec<(Place, &str)> {
    fn collect<'a>(value: &'a Value, place: &Place, found: &mut Vec<(Place, &'a str)>) {
        for (key, child) in pairs(value).filter(|(key, _)| !is_data(&place.child(key))) {
            match child.as_str() {
                Some(reference) if key == "$ref" => found.push((place.clone(), reference)),
                _ => collect(child, &place.child(key), found),
            }
        }
        for (index, child) in items(value).enumerate() {
            collect(child, &place.child(&index.to_string()), found);
        }
    }
    let mut found = Vec::new();
    collect(value, &Place::default(), &mut found);
    found
}
