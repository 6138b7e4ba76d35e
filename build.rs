//! Turns `openapi/otp.yaml` into Rust: the wire types, the limits of what is sent, and one blocking function per
//! operation.
//!
//! Writes only to `OUT_DIR`. A document that cannot be turned into code stops the build with the file, the
//! line, the place in the document and what to do about it. Without the feature `codegen` nothing is
//! generated, and the reviewed snapshot in `src/api/generated` is compiled instead.

use std::path::Path;
use std::{env, fs};

#[cfg(feature = "codegen")]
#[path = "build/mod.rs"]
mod generator;

#[cfg(any(feature = "codegen", feature = "cli"))]
const DOCUMENT: &str = "openapi/otp.yaml";

/// What of the README holds with any features, and is the crate's documentation where some are missing: all before
/// this heading.
const README_OVERVIEW_ENDS: &str = "\n## Command line\n";

fn main() {
    for path in ["build.rs", "README.md"] {
        println!("cargo::rerun-if-changed={path}");
    }
    #[cfg(feature = "codegen")]
    println!("cargo::rerun-if-changed=build");
    #[cfg(any(feature = "codegen", feature = "cli"))]
    println!("cargo::rerun-if-changed={DOCUMENT}");
    tell_facts();
    #[allow(unused_mut)]
    let mut made = overview();
    #[cfg(feature = "codegen")]
    {
        // A panic of the type generator becomes a diagnostic; its backtrace would only hide that.
        std::panic::set_hook(Box::new(|_| {}));
        made = made.and_then(|()| generate());
    }
    #[cfg(feature = "cli")]
    {
        made = made.and_then(|()| document_as_json());
    }
    if let Err(diagnostics) = made {
        for diagnostic in diagnostics {
            // Every line of a multi-line value needs the prefix, or cargo drops it.
            println!("cargo::error={}", diagnostic.replace('\n', " "));
        }
        std::process::exit(1);
    }
}

/// What `engagelab-otp --version` tells of the build.
fn tell_facts() {
    let fact = |name| std::env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    let compiler = std::process::Command::new(fact("RUSTC")).arg("--version").output().ok();
    let compiler = compiler.and_then(|output| String::from_utf8(output.stdout).ok());
    println!("cargo::rustc-env=ENGAGELAB_OTP_RUSTC={}", compiler.as_deref().unwrap_or("rustc").trim());
    println!("cargo::rustc-env=ENGAGELAB_OTP_TARGET={}", fact("TARGET"));
    println!("cargo::rustc-env=ENGAGELAB_OTP_PROFILE={}", fact("PROFILE"));
}

fn overview() -> Result<(), Vec<String>> {
    let readme = read("README.md")?;
    let overview = readme.split(README_OVERVIEW_ENDS).next().unwrap_or_default();
    write("overview.md", overview)
}

#[cfg(feature = "codegen")]
fn generate() -> Result<(), Vec<String>> {
    let text = read(DOCUMENT)?;
    // The mocks are for this crate's own tests, which are not published with it.
    let tests = Path::new("tests").exists();
    let code = generator::generate(DOCUMENT, &text, tests)?;

    code.files().into_iter().try_for_each(|(name, content)| write(name, content))
}

/// The command line takes the shapes of what it prints from it.
#[cfg(feature = "cli")]
fn document_as_json() -> Result<(), Vec<String>> {
    let document = yaml_serde::from_str::<serde_json::Value>(&read(DOCUMENT)?);
    let document = document.map_err(|error| vec![format!("{DOCUMENT}: {error}")])?;
    write("document.json", &document.to_string())
}

fn read(path: &str) -> Result<String, Vec<String>> {
    fs::read_to_string(path).map_err(|error| vec![format!("{path}: cannot be read: {error}")])
}

fn write(name: &str, content: &str) -> Result<(), Vec<String>> {
    let out_dir = env::var_os("OUT_DIR").ok_or_else(|| vec!["OUT_DIR is not set".to_owned()])?;
    let path = Path::new(&out_dir).join(name);
    fs::write(&path, content).map_err(|error| vec![format!("{}: cannot be written: {error}", path.display())])
}
