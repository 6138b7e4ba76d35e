//! The vectors that stand beside the document, for every language; made by an independent implementation.

use std::time::Duration;

use engagelab_otp::callback::{CallbackRequest, Delivery, ReceiveError, Receiver};
use serde::Deserialize;

use super::fixture::at;

const VECTORS: &str = include_str!("../../openapi/callback-vectors.json");

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    secrets: Vec<Secret>,
    now: u64,
    max_age: u64,
    max_clock_skew: u64,
    #[serde(default)]
    before: Vec<Earlier>,
    #[serde(flatten)]
    request: Request,
    expect: Expected,
}

#[derive(Deserialize)]
struct Secret {
    user: String,
    secret: String,
}

#[derive(Deserialize)]
struct Request {
    header: Option<String>,
    content_length: Option<u64>,
    body: String,
}

#[derive(Deserialize)]
struct Earlier {
    now: Option<u64>,
    #[serde(flatten)]
    request: Request,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Expected {
    outcome: String,
    status: u16,
    reason: Option<String>,
    events: Option<usize>,
}

impl Vector {
    fn run(&self) -> Expected {
        let mut builder = Receiver::builder()
            .max_age(Duration::from_secs(self.max_age))
            .max_clock_skew(Duration::from_secs(self.max_clock_skew));
        for secret in &self.secrets {
            builder = builder.secret(&secret.user, &secret.secret).expect("a valid secret");
        }
        let receiver = builder.build().expect("a secret is configured");
        let receive = |request: &Request, now| {
            let incoming = CallbackRequest::new(request.body.as_bytes())
                .with_signature(request.header.as_deref())
                .with_content_length(request.content_length);
            receiver.receive_at(&incoming, at(now))
        };
        for earlier in &self.before {
            if let Ok(Delivery::Events(batch)) = receive(&earlier.request, earlier.now.unwrap_or(self.now)) {
                batch.commit().expect("in memory");
            }
        }
        let expected = |outcome: &str, events| Expected {
            outcome: outcome.to_owned(),
            status: 200,
            reason: None,
            events,
        };
        match receive(&self.request, self.now) {
            Ok(Delivery::AddressCheck(_)) => expected("address_check", None),
            Ok(Delivery::Duplicate) => expected("duplicate", None),
            Ok(Delivery::Events(batch)) => expected("events", Some(batch.events().len())),
            Err(refusal) => Expected {
                status: refusal.http_status(),
                reason: Some(reason(&refusal).to_owned()),
                ..expected("refused", None)
            },
        }
    }
}

fn reason(refusal: &ReceiveError) -> &'static str {
    match refusal {
        ReceiveError::SignatureMissing => "signature_missing",
        ReceiveError::SignatureMalformed(_) => "signature_malformed",
        ReceiveError::UnknownUser => "unknown_user",
        ReceiveError::SignatureWrong => "signature_wrong",
        ReceiveError::TooOld { .. } => "too_old",
        ReceiveError::TooNew { .. } => "too_new",
        ReceiveError::Replayed => "replayed",
        ReceiveError::Forgotten => "forgotten",
        ReceiveError::BodyIncomplete => "body_incomplete",
        ReceiveError::NotJson => "not_json",
        ReceiveError::NotABatch => "not_a_batch",
        _ => "not in the list",
    }
}

#[test]
fn every_vector_beside_the_document_comes_out_as_it_says() {
    let file: File = serde_json::from_str(VECTORS).expect("the vectors are readable");
    assert!(file.vectors.len() > 50, "vectors are missing");
    for vector in &file.vectors {
        assert_eq!(vector.run(), vector.expect, "{}", vector.name);
    }
}
