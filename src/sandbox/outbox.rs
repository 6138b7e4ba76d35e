//! Callbacks on their way: rows are gathered, made into callbacks, queued, and queued again when they fail.
//!
//! It posts nothing itself and knows no time: couriers take what is queued and say what came of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::callback::{Callback, CallbackState, DeliveryAttempt, DeliveryResponse};
use super::fault::CallbackFault;
use crate::api::types::MessageId;
use crate::callback::Signer;

/// Where callbacks go, and how.
#[derive(Clone, Debug)]
pub(super) struct CallbackPlan {
    pub(super) urls: Vec<String>,
    pub(super) signer: Option<Signer>,
    pub(super) authorization: Option<String>,
    pub(super) redelivery: Redelivery,
    pub(super) most_rows: usize,
    pub(super) fault: Option<CallbackFault>,
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

/// What is left to do later on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Later {
    /// Queue this callback.
    Post(u64),
    /// Queue this callback again, unless it was delivered meanwhile.
    Repeat(u64),
    /// Queue this callback, if it is still held back.
    Release(u64),
}

/// A callback to be posted now.
#[derive(Debug)]
pub(super) struct PendingDelivery {
    pub(super) callback: u64,
    pub(super) signature: Option<String>,
    pub(super) authorization: Option<String>,
    pub(super) body: String,
    pub(super) began: SystemTime,
}

#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) plan: CallbackPlan,
    gathered: Vec<(Option<MessageId>, Value)>,
    callbacks: BTreeMap<u64, Callback>,
    made: u64,
    /// How many octets the bodies of all callbacks take.
    weight: usize,
    /// What the couriers are to take: one queue for each address.
    queues: Vec<VecDeque<(u64, SigningMode)>>,
    /// What is held back until the next callback has gone: at most one for each address.
    held: Vec<Option<u64>>,
    under_way: usize,
    random: fastrand::Rng,
}

/// How a queued callback is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SigningMode {
    Anew,
    AsItWas,
    Forged,
}

impl Outbox {
    pub(super) fn new(plan: CallbackPlan) -> Self {
        Self {
            queues: plan.urls.iter().map(|_| VecDeque::new()).collect(),
            held: vec![None; plan.urls.len()],
            plan,
            gathered: Vec::new(),
            callbacks: BTreeMap::new(),
            made: 0,
            weight: 0,
            under_way: 0,
            random: fastrand::Rng::new(),
        }
    }

    /// Whether anybody is to be told anything.
    pub(super) fn is_wanted(&self) -> bool {
        !self.plan.urls.is_empty()
    }

    /// Queues the check of each address: a callback without rows.
    pub(super) fn check_addresses(&mut self, now: SystemTime) {
        for target in 0..self.plan.urls.len() {
            let id = self.make(target, "{}".to_owned(), Vec::new(), now);
            if let Some(check) = self.callbacks.get_mut(&id) {
                check.is_address_check = true;
            }
            self.queue(id, SigningMode::Anew);
        }
    }

    pub(super) fn gather(&mut self, message: Option<MessageId>, row: Value) {
        if self.is_wanted() {
            self.gathered.push((message, row));
        }
    }

    /// Makes callbacks of the gathered rows. What comes back is to be done so much later.
    pub(super) fn flush(&mut self, now: SystemTime) -> Vec<(Duration, Later)> {
        let mut later = Vec::new();
        let gathered = std::mem::take(&mut self.gathered);
        let reversed = self.plan.fault == Some(CallbackFault::Reordered);
        for rows in gathered.chunks(self.plan.most_rows.max(1)) {
            let mut shown: Vec<&Value> = rows.iter().map(|(_, row)| row).collect();
            if reversed {
                shown.reverse();
            }
            let mut messages: Vec<MessageId> = rows.iter().filter_map(|(id, _)| id.clone()).collect();
            messages.dedup();
            let body = json!({"total": shown.len(), "rows": shown}).to_string();
            for target in 0..self.plan.urls.len() {
                let id = self.make(target, body.clone(), messages.clone(), now);
                later.extend(self.dispatch(id, target));
            }
        }
        later
    }

