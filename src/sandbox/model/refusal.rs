//! Why the service refuses a request.

use std::borrow::Cow;

use crate::InvalidInput;
use crate::api::types::{ErrorCode, MessageId};

/// The error that a request is refused with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    /// The HTTP status: that of the code, but for requests that reach no operation.
    pub(crate) status: u16,
    /// What must be.
    pub(crate) message: Cow<'static, str>,
    /// The field of the request that it is about, if it is about one.
    pub(crate) field: Option<Cow<'static, str>>,
    /// The message that stands in the way, or that was asked for.
    pub(crate) message_id: Option<MessageId>,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, status: code.http_status(), message: message.into(), field: None, message_id: None }
    }

    /// A value that does not meet the requirements.
    pub(crate) fn parameter(
        field: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(ErrorCode::InvalidParameter, message).about(field)
    }

    /// A rule of the business that does not hold.
    pub(crate) fn rule(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::RuleBroken, message).about(field)
    }

    pub(crate) fn about(self, field: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// A refusal for the sake of one recipient of a list, if there is a list: whichever of them it is about is named.
    pub(crate) fn in_list(self, index: Option<usize>) -> Self {
        let (Some(index), Some("to")) = (index, self.field.as_deref()) else { return self };
        let field = format!("to[{index}]");
        let begins = self.message.starts_with("must ");
        let message = if begins { self.message } else { format!("{field}: {}", self.message).into() };
        Self { message, field: Some(field.into()), ..self }
    }

    /// A refusal for the sake of a message.
    pub(crate) fn of(self, message: &MessageId) -> Self {
        Self { message_id: Some(message.clone()), ..self }
    }

    /// What the answer says: a message that begins with `must` is about its field.
    pub(crate) fn sentence(&self) -> String {
        match &self.field {
            Some(field) if self.message.starts_with("must ") => format!("{field} {}", self.message),
            _ => self.message.to_string(),
        }
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }
}

impl From<InvalidInput> for Refusal {
    fn from(invalid: InvalidInput) -> Self {
        Self::parameter(invalid.field().to_owned(), invalid.rule().to_owned())
    }
}
