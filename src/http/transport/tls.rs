//! Which library speaks TLS, and whom it trusts.

use std::fmt;

/// Which root certificates are trusted.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootCertificates {
    /// Mozilla's with rustls, the operating system's with native-tls.
    #[default]
    Default,
    /// The operating system's. With rustls this needs the feature `platform-verifier`.
    System,
    /// These alone, in PEM form.
    Only(Vec<u8>),
}

/// Which library speaks TLS, where both are compiled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsBackend {
    /// rustls.
    #[cfg(feature = "rustls")]
    Rustls,
    /// The operating system's.
    #[cfg(feature = "native-tls")]
    NativeTls,
}

/// Whoever hands over a PEM file may hand over a private key with it: the text is not shown.
impl fmt::Debug for RootCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("Default"),
            Self::System => f.write_str("System"),
            Self::Only(pem) => write!(f, "Only({} bytes)", pem.len()),
        }
    }
}

impl TlsBackend {
    /// The one that is used unless another is chosen.
    pub(super) fn compiled_in() -> Option<Self> {
        #[cfg(feature = "rustls")]
        let compiled = Some(Self::Rustls);
        #[cfg(all(feature = "native-tls", not(feature = "rustls")))]
        let compiled = Some(Self::NativeTls);
        #[cfg(not(any(feature = "rustls", feature = "native-tls")))]
        let compiled = None;
        compiled
    }
}
