//! The threads that post callbacks: one for each address, so that a slow receiver keeps only itself waiting.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::callback::DeliveryResponse;
use super::outbox::PendingDelivery;
use super::shared::Shared;
use crate::callback::SIGNATURE_HEADER;
use crate::http::transport::WebhookClient;

/// Starts a courier for each address.
pub(super) fn start(shared: &Arc<Shared>, posters: Vec<WebhookClient>) -> io::Result<Vec<JoinHandle<()>>> {
    let start = |(target, poster): (usize, WebhookClient)| {
        let shared = shared.clone();
        let run = move || {
            while let Some(posting) = shared.next_posting(target) {
                let began = Instant::now();
                let answer = post(&poster, &posting);
                shared.posted(posting, answer, began.elapsed());
            }
        };
        thread::Builder::new().name(format!("sandbox-courier-{target}")).spawn(run)
    };
    posters.into_iter().enumerate().map(start).collect()
}

fn post(poster: &WebhookClient, posting: &PendingDelivery) -> DeliveryResponse {
    let signature = posting.signature.as_deref().map(|value| (SIGNATURE_HEADER, value));
    let authorization = posting.authorization.as_deref().map(|value| ("authorization", value));
    let headers: Vec<(&str, &str)> = signature.into_iter().chain(authorization).collect();
    match poster.post(&headers, &posting.body) {
        Ok((status, body)) => DeliveryResponse::Status { status, body },
        Err(reason) => DeliveryResponse::None(reason),
    }
}

/// How long a receiver may take to answer, as the service has it.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);
