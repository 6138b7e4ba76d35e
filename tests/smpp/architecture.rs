//! Rules about the code itself.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Files below `src/smpp` whose code, comments aside, holds one of these words.
fn naming(words: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/smpp");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 20, "the sources are where they are looked for");
    let mut naming: Vec<_> = found
        .into_iter()
        .filter(|path| !path.ends_with("tests.rs"))
        .filter(|path| {
            let text = fs::read_to_string(path).expect("readable");
            text.lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .any(|line| words.iter().any(|word| line.contains(word)))
        })
        .map(|path| path.strip_prefix(&root).expect("below it").to_string_lossy().into_owned())
        .collect();
    naming.sort();
    naming
}

#[test]
fn one_file_opens_sockets() {
    assert_eq!(naming(&["TcpListener", "TcpStream::connect", "ToSocketAddrs"]), ["link.rs"]);
    assert_eq!(naming(&["TcpStream"]), ["link.rs", "tls.rs"]);
}

#[test]
fn one_file_knows_rustls() {
    assert_eq!(naming(&["rustls::"]), ["tls.rs"]);
}

#[test]
fn codec_session_and_ledger_read_no_clock_and_start_no_thread() {
    let pure = |file: &String| {
        ["pdu/", "session/", "ledger/"].iter().any(|folder| file.starts_with(folder))
            && !file.ends_with("properties.rs")
    };
    let impure = naming(&["Instant::now", "SystemTime::now", "thread::", "std::io", "std::net"]);
    assert_eq!(impure.into_iter().filter(pure).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn the_server_never_uses_the_client() {
    let users = naming(&["SmppClient", "smpp::client", "super::client"]);
    assert_eq!(users.iter().filter(|file| file.starts_with("smsc/")).count(), 0, "{users:?}");
}
