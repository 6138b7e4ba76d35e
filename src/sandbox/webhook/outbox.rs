//! Callbacks on their way: rows are gathered, made into callbacks, queued, and queued again when they fail.
//!
//! It posts nothing itself, and time is passed in: workers take what is queued and say what came of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::callback::{Callback, CallbackState, DeliveryAttempt, DeliveryResponse};
use super::targets::Targets;
use crate::api::types::MessageId;
use crate::callback::Signer;
use crate::sandbox::clock::earlier;
use crate::sandbox::fault::CallbackFault;
use crate::sandbox::model::Schedule;

/// Where callbacks go at first, and how they go.
#[derive(Clone, Debug)]
pub(crate) struct CallbackPlan {
    pub(crate) urls: Vec<String>,
    pub(crate) signer: Option<Signer>,
    pub(crate) authorization: Option<String>,
    pub(crate) redelivery: Redelivery,
    pub(crate) most_rows: usize,
    pub(crate) fault: Option<CallbackFault>,
}

/// How a callback that failed is posted again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Redelivery {
    /// With a fresh time, nonce and signature.
    #[default]
    SignedAnew,
    /// With the header that it had the first time.
    AsItWas,
}

/// What is left to do with a callback later on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planned {
    /// Queue it.
    Post(u64),
    /// Queue it again, unless it was delivered meanwhile.
    Repeat(u64),
    /// Queue it, if it is still held back.
    Release(u64),
}

/// A callback to be posted now.
#[derive(Debug)]
pub(crate) struct PendingDelivery {
    pub(crate) callback: u64,
    pub(crate) signature: Option<String>,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
    pub(crate) began: SystemTime,
}

/// All callbacks, and what is to be done with them.
#[derive(Debug)]
pub(crate) struct Outbox {
    plan: CallbackPlan,
    schedule: Schedule<Planned>,
    /// Rows that are to become callbacks, as soon as receivers have taken those before.
    gathered: VecDeque<(Option<MessageId>, Value)>,
    /// How many rows were forgotten before anybody took them.
    lost_rows: u64,
    callbacks: BTreeMap<u64, Callback>,
    made: u64,
    /// How many octets the bodies of all callbacks take.
    weight: usize,
    targets: Targets<(u64, SigningMode)>,
    under_way: usize,
    random: fastrand::Rng,
}

/// How a queued callback is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SigningMode {
    Anew,
    AsItWas,
    Forged,
}

impl Outbox {
    pub(crate) fn new(mut plan: CallbackPlan) -> Self {
        let urls = std::mem::take(&mut plan.urls);
        Self {
            plan,
            targets: Targets::new(urls, MOST_CALLBACKS),
            schedule: Schedule::default(),
            gathered: VecDeque::new(),
            lost_rows: 0,
            callbacks: BTreeMap::new(),
            made: 0,
            weight: 0,
            under_way: 0,
            random: fastrand::Rng::new(),
        }
    }

    /// Whether there is any address to post to.
    pub(crate) fn is_wanted(&self) -> bool {
        self.urls().len() > 0
    }

    /// Where callbacks go.
    pub(crate) fn urls(&self) -> impl ExactSizeIterator<Item = &str> {
        self.targets.urls()
    }

    /// Whether callbacks are signed as this signer does: with the same name and the same secret.
    pub(crate) fn is_signed_by(&self, signer: &Signer) -> bool {
        let header = |signer: &Signer| signer.header(UNIX_EPOCH, "0123456789abcdef").ok();
        self.plan.signer.as_ref().is_some_and(|own| header(own).is_some() && header(own) == header(signer))
    }

    /// How callbacks go wrong.
    pub(crate) fn fault(&self) -> Option<CallbackFault> {
        self.plan.fault
    }

    pub(crate) fn set_fault(&mut self, fault: Option<CallbackFault>) {
        self.plan.fault = fault;
    }

    /// Adds an address, and queues its check; none if it is there already. The number is that of its queue.
    pub(crate) fn add_url(&mut self, url: &str, now: SystemTime) -> Option<usize> {
        if self.targets.has(url) {
            return None;
        }
        let target = self.targets.add(url.to_owned());
        self.check_address(target, now);
        Some(target)
    }

