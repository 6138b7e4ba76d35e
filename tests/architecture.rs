//! What must stay true of the crate's structure: mostly, what must not be there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                found.push((path.strip_prefix(root()).expect("inside").to_owned(), text));
            }
        }
    }
    found
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .arg("--locked")
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Asks for the tree of this crate, without the packages of examples and tests beside it.
const TREE: [&str; 9] =
    ["tree", "--package", env!("CARGO_PKG_NAME"), "--edges", "normal", "--prefix", "none", "--format", "{p}"];

/// The crates that a user compiles with, by name and version.
fn tree(features: &[&str]) -> BTreeSet<String> {
    let mut arguments = Vec::from(TREE);
    arguments.extend(["--target", "all"]);
    arguments.extend(features);
    let words = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    cargo(&arguments).lines().filter(|line| !line.is_empty()).map(words).collect()
}

#[test]
fn only_the_transport_names_ureq() {
    for (path, text) in sources("src") {
        let names = text.contains("ureq::") || text.contains("use ureq");
        // The command line hands callbacks on, to a place that is not the service, and tells which proxy is asked: no
        // business of the transport.
        let of_the_command_line = ["engagelab-otp/callback/forward.rs", "engagelab-otp/doctor/proxy.rs"];
        let may = path.starts_with("src/http/transport")
            || of_the_command_line.iter().any(|file| path.ends_with(file));
        assert!(!names || may, "{} names ureq", path.display());
    }
}

#[test]
fn the_sandbox_never_uses_the_client() {
    for (path, text) in sources("src/sandbox") {
        let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let mut words = code.split(|character: char| !character.is_alphanumeric() && character != '_');
        assert!(words.all(|word| word != "Client"), "{} uses the client", path.display());
    }
}

#[test]
fn no_async_runtime_is_in_the_normal_tree_with_any_features() {
    let banned =
        ["tokio", "hyper", "reqwest", "async-std", "futures", "futures-util", "futures-core", "smol", "mio"];
    for package in tree(&["--all-features"]) {
        let name = package.split(' ').next().unwrap_or_default();
        assert!(!banned.contains(&name), "{package} is in the tree");
    }
}

#[test]
fn the_default_tree_has_at_most_fifty_crates() {
    // As a user on Linux counts them.
    let output = cargo(&TREE);
    let crates: BTreeSet<_> =
        output.lines().filter_map(|line| line.split(" (").next()).filter(|line| !line.is_empty()).collect();
    assert!(crates.len() <= 50, "{} crates: {crates:#?}", crates.len());
}

#[test]
fn licences_and_minimum_versions_of_dependencies_suit() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--all-features"])).expect("JSON");
    let used = tree(&["--all-features"]);
    let own = metadata["packages"].as_array().expect("packages");
    let own_version =
        own.iter().find(|package| package["name"] == "engagelab-otp").expect("this crate")["rust_version"]
            .clone();
    let number = |version: &Value| {
        let text = version.as_str().unwrap_or("1.0");
        text.split('.').map(|part| part.parse::<u32>().expect("a version")).collect::<Vec<_>>()
    };
    // Permissive, or of the kind that asks nothing of those who only link: certificates are data.
    let accepted = [
        "MIT",
        "Apache-2.0",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "Unlicense",
        "0BSD",
        "Unicode-3.0",
        "BSL-1.0",
        "CDLA-Permissive-2.0",
    ];
    for package in own {
        let name = format!(
            "{} v{}",
            package["name"].as_str().expect("a name"),
            package["version"].as_str().expect("a version")
        );
        if !used.contains(&name) || package["source"].is_null() {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or_default();
        let suits = licence.split(" AND ").all(|part| {
            let options = part.trim_matches(['(', ')']).replace('/', " OR ");
            options
                .split(" OR ")
                .any(|option| accepted.contains(&option.split(" WITH ").next().unwrap_or_default().trim()))
        });
        assert!(suits, "{name} has the licence {licence:?}");
        assert!(
            number(&package["rust_version"]) <= number(&own_version),
            "{name} needs a newer Rust than this crate says"
        );
    }
}

#[test]
fn files_stay_readable() {
    for (path, text) in sources("src").into_iter().chain(sources("build")) {
        let generated = path.starts_with("src/api/generated");
        let lines = text.lines().count();
        assert!(generated || lines <= 500, "{} has {lines} lines", path.display());
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        assert!(
            !["utils", "helpers", "common", "manager", "misc"].contains(&name),
            "{} is hard to name",
            path.display()
        );
    }
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("a library");
    assert!(library.lines().count() <= 150, "lib.rs is a table of contents");
}

#[test]
fn the_map_names_what_exists() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the map");
    let tests: String = sources("tests").into_iter().map(|(_, text)| text).collect();
    let (mut paths, mut facts) = (0, 0);
    for name in map.split('`').skip(1).step_by(2) {
        let folder = name.split('/').next().unwrap_or_default();
        if ["src", "build", "tests", "openapi"].contains(&folder) {
            for path in alternatives(name) {
                assert!(root().join(&path).exists(), "ARCHITECTURE.md names {path}, which is not there");
                paths += 1;
            }
        } else if name.matches('_').count() > 2 {
            assert!(
                tests.contains(&format!("fn {name}(")),
                "ARCHITECTURE.md names a test {name}, which is not there"
            );
            facts += 1;
        }
    }
    assert!(paths > 10 && facts > 5, "the map was not read: {paths} paths, {facts} tests");
}

/// `a/{b,c}/` is two paths.
fn alternatives(name: &str) -> Vec<String> {
    match (name.split_once('{'), name.split_once('}')) {
        (Some((before, rest)), Some((_, after))) => {
            let inside = rest.split('}').next().unwrap_or_default();
            inside.split(',').map(|part| format!("{before}{part}{after}")).collect()
        }
        _ => vec![name.to_owned()],
    }
}
