//! The parameters of an operation, as arguments of its function.

use std::fmt::Write as _;

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use yaml_serde::Value;

use super::document::{Document, schema_name};

/// Those of the path come first, in the path's order; then the others, in the document's.
pub(crate) struct Parameters<'a>(Vec<Parameter<'a>>);

struct Parameter<'a> {
    name: &'a str,
    found_in: &'a str,
    required: bool,
    description: &'a str,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Text,
    Integer,
    Number,
    Boolean,
    /// A named schema with a list of values: a type of its own that displays itself as it travels.
    Enumeration(&'a str),
}

impl<'a> Parameters<'a> {
    pub(crate) fn of(document: &'a Document, path: &str, operation: &'a Value) -> Self {
        let mut parameters: Vec<_> = document
            .parameters(path, operation)
            .map(|parameter| Parameter {
                name: parameter["name"].as_str().unwrap_or_default(),
                found_in: parameter["in"].as_str().unwrap_or_default(),
                required: parameter["required"].as_bool().unwrap_or_default(),
                description: parameter["description"].as_str().unwrap_or_default(),
                kind: Kind::of(document, &parameter["schema"]),
            })
            .collect();
        let place = |parameter: &Parameter<'_>| {
            let in_path = parameter.found_in == "path";
            in_path.then(|| path.find(&format!("{{{}}}", parameter.name))).flatten().unwrap_or(usize::MAX)
        };
        parameters.sort_by_key(place);
        Self(parameters)
    }

    /// Each with a comma before it: `self` is the first argument.
    pub(crate) fn arguments(&self) -> TokenStream {
        self.0
            .iter()
            .map(|parameter| {
                let (ident, kind) = (parameter.ident(), parameter.kind.argument());
                if parameter.required { quote!(, #ident: #kind) } else { quote!(, #ident: Option<#kind>) }
            })
            .collect()
    }

    /// What is handed on to be written into the request.
    pub(crate) fn values(&self) -> TokenStream {
        if self.0.is_empty() {
            return quote!(Parameters::default());
        }
        let place = |place: &'static str| self.0.iter().filter(move |parameter| parameter.found_in == place);
        let segments: Vec<_> = place("path").map(Parameter::segment).collect();
        let query: Vec<_> = place("query").map(Parameter::pair).collect();
        let headers: Vec<_> = place("header").map(Parameter::pair).collect();
        let path = (!segments.is_empty()).then(|| quote!(path: &[#(#segments),*],));
        let all = !segments.is_empty() && !query.is_empty() && !headers.is_empty();
        let query = (!query.is_empty()).then(|| quote!(query: &[#(#query),*],));
        let headers = (!headers.is_empty()).then(|| quote!(headers: &[#(#headers),*],));
        let rest = (!all).then(|| quote!(..Parameters::default()));
        quote!(Parameters { #path #query #headers #rest })
    }

    /// A list item for each that is described.
    pub(crate) fn documentation(&self) -> String {
        let mut list = String::new();
        for parameter in self.0.iter().filter(|parameter| !parameter.description.is_empty()) {
            let text = parameter.description.split_whitespace().collect::<Vec<_>>().join(" ");
            let _ = writeln!(list, "- `{}`: {text}", parameter.ident());
        }
        if !list.is_empty() {
            list.push('\n');
        }
        list
    }
}

impl Parameter<'_> {
    fn ident(&self) -> proc_macro2::Ident {
        format_ident!("{}", self.name.to_snake_case())
    }

    fn segment(&self) -> TokenStream {
        let ident = self.ident();
        if matches!(self.kind, Kind::Text) { quote!(#ident) } else { quote!(&#ident.to_string()) }
    }

    fn pair(&self) -> TokenStream {
        let (name, ident) = (self.name, self.ident());
        if self.required {
            quote!((#name, Some(#ident.to_string())))
        } else {
            quote!((#name, #ident.map(|value| value.to_string())))
        }
    }
}

impl<'a> Kind<'a> {
    fn of(document: &'a Document, schema: &'a Value) -> Self {
        let resolved = document.resolve(schema).unwrap_or(schema);
        let listed = !resolved["enum"].is_null() || !resolved["x-extensible-enum"].is_null();
        match (schema_name(schema).filter(|_| listed), resolved["type"].as_str()) {
            (Some(name), _) => Self::Enumeration(name),
            (None, Some("integer")) => Self::Integer,
            (None, Some("number")) => Self::Number,
            (None, Some("boolean")) => Self::Boolean,
            (None, _) => Self::Text,
        }
    }

    fn argument(&self) -> TokenStream {
        match self {
            Self::Text => quote!(&str),
            Self::Integer => quote!(i64),
            Self::Number => quote!(f64),
            Self::Boolean => quote!(bool),
            Self::Enumeration(name) => {
                let name = format_ident!("{name}");
                quote!(&types::#name)
            }
        }
    }
}
