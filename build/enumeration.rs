//! Enumerations that keep values they do not know.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use yaml_serde::Value;

use super::diagnostic::{Diagnostic, Place};
use super::document::items;

/// An enumeration that keeps what it does not know: of strings, or of integers with `x-enum-varnames`.
pub(crate) fn enumeration(name: &str, schema: &Value) -> Result<TokenStream, Diagnostic> {
    if schema["type"].as_str() == Some("string") { of_texts(name, schema) } else { of_numbers(name, schema) }
}

fn of_texts(name: &str, schema: &Value) -> Result<TokenStream, Diagnostic> {
    let ident = format_ident!("{name}");
    let doc = schema["description"].as_str().unwrap_or_default();
    let values: Vec<&str> = items(&schema["x-extensible-enum"]).filter_map(Value::as_str).collect();
    // A value that is no name, because it has spaces for example, gets one from `x-enum-varnames`.
    let names: Vec<&str> = items(&schema["x-enum-varnames"]).filter_map(Value::as_str).collect();
    let names = if names.is_empty() { &values } else { &names };
    if names.len() != values.len() {
        let what = "`x-enum-varnames` needs one name for each value; complete it";
        return Err(Diagnostic::new(Place::at(["components", "schemas"]).child(name), what));
    }
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let docs = values.iter().map(|value| format!("`{value}`"));
    Ok(quote! {
        #[doc = #doc]
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #docs] #variants,)*
            /// A value that this version does not know.
            Other(String),
        }
        impl #ident {
            /// The value as it travels.
            pub fn as_str(&self) -> &str {
                match self { #(Self::#variants => #values,)* Self::Other(value) => value }
            }
        }
        impl std::fmt::Display for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl From<&str> for #ident {
            fn from(value: &str) -> Self {
                match value { #(#values => Self::#variants,)* other => Self::Other(other.to_owned()) }
            }
        }
        impl std::str::FromStr for #ident {
            type Err = std::convert::Infallible;
            fn from_str(value: &str) -> Result<Self, Self::Err> { Ok(value.into()) }
        }
        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        impl<'de> serde::Deserialize<'de> for #ident {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(super::TextVisitor::default())
            }
        }
    })
}

/// Beside its value, a number has a name, and perhaps a class and an HTTP status: lists in the same order.
fn of_numbers(name: &str, schema: &Value) -> Result<TokenStream, Diagnostic> {
    let ident = format_ident!("{name}");
    let doc = schema["description"].as_str().unwrap_or_default();
    let values: Vec<i64> = items(&schema["x-extensible-enum"]).filter_map(Value::as_i64).collect();
    let names: Vec<&str> = items(&schema["x-enum-varnames"]).filter_map(Value::as_str).collect();
    if values.is_empty() || values.len() != names.len() {
        let what = "an enumeration of integers needs one name for each value; complete `x-enum-varnames`";
        return Err(Diagnostic::new(Place::at(["components", "schemas"]).child(name), what));
    }
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let numbers: Vec<_> = values.iter().map(|&value| Literal::i64_unsuffixed(value)).collect();
    let docs = names.iter().zip(&values).map(|(name, value)| format!("{value}: {}", name.replace('_', " ")));
    let classes: Vec<&str> = items(&schema["x-enum-classes"]).filter_map(Value::as_str).collect();
    let class = if classes.is_empty() {
        TokenStream::new()
    } else if classes.len() == values.len() {
        classify(name, &variants, &classes)
    } else {
        let what = "`x-enum-classes` needs one class for each value; complete it";
        return Err(Diagnostic::new(Place::at(["components", "schemas"]).child(name), what));
    };
    let statuses: Vec<_> = items(&schema["x-enum-statuses"]).filter_map(Value::as_u64).collect();
    let status = if statuses.is_empty() {
        TokenStream::new()
    } else if statuses.len() == values.len() {
        let statuses = statuses.into_iter().map(Literal::u64_unsuffixed);
        quote! {
            impl #ident {
                /// The HTTP status that it comes with; 400 if the value is not known.
                pub const fn http_status(self) -> u16 {
                    match self { #(Self::#variants => #statuses,)* Self::Other(_) => 400 }
                }
            }
        }
    } else {
        return Err(Diagnostic::new(
            Place::at(["components", "schemas"]).child(name),
            "`x-enum-statuses` needs one status for each value; complete it",
        ));
    };
    Ok(quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #ident {
            #(#[doc = #docs] #variants,)*
            /// A value that this version does not know.
            Other(i64),
        }
        impl #ident {
            /// The value as it travels.
            pub const fn value(self) -> i64 {
                match self { #(Self::#variants => #numbers,)* Self::Other(value) => value }
            }
            /// The value's name, or `unknown`.
            pub const fn name(self) -> &'static str {
                match self { #(Self::#variants => #names,)* Self::Other(_) => "unknown" }
            }
        }
        impl std::fmt::Display for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.value())
            }
        }
        impl From<i64> for #ident {
            fn from(value: i64) -> Self {
                match value { #(#numbers => Self::#variants,)* other => Self::Other(other) }
            }
        }
        impl std::str::FromStr for #ident {
            type Err = std::num::ParseIntError;
            fn from_str(value: &str) -> Result<Self, Self::Err> { Ok(value.parse::<i64>()?.into()) }
        }
        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.value())
            }
        }
        impl<'de> serde::Deserialize<'de> for #ident {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(i64::deserialize(deserializer)?.into())
            }
        }
        #class
        #status
    })
}

/// The classes that `x-enum-classes` sorts an enumeration of integers into.
fn classify(name: &str, variants: &[proc_macro2::Ident], classes: &[&str]) -> TokenStream {
    let ident = format_ident!("{name}");
    let class = format_ident!("{name}Class");
    let doc = format!("The classes of [`{name}`]: what kind of failure a code stands for.");
    let distinct: BTreeSet<&str> = classes.iter().copied().collect();
    let class_docs = distinct.iter().map(|class| format!("{}.", class.replace('_', " ")));
    let class_variants = distinct.iter().map(|class| format_ident!("{}", class.to_upper_camel_case()));
    let class_of = classes.iter().map(|class| format_ident!("{}", class.to_upper_camel_case()));
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum #class {
            #(#[doc = #class_docs] #class_variants,)*
            /// The code is not known, and neither is its class.
            Unknown,
        }
        impl #ident {
            /// What kind of failure this code stands for.
            pub const fn class(self) -> #class {
                match self { #(Self::#variants => #class::#class_of,)* Self::Other(_) => #class::Unknown }
            }
        }
    }
}
