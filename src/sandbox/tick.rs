//! What happens to messages as time goes by: their steps, the end of their codes, and the reports of both.

use std::time::{Duration, SystemTime};

use super::account::{NewMessage, Refusal};
use super::callback::DeliveryResponse;
use super::events::status_row;
use super::lifecycle::{Scenario, Step};
use super::message::{Message, TimelineEntry};
use super::outbox::{Later, PendingDelivery};
use super::service::Service;
use crate::api::types::{Channel, MessageId, MessageStatus};

/// Something that is due at some time.
#[derive(Debug)]
pub(super) enum Action {
    Step(MessageId, Step),
    /// The message's code has grown old.
    Expire(MessageId),
    Outbox(Later),
}

/// Whether things take the time that they take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Speed {
    /// They do.
    #[default]
    Real,
    /// No: what becomes of a message becomes of it at once, and the pauses between deliveries of a callback
    /// are 600 times shorter. Codes live as long as ever.
    Fast,
}

impl Service {
    /// When the next thing is due.
    pub(super) fn next_due(&self) -> Option<SystemTime> {
        self.schedule.next()
    }

    /// Whether there is anything to post or to send.
    pub(super) fn has_mail(&self) -> bool {
        #[cfg(feature = "smpp")]
        if !self.reports.is_empty() {
            return true;
        }
        self.outbox.has_mail()
    }

    /// Lets everything happen that is due, and makes callbacks of what there is to report.
    pub(super) fn tick(&mut self, now: SystemTime) {
        while let Some((at, action)) = self.schedule.take(now) {
            match action {
                Action::Step(message, step) => {
                    #[cfg(feature = "smpp")]
                    if step.is_last {
                        self.report(&message, step.error);
                    }
                    let Step { status, channel, error, .. } = step;
                    self.happened(&message, TimelineEntry { at, status, channel, error });
                }
                Action::Expire(message) => self.expire(&message, at),
                Action::Outbox(later) => self.outbox.carry_out(later),
            }
        }
        for (pause, later) in self.outbox.flush(now) {
            self.schedule.add(now + pause, Action::Outbox(later));
        }
        self.prune();
    }

    /// Takes a message over, and plans what is to happen to it.
    pub(super) fn accept(
        &mut self,
        new: NewMessage,
        course: Scenario,
        channel: Channel,
        now: SystemTime,
    ) -> Result<&Message, Refusal> {
        let message = self.account.send(new, now, self.history)?;
        for mut step in course.steps(channel) {
            if self.pace == Speed::Fast {
                step.after = Duration::ZERO;
            }
            self.schedule.add(now + step.after, Action::Step(message.id.clone(), step));
        }
        if let Some(expires) = message.expires.filter(|_| message.reported) {
            self.schedule.add(expires, Action::Expire(message.id.clone()));
        }
        Ok(message)
    }

    /// Notes and reports that a message's code was checked.
    pub(super) fn checked(&mut self, id: &str, verified: bool, now: SystemTime) {
        let status = if verified { MessageStatus::Verified } else { MessageStatus::VerifiedFailed };
        self.happened_last(id, status, now);
    }

    /// What came of a posting.
    pub(super) fn posted(
        &mut self,
        posting: PendingDelivery,
        answer: DeliveryResponse,
        took: Duration,
        now: SystemTime,
    ) {
        let hurry = if self.pace == Speed::Fast { 600 } else { 1 };
        if let Some((pause, later)) = self.outbox.posted(posting, answer, took, now, hurry) {
            self.schedule.add(now + pause, Action::Outbox(later));
        }
    }

    fn expire(&mut self, id: &MessageId, at: SystemTime) {
        let Some(message) = self.account.message(&id.0) else { return };
        let awaited = matches!(
            message.status(),
            Some(MessageStatus::Sent | MessageStatus::Delivered | MessageStatus::VerifiedFailed)
        );
        if awaited {
            self.happened_last(&id.0, MessageStatus::VerifiedTimeout, at);
        }
    }

    /// Something happened, on the channel that the message took last.
    fn happened_last(&mut self, id: &str, status: MessageStatus, at: SystemTime) {
        let Some(message) = self.account.message(id) else { return };
        if message.reported {
            let last = message.timeline.last();
            let channel = last.map_or(&message.channel, |entry| &entry.channel).clone();
            self.happened(&message.id.clone(), TimelineEntry { at, status, channel, error: None });
        }
    }

    fn happened(&mut self, id: &MessageId, entry: TimelineEntry) {
        let Some(message) = self.account.note(&id.0, entry) else { return };
        if let (true, Some(entry)) = (self.outbox.is_wanted(), message.timeline.last()) {
            let row = status_row(message, entry);
            self.outbox.gather(Some(id.clone()), row);
        }
    }

    /// Reports a message's fate over SMPP, if it came from there.
    #[cfg(feature = "smpp")]
    fn report(&mut self, id: &MessageId, error: Option<crate::ErrorCode>) {
        let Some(message) = self.account.message(&id.0).filter(|message| message.by_smpp) else { return };
        if self.reports.len() < MOST_REPORTS {
            let (message, to) = (message.id.0.clone(), message.to.clone());
            self.reports.push_back(super::smpp::Report { message, to, error });
        }
    }

    /// Plans for messages and callbacks that were forgotten are dropped, before they pile up.
    fn prune(&mut self) {
        if self.schedule.len() < self.prune_at {
            return;
        }
        let (account, outbox) = (&self.account, &self.outbox);
        self.schedule.retain(|action| match action {
            Action::Step(id, _) | Action::Expire(id) => account.message(&id.0).is_some(),
            Action::Outbox(Later::Post(id) | Later::Repeat(id) | Later::Release(id)) => {
                outbox.callback(*id).is_some()
            }
        });
        self.prune_at = PRUNE_AT.max(2 * self.schedule.len());
    }
}

/// How many plans are looked through for needless ones.
pub(super) const PRUNE_AT: usize = 10_000;

/// The most reports that wait for the thread that sends them.
#[cfg(feature = "smpp")]
const MOST_REPORTS: usize = 100_000;
