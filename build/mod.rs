//! Turns the OpenAPI document into Rust. Reads no file and writes none.
//!
//! `document` parses, `check` refuses what could not become code, `types`, `enumeration`, `redaction`, `limits`, `operations`
//! and `parameters` make the code, `postprocess` makes it readable, `emit` puts it together.

mod check;
mod diagnostic;
mod document;
mod emit;
mod enumeration;
mod limits;
mod operations;
mod parameters;
mod postprocess;
mod redaction;
mod types;

use document::Document;
pub(crate) use emit::Code;

/// The code for a document, or everything that is wrong with it: `file:line: place: what; advice`.
pub(crate) fn generate(file: &str, text: &str, with_mock: bool) -> Result<Code, Vec<String>> {
    let document = Document::parse(text)
        .map_err(|defects| defects.iter().map(|defect| defect.located(file, text)).collect::<Vec<_>>())?;
    emit::emit(&document, with_mock).map_err(|defect| vec![defect.located(file, text)])
}
