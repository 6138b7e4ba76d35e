//! What must not be shown: which types and fields stay out of `Debug`, and which request fields out of errors.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use yaml_serde::Value;

use super::document::{Document, items, pairs, schema_name};

/// Takes `Debug` from the types that hold something sensitive, and gives them one that does not show it.
pub(crate) fn hide(tokens: &TokenStream, document: &Document) -> syn::Result<TokenStream> {
    let mut file: syn::File = syn::parse2(tokens.clone())?;
    let schemas = &document.root["components"]["schemas"];
    let mut added = TokenStream::new();
    for item in &mut file.items {
        let syn::Item::Struct(item) = item else { continue };
        let name = item.ident.to_string();
        let schema = &schemas[name.as_str()];
        let hidden: BTreeSet<String> = pairs(&schema["properties"])
            .filter(|(_, property)| is_sensitive_in_place(property))
            .map(|(property, _)| property.to_snake_case())
            .collect();
        let whole = is_marked(schema) || is_sensitive_in_place(schema);
        if (whole || !hidden.is_empty()) && drop_debug(&mut item.attrs)? {
            added.extend(if whole { debug_of_whole(&item.ident) } else { debug_of_fields(item, &hidden) });
        }
    }
    let mut tokens = file.into_token_stream();
    tokens.extend(added);
    Ok(tokens)
}

/// The names of request fields whose values must not be shown.
pub(crate) fn sensitive_fields(document: &Document) -> BTreeSet<&str> {
    let schemas = &document.root["components"]["schemas"];
    document
        .request_schemas()
        .into_iter()
        .flat_map(|name| pairs(&schemas[name]["properties"]))
        .filter(|(_, property)| leads_to_sensitive(document, property, &mut Vec::new()))
        .map(|(name, _)| name)
        .collect()
}

/// Whether a value of this schema is sensitive, or is a list or map of such values. Objects say it of their own fields.
fn leads_to_sensitive<'a>(document: &'a Document, schema: &'a Value, seen: &mut Vec<&'a str>) -> bool {
    if let Some(name) = schema_name(schema) {
        if seen.contains(&name) {
            return false;
        }
        seen.push(name);
        return leads_to_sensitive(document, &document.root["components"]["schemas"][name], seen);
    }
    is_marked(schema)
        || [&schema["items"], &schema["additionalProperties"]]
            .into_iter()
            .any(|inner| inner.is_mapping() && leads_to_sensitive(document, inner, seen))
}

/// Whether it is said where the schema stands, so that no type of its own keeps the value out of `Debug`.
fn is_sensitive_in_place(schema: &Value) -> bool {
    let inner = [&schema["items"], &schema["additionalProperties"]];
    is_marked(schema) || inner.into_iter().any(|inner| inner.is_mapping() && is_sensitive_in_place(inner))
}

fn is_marked(schema: &Value) -> bool {
    schema["x-sensitive"].as_bool() == Some(true)
}

/// Whether there was one.
fn drop_debug(attributes: &mut [syn::Attribute]) -> syn::Result<bool> {
    type Traits = syn::punctuated::Punctuated<syn::Path, syn::Token![,]>;
    for attribute in attributes {
        let syn::Meta::List(list) = &mut attribute.meta else { continue };
        if !list.path.is_ident("derive") {
            continue;
        }
        let traits = list.parse_args_with(Traits::parse_terminated)?;
        let kept: Traits = traits.iter().filter(|path| !path.is_ident("Debug")).cloned().collect();
        if kept.len() < traits.len() {
            list.tokens = kept.into_token_stream();
            return Ok(true);
        }
    }
    Ok(false)
}

fn debug_of_whole(ident: &syn::Ident) -> TokenStream {
    let shown = format!("{ident}(…)");
    quote! {
        impl std::fmt::Debug for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(#shown) }
        }
    }
}

fn debug_of_fields(item: &syn::ItemStruct, hidden: &BTreeSet<String>) -> TokenStream {
    let ident = &item.ident;
    let name = ident.to_string();
    let fields = item.fields.iter().filter_map(|field| {
        let ident = field.ident.as_ref()?;
        let name = ident.to_string();
        let is_hidden = hidden.contains(name.trim_start_matches("r#").trim_end_matches('_'));
        Some(if is_hidden {
            quote!(.field(#name, &format_args!("…")))
        } else {
            quote!(.field(#name, &self.#ident))
        })
    });
    quote! {
        impl std::fmt::Debug for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(#name) #(#fields)* .finish()
            }
        }
    }
}

/// Whether a schema of a sensitive value is a text, or a map of texts: those have types of their own.
pub(crate) fn has_own_type(schema: &Value) -> bool {
    let texts = |schema: &Value| {
        let plain = ["nullable", "x-sensitive"].iter().all(|key| schema[*key].is_null());
        schema["type"].as_str() == Some("string") && plain
    };
    let text = schema["type"].as_str() == Some("string");
    let map = schema["properties"].is_null() && texts(&schema["additionalProperties"]);
    is_marked(schema) && (text || map) && items(&schema["enum"]).next().is_none()
}
