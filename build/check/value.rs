//! What YAML can say and OpenAPI cannot.

use yaml_serde::Value;

use super::Check;
use crate::generator::diagnostic::Place;
use crate::generator::document::is_data;

impl Check<'_> {
    /// Keys that are no texts, values that are left out, and tags: each would be passed over in silence.
    pub(super) fn values(&mut self, value: &Value, place: &Place) {
        match value {
            Value::Mapping(mapping) => {
                for (key, value) in mapping {
                    let Some(key) = key.as_str() else {
                        self.refuse(place.clone(), "a key here is not a text; put it in quotes");
                        continue;
                    };
                    let place = place.child(key);
                    if value.is_null() {
                        self.refuse(place, "nothing stands here; write the value, or leave out the key");
                    } else if key == "$ref" && !value.is_string() {
                        self.refuse(place, "a reference is a text; write `'#/components/…/…'`");
                    } else if !is_data(&place) {
                        self.values(value, &place);
                    }
                }
            }
            Value::Sequence(sequence) => {
                for (index, value) in sequence.iter().enumerate() {
                    let place = place.child(&index.to_string());
                    if value.is_null() {
                        self.refuse(place, "nothing stands here; write the value, or leave out the item");
                    } else {
                        self.values(value, &place);
                    }
                }
            }
            Value::Tagged(_) => self.refuse(place.clone(), "a YAML tag means nothing here; leave it out"),
            _ => {}
        }
    }
}
