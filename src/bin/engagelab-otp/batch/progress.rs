//! How far a batch is: a bar on a terminal, a line every few seconds elsewhere. And the signals that end it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::batch::Batch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::ask;
use crate::bar;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Format, mode, report, say};
use crate::signals::EndSignals;
use crate::wrap;

/// Tells how far a batch is, until the other end of `ended` is gone.
pub(super) fn tell(batch: &Batch, to_send: u64, ended: &Receiver<()>) {
    let on_terminal = io::stderr().is_terminal() && mode().format == Format::Text && !mode().quiet;
    // Some terminals have no bars: they cannot go back in a line.
    let bar = on_terminal.then(|| new_bar(to_send)).filter(|bar| !bar.is_hidden());
    if let Some(bar) = &bar {
        bar::begin(bar.clone());
    }
    let every = if bar.is_some() { REDRAW } else { NEXT_LINE };
    let (began, mut told) = (Instant::now(), 0);
    while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let view = View::of(batch, to_send, began.elapsed());
        match &bar {
            Some(bar) => {
                bar.set_position(view.done);
                bar.set_message(view.text(is_narrow()));
            }
            // What has not changed is no news.
            None if view.done == told && view.paused.is_none() => {}
            None => say(&view.text(false)),
        }
        told = view.done;
    }
    bar::end();
}

/// What is told.
struct View {
    done: u64,
    to_send: u64,
    rejected: u64,
    unknown: u64,
    per_second: u64,
    left: Option<Duration>,
    paused: Option<Duration>,
    trouble: Option<String>,
}

impl View {
    fn of(batch: &Batch, to_send: u64, elapsed: Duration) -> Self {
        let (counts, still) = (batch.counts(), batch.to_send());
        let done = to_send.saturating_sub(still);
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let per_second = done.saturating_mul(1000) / millis;
        let left = (done > 0).then(|| Duration::from_millis((still.saturating_mul(millis)) / done));
        let (rejected, unknown) = (counts.rejected, counts.unknown);
        let (paused, trouble) = (batch.paused(), batch.trouble());
        Self { done, to_send, rejected, unknown, per_second, left, paused, trouble }
    }

    fn text(&self, is_narrow: bool) -> String {
        let mut text = format!("{} of {}", self.done, self.to_send);
        if !is_narrow {
            // Writing to a string cannot fail.
            let _ = write!(text, ", {}/s", self.per_second);
        }
        if let Some(left) = self.left.filter(|left| !left.is_zero()) {
            let _ = write!(text, ", {} left", rounded(left));
        }
        for (count, name) in [(self.rejected, "rejected"), (self.unknown, "unknown")] {
            if count > 0 {
                let _ = write!(text, ", {count} {name}");
            }
        }
        if let Some(paused) = self.paused {
            let _ = write!(text, ", waiting {}", rounded(paused));
            if let Some(reason) = &self.trouble {
                let _ = write!(text, ": {}", ask::reason(reason));
            }
        }
        text
    }
}

fn rounded(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..=99 => format!("{} s", seconds.max(1)),
        seconds @ 100..=5999 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

fn new_bar(to_send: u64) -> ProgressBar {
    let template = if is_narrow() { "{msg}" } else { "{wide_bar} {msg}" };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(to_send), ProgressDrawTarget::stderr())
        .with_style(style.progress_chars("=> "))
}

/// Whether the terminal has no room for a bar beside the words.
fn is_narrow() -> bool {
    wrap::columns(io::stderr()).is_some_and(|columns| columns < 70)
}

/// Ends a batch at the first signal that ends programs, and the program at the second; as long as this lives.
pub(super) struct Signals {
    #[cfg(unix)]
    handle: signal_hook::iterator::Handle,
}

impl Signals {
    pub(super) fn watch(batch: &Batch) -> io::Result<Self> {
        let mut signals = EndSignals::catch()?;
        #[cfg(unix)]
        let handle = signals.handle();
        let stopper = batch.stopper();
        thread::Builder::new().spawn(move || {
            if !signals.wait() {
                return;
            }
            say("Stopping: waiting for the answers that are under way. Once more stops at once.");
            stopper.stop();
            if signals.wait() {
                let failure = Failure::new(Exit::Unknown, "stopped at once")
                    .with_advice(
                        "The rows that were under way are unknown: they may have been sent. The same command again \
                         sends what is left, and leaves these alone.",
                    )
                    .with("kind", "batch");
                bar::end();
                report(&failure);
                std::process::exit(failure.exit.code().into());
            }
        })?;
        Ok(Self {
            #[cfg(unix)]
            handle,
        })
    }
}

#[cfg(unix)]
impl Drop for Signals {
    fn drop(&mut self) {
        self.handle.close();
    }
}

const REDRAW: Duration = Duration::from_millis(200);
const NEXT_LINE: Duration = Duration::from_secs(5);
