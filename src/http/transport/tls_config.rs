//! The configuration of the TLS library. Compiled only with one.

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::tls::{RootCertificates, TlsBackend};
use crate::InvalidInput;

pub(super) fn config(
    backend: Option<TlsBackend>,
    roots: &RootCertificates,
    extra_roots: &[u8],
) -> Result<TlsConfig, InvalidInput> {
    let backend = backend.ok_or_else(|| InvalidInput::new("tls_backend", "must be compiled in"))?;
    let extra = if extra_roots.is_empty() { Vec::new() } else { certificates("extra_roots", extra_roots)? };
    let (provider, default) = match backend {
        #[cfg(feature = "rustls")]
        TlsBackend::Rustls => (TlsProvider::Rustls, RootCerts::WebPki),
        #[cfg(feature = "native-tls")]
        TlsBackend::NativeTls => (TlsProvider::NativeTls, RootCerts::PlatformVerifier),
    };
    let roots = match roots {
        RootCertificates::Only(pem) => with(certificates("roots", pem)?, extra),
        RootCertificates::System => {
            let rustls = provider == TlsProvider::Rustls;
            let usable = !rustls || cfg!(feature = "platform-verifier");
            let rule = "must not be the system's with rustls, unless the feature `platform-verifier` is on";
            InvalidInput::unless(usable, "roots", rule)?;
            if extra.is_empty() { RootCerts::PlatformVerifier } else { with(system()?, extra) }
        }
        RootCertificates::Default if extra.is_empty() => default,
        #[cfg(feature = "native-tls")]
        RootCertificates::Default if backend == TlsBackend::NativeTls => with(system()?, extra),
        RootCertificates::Default => with(mozilla(), extra),
    };
    Ok(TlsConfig::builder().provider(provider).root_certs(roots).build())
}

fn with(mut roots: Vec<Certificate<'static>>, extra: Vec<Certificate<'static>>) -> RootCerts {
    roots.extend(extra);
    RootCerts::new_with_certs(&roots)
}

fn certificates(field: &'static str, pem: &[u8]) -> Result<Vec<Certificate<'static>>, InvalidInput> {
    let refuse = || InvalidInput::new(field, "must be one or more certificates in PEM form");
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| refuse())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(refuse()) } else { Ok(found) }
}

fn mozilla() -> Vec<Certificate<'static>> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|root| Certificate::from_der(root)).collect()
}

#[cfg(any(feature = "platform-verifier", feature = "native-tls"))]
fn system() -> Result<Vec<Certificate<'static>>, InvalidInput> {
    let loaded = rustls_native_certs::load_native_certs();
    let rule = "must be readable, and at least one, to be the system's";
    InvalidInput::unless(!loaded.certs.is_empty(), "roots", rule)?;
    Ok(loaded.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect())
}

#[cfg(not(any(feature = "platform-verifier", feature = "native-tls")))]
fn system() -> Result<Vec<Certificate<'static>>, InvalidInput> {
    Err(InvalidInput::new("roots", "must not be the system's, unless the feature `platform-verifier` is on"))
}
