//! Lists of values, closed and extensible, and the lists that go with them.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use yaml_serde::Value;

use super::Check;
use crate::generator::diagnostic::Place;
use crate::generator::document::items;

impl Check<'_> {
    /// The values of a named schema, and what the generator makes of them.
    pub(super) fn enumeration(&mut self, name: &str, schema: &Value, place: &Place) {
        let closed = !schema["enum"].is_null();
        let extensible = !schema["x-extensible-enum"].is_null();
        if closed && extensible {
            let what = "`enum` and `x-extensible-enum` contradict each other; keep one of them";
            return self.refuse(place.child("enum"), what);
        }
        if !closed && !extensible {
            for key in ["x-enum-varnames", "x-enum-statuses", "x-enum-classes"] {
                if !schema[key].is_null() {
                    self.refuse(
                        place.child(key),
                        "there are no values that this would belong to; leave it out",
                    );
                }
            }
            return;
        }
        let key = if closed { "enum" } else { "x-extensible-enum" };
        let texts = schema["type"].as_str() == Some("string");
        if !texts && schema["type"].as_str() != Some("integer") {
            let what = "only texts and integers can have a list of values; choose one of these types";
            return self.refuse(place.child(key), what);
        }
        if closed && texts && !schema["x-enum-varnames"].is_null() {
            let what =
                "a closed list of texts is named by its values; leave this out, or use `x-extensible-enum`";
            return self.refuse(place.child("x-enum-varnames"), what);
        }
        let values = &schema[key];
        let fits = |value: &Value| if texts { value.is_string() } else { value.is_i64() };
        if !values.as_sequence().is_some_and(|values| !values.is_empty() && values.iter().all(fits)) {
            let what =
                "the values are a list, and each is of the schema's type; quote texts that look like numbers";
            return self.refuse(place.child(key), what);
        }
        let mut seen = Vec::new();
        for value in items(values) {
            if seen.contains(&value) {
                let what = "a value stands here twice; keep one of them";
                self.refuse(place.child(key), what);
            }
            seen.push(value);
        }
        self.variants(schema, key, texts, place);
        self.statuses(schema, texts, place);
        self.classes(name, schema, texts, place);
    }

    /// Each value needs a name in Rust: its own, or one of `x-enum-varnames`.
    fn variants(&mut self, schema: &Value, key: &str, texts: bool, place: &Place) {
        let given = &schema["x-enum-varnames"];
        let (names, key) = if given.is_null() { (&schema[key], key) } else { (given, "x-enum-varnames") };
        let count = items(&schema["enum"]).chain(items(&schema["x-extensible-enum"])).count();
        let all = names
            .as_sequence()
            .is_some_and(|names| names.len() == count && names.iter().all(Value::is_string));
        if !all {
            let what = if texts {
                "`x-enum-varnames` needs one name for each value; complete it"
            } else {
                "an enumeration of integers needs one name for each value; complete `x-enum-varnames`"
            };
            return self.refuse(place.child(key), what);
        }
        let mut variants = BTreeSet::from(["Other".to_owned()]);
        for name in items(names).filter_map(Value::as_str) {
            let place = place.child(key);
            self.name(name, &place);
            if !variants.insert(name.to_upper_camel_case()) {
                let what =
                    format!("{name:?} has the same name in Rust as another value; choose names that differ");
                self.refuse(place, what);
            }
        }
    }

    fn statuses(&mut self, schema: &Value, texts: bool, place: &Place) {
        let statuses = &schema["x-enum-statuses"];
        if statuses.is_null() {
            return;
        }
        let place = place.child("x-enum-statuses");
        let status = |value: &Value| value.as_u64().is_some_and(|status| (100..600).contains(&status));
        let fits = statuses.as_sequence().is_some_and(|statuses| {
            statuses.len() == items(&schema["x-extensible-enum"]).count() && statuses.iter().all(status)
        });
        if texts || !fits {
            let what = "`x-enum-statuses` needs one status of 100 to 599 for each value of an extensible list of integers; complete it";
            self.refuse(place, what);
        }
    }

    fn classes(&mut self, name: &str, schema: &Value, texts: bool, place: &Place) {
        let classes = &schema["x-enum-classes"];
        if classes.is_null() {
            return;
        }
        let place = place.child("x-enum-classes");
        let fits = classes.as_sequence().is_some_and(|classes| {
            classes.len() == items(&schema["x-extensible-enum"]).count()
                && classes.iter().all(Value::is_string)
        });
        if texts || !fits {
            let what = "`x-enum-classes` needs one class, a name, for each value of an extensible list of integers; complete it";
            return self.refuse(place, what);
        }
        let distinct: BTreeSet<&str> = items(classes).filter_map(Value::as_str).collect();
        let mut variants = BTreeSet::from(["Unknown".to_owned()]);
        for class in distinct {
            self.name(class, &place);
            if !variants.insert(class.to_upper_camel_case()) {
                let what =
                    format!("{class:?} has the same name in Rust as another class; choose names that differ");
                self.refuse(place.clone(), what);
            }
        }
        let class = format!("{name}Class");
        if !self.document.root["components"]["schemas"][class.as_str()].is_null() {
            let what = format!(
                "the classes become the type {class}, which a schema has the name of; rename that one"
            );
            self.refuse(place, what);
        }
    }
}
