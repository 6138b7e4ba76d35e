//! The wire types: typify's, in the shape that this crate wants them.
//!
//! Three kinds of schemas become types of our own making: extensible enumerations, which keep values they do
//! not know; sensitive values, which never show themselves in `Debug`; and nothing else.

use std::collections::BTreeSet;

use heck::ToSnakeCase;
use openapiv3::OpenAPI;
use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator, TypeImpl, TypePatch};
use quote::{ToTokens as _, format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use typify::TypeDetails;
use yaml_serde::Value;

use super::diagnostic::{Diagnostic, Place};
use super::document::{Document, JSON, items};
use super::{enumeration, redaction};

/// The document as the type generator wants it: without callbacks, which make no functions; without the keywords
/// that would turn plain values into opaque types; and with answers that keep the fields they do not know. What
/// is stripped here is enforced by the facade's parsed types.
pub(crate) fn reduced(document: &Document) -> Value {
    const CONSTRAINTS: [&str; 9] = [
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "example",
    ];
    fn strip(value: &mut Value) {
        if let Some(mapping) = value.as_mapping_mut() {
            // `pattern` under `properties` would be a field's name, and then its value is a schema.
            mapping.retain(|key, value| {
                !CONSTRAINTS.contains(&key.as_str().unwrap_or_default()) || value.is_mapping()
            });
            mapping.values_mut().for_each(strip);
        } else if let Some(sequence) = value.as_sequence_mut() {
            sequence.iter_mut().for_each(strip);
        }
    }
    let mut root = document.root.clone();
    // Of several media types in answers, JSON is the one that is asked for.
    let only_json = |response: &mut Value| {
        if let Some(content) = response.get_mut("content").and_then(Value::as_mapping_mut) {
            content.retain(|media, _| media.as_str() == Some(JSON));
        }
    };
    for (path, method, _) in document.operations() {
        let operation = &mut root["paths"][path][method];
        if let Some(operation) = operation.as_mapping_mut() {
            operation.remove("callbacks");
        }
        if let Some(responses) = operation["responses"].as_mapping_mut() {
            responses.values_mut().for_each(only_json);
        }
    }
    if let Some(components) = root["components"].as_mapping_mut() {
        components.remove("callbacks");
    }
    if let Some(responses) = root["components"]["responses"].as_mapping_mut() {
        responses.values_mut().for_each(only_json);
    }
    let requests = document.request_schemas();
    strip(&mut root["components"]["schemas"]);
    strip(&mut root["components"]["parameters"]);
    strip(&mut root["paths"]);
    for name in document.response_schemas().difference(&requests) {
        let schema = &mut root["components"]["schemas"][*name];
        if !schema["properties"].is_null() {
            schema["additionalProperties"] = Value::Mapping(yaml_serde::Mapping::new());
        }
    }
    // Callbacks are no answers, but some of what they report has fields that the service does not describe.
    for (name, schema) in document.schemas() {
        if schema["x-additional-properties"].as_bool() == Some(true) {
            root["components"]["schemas"][name]["additionalProperties"] =
                Value::Mapping(yaml_serde::Mapping::new());
        }
    }
    root
}

/// A generator that has seen nothing yet, with all replacements set.
pub(crate) fn generator(document: &Document, spec: &OpenAPI) -> Result<Generator, Diagnostic> {
    let mut settings = GenerationSettings::default();
    settings.with_map_type("::std::collections::BTreeMap").with_derive("PartialEq");
    for (name, schema) in document.schemas() {
        let own = format!("crate::api::types::{name}");
        match Own::of(schema) {
            Some(Own::Enumeration) => {
                settings.with_replacement(name, own, [TypeImpl::Display].into_iter());
            }
            Some(Own::Sensitive) => {
                settings.with_replacement(name, own, std::iter::empty());
            }
            None => {}
        }
    }
    // A first pass only learns the names of the types, so that the second can patch each of them.
    let mut first = Generator::new(&settings);
    run(&mut first, spec)?;
    for seen in first.get_type_space().iter_types() {
        if matches!(seen.details(), TypeDetails::Struct(_) | TypeDetails::Enum(_)) {
            settings.with_patch(seen.name(), TypePatch::default().with_attr("#[non_exhaustive]"));
        }
    }
    Ok(Generator::new(&settings))
}

pub(crate) fn types(document: &Document, spec: &OpenAPI) -> Result<TokenStream, Diagnostic> {
    let mut generator = generator(document, spec)?;
    run(&mut generator, spec)?;
    let space = generator.get_type_space();
    let mut tokens = redaction::hide(&space.to_stream(), document).map_err(|error| {
        let what = format!("the type generator wrote what does not parse: {error}; write the newest change in simpler OpenAPI");
        Diagnostic::new(Place::default(), what)
    })?;
    for (name, schema) in document.schemas() {
        match Own::of(schema) {
            Some(Own::Enumeration) => tokens.extend(enumeration::enumeration(name, schema)),
            Some(Own::Sensitive) => tokens.extend(sensitive(name, schema)),
            None => {}
        }
    }
    let sensitive = redaction::sensitive_fields(document);
    tokens.extend(quote! {
        /// The fields of requests that hold codes, addresses or what users wrote.
        pub(crate) const SENSITIVE_FIELDS: &[&str] = &[#(#sensitive),*];
    });
    // Callers build requests, and the sandbox builds answers: with a constructor, a new optional field of an
    // answer changes no code there.
    let built: BTreeSet<_> =
        document.request_schemas().union(&document.response_schemas()).copied().collect();
    for seen in space.iter_types() {
        if let (TypeDetails::Struct(fields), true) = (seen.details(), built.contains(seen.name().as_str())) {
            let schema = &document.root["components"]["schemas"][seen.name()];
            tokens.extend(constructor(space, &seen.name(), schema, &fields));
        }
    }
    Ok(tokens)
}

/// The names of the types that are generated.
pub(crate) fn names(types: &TokenStream) -> Vec<String> {
    let items = syn::parse2::<syn::File>(types.clone()).map(|file| file.items).unwrap_or_default();
    let name = |item| match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Enum(item) => Some(item.ident.to_string()),
        _ => None,
    };
    items.into_iter().filter_map(name).collect()
}

/// Runs progenitor, whose client is thrown away: the call fills the type space.
fn run(generator: &mut Generator, spec: &OpenAPI) -> Result<(), Diagnostic> {
    generator.generate_tokens(spec).map(drop).map_err(|error| {
        let what = format!("the type generator gave up: {error}; write the newest change in simpler OpenAPI");
        Diagnostic::new(Place::default(), what)
    })
}

enum Own {
    Enumeration,
    Sensitive,
}

impl Own {
    fn of(schema: &Value) -> Option<Self> {
        let closed_numbers = schema["type"].as_str() == Some("integer") && schema["enum"].is_sequence();
        if schema["x-extensible-enum"].is_sequence() || closed_numbers {
            Some(Self::Enumeration)
        } else if redaction::has_own_type(schema) {
            Some(Self::Sensitive)
        } else {
            None
        }
    }
}

/// A value that `Debug` does not show: a text, or a map of texts.
fn sensitive(name: &str, schema: &Value) -> TokenStream {
    let ident = format_ident!("{name}");
    let doc = format!(
        "{}\n\nIts `Debug` form does not show the value.",
        schema["description"].as_str().unwrap_or_default().trim_end()
    );
    let (inner, from) = if schema["type"].as_str() == Some("object") {
        let from = quote! {
            impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for #ident {
                fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
                    Self(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
                }
            }
        };
        (quote!(std::collections::BTreeMap<String, String>), from)
    } else {
        let from = quote! {
            impl From<&str> for #ident {
                fn from(value: &str) -> Self { Self(value.to_owned()) }
            }
        };
        (quote!(String), from)
    };
    let shown = format!("{name}(…)");
    quote! {
        #[doc = #doc]
        #[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct #ident(#inner);
        impl #ident {
            /// The value itself. Keep it out of logs.
            pub fn expose(&self) -> &#inner { &self.0 }
        }
        impl From<#inner> for #ident {
            fn from(value: #inner) -> Self { Self(value) }
        }
        #from
        impl std::fmt::Debug for #ident {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(#shown) }
        }
    }
}

