//! Which message a row is whose answer was lost: callbacks tell, by the rule that guards go by.
//!
//! Each send is registered before it leaves, by its recipient and template, and is forgotten with its receipt. What is kept
//! is what is under way or unknown, and of each receipt the hash of its id.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, Weak};

use super::error::BatchError;
use super::input::{Row, Rows};
use super::journal::Record;
use super::receipts::Receipts;
use super::state::State;
use super::table::RowState;
use crate::callback::Event;
use crate::guard::{NamedSend, Registrable, Registry, address};
use crate::sync;

/// Takes the callbacks by which unknown rows are resolved: [`Batch::resolver`](super::Batch::resolver) gives it. Clones are
/// the same.
///
/// A callback is taken for that of a row only if there is no doubt. Its message must be none of which this batch has a
/// receipt, its id one that a receipt could name, and exactly one send of the batch without a receipt, those under way
/// included, must have its recipient, its template and its time. A send has the times from when it was about to leave until
/// its answer was given up, and a minute more on either side, since clocks differ. Else the row stays unknown. Rows that an
/// earlier run left unknown are resolved by the same rule, by the times in the journal; where a run was killed, an answer
/// counts as given up when the client's limit for a call would have ended.
///
/// What this cannot know: sends of the same template to the same recipient by other programs, one of which could be taken
/// for a row; callbacks that came while no run was there to take them; and what a run that survived only the end of the
/// process, by [`Durability::Process`](super::Durability::Process), lost with the machine. That no callback came says
/// nothing.
#[derive(Clone, Debug)]
pub struct Resolver(pub(super) Weak<State>);

impl Resolver {
    /// Takes in what a callback says. Other events are passed over, as is everything once the batch is dropped. It can be
    /// said more than once, and in any order.
    ///
    /// # Errors
    ///
    /// If the journal cannot be written. Answer the callback with 503 then: it comes again.
    pub fn observe(&self, event: &Event) -> Result<(), BatchError> {
        match (self.0.upgrade(), NamedSend::of(event)) {
            (Some(state), Some(named)) => state.seen(&named),
            _ => Ok(()),
        }
    }
}

/// The sends of a batch that have no receipt.
pub(super) struct Resolution(Mutex<Sends>);

#[derive(Default)]
struct Sends {
    targets: HashMap<Target, Registry<Attempt>>,
    under_way: HashSet<u64>,
    receipts: Receipts,
    attempts: u64,
}

/// Who gets it, and by which template.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    to: Box<str>,
    template: Box<str>,
}

/// One send of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    number: u64,
    pub(super) row: u32,
    pub(super) line: u64,
    /// When the journal says that it was about to be sent, in seconds since 1970.
    pub(super) time: u32,
}

/// A send that is under way.
pub(super) struct UnderWay {
    target: Target,
    attempt: Attempt,
}

/// A row, and the message that it was found to be.
pub(super) struct Found {
    target: Target,
    pub(super) attempt: Attempt,
    pub(super) message: String,
}

impl Resolution {
    /// Registers a send, whose answer is awaited until `limit`. Its request may leave afterwards.
    pub(super) fn register(&self, row: &Row, time: u32, limit: u32) -> UnderWay {
        let mut sends = self.lock();
        let (target, attempt) = (Target::of(row), sends.attempt(row, time));
        sends.under_way.insert(attempt.number);
        sends.targets.entry(target.clone()).or_default().register(attempt, time.into(), limit.into());
        UnderWay { target, attempt }
    }

    /// A receipt names the message of a send. Others may be found by that.
    pub(super) fn accepted(&self, send: &UnderWay, message: &str) -> Vec<Found> {
        let mut sends = self.lock();
        sends.receipts.add(message);
        sends.settle(send, |registry, id| registry.identify(id, message, TOLERANCE))
    }

    /// A send came to nothing. Others may be found by that.
    pub(super) fn withdrawn(&self, send: &UnderWay) -> Vec<Found> {
        self.lock().settle(send, |registry, id| registry.withdraw(id, TOLERANCE))
    }

    /// The answer of a send was lost. A callback may have told already which message it is.
    pub(super) fn lost(&self, send: &UnderWay, now: u32) -> Option<String> {
        let mut sends = self.lock();
        let number = send.attempt.number;
        let registry = sends.targets.get(&send.target);
        let message = registry.and_then(|registry| registry.message_of(number)).map(str::to_owned);
        if let Some(message) = &message {
            sends.receipts.add(message);
        }
        sends.settle(send, |registry, id| {
            registry.end(id, now.into());
            Vec::new()
        });
        message
    }

