//! Reports that came before the answer which names their message.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use crate::smpp::DeliveryReport;
use crate::smpp::report::ReportState;

/// Reports held back, by id and in the order in which they came, which is the order of their deadlines.
#[derive(Debug, Default)]
pub(super) struct Early {
    held: BTreeMap<u64, (Instant, DeliveryReport)>,
    by_id: HashMap<String, Vec<u64>>,
    count: u64,
}

impl Early {
    pub(super) fn hold(&mut self, id: &str, report: DeliveryReport, deadline: Instant) {
        self.count += 1;
        self.by_id.entry(id.to_owned()).or_default().push(self.count);
        self.held.insert(self.count, (deadline, report));
    }

    /// The reports on this message, in order.
    pub(super) fn take(&mut self, id: &str) -> Vec<DeliveryReport> {
        if self.held.is_empty() {
            return Vec::new();
        }
        let numbers = self.by_id.remove(id).unwrap_or_default();
        numbers.into_iter().filter_map(|number| self.held.remove(&number)).map(|(_, report)| report).collect()
    }

    /// The oldest report, whatever its deadline.
    pub(super) fn pop(&mut self) -> Option<DeliveryReport> {
        let (number, (_, report)) = self.held.pop_first()?;
        let id = report.message_id().unwrap_or_default();
        if let Some(numbers) = self.by_id.get_mut(id) {
            numbers.retain(|held| *held != number);
            if numbers.is_empty() {
                self.by_id.remove(id);
            }
        }
        Some(report)
    }

    pub(super) fn contains(&self, id: &str, state: &ReportState) -> bool {
        let numbers = self.by_id.get(id).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.held.get(number)).any(|(_, report)| report.state() == state)
    }

    pub(super) fn first_deadline(&self) -> Option<Instant> {
        self.held.values().next().map(|(deadline, _)| *deadline)
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}