    /// Removes an address, or all of them, with what was still to be posted there; whether there was any.
    pub(crate) fn remove_urls(&mut self, url: Option<&str>) -> bool {
        let removed = self.targets.remove(url);
        for callback in self.callbacks.values_mut() {
            let is_open = matches!(callback.state, CallbackState::Waiting | CallbackState::Failing { .. });
            if is_open && !self.targets.has(&callback.url) {
                callback.state = CallbackState::GivenUp;
            }
        }
        removed
    }

    /// Whether there is still an address with this number.
    pub(crate) fn has_target(&self, target: usize) -> bool {
        self.targets.url(target).is_some()
    }

    /// Queues the check of each address: a callback without rows.
    pub(crate) fn check_addresses(&mut self, now: SystemTime) {
        for target in self.targets.numbers() {
            self.check_address(target, now);
        }
    }

    fn check_address(&mut self, target: usize, now: SystemTime) {
        let id = self.make(target, "{}".to_owned(), 0, Vec::new(), now);
        if let Some(check) = self.callbacks.get_mut(&id) {
            check.is_address_check = true;
        }
        self.queue(id, SigningMode::Anew);
    }

    /// When the next thing is due.
    pub(crate) fn next_due(&self) -> Option<SystemTime> {
        self.schedule.next()
    }

    /// Does what is due, and makes callbacks of the gathered rows.
    pub(crate) fn tick(&mut self, now: SystemTime) {
        while let Some((_, planned)) = self.schedule.take(now) {
            self.carry_out(planned);
        }
        self.flush(now);
        if self.schedule.len() > 2 * MOST_CALLBACKS {
            let callbacks = &self.callbacks;
            self.schedule.retain(|planned| {
                let (Planned::Post(id) | Planned::Repeat(id) | Planned::Release(id)) = planned;
                callbacks.contains_key(id)
            });
        }
    }

    /// Moves all times back by as much as the clock is put back.
    pub(crate) fn rewind(&mut self, by: Duration) {
        self.schedule.rewind(by);
        for callback in self.callbacks.values_mut() {
            callback.made = earlier(callback.made, by);
            for attempt in &mut callback.attempts {
                attempt.at = earlier(attempt.at, by);
            }
            if let CallbackState::Failing { next } = &mut callback.state {
                *next = earlier(*next, by);
            }
        }
    }

    /// Forgets all callbacks, and what was to be done with them.
    pub(crate) fn clear(&mut self) {
        self.callbacks.clear();
        self.gathered.clear();
        self.lost_rows = 0;
        self.schedule.clear();
        self.targets.clear();
        self.weight = 0;
    }

    pub(crate) fn gather(&mut self, message: Option<MessageId>, row: Value) {
        if !self.is_wanted() {
            return;
        }
        if self.gathered.len() >= MOST_GATHERED && self.gathered.pop_front().is_some() {
            self.lost_rows += 1;
        }
        self.gathered.push_back((message, row));
    }

    /// How many rows were forgotten before anybody took them, since there were too many.
    pub(crate) fn lost_rows(&self) -> u64 {
        self.lost_rows
    }

    /// Makes callbacks of the gathered rows. Where a receiver is slow, the rows wait and then travel together, so that none
    /// has to be forgotten.
    fn flush(&mut self, now: SystemTime) {
        if self.gathered.is_empty() {
            return;
        }
        let reversed = self.plan.fault == Some(CallbackFault::Reordered);
        let targets = self.targets.numbers();
        while !self.gathered.is_empty() && self.targets.longest_queue() < MOST_QUEUED {
            let most = self.plan.most_rows.clamp(1, self.gathered.len());
            let rows: Vec<_> = self.gathered.drain(..most).collect();
            let mut ordered: Vec<&Value> = rows.iter().map(|(_, row)| row).collect();
            if reversed {
                ordered.reverse();
            }
            let mut messages: Vec<MessageId> = rows.iter().filter_map(|(id, _)| id.clone()).collect();
            messages.dedup();
            let count = ordered.len();
            let body = json!({"total": count, "rows": ordered}).to_string();
            for &target in &targets {
                let id = self.make(target, body.clone(), count, messages.clone(), now);
                self.dispatch(id, target, now);
            }
        }
    }