    /// A callback names a message. Rows that are under way are told by their own answer.
    pub(super) fn seen(&self, named: &NamedSend) -> Vec<Found> {
        let mut sends = self.lock();
        let message = named.message.as_str();
        if sends.receipts.has(message) {
            return Vec::new();
        }
        let target = Target::new(&address(&named.to), named.template.as_str());
        let Some(registry) = sends.targets.get_mut(&target) else { return Vec::new() };
        let resolved = registry.see(message, named.sent, TOLERANCE);
        sends.found(&target, resolved)
    }

    /// What was found is in the journal.
    pub(super) fn done(&self, found: &Found) {
        let mut sends = self.lock();
        sends.receipts.add(&found.message);
        sends.forget(&found.target);
    }

    /// What a journal holds of earlier runs.
    pub(super) fn of_earlier(earlier: Earlier, rows: &mut Rows) -> Result<Self, BatchError> {
        let mut sends = Sends { receipts: earlier.receipts, ..Sends::default() };
        if !earlier.attempts.is_empty() {
            rows.rewind();
            while let Some(found) = rows.next(|number| earlier.attempts.contains_key(&number))? {
                let row = found.read(rows.options()).ok_or_else(|| rows.changed())?;
                for &(time, end) in earlier.attempts.get(&row.number).into_iter().flatten() {
                    let attempt = sends.attempt(&row, time);
                    let registry = sends.targets.entry(Target::of(&row)).or_default();
                    registry.register(attempt, time.into(), end.into());
                    registry.end(attempt.number, end.into());
                }
            }
        }
        Ok(Self(Mutex::new(sends)))
    }

    fn lock(&self) -> MutexGuard<'_, Sends> {
        sync::lock(&self.0)
    }
}

impl Sends {
    fn attempt(&mut self, row: &Row, time: u32) -> Attempt {
        self.attempts += 1;
        Attempt { number: self.attempts, row: row.number, line: row.line, time }
    }

    fn settle(
        &mut self,
        send: &UnderWay,
        settle: impl FnOnce(&mut Registry<Attempt>, u64) -> Vec<(Attempt, String)>,
    ) -> Vec<Found> {
        self.under_way.remove(&send.attempt.number);
        let registry = self.targets.get_mut(&send.target);
        let resolved = registry.map(|registry| settle(registry, send.attempt.number)).unwrap_or_default();
        let found = self.found(&send.target, resolved);
        if found.is_empty() {
            self.forget(&send.target);
        }
        found
    }

    fn found(&self, target: &Target, resolved: Vec<(Attempt, String)>) -> Vec<Found> {
        let told = resolved.into_iter().filter(|(attempt, _)| !self.under_way.contains(&attempt.number));
        told.map(|(attempt, message)| Found { target: target.clone(), attempt, message }).collect()
    }

    /// Forgets sends of which nothing more is to be found out.
    fn forget(&mut self, target: &Target) {
        if self.targets.get(target).is_some_and(|registry| !registry.has_open()) {
            self.targets.remove(target);
        }
    }
}

impl Target {
    fn of(row: &Row) -> Self {
        Self::new(&address(&row.to), row.template.id().as_str())
    }

    fn new(to: &str, template: &str) -> Self {
        Self { to: to.into(), template: template.into() }
    }
}

impl Registrable for Attempt {
    type Id = u64;

    fn id(&self) -> u64 {
        self.number
    }
}

/// What a journal holds of sends without a receipt: each row's, by when they were about to be sent, and when their answers
/// were given up, or would have been if the run had not been interrupted.
#[derive(Default)]
pub(super) struct Earlier {
    attempts: HashMap<u32, Vec<(u32, u32)>>,
    receipts: Receipts,
}

impl Earlier {
    pub(super) fn enter(&mut self, record: &Record<'_>) {
        match *record {
            Record::Head(_) => *self = Self::default(),
            Record::Intent(row, time, until) => self.attempts.entry(row).or_default().push((time, until)),
            // What became of a row is what became of its last intent.
            Record::Lost(row, end, _) => {
                if let Some((_, last)) = self.attempts.get_mut(&row).and_then(|attempts| attempts.last_mut())
                {
                    *last = end;
                }
            }
            Record::Result(row, state, text) => {
                if state == RowState::Accepted {
                    self.receipts.add(text);
                }
                self.remove(row, |times| times.len().checked_sub(1));
            }
            Record::Resolved(row, time, message) => {
                self.receipts.add(message);
                self.remove(row, |times| times.iter().position(|(other, _)| *other == time));
            }
        }
    }

    fn remove(&mut self, row: u32, place: impl FnOnce(&[(u32, u32)]) -> Option<usize>) {
        if let Some(times) = self.attempts.get_mut(&row) {
            if let Some(place) = place(times) {
                times.remove(place);
            }
            if times.is_empty() {
                self.attempts.remove(&row);
            }
        }
    }
}

/// By how many seconds the clocks of this machine and of the service may differ.
const TOLERANCE: u64 = 60;
