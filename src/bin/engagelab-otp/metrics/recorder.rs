//! Keeps what is measured: a number for each counter and gauge, buckets for each histogram.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use ::metrics::{
    Counter, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

use crate::output::warn;
use crate::sync;

/// All metrics, by name.
#[derive(Default)]
pub(super) struct Registry(Mutex<BTreeMap<String, Family>>);

/// One metric, and its series by their labels.
#[derive(Default)]
pub(super) struct Family {
    pub(super) help: String,
    pub(super) unit: Option<Unit>,
    pub(super) series: BTreeMap<Labels, Series>,
    /// Whether there were more series than are kept.
    is_full: bool,
}

pub(super) type Labels = Vec<(String, String)>;

#[derive(Clone)]
pub(super) enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

impl Registry {
    pub(super) fn families(&self) -> MutexGuard<'_, BTreeMap<String, Family>> {
        sync::lock(&self.0)
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, help: &SharedString) {
        let mut families = self.families();
        let family = families.entry(name.as_str().to_owned()).or_default();
        family.unit = unit;
        family.help = help.to_string();
    }

    /// The series of this key; none if its metric has as many as are kept.
    fn series(&self, key: &Key, new: fn() -> Series) -> Option<Series> {
        let labels: Labels =
            key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        let mut families = self.families();
        let family = families.entry(key.name().to_owned()).or_default();
        if let Some(series) = family.series.get(&labels) {
            return Some(series.clone());
        }
        if family.series.len() >= MOST_SERIES {
            if !std::mem::replace(&mut family.is_full, true) {
                warn(&format!("{} has {MOST_SERIES} series: more are not kept", key.name()));
            }
            return None;
        }
        let series = new();
        family.series.insert(labels, series.clone());
        Some(series)
    }
}

impl Recorder for Registry {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(&name, unit, &help);
    }

    fn describe_gauge(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(&name, unit, &help);
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, help: SharedString) {
        self.describe(&name, unit, &help);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        match self.series(key, || Series::Counter(Arc::default())) {
            Some(Series::Counter(counter)) => Counter::from_arc(counter),
            _ => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        match self.series(key, || Series::Gauge(Arc::default())) {
            Some(Series::Gauge(gauge)) => Gauge::from_arc(gauge),
            _ => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        match self.series(key, || Series::Histogram(Arc::default())) {
            Some(Series::Histogram(buckets)) => Histogram::from_arc(buckets),
            _ => Histogram::noop(),
        }
    }
}

/// How many values were up to each of the bounds, and not up to the one before.
#[derive(Default)]
pub(super) struct Buckets {
    pub(super) counts: [AtomicU64; BOUNDS.len() + 1],
    /// An `f64`.
    sum: AtomicU64,
}

impl Buckets {
    pub(super) fn sum(&self) -> f64 {
        f64::from_bits(self.sum.load(Ordering::Relaxed))
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        let place = BOUNDS.iter().position(|bound| value <= *bound).unwrap_or(BOUNDS.len());
        self.counts[place].fetch_add(1, Ordering::Relaxed);
        GaugeFn::increment(&self.sum, value);
    }
}

/// The bounds that OpenTelemetry recommends for the durations of HTTP requests, in seconds.
pub(super) const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The most series that one metric has.
const MOST_SERIES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_at_most_a_thousand_series() {
        let registry = Registry::default();
        ::metrics::with_local_recorder(&registry, || {
            for number in 0..2000 {
                ::metrics::counter!("some.counter", "number" => number.to_string()).increment(1);
            }
        });
        assert_eq!(registry.families()["some.counter"].series.len(), 1000);
    }
}
