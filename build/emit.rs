//! Puts the parts together and formats them.

use proc_macro2::TokenStream;
use quote::quote;
use yaml_serde::Value;

use crate::diagnostic::{Diagnostic, Place};
use crate::document::{Document, METHODS, pairs};
use crate::{limits, operations, postprocess, types};

/// The generated files.
pub(crate) struct Code {
    /// Types and functions, compiled into the library.
    pub(crate) api: String,
    /// Typed mocks for `httpmock`, compiled into the tests.
    pub(crate) mock: Option<String>,
}

const HEADER: &str = "\
// Generated from openapi/otp.yaml by build.rs. Do not edit: change the document, then refresh the snapshot
// with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot`.

";

/// Makes the code. The document was checked before, so that a panic in here is for a construct that nobody thought
/// of; it is reported like any other diagnostic, without a backtrace.
pub(crate) fn emit(document: &Document, with_mock: bool) -> Result<Code, Diagnostic> {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = std::panic::catch_unwind(|| generate(document, with_mock));
    std::panic::set_hook(loud);
    result.unwrap_or_else(|panic| {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        let said = said.unwrap_or("for a reason it does not give");
        let what = format!("the generator gave up: {said}; write the newest change in simpler OpenAPI");
        Err(Diagnostic::new(Place::default(), what))
    })
}

fn generate(document: &Document, with_mock: bool) -> Result<Code, Diagnostic> {
    let spec = model(&types::reduced(document))?;
    let types = types::types(document, &spec)?;
    let operations = operations::operations(document);
    let limits = limits::limits(document)?;
    let sensitive = types::sensitive_fields(document);
    let api = quote! {
        /// The shapes that travel: one type for each schema of the document.
        pub mod types {
            #types
        }
        /// What the document allows in requests. Nothing that is received is bound by it.
        pub mod limits {
            #limits
        }
        #operations
        /// The request fields that hold codes, addresses or what users wrote.
        pub(crate) const SENSITIVE_FIELDS: &[&str] = &[#(#sensitive),*];
    };
    let mock = if with_mock {
        let tokens = types::generator(document, &spec)?
            .httpmock(&spec, "engagelab_otp::api")
            .map_err(|error| Diagnostic::new(Place::default(), format!("no mocks can be made: {error}")))?;
        Some(pretty(tokens)?)
    } else {
        None
    };
    Ok(Code { api: format!("{HEADER}{}", pretty(api)?), mock })
}

/// The document as `openapiv3` models it. Its errors name no place, so a failure is looked for part by part.
fn model(root: &Value) -> Result<openapiv3::OpenAPI, Diagnostic> {
    let error = match yaml_serde::from_value(root.clone()) {
        Ok(spec) => return Ok(spec),
        Err(error) => error,
    };
    let describe = |error: &yaml_serde::Error| format!("this is not OpenAPI 3.0: {error}; mend it there");
    let paths = Place::at(["paths"]);
    for (path, item) in pairs(&root["paths"]) {
        for (method, operation) in pairs(item).filter(|(key, _)| METHODS.contains(key)) {
            if let Err(error) = yaml_serde::from_value::<openapiv3::Operation>(operation.clone()) {
                return Err(Diagnostic::new(paths.child(path).child(method), describe(&error)));
            }
        }
    }
    for (name, schema) in pairs(&root["components"]["schemas"]) {
        if let Err(error) =
            yaml_serde::from_value::<openapiv3::ReferenceOr<openapiv3::Schema>>(schema.clone())
        {
            return Err(Diagnostic::new(Place::at(["components", "schemas"]).child(name), describe(&error)));
        }
    }
    Err(Diagnostic::new(Place::default(), describe(&error)))
}

fn pretty(tokens: TokenStream) -> Result<String, Diagnostic> {
    let broken = |error: syn::Error| {
        Diagnostic::new(
            Place::default(),
            format!("the generated code does not parse: {error}; this is a bug of build.rs"),
        )
    };
    let mut file: syn::File = syn::parse2(tokens).map_err(broken)?;
    postprocess::documentation(&mut file.items);
    let shortened = postprocess::paths(&prettyplease::unparse(&file));
    Ok(prettyplease::unparse(&syn::parse_str(&shortened).map_err(broken)?))
}
