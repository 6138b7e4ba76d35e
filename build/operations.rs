//! One constant and one short blocking function for each operation.

use heck::{ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::document::{Document, JSON, schema_name};
use super::parameters::Parameters;

/// What is known of each operation before it is called.
pub(crate) fn operations(document: &Document) -> TokenStream {
    let mut constants = TokenStream::new();
    let mut names = Vec::new();
    for (path, method, operation) in document.operations() {
        // The document was checked: these are there.
        let id = operation["operationId"].as_str().unwrap_or_default();
        let repeatable = operation["x-repeatable"].as_bool().unwrap_or_default();
        let constant = format_ident!("{}", id.to_shouty_snake_case());
        let verb = format_ident!("{}", method.to_uppercase());
        let request_line = request_line(method, path);
        constants.extend(quote! {
            #[doc = #request_line]
            pub const #constant: Operation = Operation {
                id: #id,
                method: http::Method::#verb,
                path: #path,
                repeatable: #repeatable,
            };
        });
        names.push(constant);
    }
    let server = document.root["servers"][0]["url"].as_str().unwrap_or_default();
    quote! {
        use super::Operation;

        /// The service's address.
        pub const BASE_URL: &str = #server;

        #constants

        /// All of them, in the document's order.
        pub const ALL: &[Operation] = &[#(#names),*];
    }
}

/// The methods of `Api`.
pub(crate) fn functions(document: &Document) -> TokenStream {
    let mut functions = TokenStream::new();
    for (path, method, operation) in document.operations() {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let summary = operation["summary"].as_str().unwrap_or_default();
        let description = operation["description"].as_str().unwrap_or_default();
        let constant = format_ident!("{}", id.to_shouty_snake_case());
        let function = format_ident!("{}", id.to_snake_case());
        let request_line = request_line(method, path);
        let parameters = Parameters::of(document, path, operation);
        let (arguments, values) = (parameters.arguments(), parameters.values());
        let body = schema_name(&operation["requestBody"]["content"][JSON]["schema"])
            .map(|name| format_ident!("{name}"));
        let body_argument = body.iter().map(|name| quote!(, body: &types::#name));
        let body_value = if body.is_some() { quote!(Some(body)) } else { quote!(None::<&()>) };
        let success = document.successes(operation);
        let answer = success
            .first()
            .and_then(|response| schema_name(&response["content"][JSON]["schema"]))
            .map_or_else(
                || quote!(()),
                |name| {
                    let name = format_ident!("{name}");
                    quote!(types::#name)
                },
            );
        let doc = format!(
            "{summary}.\n\n{}\n\n{request_line}\n\n{}# Errors\n\nSee [`Error`](crate::Error): what failed, and whether the request may have been acted on.",
            description.trim_end(),
            parameters.documentation(),
        );
        let deprecated = (operation["deprecated"].as_bool() == Some(true)).then(|| quote!(#[deprecated]));
        functions.extend(quote! {
            #[doc = #doc]
            #deprecated
            pub fn #function(&self #arguments #(#body_argument)*) -> Result<#answer, crate::Error> {
                self.run(&operations::#constant, &#values, #body_value)
            }
        });
    }
    quote! {
        impl Api {
            #functions
        }
    }
}

fn request_line(method: &str, path: &str) -> String {
    format!("`{} {path}`", method.to_uppercase())
}
