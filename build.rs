//! Turns `openapi/otp.yaml` into `OUT_DIR/api.rs`: the wire types, and one blocking function per operation.
//!
//! Writes only to `OUT_DIR`. A document that cannot be turned into code stops the build with the file, the
//! line, the place in the document and what to do about it. Without the feature `codegen` nothing happens
//! here, and the reviewed snapshot `src/api/generated.rs` is compiled instead.

#[cfg(feature = "codegen")]
#[path = "build/check.rs"]
mod check;
#[cfg(feature = "codegen")]
#[path = "build/diagnostic.rs"]
mod diagnostic;
#[cfg(feature = "codegen")]
#[path = "build/document.rs"]
mod document;
#[cfg(feature = "codegen")]
#[path = "build/emit.rs"]
mod emit;
#[cfg(feature = "codegen")]
#[path = "build/enumeration.rs"]
mod enumeration;
#[cfg(feature = "codegen")]
#[path = "build/limits.rs"]
mod limits;
#[cfg(feature = "codegen")]
#[path = "build/operations.rs"]
mod operations;
#[cfg(feature = "codegen")]
#[path = "build/postprocess.rs"]
mod postprocess;
#[cfg(feature = "codegen")]
#[path = "build/types.rs"]
mod types;

#[cfg(feature = "codegen")]
const DOCUMENT: &str = "openapi/otp.yaml";

#[cfg(not(feature = "codegen"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "codegen")]
fn main() {
    for path in ["build.rs", "build", DOCUMENT] {
        println!("cargo::rerun-if-changed={path}");
    }
    if let Err(defects) = generate() {
        for diagnostic in defects {
            // Every line of a multi-line value needs the prefix, or cargo drops it.
            println!("cargo::error={}", diagnostic.replace('\n', " "));
        }
        std::process::exit(1);
    }
}

#[cfg(feature = "codegen")]
fn generate() -> Result<(), Vec<String>> {
    let text = std::fs::read_to_string(DOCUMENT)
        .map_err(|error| vec![format!("{DOCUMENT}: cannot be read: {error}")])?;
    let document = document::Document::parse(&text).map_err(|defects| {
        defects.iter().map(|diagnostic| diagnostic.located(DOCUMENT, &text)).collect::<Vec<_>>()
    })?;
    // The mocks are for this crate's own tests, which are not published with it.
    let tests = std::path::Path::new("tests").exists();
    let code =
        emit::emit(&document, tests).map_err(|diagnostic| vec![diagnostic.located(DOCUMENT, &text)])?;

    let out_dir = std::env::var_os("OUT_DIR").ok_or_else(|| vec!["OUT_DIR is not set".to_owned()])?;
    for (name, content) in [("api.rs", Some(code.api)), ("mock.rs", code.mock)] {
        let Some(content) = content else { continue };
        let path = std::path::Path::new(&out_dir).join(name);
        std::fs::write(&path, content)
            .map_err(|error| vec![format!("{}: cannot be written: {error}", path.display())])?;
    }
    Ok(())
}
