//! The limits of what is sent, as constants: the program then checks by the document, and nobody copies a number.
//!
//! Only schemas of requests have them here. What is received is never bound by limits: the service may widen its own
//! before this document does.

use std::collections::BTreeSet;

use heck::ToShoutySnakeCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use yaml_serde::Value;

use super::diagnostic::{Diagnostic, Place};
use super::document::{Document, items, pairs};

/// One constant for each bounded length, range, number of items, pattern and list of values.
pub(crate) fn limits(document: &Document) -> Result<TokenStream, Diagnostic> {
    let requests = document.request_schemas();
    let mut limits = Limits::default();
    for (name, schema) in document.schemas().filter(|(name, _)| requests.contains(name)) {
        let place = Place::at(["components", "schemas"]).child(name);
        limits.schema(name, schema, &place)?;
        for (property, schema) in pairs(&schema["properties"]) {
            let of_property = place.child("properties").child(property);
            limits.schema(&format!("{name}.{property}"), schema, &of_property)?;
        }
    }
    for (path, method, operation) in document.operations() {
        for parameter in document.parameters(path, operation).filter(|one| one["schema"]["$ref"].is_null()) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let name = parameter["name"].as_str().unwrap_or_default();
            let place = Place::at(["paths"]).child(path).child(method);
            limits.schema(&format!("{id}.{name}"), &parameter["schema"], &place)?;
        }
    }
    let constants = limits.constants;
    Ok(quote! {
        use super::Bounds;

        #constants
    })
}

#[derive(Default)]
struct Limits {
    names: BTreeSet<String>,
    constants: TokenStream,
}

impl Limits {
    fn schema(&mut self, name: &str, schema: &Value, place: &Place) -> Result<(), Diagnostic> {
        let bounds = [
            ("LENGTH", "minLength", "maxLength", "its length in characters"),
            ("RANGE", "minimum", "maximum", "its value"),
            ("ITEMS", "minItems", "maxItems", "the number of its items"),
        ];
        for (suffix, least, most, what) in bounds {
            let (min, max) = (schema[least].as_i64(), schema[most].as_i64());
            if min.is_none() && max.is_none() {
                continue;
            }
            let (min, max) = (optional(min), optional(max));
            let value = quote!(Bounds::new(#min, #max));
            let doc = format!("`{name}`: {what}.");
            self.constant(name, suffix, &doc, &quote!(Bounds), &value, place)?;
        }
        if let Some(pattern) = schema["pattern"].as_str() {
            let doc = format!("`{name}`: a regular expression that it matches.");
            self.constant(name, "PATTERN", &doc, &quote!(&str), &quote!(#pattern), place)?;
        }
        for list in ["enum", "x-extensible-enum"] {
            let doc = format!("`{name}`: the values that are known.");
            let texts: Vec<&str> = items(&schema[list]).filter_map(Value::as_str).collect();
            let numbers: Vec<_> =
                items(&schema[list]).filter_map(Value::as_i64).map(Literal::i64_unsuffixed).collect();
            if !texts.is_empty() {
                self.constant(name, "VALUES", &doc, &quote!(&[&str]), &quote!(&[#(#texts),*]), place)?;
            } else if !numbers.is_empty() {
                self.constant(name, "VALUES", &doc, &quote!(&[i64]), &quote!(&[#(#numbers),*]), place)?;
            }
        }
        Ok(())
    }

    fn constant(
        &mut self,
        name: &str,
        suffix: &str,
        doc: &str,
        kind: &TokenStream,
        value: &TokenStream,
        place: &Place,
    ) -> Result<(), Diagnostic> {
        let constant = format!("{}_{suffix}", name.to_shouty_snake_case());
        let ident = format_ident!("{constant}");
        if !self.names.insert(constant) {
            let what = format!("the limit of {name:?} has the name of another one; rename the property");
            return Err(Diagnostic::new(place.clone(), what));
        }
        self.constants.extend(quote! {
            #[doc = #doc]
            pub const #ident: #kind = #value;
        });
        Ok(())
    }
}

fn optional(bound: Option<i64>) -> TokenStream {
    bound.map_or_else(
        || quote!(None),
        |bound| {
            let bound = Literal::i64_unsuffixed(bound);
            quote!(Some(#bound))
        },
    )
}
