//! The addresses that callbacks go to, and what is queued for each.

use std::collections::{BTreeMap, VecDeque};

/// The addresses by number. A number is not given out again, so that a worker knows when its address is gone.
#[derive(Debug)]
pub(super) struct Targets<T> {
    all: BTreeMap<usize, Target<T>>,
    numbered: usize,
    /// The most that wait for one address; the oldest are passed over beyond.
    most: usize,
}

/// An address, and what its worker is to take.
#[derive(Debug)]
struct Target<T> {
    url: String,
    queue: VecDeque<T>,
    /// The callback that is held back until the next one has gone.
    held: Option<u64>,
}

impl<T> Targets<T> {
    pub(super) fn new(urls: Vec<String>, most: usize) -> Self {
        let mut targets = Self { all: BTreeMap::new(), numbered: 0, most };
        for url in urls {
            targets.add(url);
        }
        targets
    }

    /// Adds an address, and gives it a number.
    pub(super) fn add(&mut self, url: String) -> usize {
        let number = self.numbered;
        self.numbered += 1;
        self.all.insert(number, Target { url, queue: VecDeque::new(), held: None });
        number
    }

    /// Removes an address, or all of them, with what is queued there; whether there was any.
    pub(super) fn remove(&mut self, url: Option<&str>) -> bool {
        let before = self.all.len();
        self.all.retain(|_, target| url.is_some_and(|url| target.url != url));
        self.all.len() < before
    }

    pub(super) fn urls(&self) -> impl ExactSizeIterator<Item = &str> {
        self.all.values().map(|target| target.url.as_str())
    }

    pub(super) fn has(&self, url: &str) -> bool {
        self.urls().any(|known| known == url)
    }

    pub(super) fn numbers(&self) -> Vec<usize> {
        self.all.keys().copied().collect()
    }

    /// The address with this number, if it is still there.
    pub(super) fn url(&self, number: usize) -> Option<&str> {
        self.all.get(&number).map(|target| target.url.as_str())
    }

    /// Queues something for an address, if it is still there.
    pub(super) fn queue(&mut self, url: &str, what: T) {
        let Some(target) = self.all.values_mut().find(|target| target.url == url) else { return };
        if target.queue.len() >= self.most {
            target.queue.pop_front();
        }
        target.queue.push_back(what);
    }

    /// Takes what is to be done next for the address with this number.
    pub(super) fn take(&mut self, number: usize) -> Option<T> {
        self.all.get_mut(&number)?.queue.pop_front()
    }

    /// How many wait for the address for which most do.
    pub(super) fn longest_queue(&self) -> usize {
        self.all.values().map(|target| target.queue.len()).max().unwrap_or_default()
    }

    pub(super) fn has_queued(&self) -> bool {
        self.all.values().any(|target| !target.queue.is_empty())
    }

    /// Holds a callback back, unless another is held already: that one is let go then, and given back.
    pub(super) fn hold(&mut self, number: usize, callback: u64) -> Option<u64> {
        let target = self.all.get_mut(&number)?;
        let earlier = target.held.take();
        if earlier.is_none() {
            target.held = Some(callback);
        }
        earlier
    }

    /// Lets a callback go, if it is still held back.
    pub(super) fn release(&mut self, callback: u64) -> bool {
        let mut held = self.all.values_mut().map(|target| &mut target.held);
        held.find(|held| **held == Some(callback)).and_then(Option::take).is_some()
    }

    /// Forgets what is queued and held back.
    pub(super) fn clear(&mut self) {
        for target in self.all.values_mut() {
            target.queue.clear();
            target.held = None;
        }
    }

    #[cfg(test)]
    pub(super) fn queued(&self, number: usize) -> usize {
        self.all.get(&number).map_or(0, |target| target.queue.len())
    }
}
