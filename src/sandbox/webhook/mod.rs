//! Callbacks: what they say, how they are queued and repeated, and the threads that post them.

mod callback;
mod outbox;
mod rows;
mod targets;
mod worker;

pub use callback::{Callback, CallbackState, DeliveryAttempt, DeliveryResponse};
pub use outbox::Redelivery;
pub(crate) use outbox::{CallbackPlan, Outbox, PendingDelivery};
pub use rows::SampleEvent;
pub(crate) use rows::{audit_row, status_row};
pub(crate) use worker::{Deliveries, TIMEOUT, start};