/// `new` with the required fields in the document's order, and one setter for each other field.
fn constructor(
    space: &typify::TypeSpace,
    name: &str,
    schema: &Value,
    fields: &typify::TypeStruct<'_>,
) -> TokenStream {
    let ident = format_ident!("{name}");
    let known: Vec<_> = fields.properties_info().collect();
    let required: Vec<String> =
        items(&schema["required"]).filter_map(Value::as_str).map(ToSnakeCase::to_snake_case).collect();
    let type_of = |field: &typify::TypeStructPropInfo<'_>| {
        space.get_type(&field.type_id).ok().map(|seen| match seen.details() {
            TypeDetails::Option(inner) => (space.get_type(&inner).map(|inner| in_types(&inner)), true),
            _ => (Ok(in_types(&seen)), false),
        })
    };
    let mut arguments = Vec::new();
    let mut setters = TokenStream::new();
    let mut ordered = known;
    ordered.sort_by_key(|field| {
        required.iter().position(|name| name == field.name.trim_end_matches('_')).unwrap_or(usize::MAX)
    });
    let mut values = Vec::new();
    for field in &ordered {
        let field_ident = format_ident!("{}", field.name);
        let Some((Ok(field_type), optional)) = type_of(field) else { continue };
        if field.name == EXTRA {
            values.push(quote!(#field_ident: Default::default()));
        } else if field.required && optional {
            // It can be null, and whether it is must be said.
            arguments.push(quote!(#field_ident: Option<#field_type>));
            values.push(quote!(#field_ident));
        } else if field.required {
            arguments.push(quote!(#field_ident: impl Into<#field_type>));
            values.push(quote!(#field_ident: #field_ident.into()));
        } else {
            let doc = field.description.map_or_else(|| format!("Sets `{}`.", field.name), str::to_owned);
            let value = if optional { quote!(Some(value.into())) } else { quote!(value.into()) };
            values.push(quote!(#field_ident: Default::default()));
            setters.extend(quote! {
                #[doc = #doc]
                #[must_use]
                pub fn #field_ident(mut self, value: impl Into<#field_type>) -> Self {
                    self.#field_ident = #value;
                    self
                }
            });
        }
    }
    // typify derives it only where there are no fields that the schema does not describe.
    let keeps_unknown_fields = ordered.iter().any(|field| field.name == EXTRA);
    let default = (arguments.is_empty() && keeps_unknown_fields).then(|| {
        quote! {
            impl Default for #ident {
                fn default() -> Self { Self::new() }
            }
        }
    });
    quote! {
        #default
        impl #ident {
            /// With the required fields; the others have setters.
            #[must_use]
            pub fn new(#(#arguments),*) -> Self { Self { #(#values),* } }
            #setters
        }
    }
}

/// typify's name for the fields that a schema does not describe.
const EXTRA: &str = "extra";

/// typify names types as seen from outside the module that they stand in.
fn in_types(seen: &typify::Type<'_>) -> TokenStream {
    struct Inside;
    impl VisitMut for Inside {
        fn visit_path_mut(&mut self, path: &mut syn::Path) {
            if path.leading_colon.is_none() && path.segments.len() > 1 && path.segments[0].ident == "types" {
                path.segments = std::mem::take(&mut path.segments).into_iter().skip(1).collect();
            }
            visit_mut::visit_path_mut(self, path);
        }
    }
    let Ok(mut parsed) = syn::parse2::<syn::Type>(seen.ident()) else { return seen.ident() };
    Inside.visit_type_mut(&mut parsed);
    parsed.into_token_stream()
}
