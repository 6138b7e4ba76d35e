//! A shop with a secret, at a fixed time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engagelab_otp::callback::{
    Batch, CallbackRequest, Delivery, ReceiveError, Receiver, ReceiverBuilder, Signer,
};

pub(crate) const USER: &str = "shop";
pub(crate) const SECRET: &str = "correct horse battery staple";
pub(crate) const NOW: u64 = 1_791_763_200;

pub(crate) const DELIVERED: &str =
    r#"{"total":1,"rows":[{"message_id":"17","channel":"sms","status":{"message_status":"delivered"}}]}"#;

pub(crate) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn builder() -> ReceiverBuilder {
    Receiver::builder().secret(USER, SECRET).expect("a valid secret")
}

pub(crate) fn receiver() -> Receiver {
    builder().build().expect("a secret is configured")
}

pub(crate) fn header(nonce: &str) -> String {
    header_at(nonce, NOW)
}

pub(crate) fn header_at(nonce: &str, seconds: u64) -> String {
    let signer = Signer::new(USER, SECRET).expect("a valid secret");
    signer.header(at(seconds), nonce).expect("a valid nonce")
}

/// Hands over a body with a signature of its own.
pub(crate) fn receive(receiver: &Receiver, header: &str, body: &[u8]) -> Result<Delivery, ReceiveError> {
    receiver.receive_at(&CallbackRequest::new(body).with_signature(Some(header)), at(NOW))
}

/// The batch of a genuine callback with this body.
pub(crate) fn batch(body: &str) -> Batch {
    match receive(&receiver(), &header("n"), body.as_bytes()) {
        Ok(Delivery::Events(batch)) => batch,
        other => panic!("{other:?}"),
    }
}

/// The batch of a genuine callback with one row.
pub(crate) fn row(row: &str) -> Batch {
    batch(&format!(r#"{{"total":1,"rows":[{row}]}}"#))
}
