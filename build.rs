//! Turns `openapi/otp.yaml` into Rust: the wire types, the limits of what is sent, and one blocking function per
//! operation.
//!
//! Writes only to `OUT_DIR`. A document that cannot be turned into code stops the build with the file, the
//! line, the place in the document and what to do about it. Without the feature `codegen` nothing happens
//! here, and the reviewed snapshot in `src/api/generated` is compiled instead.

#[cfg(feature = "codegen")]
#[path = "build/mod.rs"]
mod generator;

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
    // A panic of the type generator becomes a diagnostic; its backtrace would only hide that.
    std::panic::set_hook(Box::new(|_| {}));
    if let Err(diagnostics) = generate() {
        for diagnostic in diagnostics {
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
    // The mocks are for this crate's own tests, which are not published with it.
    let tests = std::path::Path::new("tests").exists();
    let code = generator::generate(DOCUMENT, &text, tests)?;

    let out_dir = std::env::var_os("OUT_DIR").ok_or_else(|| vec!["OUT_DIR is not set".to_owned()])?;
    for (name, content) in code.files() {
        let path = std::path::Path::new(&out_dir).join(name);
        std::fs::write(&path, content)
            .map_err(|error| vec![format!("{}: cannot be written: {error}", path.display())])?;
    }
    Ok(())
}
