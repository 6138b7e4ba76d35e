//! Lines of standard output that are printed beside the work: whoever reads them late, or not at all, holds up nothing.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender, SyncSender};
use std::thread;
use std::time::Duration;

use crate::standard_output;

/// Where lines are handed over. Those that nobody reads in time are left out, and counted.
#[derive(Clone)]
pub(crate) struct Lines {
    sender: SyncSender<Item>,
    omitted: Arc<AtomicU64>,
}

enum Item {
    Line(String),
    /// All before this was printed.
    Printed(Sender<()>),
}

impl Lines {
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, items) = mpsc::sync_channel(MOST_WAITING);
        let omitted = Arc::new(AtomicU64::new(0));
        let left_out = omitted.clone();
        thread::Builder::new().name("lines".to_owned()).spawn(move || {
            for item in items {
                // Nobody may be reading, or waiting.
                match item {
                    Item::Printed(printed) => drop(printed.send(())),
                    Item::Line(line) => drop(print(&line, left_out.swap(0, Ordering::Relaxed))),
                }
            }
        })?;
        Ok(Self { sender, omitted })
    }

    pub(crate) fn print(&self, line: String) {
        if self.sender.try_send(Item::Line(line)).is_err() {
            self.omitted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all that was handed over is printed; but not for long.
    pub(crate) fn finish(&self) {
        let (printed, all) = mpsc::channel();
        if self.sender.try_send(Item::Printed(printed)).is_ok() {
            let _ = all.recv_timeout(LONGEST_WAIT);
        }
    }
}

fn print(line: &str, omitted: u64) -> io::Result<()> {
    let mut out = standard_output::lock()?;
    if omitted > 0 {
        writeln!(out, "({omitted} lines left out: they were not read in time)")?;
    }
    writeln!(out, "{line}")
}

/// How many lines wait to be printed.
const MOST_WAITING: usize = 1_000;

const LONGEST_WAIT: Duration = Duration::from_millis(500);
