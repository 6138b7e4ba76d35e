//! Requests that wait for their answer, by sequence number.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::time::Instant;

use crate::smpp::pdu::MAXIMUM_SEQUENCE;

/// The submissions of one link that are not answered, and the last few whose answer is overdue.
#[derive(Debug)]
pub(super) struct Pending<T> {
    requests: HashMap<u32, Request<T>, BuildHasherDefault<SequenceHasher>>,
    outstanding: usize,
    /// Overdue requests, oldest first: an answer that comes late is still reported.
    overdue: VecDeque<u32>,
    /// No deadline is earlier. It may be that of a request long answered: looking too early costs one look.
    first_deadline: Option<Instant>,
    pub(super) last_sequence: u32,
    /// Requests are counted in the order in which they are written; those up to `handed_over` may have left.
    written: u64,
    handed_over: u64,
}

/// Sequence numbers are counted out by this end: nobody can choose them so that they collide.
#[derive(Default)]
struct SequenceHasher(u64);

impl Hasher for SequenceHasher {
    fn write_u32(&mut self, sequence: u32) {
        self.0 = u64::from(sequence).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.write_u32(u32::from(*octet));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[derive(Debug)]
struct Request<T> {
    token: T,
    order: u64,
    sent_at: Instant,
    /// `None` when the answer is overdue and the request's outcome has been reported.
    deadline: Option<Instant>,
}

/// What a sequence number stands for when its answer comes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Match<T> {
    InTime { token: T, sent_at: Instant },
    Late { token: T, sent_at: Instant },
    Nothing,
}

impl<T> Pending<T> {
    pub(super) fn new(first_sequence: u32) -> Self {
        Self {
            requests: HashMap::default(),
            outstanding: 0,
            overdue: VecDeque::new(),
            first_deadline: None,
            last_sequence: first_sequence - 1,
            written: 0,
            handed_over: 0,
        }
    }

    /// A number that no request holds: 1 to 0x7FFFFFFF, then 1 again.
    pub(super) fn next_sequence(&mut self) -> u32 {
        loop {
            self.last_sequence =
                if self.last_sequence >= MAXIMUM_SEQUENCE { 1 } else { self.last_sequence + 1 };
            if !self.requests.contains_key(&self.last_sequence) {
                return self.last_sequence;
            }
        }
    }

    pub(super) fn insert(&mut self, sequence: u32, token: T, sent_at: Instant, deadline: Instant) {
        self.written += 1;
        self.requests
            .insert(sequence, Request { token, order: self.written, sent_at, deadline: Some(deadline) });
        self.outstanding += 1;
        self.first_deadline = Some(self.first_deadline.map_or(deadline, |first| first.min(deadline)));
    }

    pub(super) fn take(&mut self, sequence: u32) -> Match<T> {
        match self.requests.remove(&sequence) {
            Some(Request { token, sent_at, deadline: Some(_), .. }) => {
                self.outstanding -= 1;
                if self.outstanding == 0 {
                    self.first_deadline = None;
                }
                Match::InTime { token, sent_at }
            }
            Some(Request { token, sent_at, deadline: None, .. }) => {
                self.overdue.retain(|overdue| *overdue != sequence);
                Match::Late { token, sent_at }
            }
            None => Match::Nothing,
        }
    }

    pub(super) const fn outstanding(&self) -> usize {
        self.outstanding
    }

    pub(super) const fn first_deadline(&self) -> Option<Instant> {
        self.first_deadline
    }

    /// How many requests wait to be handed over.
    pub(super) fn unwritten(&self) -> usize {
        usize::try_from(self.written - self.handed_over).unwrap_or(usize::MAX)
    }

    /// Marks everything written so far as possibly gone.
    pub(super) fn hand_over(&mut self) {
        self.handed_over = self.written;
    }
}

impl<T: Clone> Pending<T> {
    /// Requests whose time is up, each given once, in the order in which they were written.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<T> {
        if self.first_deadline.is_none_or(|first| now < first) {
            return Vec::new();
        }
        let mut expired: Vec<_> = self
            .requests
            .iter()
            .filter(|(_, request)| request.deadline.is_some_and(|deadline| deadline <= now))
            .map(|(sequence, request)| (request.order, *sequence, request.token.clone()))
            .collect();
        expired.sort_unstable_by_key(|(order, ..)| *order);
        for (_, sequence, _) in &expired {
            if let Some(request) = self.requests.get_mut(sequence) {
                request.deadline = None;
            }
            self.overdue.push_back(*sequence);
        }
        self.outstanding -= expired.len();
        while self.overdue.len() > OVERDUE_KEPT {
            if let Some(forgotten) = self.overdue.pop_front() {
                self.requests.remove(&forgotten);
            }
        }
        self.first_deadline = self.requests.values().filter_map(|request| request.deadline).min();
        expired.into_iter().map(|(.., token)| token).collect()
    }
}

impl<T> Pending<T> {
    /// Gives up on everything: the unanswered requests in the order in which they were written, each with whether it
    /// may have left.
    pub(super) fn abandon(&mut self) -> Vec<(T, bool)> {
        let mut left: Vec<_> =
            self.requests.drain().map(|(_, request)| request).filter(|one| one.deadline.is_some()).collect();
        left.sort_unstable_by_key(|request| request.order);
        self.outstanding = 0;
        self.overdue.clear();
        self.first_deadline = None;
        let handed_over = self.handed_over;
        left.into_iter().map(|request| (request.token, request.order <= handed_over)).collect()
    }
}

/// How many overdue requests are remembered.
const OVERDUE_KEPT: usize = 1024;
