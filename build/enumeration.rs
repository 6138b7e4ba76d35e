//! Enumerations of texts and of integers: extensible ones keep values that they do not know.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use yaml_serde::Value;

use super::document::items;

/// An enumeration of texts or of integers. The document was checked: what goes together is complete.
pub(crate) fn enumeration(name: &str, schema: &Value) -> TokenStream {
    if schema["type"].as_str() == Some("string") { of_texts(name, schema) } else { of_numbers(name, schema) }
}

fn of_texts(name: &str, schema: &Value) -> TokenStream {
    let ident = format_ident!("{name}");
    let doc = schema["description"].as_str().unwrap_or_default();
    let values: Vec<&str> = items(&schema["x-extensible-enum"]).filter_map(Value::as_str).collect();
    // A value that is no name, because it has spaces for example, gets one from `x-enum-varnames`.
    let names: Vec<&str> = items(&schema["x-enum-varnames"]).filter_map(Value::as_str).collect();
    let names = if names.is_empty() { &values } else { &names };
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let docs = values.iter().map(|value| format!("`{value}`"));
    quote! {
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
    }
}

/// Beside its value, a number has a name, and perhaps a class and an HTTP status: lists in the same order. A closed
/// enumeration has no others; an extensible one keeps what it does not know.
fn of_numbers(name: &str, schema: &Value) -> TokenStream {
    let ident = format_ident!("{name}");
    let doc = schema["description"].as_str().unwrap_or_default();
    let closed = schema["enum"].is_sequence();
    let list = if closed { &schema["enum"] } else { &schema["x-extensible-enum"] };
    let values: Vec<i64> = items(list).filter_map(Value::as_i64).collect();
    let names: Vec<&str> = items(&schema["x-enum-varnames"]).filter_map(Value::as_str).collect();
    let variants: Vec<_> = names.iter().map(|name| format_ident!("{}", name.to_upper_camel_case())).collect();
    let numbers: Vec<_> = values.iter().map(|&value| Literal::i64_unsuffixed(value)).collect();
    let docs = names.iter().zip(&values).map(|(name, value)| format!("{value}: {}", name.replace('_', " ")));
    let classes: Vec<&str> = items(&schema["x-enum-classes"]).filter_map(Value::as_str).collect();
    let class = if classes.is_empty() { TokenStream::new() } else { classify(name, &variants, &classes) };
    let status = http_status(&ident, &variants, schema);
    let other = (!closed).then(|| {
        quote! {
            /// A value that this version does not know.
            Other(i64),
        }
    });
    let (other_value, other_name) = if closed {
        (None, None)
    } else {
        (Some(quote!(Self::Other(value) => value,)), Some(quote!(Self::Other(_) => "unknown",)))
    };
    let name_doc = if closed { "The value's name." } else { "The value's name, or `unknown`." };
    let non_exhaustive = (!closed).then(|| quote!(#[non_exhaustive]));
    let reading = if closed {
        quote! {
            impl #ident {
                /// The variant of a value, if there is one.
                pub const fn from_value(value: i64) -> Option<Self> {
                    match value { #(#numbers => Some(Self::#variants),)* _ => None }
                }
            }
            impl<'de> serde::Deserialize<'de> for #ident {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let value = i64::deserialize(deserializer)?;
                    Self::from_value(value)
                        .ok_or_else(|| serde::de::Error::custom("the value is none of those that are known"))
                }
            }
        }
    } else {
        quote! {
            impl From<i64> for #ident {
                fn from(value: i64) -> Self {
                    match value { #(#numbers => Self::#variants,)* other => Self::Other(other) }
                }
            }
            impl std::str::FromStr for #ident {
                type Err = std::num::ParseIntError;
                fn from_str(value: &str) -> Result<Self, Self::Err> { Ok(value.parse::<i64>()?.into()) }
            }
            impl<'de> serde::Deserialize<'de> for #ident {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Ok(i64::deserialize(deserializer)?.into())
                }
            }
        }
    };
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #non_exhaustive
        pub enum #ident {
            #(#[doc = #docs] #variants,)*
            #other
        }
        impl #ident {
            /// The value as it travels.
            pub const fn value(self) -> i64 {
                match self { #(Self::#variants => #numbers,)* #other_value }
            }
            #[doc = #name_doc]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#variants => #names,)* #other_name }
            }
        }
        impl std::fmt::Display for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.value())
            }
        }
        impl serde::Serialize for #ident {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.value())
            }
        }
        #reading
        #class
        #status
    }
}

/// The statuses of `x-enum-statuses`.
fn http_status(
    ident: &proc_macro2::Ident,
    variants: &[proc_macro2::Ident],
    schema: &Value,
) -> Option<TokenStream> {
    let statuses: Vec<_> =
        items(&schema["x-enum-statuses"]).filter_map(Value::as_u64).map(Literal::u64_unsuffixed).collect();
    (!statuses.is_empty()).then(|| {
        quote! {
            impl #ident {
                /// The HTTP status that it comes with; 400 if the value is not known.
                pub const fn http_status(self) -> u16 {
                    match self { #(Self::#variants => #statuses,)* Self::Other(_) => 400 }
                }
            }
        }
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
