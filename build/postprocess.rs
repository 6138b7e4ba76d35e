//! Makes the generated code read like code that somebody wrote: short paths, and documentation from the document.
//!
//! All of it is done on the syntax tree: what only looks like a path, in a text or in documentation, stays as it is.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use quote::{ToTokens as _, quote};
use syn::visit_mut::{self, VisitMut};

use super::document::{Document, pairs, schema_name};

/// What the fields are that only refer to a schema: they get the first paragraph of what it says.
pub(crate) struct Documentation(BTreeMap<(String, String), String>);

impl Documentation {
    pub(crate) fn of(document: &Document) -> Self {
        let schemas = &document.root["components"]["schemas"];
        let fields = document.schemas().flat_map(|(name, schema)| {
            pairs(&schema["properties"]).filter_map(move |(property, value)| {
                let description = schemas[schema_name(value)?]["description"].as_str()?;
                let paragraph = description.split("\n\n").next().unwrap_or_default().trim_end().to_owned();
                Some(((name.to_owned(), property.to_snake_case()), paragraph))
            })
        });
        Self(fields.collect())
    }
}

/// The types: their fields get documentation, and nothing shows what may hold anything.
pub(crate) fn types(file: &mut syn::File, documentation: &Documentation) {
    Shorten.visit_file_mut(file);
    Fields { documentation }.visit_file_mut(file);
    Comments.visit_file_mut(file);
}

/// Any other file.
pub(crate) fn file(file: &mut syn::File) {
    Shorten.visit_file_mut(file);
    Comments.visit_file_mut(file);
}

/// Writes the paths that typify writes in full as a person would.
struct Shorten;

impl VisitMut for Shorten {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        shorten(path);
        visit_mut::visit_path_mut(self, path);
    }

    /// serde names functions in texts.
    fn visit_attribute_mut(&mut self, attribute: &mut syn::Attribute) {
        type Arguments = syn::punctuated::Punctuated<syn::Meta, syn::Token![,]>;
        type Traits = syn::punctuated::Punctuated<syn::Path, syn::Token![,]>;
        let syn::Meta::List(list) = &mut attribute.meta else { return };
        if list.path.is_ident("derive") {
            let Ok(mut traits) = list.parse_args_with(Traits::parse_terminated) else { return };
            traits.iter_mut().for_each(shorten);
            list.tokens = traits.to_token_stream();
        }
        if !list.path.is_ident("serde") {
            return;
        }
        let Ok(mut arguments) = list.parse_args_with(Arguments::parse_terminated) else { return };
        for argument in &mut arguments {
            let syn::Meta::NameValue(argument) = argument else { continue };
            let names_a_function =
                ["default", "skip_serializing_if"].iter().any(|key| argument.path.is_ident(key));
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &mut argument.value else {
                continue;
            };
            let Ok(mut path) = text.parse::<syn::Path>() else { continue };
            if names_a_function {
                shorten(&mut path);
                let written = path.to_token_stream().to_string().replace(' ', "");
                *text = syn::LitStr::new(&written, text.span());
            }
        }
        list.tokens = arguments.to_token_stream();
    }
}

fn shorten(path: &mut syn::Path) {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let cut = match (path.leading_colon, names.as_slice()) {
        (
            Some(_),
            ["std", "option", "Option", ..]
            | ["std", "string", "String", ..]
            | ["std", "vec", "Vec", ..]
            | ["std", "result", "Result", ..]
            | ["std", "convert", "From" | "TryFrom", ..]
            | ["std", "default", "Default", ..],
        ) => 2,
        (None, ["crate", "api", "types", _, ..]) => 3,
        (Some(_), ["std" | "serde" | "serde_json", ..]) => 0,
        _ => return,
    };
    path.leading_colon = None;
    path.segments = std::mem::take(&mut path.segments).into_iter().skip(cut).collect();
}

/// typify leaves fields that are references without documentation.
struct Fields<'a> {
    documentation: &'a Documentation,
}

impl VisitMut for Fields<'_> {
    fn visit_item_struct_mut(&mut self, item: &mut syn::ItemStruct) {
        let name = item.ident.to_string();
        for field in &mut item.fields {
            let Some(ident) = field.ident.as_ref().map(ToString::to_string) else { continue };
            let ident = ident.trim_start_matches("r#").trim_end_matches('_').to_owned();
            if ident == "extra" && is_flattened(&field.attrs) {
                document(&mut field.attrs, "Fields that this version does not know.");
            } else if let Some(text) = self.documentation.0.get(&(name.clone(), ident)) {
                document(&mut field.attrs, text);
            }
        }
        visit_mut::visit_item_struct_mut(self, item);
    }

    fn visit_variant_mut(&mut self, variant: &mut syn::Variant) {
        if let Some(value) = renamed(&variant.attrs) {
            document(&mut variant.attrs, &format!("The value `{value}`."));
        }
        visit_mut::visit_variant_mut(self, variant);
    }

    /// In an object of any members anything may stand, so its type does not show it in `Debug`.
    fn visit_type_mut(&mut self, kind: &mut syn::Type) {
        let free: syn::Type = syn::parse_quote!(serde_json::Map<String, serde_json::Value>);
        if quote!(#kind).to_string() == quote!(#free).to_string() {
            *kind = syn::parse_quote!(super::Extra);
        }
        visit_mut::visit_type_mut(self, kind);
    }
}

/// typify repeats each type's JSON schema in its documentation, which is cut.
struct Comments;

impl VisitMut for Comments {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<syn::Attribute>) {
        rewrite(attributes);
    }
}

fn is_flattened(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut flattened = false;
        let _ = attribute.path().is_ident("serde").then(|| {
            attribute.parse_nested_meta(|meta| {
                flattened |= meta.path.is_ident("flatten");
                Ok(())
            })
        });
        flattened
    })
}

/// The text by which serde knows a variant.
fn renamed(attributes: &[syn::Attribute]) -> Option<String> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("serde")).find_map(|attribute| {
        let mut name = None;
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
        name
    })
}

fn document(attributes: &mut Vec<syn::Attribute>, doc: &str) {
    if attributes.iter().all(|attribute| !attribute.path().is_ident("doc")) {
        attributes.insert(0, syn::parse_quote!(#[doc = #doc]));
    }
}

/// A text of several lines becomes several `///`.
fn rewrite(attributes: &mut Vec<syn::Attribute>) {
    let mut rewritten = Vec::new();
    let mut others = Vec::new();
    for attribute in attributes.drain(..) {
        let Some(text) = doc_text(&attribute) else {
            others.push(attribute);
            continue;
        };
        let kept = text
            .rsplit_once("<details><summary>JSON schema</summary>")
            .map_or(text.as_str(), |(kept, _)| kept)
            .trim();
        for line in kept.lines() {
            let line = if line.is_empty() { String::new() } else { format!(" {line}") };
            rewritten.push(syn::parse_quote!(#[doc = #line]));
        }
    }
    rewritten.append(&mut others);
    *attributes = rewritten;
}

fn doc_text(attribute: &syn::Attribute) -> Option<String> {
    let syn::Meta::NameValue(syn::MetaNameValue { path, value, .. }) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = value else { return None };
    path.is_ident("doc").then(|| text.value())
}
