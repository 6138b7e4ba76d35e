//! Changes the document in each place and in many ways. Each change is refused with its line and what to do, or the
//! code becomes another; and the code that is made compiles. Nothing panics, nothing is passed over in silence.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use yaml_serde::{Mapping, Value};

use crate::generator::{Code, generate};

const DOCUMENT: &str = include_str!("document.yaml");

/// A changed document, and what was changed.
struct Mutation {
    what: String,
    document: Value,
}

#[test]
fn each_change_of_the_document_is_refused_with_line_and_advice_or_changes_the_code() {
    let sound: Value = yaml_serde::from_str(DOCUMENT).expect("YAML");
    let text = yaml_serde::to_string(&sound).expect("YAML");
    let before = library(&generate("d.yaml", &text, true).unwrap_or_else(|said| panic!("{said:#?}")));
    let mutations = mutations(&sound);
    assert!(mutations.len() >= 300, "only {} mutations", mutations.len());
    let mut distinct = BTreeMap::from([(before.clone(), "nothing".to_owned())]);
    let (mut refused, mut faults) = (0, Vec::new());
    for Mutation { what, document } in &mutations {
        let text = yaml_serde::to_string(document).expect("YAML");
        match generate("d.yaml", &text, false) {
            Ok(code) => {
                let after = library(&code);
                if after == before && !is_for_readers(what) {
                    faults.push(format!("{what}: it changes nothing"));
                }
                if let Entry::Vacant(entry) = distinct.entry(after) {
                    // The mocks are made by another generator, from the same document.
                    faults.extend(
                        generate("d.yaml", &text, true).err().map(|said| format!("{what}: {said:?}")),
                    );
                    entry.insert(what.clone());
                }
            }
            Err(said) => {
                refused += 1;
                faults.extend(
                    said.iter().filter_map(|said| fault(said, &text)).map(|fault| format!("{what}: {fault}")),
                );
            }
        }
    }
    println!("{} mutations: {refused} refused, {} kinds of code", mutations.len(), distinct.len());
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), mutations.len(), faults.join("\n"));
    compile(&distinct);
}

/// What is wrong with a diagnostic, if anything is.
fn fault(said: &str, text: &str) -> Option<String> {
    let mut parts = said.strip_prefix("d.yaml:").unwrap_or_default().splitn(3, ": ");
    let line = parts.next().and_then(|line| line.parse::<usize>().ok()).filter(|line| *line > 0);
    let place = parts.next().unwrap_or_default();
    let named = line.and_then(|line| text.lines().nth(line - 1)).is_some_and(|line| {
        // What is missing is named by the line of what it belongs to.
        place.split(" > ").any(|key| line.contains(&format!("{key}:")) || line.contains(&format!("'{key}':")))
            || place.split(" > ").count() == 1
            || line.trim_start().starts_with('-')
    });
    let gave_up = said.contains("gave up") || said.contains("bug of") || said.contains("not OpenAPI");
    let advised = said.contains(';') || said.contains("is it misspelt?");
    (!named || !advised || gave_up).then(|| format!("said badly: {said}"))
}

/// Texts that people read alone, and what holds anyway when nothing is said.
fn is_for_readers(what: &str) -> bool {
    let (place, change) = what.rsplit_once(": ").unwrap_or((what, ""));
    let text =
        ["info > title", "info > version", "description", "format"].iter().any(|key| place.ends_with(key));
    let unsaid = ["style", "explode", "required"].iter().any(|key| place.ends_with(key));
    let nothing_else =
        ["free > additionalProperties", "weight > nullable"].iter().any(|key| place.ends_with(key));
    text || (unsaid || nothing_else) && matches!(change, "removed" | "false") || place.contains("text/csv")
}

/// The files that the library is made of.
type Files = BTreeMap<&'static str, String>;

fn library(code: &Code) -> Files {
    let library = code.files().filter(|(name, _)| !["mock.rs", "type_names.rs"].contains(name));
    library.map(|(name, text)| (name, text.to_owned())).collect()
}

/// Every key and item, removed, emptied, of another kind, doubled in another name, and so on.
fn mutations(sound: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    let mut places = Vec::new();
    walk(sound, &mut Vec::new(), &mut places);
    for place in &places {
        let name = place.join(" > ");
        let mut add = |what: &str, change: &dyn Fn(&mut Value, &str)| {
            let mut document = sound.clone();
            let (last, parents) = place.split_last().expect("a place");
            let parent = parents.iter().fold(&mut document, |value, key| step(value, key));
            change(parent, last);
            if document != *sound {
                found.push(Mutation { what: format!("{name}: {what}"), document });
            }
        };
        add("removed", &|parent, key| {
            if let Some(mapping) = parent.as_mapping_mut() {
                mapping.remove(key);
            } else if let (Some(list), Ok(index)) = (parent.as_sequence_mut(), key.parse::<usize>()) {
                list.remove(index);
            }
        });
        add("renamed", &|parent, key| {
            if let Some(mapping) = parent.as_mapping_mut() {
                let value = mapping.remove(key);
                mapping.insert(Value::from(format!("{key}x")), value.unwrap_or_default());
            }
        });
        add("an unknown key beside it", &|parent, _| {
            if let Some(mapping) = parent.as_mapping_mut() {
                mapping.insert(Value::from("x-unknown"), Value::from(true));
            }
        });
        let values = [
            ("null", Value::Null),
            ("a text", Value::from("text")),
            ("a symbol", Value::from("+")),
            ("a number", Value::from(-7)),
            ("true", Value::from(true)),
            ("false", Value::from(false)),
            ("an empty list", Value::Sequence(Vec::new())),
            ("an empty mapping", Value::Mapping(Mapping::new())),
        ];
        for (what, value) in values {
            add(what, &|parent, key| *step(parent, key) = value.clone());
        }
    }
    found
}

fn walk(value: &Value, place: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Mapping(mapping) => {
            mapping.iter().map(|(key, value)| (key.as_str().expect("a text").to_owned(), value)).collect()
        }
        Value::Sequence(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, value) in children {
        place.push(key);
        found.push(place.clone());
        walk(value, place, found);
        place.pop();
    }
}

fn step<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    match value {
        Value::Sequence(list) => &mut list[key.parse::<usize>().expect("an index")],
        other => &mut other[key],
    }
}

/// All of it in one crate, a module for each: types, limits, operations, and functions on a stand-in for the client.
fn compile(distinct: &BTreeMap<Files, String>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    fs::create_dir_all(folder.join("src")).expect("a folder");
    let mut library = include_str!("stand_in.rs").to_owned();
    for (index, (files, what)) in distinct.iter().enumerate() {
        let mut module = format!("// {what}\npub use crate::{{Bounds, Extra, Operation, TextVisitor}};\n");
        for name in ["types", "limits", "operations"] {
            let _ = writeln!(module, "pub mod {name} {{\n{}\n}}", files[format!("{name}.rs").as_str()]);
        }
        let _ = writeln!(module, "crate::stand_in!();\n{}", files["functions.rs"]);
        let _ = writeln!(library, "pub mod m{index};");
        fs::write(folder.join(format!("src/m{index}.rs")), module).expect("written");
    }
    fs::write(folder.join("src/lib.rs"), library).expect("written");
    let manifest = "[package]\nname = \"generated\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                    http = \"1\"\nserde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\n\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest).expect("written");
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    fs::copy(lock, folder.join("Cargo.lock")).expect("copied");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline", "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder"))
        .current_dir(&folder)
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} of {} lines:\n{said}", said.lines().count(), distinct.len());
}
