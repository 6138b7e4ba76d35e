//! A file of recipients: nobody is sent to twice, nobody is forgotten, whatever ends the run.
//!
//! [`Input::check`] reads the whole file before anything is sent, [`Batch::open`] opens a journal beside it, and
//! [`Batch::run`] sends. Before a request may leave, the journal holds that its row is about to be sent; afterwards, what
//! became of it. So the same again goes on where the last run ended: rows that were accepted are not sent again, and
//! those of which only the intent is there are **unknown**, at most one for each worker, and not sent again either unless
//! that is [asked for](BatchOptions::resend_unknown). Where callbacks are at hand, a [`Resolver`] finds out which message
//! such a row is. The journal holds no recipient in any form.
//!
//! It blocks, and its workers are threads of its own. What it does not do: schedule, or send again what was refused.
//!
//! ```
//! # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
//! # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
//! # let folder = std::env::temp_dir().join(format!("batch-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! use engagelab_otp::batch::{Batch, BatchOptions, Input, InputOptions, Kind, Transport};
//!
//! let path = folder.join("customers.csv");
//! std::fs::write(&path, "to,param.order\n+6591234567,1042\n+6591234568,1043\n")?;
//!
//! let options = InputOptions::of_path(&path).kind(Kind::Message).template("sandbox-custom-tpl".parse()?);
//! let input = Input::check(&path, options)?;
//! if let Some(problem) = input.problems().first() {
//!     println!("{} rows are bad; the first: {problem}", input.invalid());
//! }
//! let batch = Batch::open(input, Transport::http(client), BatchOptions::new())?;
//! let summary = batch.run(|result| println!("row {}: {}", result.row(), result.state()));
//! # assert_eq!(summary.counts.accepted, 0, "the template wants a code");
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod export;
mod input;
mod journal;
mod options;
mod pace;
mod receipts;
mod report;
mod resolution;
mod result;
mod run;
mod state;
mod stop;
mod table;
#[cfg(all(test, feature = "sandbox"))]
mod tests;
mod transport;

pub use error::{BatchError, BatchErrorKind};
pub use export::export;
pub use input::{Duplicates, Format, Input, InputOptions, Kind, Problem, Row};
pub use journal::journal_of;
pub use options::{BatchOptions, Durability};
pub use report::JournalReport;
pub use resolution::Resolver;
pub use result::RowResult;
pub use run::Batch;
pub use stop::{Ended, Stopper, Summary};
pub use table::{Counts, RowState};
pub use transport::Transport;
