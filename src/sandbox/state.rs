//! Everything that a sandbox remembers, behind one lock: the service, the callbacks about it, and what goes wrong.

use std::time::{Duration, SystemTime};

use super::fault::FaultQueue;
use super::model::{Model, Occurrence, Speed};
use super::requests::RequestLog;
use super::webhook::{Callback, DeliveryResponse, Outbox, PendingDelivery, audit_row, status_row};

pub(crate) struct State {
    pub(crate) model: Model,
    pub(crate) outbox: Outbox,
    pub(crate) faults: FaultQueue,
    pub(crate) requests: RequestLog,
    /// Delivery reports that are due over SMPP.
    #[cfg(feature = "smpp")]
    pub(crate) reports: std::collections::VecDeque<Report>,
}

/// A delivery report that is due over SMPP.
#[cfg(feature = "smpp")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) message: String,
    pub(crate) to: String,
    pub(crate) error: Option<crate::api::types::ErrorCode>,
}

impl State {
    pub(crate) fn new(model: Model, outbox: Outbox, faults: FaultQueue) -> Self {
        Self {
            model,
            outbox,
            faults,
            requests: RequestLog::default(),
            #[cfg(feature = "smpp")]
            reports: std::collections::VecDeque::new(),
        }
    }

    /// When the next thing is due.
    pub(crate) fn next_due(&self) -> Option<SystemTime> {
        [self.model.next_due(), self.outbox.next_due()].into_iter().flatten().min()
    }

    /// Lets everything happen that is due, and has it reported.
    pub(crate) fn tick(&mut self, now: SystemTime) {
        self.model.tick(now);
        for occurrence in self.model.take_happened() {
            self.report(&occurrence, now);
        }
        self.outbox.tick(now);
    }

    /// Whether there is anything to post or to send.
    pub(crate) fn has_deliveries(&self) -> bool {
        #[cfg(feature = "smpp")]
        if !self.reports.is_empty() {
            return true;
        }
        self.outbox.has_queued()
    }

    /// What came of a delivery.
    pub(crate) fn delivered(
        &mut self,
        delivery: PendingDelivery,
        answer: DeliveryResponse,
        took: Duration,
        now: SystemTime,
    ) -> Option<&Callback> {
        let times_shorter = if self.model.speed() == Speed::Fast { 600 } else { 1 };
        self.outbox.delivered(delivery, answer, took, now, times_shorter)
    }

    /// Moves all times back by as much as the clock is put back: what happened lies as long ago as before, what is to
    /// come keeps the time that it had left, and nothing lies in a future that has happened already.
    pub(crate) fn rewind(&mut self, by: Duration) {
        self.model.rewind(by);
        self.outbox.rewind(by);
        self.requests.rewind(by);
    }

    /// Everything as in a new sandbox, but for the addresses of callbacks.
    pub(crate) fn reset(&mut self, now: SystemTime) {
        self.model.reset(now);
        self.outbox.clear();
        self.outbox.set_fault(None);
        self.faults.clear();
        self.requests.clear();
        #[cfg(feature = "smpp")]
        self.reports.clear();
    }

    fn report(&mut self, occurrence: &Occurrence, now: SystemTime) {
        match occurrence {
            Occurrence::Message { id, entry, is_last } => {
                let Some(message) = self.model.messages().get(&id.0) else { return };
                #[cfg(feature = "smpp")]
                if *is_last && message.by_smpp && self.reports.len() < MOST_REPORTS {
                    let (message, to) = (message.id.0.clone(), message.to.clone());
                    self.reports.push_back(Report { message, to, error: entry.error });
                }
                #[cfg(not(feature = "smpp"))]
                let _ = is_last;
                if self.outbox.is_wanted() {
                    self.outbox.gather(Some(id.clone()), status_row(message, entry));
                }
            }
            Occurrence::TemplateReviewed { id, status } => {
                self.outbox.gather(None, audit_row(id, *status, now));
            }
        }
    }
}

/// The most reports that wait for the thread that sends them.
#[cfg(feature = "smpp")]
const MOST_REPORTS: usize = 100_000;
