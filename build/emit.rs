//! Puts the parts together and formats them.

use proc_macro2::TokenStream;
use yaml_serde::Value;

use super::diagnostic::{Diagnostic, Place};
use super::document::{Document, METHODS, pairs};
use super::postprocess::Documentation;
use super::{limits, operations, postprocess, types};

/// The generated files.
pub(crate) struct Code {
    types: String,
    limits: String,
    operations: String,
    functions: String,
    /// Typed mocks for `httpmock`, compiled into the tests.
    mock: Option<String>,
    /// The names of the types, for a test that holds of each of them.
    type_names: String,
}

impl Code {
    /// Names and contents.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let library = [
            ("types.rs", &self.types),
            ("limits.rs", &self.limits),
            ("operations.rs", &self.operations),
            ("functions.rs", &self.functions),
        ];
        let tests =
            self.mock.iter().flat_map(|mock| [("mock.rs", mock), ("type_names.rs", &self.type_names)]);
        library.into_iter().chain(tests).map(|(name, content)| (name, content.as_str()))
    }
}

const HEADER: &str = "\
// Generated from openapi/otp.yaml by build.rs. Do not edit: change the document, then refresh the snapshot
// with `UPDATE_SNAPSHOT=1 cargo test --features full snapshot`.

";

/// Makes the code. The document was checked before, so that a panic in here is for a construct that nobody thought
/// of; it is reported like any other diagnostic.
pub(crate) fn emit(document: &Document, with_mock: bool) -> Result<Code, Diagnostic> {
    let result = std::panic::catch_unwind(|| generate(document, with_mock));
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
    let reduced = types::reduced(document);
    // The types come from the schemas alone; the operations are written by this generator.
    let mut schemas = reduced.clone();
    schemas["paths"] = Value::Mapping(yaml_serde::Mapping::new());
    let spec = model(&schemas)?;
    let documentation = Documentation::of(document);
    let mock = with_mock.then(|| {
        let spec = model(&reduced)?;
        let mocks = types::generator(document, &spec)?.httpmock(&spec, "engagelab_otp::api");
        let tokens = mocks
            .map_err(|error| Diagnostic::new(Place::default(), format!("no mocks can be made: {error}")))?;
        pretty(tokens, postprocess::file)
    });
    let types = types::types(document, &spec)?;
    Ok(Code {
        type_names: format!("wire_types!({});\n", types::names(&types).join(", ")),
        types: pretty(types, |file| postprocess::types(file, &documentation))?,
        limits: pretty(limits::limits(document)?, postprocess::file)?,
        operations: pretty(operations::operations(document), postprocess::file)?,
        functions: pretty(operations::functions(document), postprocess::file)?,
        mock: mock.transpose()?,
    })
}

/// The document as `openapiv3` models it. Its errors name no place, so a failure is looked for part by part.
fn model(root: &Value) -> Result<openapiv3::OpenAPI, Diagnostic> {
    let error = match yaml_serde::from_value(root.clone()) {
        Ok(spec) => return Ok(spec),
        Err(error) => error,
    };
    let describe = |error: &yaml_serde::Error| format!("this is not OpenAPI 3.0: {error}; correct it there");
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
    // Of the rest, one key after the other, in a document that is sound but for it.
    let sound = "openapi: 3.0.3\ninfo: {title: a, version: b}\npaths: {}\n";
    let fits = |parent: &[&str], key: &str, value: &Value| {
        let mut document: Value = yaml_serde::from_str(sound).unwrap_or_default();
        let parent = parent.iter().fold(&mut document, |value, key| &mut value[*key]);
        parent[key] = value.clone();
        yaml_serde::from_value::<openapiv3::OpenAPI>(document)
    };
    for (key, value) in pairs(&root["info"]) {
        if let Err(error) = fits(&["info"], key, value) {
            return Err(Diagnostic::new(Place::at(["info", key]), describe(&error)));
        }
    }
    for (key, value) in pairs(root) {
        if let Err(error) = fits(&[], key, value) {
            return Err(Diagnostic::new(Place::at([key]), describe(&error)));
        }
    }
    Err(Diagnostic::new(Place::default(), describe(&error)))
}

fn pretty(tokens: TokenStream, edit: impl FnOnce(&mut syn::File)) -> Result<String, Diagnostic> {
    let mut file: syn::File = syn::parse2(tokens).map_err(|error| {
        let what = format!("the generated code does not parse: {error}; this is a bug of build.rs");
        Diagnostic::new(Place::default(), what)
    })?;
    edit(&mut file);
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}
