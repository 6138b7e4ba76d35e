//! What a recorder is told of, by series.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ::metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use super::*;

#[derive(Clone, Default)]
struct Values(Arc<Mutex<BTreeMap<String, f64>>>);

struct Series(Values, String);

impl Values {
    fn series(&self, key: &Key) -> Arc<Series> {
        let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
        Arc::new(Series(self.clone(), key.name().to_owned() + &labels.collect::<String>()))
    }

    /// A value, as it would be printed.
    fn get(&self, series: &str) -> String {
        self.0.lock().expect("whole").get(series).copied().unwrap_or_default().to_string()
    }
}

impl Series {
    fn add(&self, value: f64) {
        *self.0.0.lock().expect("whole").entry(self.1.clone()).or_default() += value;
    }
}

impl CounterFn for Series {
    fn increment(&self, value: u64) {
        self.add(f64::from(u32::try_from(value).expect("small")));
    }

    fn absolute(&self, _: u64) {}
}

impl GaugeFn for Series {
    fn increment(&self, value: f64) {
        self.add(value);
    }

    fn decrement(&self, value: f64) {
        self.add(-value);
    }

    fn set(&self, _: f64) {}
}

impl HistogramFn for Series {
    fn record(&self, value: f64) {
        self.add(value);
    }
}

impl Recorder for Values {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.series(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.series(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.series(key))
    }
}

#[test]
fn a_link_measures_its_window_its_round_trips_and_how_submissions_end() {
    let values = Values::default();
    ::metrics::with_local_recorder(&values, || {
        let mut bench = Bench::bound();
        let size = || values.get("engagelab.smpp.window.size");
        let used = || values.get("engagelab.smpp.window.used");
        assert_eq!((size(), used()), ("3".to_owned(), "0".to_owned()));
        let sequences = [1, 2, 3].map(|token| bench.submit(token));
        assert_eq!(used(), "3");
        bench.now += seconds(2);
        bench.accept(sequences[0], "1");
        bench.reject(sequences[1], Status::THROTTLED);
        assert_eq!(used(), "1");
        bench.now += seconds(20);
        bench.session.handle_time(bench.now);
        assert_eq!(used(), "0");
        bench.accept(sequences[2], "3");
        let fourth = bench.submit(4);
        assert_eq!((used(), fourth > 0), ("1".to_owned(), true));
        assert_eq!(bench.session.abandon().len(), 1);
        drop(bench);
        assert_eq!((size(), used()), ("0".to_owned(), "0".to_owned()));
    });
    assert_eq!(values.get("engagelab.smpp.submissions outcome=success"), "1");
    let rejected = "engagelab.smpp.submissions outcome=rejected error.type=ESME_RTHROTTLED";
    assert_eq!(values.get(rejected), "1");
    assert_eq!(values.get("engagelab.smpp.submissions outcome=unknown error.type=timeout"), "1");
    assert_eq!(values.get("engagelab.smpp.submissions outcome=unknown error.type=link_lost"), "1");
    assert_eq!(values.get("engagelab.smpp.throttles"), "1");
    // Two answers after two seconds, and a late one after twenty-two.
    assert_eq!(values.get("engagelab.smpp.submit.duration"), "26");
}
