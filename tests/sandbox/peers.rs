//! Programs that nobody here wrote, and that may not be installed.

use std::io::Write as _;
use std::path::PathBuf;

/// What was found; without it, a test says loudly that it is skipped, and fails where peers are required.
pub(crate) fn found<T>(name: &str, peer: Option<T>) -> Option<T> {
    if peer.is_none() {
        assert!(std::env::var("REQUIRE_PEERS").as_deref() != Ok("1"), "{name} is required and not there");
        // Not by `eprintln!`, which is swallowed when a test passes.
        let notice = "SKIPPED: a peer is not installed; run .ci/peers to have";
        writeln!(std::io::stderr(), "\n{notice} {name}\n").expect("standard error is open");
    }
    peer
}

/// The folder that peers are installed in.
pub(crate) fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    std::env::var_os("PEERS_DIR").map_or_else(default, PathBuf::from)
}
