//! Names of the document that become names in Rust.

use heck::{ToSnakeCase, ToUpperCamelCase};

use super::Check;
use crate::generator::diagnostic::Place;

impl Check<'_> {
    /// A name of a function, an argument, a field or a variant.
    pub(super) fn name(&mut self, name: &str, place: &Place) {
        let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let rust = name.to_snake_case();
        // The parser knows the keywords of all editions but this one.
        if !plain || rust == "gen" || syn::parse_str::<syn::Ident>(&rust).is_err() {
            let what = format!(
                "{name:?} cannot be a name in Rust; begin with a letter, go on with letters, digits and `_`, and avoid keywords"
            );
            self.refuse(place.clone(), what);
        }
    }

    /// A schema's name, which becomes a type's.
    pub(super) fn type_name(&mut self, name: &str, place: &Place) {
        self.name(name, place);
        if name.to_upper_camel_case() != name {
            self.refuse(place.clone(), "a schema's name becomes a type's name; write it LikeThis");
        }
        if PRELUDE.contains(&name) || name.len() == 1 {
            let what = format!("{name:?} is a name that Rust itself uses; choose another one");
            self.refuse(place.clone(), what);
        }
    }

    /// A property's name. Fields are renamed for serde where they need it, so dashes and keywords are no trouble.
    pub(super) fn field_name(&mut self, name: &str, place: &Place) {
        let plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        if !plain || matches!(name, "self" | "Self" | "super" | "crate") {
            let what = format!(
                "{name:?} cannot be a field in Rust; begin with a letter, and go on with letters, digits, `_` and `-`"
            );
            self.refuse(place.clone(), what);
        }
    }
}

/// What generated code takes from Rust's prelude, and what its readers would take it for.
const PRELUDE: [&str; 36] = [
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Hash",
    "Into",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "Vec",
];
