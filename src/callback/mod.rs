//! Callbacks (webhooks): a request goes in, and typed events come out, or a refusal with the status to answer.
//!
//! [`Receiver`] does no I/O: it works with any server that hands over headers and the raw body. Begin there. [`Server`] is
//! a receiver with a server of its own, and [`Inbox`] keeps callbacks on disk before they are answered.
//!
//! # What is checked, and what that proves
//!
//! The service signs with HMAC-SHA256 what stands in the header `X-CALLBACK-ID`: a timestamp, a nonce and the
//! user name, one after the other. Two things follow.
//!
//! - **The body is not signed.** Whoever sees a genuine header before this receiver does (in a proxy, in a log)
//!   can put another body under it. What is done about that: each signature is bound to the first body that it
//!   comes with, and is good for that one alone, once; see [`ReplayStore`]. What remains: the first body wins.
//!   TLS up to this process, and [`SOURCES`], are what protects the body on its way.
//! - **Nothing separates the parts.** Digits could wander from the timestamp into the nonce with the same
//!   signature. What is done about that: a timestamp has ten digits, and signatures are remembered by what was
//!   signed, however it is cut.
//!
//! A receiver with an `Authorization` value alone has no protection from replays: that value is the same each
//! time. And in every case the same event may come in two callbacks, so handle events so that twice does no
//! harm.
//!
//! # Which status means what
//!
//! The service repeats whatever is not answered with 200: after 1 minute, 10 minutes, 1, 2, 5 and 10 hours, then
//! daily, 24 times at most. So 200 means "never again", and everything else "again": 409 for a callback whose
//! first delivery is still being handled, 503 when signatures cannot be remembered or may have been used before a
//! restart, 400, 401, 403 and 413 for what is refused ([`ReceiveError`]).

mod builder;
mod checked;
mod delivery;
mod error;
mod event;
mod header;
mod inbox;
mod policy;
mod read;
mod receiver;
mod replay;
mod request;
mod server;
mod sign;

pub use builder::{ReceiverBuilder, SOURCES};
pub use checked::CheckedHeaders;
pub use delivery::{AddressCheck, Batch, Delivery};
pub use error::ReceiveError;
pub use event::{Detail, Event, StatusReport, UnreadableReason, UnreadableRow};
pub use header::{SIGNATURE_HEADER, SignatureHeaderError};
pub use inbox::{DeadLetter, Inbox, InboxBuilder, InboxCallback, InboxError, InboxStatus};
pub use receiver::Receiver;
pub use replay::{Claim, Lease, MemoryStore, ReplayStore, ReplayStoreError, Reservation, conformance};
pub use request::{CallbackHeaders, CallbackRequest};
pub use server::{ReceivedCallback, Retry, Server, ServerBuilder, ServerEvent};
pub use sign::Signer;
