//! From a body to events: one pass over the JSON, in which each row is read for itself, so that one that cannot be read
//! does not take the others with it.

mod body;
mod lenient;
mod row;
mod scan;

pub(super) use body::{Content, Limits, is_address_check, read};
