//! What `--version` says: the version, and what this program was built from and with.

/// Facts for a report of a defect.
pub(crate) fn long() -> String {
    let mut features = Vec::new();
    for (name, is_built_in) in [
        ("codegen", cfg!(feature = "codegen")),
        ("rustls", cfg!(feature = "rustls")),
        ("platform-verifier", cfg!(feature = "platform-verifier")),
        ("native-tls", cfg!(feature = "native-tls")),
    ] {
        if is_built_in {
            features.push(name);
        }
    }
    let document = engagelab_otp::OPENAPI
        .lines()
        .find_map(|line| line.strip_prefix("  version:"))
        .map_or("unknown", |version| version.trim().trim_matches(['"', '\'']));
    format!(
        "{}\nOpenAPI document {document}\n{}, {} build for {}\nfeatures: {}",
        env!("CARGO_PKG_VERSION"),
        env!("ENGAGELAB_OTP_RUSTC"),
        env!("ENGAGELAB_OTP_PROFILE"),
        env!("ENGAGELAB_OTP_TARGET"),
        features.join(", ")
    )
}
