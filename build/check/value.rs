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
                    if key == "<<" {
                        let what = "keys that are merged in are not read here; write them out, or refer to a component";
                        self.refuse(place, what);
                    } else if value.is_null() {
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
            Value::String(text) if text.chars().any(is_unseen) => {
                let what = "there is a control character in this text, or one that turns the direction of others; take it out";
                self.refuse(place.clone(), what);
            }
            Value::Tagged(_) => self.refuse(place.clone(), "a YAML tag means nothing here; leave it out"),
            _ => {}
        }
    }
}

/// Characters that the compiler refuses in comments and texts, or that nobody sees there.
fn is_unseen(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{61C}')
}
