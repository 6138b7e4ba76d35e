//! What a failed TLS handshake says of the other end's certificate.

use std::io;

use rustls::Error;

/// Whether it is the certificate that is refused: not trusted, not valid at this time, or of another name. Trying again does
/// not help then.
pub(crate) fn is_certificate(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    matches!(tls, Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented))
}
