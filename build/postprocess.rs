//! Makes the generated code read like code that somebody wrote: short paths, and documentation everywhere.

use heck::ToSnakeCase;

/// typify repeats each type's JSON schema in its documentation, and leaves fields that are references without
/// any: the first is cut, the second added. A text of several lines becomes several `///`.
pub(crate) fn documentation(items: &mut [syn::Item]) {
    for item in items {
        match item {
            syn::Item::Mod(module) => {
                if let Some((_, items)) = &mut module.content {
                    documentation(items);
                }
            }
            syn::Item::Const(item) => rewrite(&mut item.attrs),
            syn::Item::Struct(item) => {
                rewrite(&mut item.attrs);
                for field in &mut item.fields {
                    if let Some(name) = field.ident.as_ref().map(ToString::to_string) {
                        // Unknown fields may hold anything, so their type does not show them in `Debug`.
                        if free_form(&field.ty) {
                            field.ty = syn::parse_quote!(Option<super::Extra>);
                        }
                        let doc = if name == "extra" {
                            field.ty = syn::parse_quote!(super::Extra);
                            "Fields that this version does not know.".to_owned()
                        } else {
                            format!("`{name}`; its type says what it is.")
                        };
                        document(&mut field.attrs, &doc);
                    }
                    rewrite(&mut field.attrs);
                }
            }
            syn::Item::Enum(item) => {
                rewrite(&mut item.attrs);
                for variant in &mut item.variants {
                    let doc = format!("`{}`", variant.ident.to_string().to_snake_case());
                    document(&mut variant.attrs, &doc);
                    rewrite(&mut variant.attrs);
                }
            }
            syn::Item::Impl(item) => {
                for member in &mut item.items {
                    if let syn::ImplItem::Fn(function) = member {
                        rewrite(&mut function.attrs);
                    }
                }
            }
            _ => {}
        }
    }
}

/// The paths that typify writes in full, as a person would write them.
pub(crate) fn paths(code: &str) -> String {
    const SHORT: [(&str, &str); 9] = [
        ("::std::option::Option", "Option"),
        ("::std::string::String", "String"),
        ("::std::vec::Vec", "Vec"),
        ("::std::result::Result", "Result"),
        ("::std::convert::From", "From"),
        ("::std::collections::BTreeMap", "std::collections::BTreeMap"),
        ("crate::api::types::", ""),
        ("::serde::", "serde::"),
        ("::std::", "std::"),
    ];
    SHORT.iter().fold(code.to_owned(), |code, (long, short)| code.replace(long, short))
}

/// Whether it is an optional object of any members, whose values `Debug` would show.
fn free_form(field: &syn::Type) -> bool {
    // The spaces between tokens depend on how the tokens were made.
    let text = quote::quote!(#field).to_string().replace(char::is_whitespace, "");
    text == "::std::option::Option<::serde_json::Map<::std::string::String,::serde_json::Value>>"
}

fn document(attributes: &mut Vec<syn::Attribute>, doc: &str) {
    if attributes.iter().all(|attribute| !attribute.path().is_ident("doc")) {
        attributes.insert(0, syn::parse_quote!(#[doc = #doc]));
    }
}

fn rewrite(attributes: &mut Vec<syn::Attribute>) {
    let mut rewritten = Vec::new();
    let mut others = Vec::new();
    for attribute in attributes.drain(..) {
        let Some(text) = doc_text(&attribute) else {
            others.push(attribute);
            continue;
        };
        let kept = text.split_once("<details>").map_or(text.as_str(), |(kept, _)| kept).trim();
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
