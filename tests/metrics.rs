//! What is measured, as a recorder sees it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use ::metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use engagelab_otp::callback::{CallbackHeaders, CallbackRequest, Receiver, Signer};
use engagelab_otp::{Client, RetryPolicy};

use crate::support::server::{Fault, Server, json};
use crate::support::{client, phone, template};

/// Counts what was recorded in each series.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct Series(Counts, String);

impl Counts {
    fn series(&self, key: &Key) -> Arc<Series> {
        let mut name = key.name().to_owned();
        for label in key.labels() {
            write!(name, " {}={}", label.key(), label.value()).expect("written");
        }
        Arc::new(Series(self.clone(), name))
    }

    fn taken(&self) -> Vec<String> {
        self.0.lock().expect("whole").iter().map(|(name, count)| format!("{count} {name}")).collect()
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        *self.0.0.lock().expect("whole").entry(self.1.clone()).or_default() += value;
    }

    fn absolute(&self, _: u64) {
        panic!("counters count up");
    }
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        assert!((0.0..60.0).contains(&value), "{} is measured in seconds: {value}", self.1);
        self.increment(1);
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        assert_eq!(unit, Some(Unit::Seconds), "{name:?}");
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

/// What was measured meanwhile.
fn measured(act: impl FnOnce()) -> Vec<String> {
    let counts = Counts::default();
    ::metrics::with_local_recorder(&counts, act);
    counts.taken()
}

#[test]
fn calls_and_attempts_are_measured_by_operation_outcome_and_error() {
    let slow_down = json(429, r#"{"code":3004,"message":"slow down"}"#);
    let slow_down = slow_down.replace("\r\n\r\n", "\r\nRetry-After: 0\r\n\r\n");
    let server = Server::start(vec![
        Fault::Answer(json(200, r#"{"message_id":"1725407449772531712"}"#)),
        Fault::Answer(slow_down),
        Fault::Answer(json(200, r#"{"message_id":"1725407449772531713"}"#)),
        Fault::Answer(json(400, r#"{"code":5011,"message":"no such number: +6591234567"}"#)),
        Fault::Close,
    ]);
    let found = measured(|| {
        let client: Client = client(&server.url())
            .retry(RetryPolicy::new().initial_backoff(std::time::Duration::ZERO))
            .build()
            .expect("built");
        for _ in 0..4 {
            drop(client.send_otp(&phone(), &template()));
        }
    });
    assert_eq!(
        found,
        [
            "1 engagelab.client.call.duration operation=sendOtp outcome=rejected error.type=invalid_phone_number",
            "2 engagelab.client.call.duration operation=sendOtp outcome=success",
            "1 engagelab.client.call.duration operation=sendOtp outcome=unknown error.type=connection_lost",
            "1 http.client.request.duration operation=sendOtp outcome=rejected error.type=invalid_phone_number",
            "1 http.client.request.duration operation=sendOtp outcome=rejected error.type=resent_too_soon",
            "2 http.client.request.duration operation=sendOtp outcome=success",
            "1 http.client.request.duration operation=sendOtp outcome=unknown error.type=connection_lost",
        ]
    );
}

#[test]
fn callbacks_are_counted_once_by_what_became_of_them() {
    let found = measured(|| {
        let receiver = Receiver::builder().secret("shop", "a secret").expect("valid").build().expect("built");
        let signer = Signer::new("shop", "a secret").expect("valid");
        let header = signer.header(SystemTime::now(), "k2f8r1").expect("valid");
        let headers = CallbackHeaders::new().with_signature(Some(&header));
        let body = br#"{"total":1,"rows":[{"message_id":"17","status":{"message_status":"delivered"}}]}"#;
        drop(receiver.check(&headers).read(body));
        // Dropped without a commit, it comes again.
        drop(receiver.check(&headers).read(body));
        let other = br#"{"total":1,"rows":[{"message_id":"18","status":{"message_status":"delivered"}}]}"#;
        drop(receiver.check(&headers).read(other));
        drop(receiver.receive(&CallbackRequest::new(b"{}")));
        drop(receiver.receive(&CallbackRequest::new(body)));
        // Refused before the body is read, and left while it comes.
        drop(receiver.check(&CallbackHeaders::new().with_content_length(Some(1000))));
        drop(receiver.check(&headers));
    });
    assert_eq!(
        found,
        [
            "1 engagelab.callback.requests result=address_check",
            "1 engagelab.callback.requests result=body_not_read",
            "2 engagelab.callback.requests result=events",
            "1 engagelab.callback.requests result=replayed",
            "2 engagelab.callback.requests result=signature_missing",
        ]
    );
}

/// Every value that a label can have, so that no series can be more than the product.
#[test]
fn no_metric_of_calls_can_have_more_than_a_thousand_series() {
    let operations = engagelab_otp::api::operations::ALL.len();
    let kinds = include_str!("../src/error.rs")
        .split_once("pub enum ErrorKind {")
        .and_then(|(_, rest)| rest.split_once("\n}"))
        .map(|(body, _)| body.lines().filter(|line| line.trim().ends_with(',')).count())
        .expect("the kinds");
    let codes: std::collections::BTreeSet<_> =
        (0..10_000).map(|code| engagelab_otp::ErrorCode::from(code).name().to_owned()).collect();
    assert!(kinds > 10 && codes.len() > 15, "{kinds} kinds, {} names", codes.len());
    // A success has no error. Each kind goes with three outcomes at most, and each name with two, for an answer names it.
    let series = operations * (1 + 3 * kinds + 2 * codes.len());
    assert!(
        series <= 1000,
        "{series} series for {operations} operations, {kinds} kinds and {} names of codes: if they are meant, raise the \
         promise here, in src/metrics.rs and in ARCHITECTURE.md",
        codes.len()
    );
}