    /// Queues a new callback, or does with it what the fault says.
    fn dispatch(&mut self, id: u64, target: usize, now: SystemTime) {
        match self.plan.fault {
            None => self.queue(id, SigningMode::Anew),
            Some(CallbackFault::Duplicate) => {
                self.queue(id, SigningMode::Anew);
                self.queue(id, SigningMode::Anew);
            }
            Some(CallbackFault::Replayed) => {
                self.queue(id, SigningMode::Anew);
                self.queue(id, SigningMode::AsItWas);
            }
            Some(CallbackFault::Forged) => self.queue(id, SigningMode::Forged),
            Some(CallbackFault::Late { by }) => self.schedule.add(now + by, Planned::Post(id)),
            Some(CallbackFault::Reordered) => {
                if let Some(earlier) = self.targets.hold(target, id) {
                    self.queue(id, SigningMode::Anew);
                    self.queue(earlier, SigningMode::Anew);
                } else {
                    self.schedule.add(now + LONGEST_HOLD, Planned::Release(id));
                }
            }
        }
    }

    fn carry_out(&mut self, planned: Planned) {
        match planned {
            Planned::Post(id) => self.queue(id, SigningMode::Anew),
            Planned::Release(id) => {
                if self.targets.release(id) {
                    self.queue(id, SigningMode::Anew);
                }
            }
            Planned::Repeat(id) => {
                let failing = |callback: &Callback| matches!(callback.state, CallbackState::Failing { .. });
                if self.callbacks.get(&id).is_some_and(failing) {
                    self.queue(id, self.plan.redelivery.into());
                }
            }
        }
    }

    /// Posts a callback again; false if it is not remembered, or its address is gone.
    pub(crate) fn redeliver(&mut self, id: u64, how: Redelivery) -> bool {
        let known = self.callbacks.get(&id).is_some_and(|callback| self.targets.has(&callback.url));
        if known {
            self.queue(id, how.into());
        }
        known
    }

    /// The next callback for the address with this number. It is signed with `signed_at`, which receivers compare
    /// with their own clock; `now` is the sandbox's time.
    pub(crate) fn take(
        &mut self,
        target: usize,
        now: SystemTime,
        signed_at: SystemTime,
    ) -> Option<PendingDelivery> {
        loop {
            let (id, signing) = self.targets.take(target)?;
            let Some(callback) = self.callbacks.get_mut(&id) else { continue };
            let nonce = format!("{:016x}", self.random.u64(..));
            // The signer refuses times beyond the year 2286 and nonces that are none, and no clock or number here
            // is one of them.
            let sign = || self.plan.signer.as_ref().and_then(|signer| signer.header(signed_at, &nonce).ok());
            let signature = match signing {
                SigningMode::Anew => sign(),
                SigningMode::AsItWas => callback.first_signature.clone().or_else(sign),
                SigningMode::Forged => sign().map(|header| forge(&header)),
            };
            if callback.first_signature.is_none() {
                callback.first_signature.clone_from(&signature);
            }
            self.under_way += 1;
            return Some(PendingDelivery {
                callback: id,
                signature,
                authorization: self.plan.authorization.clone(),
                body: callback.body.clone(),
                began: now,
            });
        }
    }

    /// What came of a delivery. Pauses between deliveries are so many times shorter than the service's.
    pub(crate) fn delivered(
        &mut self,
        delivery: PendingDelivery,
        answer: DeliveryResponse,
        took: Duration,
        now: SystemTime,
        times_shorter: u32,
    ) -> Option<&Callback> {
        self.under_way = self.under_way.saturating_sub(1);
        let callback = self.callbacks.get_mut(&delivery.callback)?;
        let ok = answer.is_ok();
        if callback.attempts.len() < MOST_ATTEMPTS {
            let signature = delivery.signature;
            // The clock may have been put back meanwhile.
            let at = delivery.began.min(now);
            callback.attempts.push(DeliveryAttempt { at, took, signature, answer });
        }
        match callback.state {
            _ if ok => callback.state = CallbackState::Delivered,
            CallbackState::Delivered | CallbackState::GivenUp => {}
            // Another attempt is due already.
            CallbackState::Failing { next } if next > now => {}
            CallbackState::Waiting | CallbackState::Failing { .. } => {
                let pause = redelivery_pause(callback.attempts.len());
                let is_wanted = self.targets.has(&callback.url);
                if let Some(pause) = pause.filter(|_| is_wanted && !callback.is_address_check) {
                    let next = now + pause / times_shorter.max(1);
                    callback.state = CallbackState::Failing { next };
                    self.schedule.add(next, Planned::Repeat(delivery.callback));
                } else {
                    callback.state = CallbackState::GivenUp;
                }
            }
        }
        self.callbacks.get(&delivery.callback)
    }