    /// Queues a new callback, or does with it what the fault says.
    fn dispatch(&mut self, id: u64, target: usize) -> Option<(Duration, Later)> {
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
            Some(CallbackFault::Late { by }) => return Some((by, Later::Post(id))),
            Some(CallbackFault::Reordered) => {
                let Some(earlier) = self.held[target].take() else {
                    self.held[target] = Some(id);
                    return Some((LONGEST_HOLD, Later::Release(id)));
                };
                self.queue(id, SigningMode::Anew);
                self.queue(earlier, SigningMode::Anew);
            }
        }
        None
    }

    pub(super) fn carry_out(&mut self, later: Later) {
        match later {
            Later::Post(id) => self.queue(id, SigningMode::Anew),
            Later::Release(id) => {
                let held = self.held.iter_mut().find(|held| **held == Some(id));
                if held.and_then(Option::take).is_some() {
                    self.queue(id, SigningMode::Anew);
                }
            }
            Later::Repeat(id) => {
                let failing = |callback: &Callback| matches!(callback.state, CallbackState::Failing { .. });
                if self.callbacks.get(&id).is_some_and(failing) {
                    self.queue(id, self.repetition());
                }
            }
        }
    }

    /// Posts a callback again; false if it is not remembered.
    pub(super) fn again(&mut self, id: u64, manner: Redelivery) -> bool {
        let known = self.callbacks.contains_key(&id);
        if known {
            self.queue(
                id,
                if manner == Redelivery::AsItWas { SigningMode::AsItWas } else { SigningMode::Anew },
            );
        }
        known
    }

    /// The next callback for the address with this number.
    pub(super) fn take(&mut self, target: usize, now: SystemTime) -> Option<PendingDelivery> {
        loop {
            let (id, manner) = self.queues.get_mut(target)?.pop_front()?;
            let Some(callback) = self.callbacks.get_mut(&id) else { continue };
            let nonce = format!("{:016x}", self.random.u64(..));
            // The signer refuses times beyond the year 2286 and nonces that are none; neither comes here often
            // enough to be worth more than an unsigned callback.
            let sign = || self.plan.signer.as_ref().and_then(|signer| signer.header(now, &nonce).ok());
            let signature = match manner {
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

    /// What came of a posting. What comes back is to be done so much later.
    pub(super) fn posted(
        &mut self,
        posting: PendingDelivery,
        answer: DeliveryResponse,
        took: Duration,
        now: SystemTime,
        hurry: u32,
    ) -> Option<(Duration, Later)> {
        self.under_way = self.under_way.saturating_sub(1);
        let callback = self.callbacks.get_mut(&posting.callback)?;
        let ok = answer.is_ok();
        if callback.attempts.len() < MOST_ATTEMPTS {
            let signature = posting.signature;
            callback.attempts.push(DeliveryAttempt { at: posting.began, took, signature, answer });
        }
        match callback.state {
            _ if ok => callback.state = CallbackState::Delivered,
            CallbackState::Delivered | CallbackState::GivenUp => {}
            // Another attempt is due already.
            CallbackState::Failing { next } if next > now => {}
            CallbackState::Waiting | CallbackState::Failing { .. } => {
                let pause = redelivery_pause(callback.attempts.len());
                let Some(pause) = pause.filter(|_| !callback.is_address_check) else {
                    callback.state = CallbackState::GivenUp;
                    return None;
                };
                let pause = pause / hurry.max(1);
                callback.state = CallbackState::Failing { next: now + pause };
                return Some((pause, Later::Repeat(callback.id)));
            }
        }
        None
    }

    /// Whether nothing is queued or under way.
    pub(super) fn is_idle(&self) -> bool {
        self.under_way == 0 && self.queues.iter().all(VecDeque::is_empty)
    }

    pub(super) fn has_mail(&self) -> bool {
        self.queues.iter().any(|queue| !queue.is_empty())
    }

    pub(super) fn callback(&self, id: u64) -> Option<&Callback> {
        self.callbacks.get(&id)
    }

    /// The callbacks, oldest first.
    pub(super) fn callbacks(&self) -> impl DoubleEndedIterator<Item = &Callback> {
        self.callbacks.values()
    }

    fn make(&mut self, target: usize, body: String, messages: Vec<MessageId>, now: SystemTime) -> u64 {
        self.weight += body.len();
        while self.callbacks.len() >= MOST_CALLBACKS || self.weight > MOST_BODIES {
            let Some((_, forgotten)) = self.callbacks.pop_first() else { break };
            self.weight -= forgotten.body.len();
        }
        self.made += 1;
        let url = self.plan.urls.get(target).cloned().unwrap_or_default();
        let callback = Callback {
            id: self.made,
            url,
            is_address_check: false,
            messages,
            body,
            attempts: Vec::new(),
            state: CallbackState::Waiting,
            made: now,
            first_signature: None,
        };
        self.callbacks.insert(self.made, callback);
        self.made
    }

    fn queue(&mut self, id: u64, manner: SigningMode) {
        let Some(callback) = self.callbacks.get(&id) else { return };
        let Some(target) = self.plan.urls.iter().position(|url| *url == callback.url) else { return };
        let queue = &mut self.queues[target];
        if queue.len() >= MOST_CALLBACKS {
            queue.pop_front();
        }
        queue.push_back((id, manner));
    }

    fn repetition(&self) -> SigningMode {
        match self.plan.redelivery {
            Redelivery::SignedAnew => SigningMode::Anew,
            Redelivery::AsItWas => SigningMode::AsItWas,
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
pub(super) const MOST_CALLBACKS: usize = 5_000;

/// The most octets that the bodies of all remembered callbacks take.
const MOST_BODIES: usize = 64 * 1024 * 1024;

const MOST_REPETITIONS: usize = 24;

/// The most attempts of one callback that are remembered, those asked for included.
const MOST_ATTEMPTS: usize = 30;

const LONGEST_HOLD: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn outbox() -> Outbox {
        Outbox::new(CallbackPlan {
            urls: vec!["http://127.0.0.1:1/".to_owned()],
            signer: None,
            authorization: None,
            redelivery: Redelivery::default(),
            most_rows: 1,
            fault: None,
        })
    }

    #[test]
    fn pauses_grow_and_end() {
        let minutes: Vec<Option<u64>> =
            (1..=25).map(|attempts| redelivery_pause(attempts).map(|pause| pause.as_secs() / 60)).collect();
        assert_eq!(minutes[..7], [1, 10, 60, 120, 300, 600, 1440].map(Some));
        assert_eq!(minutes[23..], [Some(1440), None]);
    }

    #[test]
    fn however_many_and_however_long_they_are_callbacks_do_not_fill_the_memory() {
        let mut outbox = outbox();
        for (length, times) in [(MOST_BODIES / 3, 9), (10, MOST_CALLBACKS + 9)] {
            for _ in 0..times {
                let id = outbox.make(0, "x".repeat(length), Vec::new(), UNIX_EPOCH);
                outbox.queue(id, SigningMode::Anew);
            }
            let held: usize = outbox.callbacks().map(|callback| callback.body.len()).sum();
            assert!(held == outbox.weight && held <= MOST_BODIES, "{held}");
            assert!(outbox.callbacks.len() <= MOST_CALLBACKS && outbox.queues[0].len() <= MOST_CALLBACKS);
        }
        // What was forgotten while it waited is passed over.
        let first = outbox.take(0, UNIX_EPOCH).expect("queued");
        assert_eq!(outbox.callbacks().next().map(|callback| callback.id), Some(first.callback));
    }
}
