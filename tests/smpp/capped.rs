//! What a server takes, at most so many messages a second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::smsc::{Decision, PlannedReport, Submission, SubmitHandler};

/// A bucket that holds a second's worth and fills at the rate. What finds it empty is throttled; all else is delivered at
/// once.
pub(crate) struct Capped {
    per_second: f64,
    bucket: Mutex<(f64, Instant)>,
    /// Ids start with this: no two servers of a service give out the same.
    name: String,
    counts: Arc<Counts>,
}

#[derive(Default)]
pub(crate) struct Counts {
    taken: AtomicU64,
    throttled: AtomicU64,
}

impl Capped {
    pub(crate) fn new(per_second: u32, name: &str) -> Self {
        let per_second = f64::from(per_second);
        let bucket = Mutex::new((per_second, Instant::now()));
        Self { per_second, bucket, name: name.to_owned(), counts: Arc::default() }
    }

    pub(crate) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }
}

impl Counts {
    pub(crate) fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }
}

impl SubmitHandler for Capped {
    fn decide(&self, _: &Submission) -> Decision {
        let mut bucket = self.bucket.lock().expect("not poisoned");
        let (content, since) = *bucket;
        let now = Instant::now();
        let content = (content + (now - since).as_secs_f64() * self.per_second).min(self.per_second);
        *bucket = (if content < 1.0 { content } else { content - 1.0 }, now);
        if content < 1.0 {
            self.counts.throttled.fetch_add(1, Ordering::Relaxed);
            return Decision::Reject(Status::THROTTLED);
        }
        let number = self.counts.taken.fetch_add(1, Ordering::Relaxed);
        Decision::Accept {
            message_id: format!("{}-{number}", self.name),
            reports: vec![PlannedReport { after: Duration::ZERO, error: None }],
        }
    }
}