    /// Whether nothing is queued or under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.under_way == 0 && !self.has_queued()
    }

    /// Whether any callback is queued.
    pub(crate) fn has_queued(&self) -> bool {
        self.targets.has_queued()
    }

    /// The callbacks, oldest first.
    pub(crate) fn callbacks(&self) -> impl DoubleEndedIterator<Item = &Callback> {
        self.callbacks.values()
    }

    fn make(
        &mut self,
        target: usize,
        body: String,
        rows: usize,
        messages: Vec<MessageId>,
        now: SystemTime,
    ) -> u64 {
        self.weight += body.len();
        while self.callbacks.len() >= MOST_CALLBACKS || self.weight > MOST_BODIES {
            if !self.forget_one() {
                break;
            }
        }
        self.made += 1;
        let url = self.targets.url(target).unwrap_or_default().to_owned();
        let callback = Callback {
            id: self.made,
            url,
            is_address_check: false,
            messages,
            body,
            rows,
            attempts: Vec::new(),
            state: CallbackState::Waiting,
            made: now,
            first_signature: None,
        };
        self.callbacks.insert(self.made, callback);
        self.made
    }

    /// Forgets the oldest callback of which nothing more is to come, or the oldest if there is none; false if there is none
    /// at all.
    fn forget_one(&mut self) -> bool {
        let is_over =
            |callback: &Callback| matches!(callback.state, CallbackState::Delivered | CallbackState::GivenUp);
        let over = self.callbacks.values().find(|callback| is_over(callback)).map(|callback| callback.id);
        let oldest = || self.callbacks.keys().next().copied();
        let Some(forgotten) = over.or_else(oldest).and_then(|id| self.callbacks.remove(&id)) else {
            return false;
        };
        self.weight -= forgotten.body.len();
        if !is_over(&forgotten) {
            self.lost_rows += forgotten.rows as u64;
        }
        true
    }

    fn queue(&mut self, id: u64, signing: SigningMode) {
        let Some(callback) = self.callbacks.get(&id) else { return };
        self.targets.queue(&callback.url, (id, signing));
    }
}

impl From<Redelivery> for SigningMode {
    fn from(how: Redelivery) -> Self {
        match how {
            Redelivery::SignedAnew => Self::Anew,
            Redelivery::AsItWas => Self::AsItWas,
        }
    }
}

/// How long after so many attempts the next one follows; none if no more follow.
fn redelivery_pause(attempts: usize) -> Option<Duration> {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const PAUSES: [u64; 6] = [MINUTE, 10 * MINUTE, HOUR, 2 * HOUR, 5 * HOUR, 10 * HOUR];
    match attempts {
        0 => Some(Duration::ZERO),
        n if n > MOST_REPETITIONS => None,
        n => Some(Duration::from_secs(PAUSES.get(n - 1).copied().unwrap_or(24 * HOUR))),
    }
}

/// The header with another last digit: the form is right, and the signature is not.
fn forge(header: &str) -> String {
    let mut forged = header.to_owned();
    let last = forged.pop();
    forged.push(if last == Some('0') { '1' } else { '0' });
    forged
}

/// The most callbacks that are remembered.
pub(crate) const MOST_CALLBACKS: usize = 5_000;

/// The most callbacks that wait for one receiver; rows beyond wait to travel with others.
const MOST_QUEUED: usize = 1_000;

/// The most rows that wait to become callbacks: about as many as 100 MiB hold.
const MOST_GATHERED: usize = 200_000;

/// The most octets that the bodies of all remembered callbacks take.
const MOST_BODIES: usize = 64 * 1024 * 1024;

const MOST_REPETITIONS: usize = 24;

/// The most attempts of one callback that are remembered, those asked for included.
const MOST_ATTEMPTS: usize = 30;

const LONGEST_HOLD: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
