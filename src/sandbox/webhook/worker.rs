//! The threads that post callbacks: one for each address, so that a slow receiver keeps only itself waiting.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::callback::DeliveryResponse;
use super::outbox::PendingDelivery;
use crate::callback::SIGNATURE_HEADER;
use crate::http::transport::WebhookClient;

/// Where a worker gets its deliveries from, and says what came of them.
pub(crate) trait Deliveries: Send + Sync + 'static {
    /// Waits for a callback to post to the address with this number; none once it is removed, or the sandbox stops.
    fn next_delivery(&self, target: usize) -> Option<PendingDelivery>;

    /// Takes note of what came of a delivery.
    fn delivered(&self, delivery: PendingDelivery, answer: DeliveryResponse, took: Duration);
}

/// Starts the worker of one address. Nobody waits for its end: a receiver may keep it for as long as one may take to
/// answer, and then it stops by itself.
pub(crate) fn start(
    deliveries: &Arc<impl Deliveries>,
    target: usize,
    client: WebhookClient,
) -> io::Result<()> {
    let deliveries = deliveries.clone();
    let run = move || {
        while let Some(delivery) = deliveries.next_delivery(target) {
            let began = Instant::now();
            let answer = post(&client, &delivery);
            deliveries.delivered(delivery, answer, began.elapsed());
        }
    };
    thread::Builder::new().name(format!("sandbox-webhook-{target}")).spawn(run).map(drop)
}

fn post(client: &WebhookClient, delivery: &PendingDelivery) -> DeliveryResponse {
    let signature = delivery.signature.as_deref().map(|value| (SIGNATURE_HEADER, value));
    let authorization = delivery.authorization.as_deref().map(|value| ("authorization", value));
    let headers: Vec<(&str, &str)> = signature.into_iter().chain(authorization).collect();
    match client.post(&headers, &delivery.body) {
        Ok((status, body)) => DeliveryResponse::Status { status, body },
        Err(reason) => DeliveryResponse::None(reason),
    }
}

/// How long a receiver may take to answer, as the service has it.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(3);
