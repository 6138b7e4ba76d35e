//! What was read of a row: texts as pieces of the body.

use super::text::Span;
use crate::api::types::{NotificationEvent, ResponseEvent, SystemEvent};
use crate::lifecycle::Decimal;

/// The fields of a row.
#[derive(Clone, Default)]
pub(in crate::callback) struct Fields {
    pub(in crate::callback) message_id: Span,
    pub(in crate::callback) to: Span,
    pub(in crate::callback) server: Span,
    pub(in crate::callback) channel: Span,
    pub(in crate::callback) business_id: Span,
    /// JSON.
    pub(in crate::callback) custom_args: Span,
    pub(in crate::callback) itime: Option<i64>,
    pub(in crate::callback) status: Option<StatusFields>,
    /// Most rows have none of these.
    pub(in crate::callback) others: Option<Box<OtherParts>>,
}

/// The fields of a row's status.
#[derive(Clone, Default)]
pub(in crate::callback) struct StatusFields {
    pub(in crate::callback) message_status: Span,
    pub(in crate::callback) error_code: Option<i64>,
    pub(in crate::callback) error_detail: DetailFields,
    pub(in crate::callback) data: DataFields,
    pub(in crate::callback) billing: BillingFields,
}

#[derive(Clone, Default)]
pub(in crate::callback) struct DetailFields {
    pub(in crate::callback) message: Span,
}

#[derive(Clone, Default)]
pub(in crate::callback) struct DataFields {
    pub(in crate::callback) message_id: Span,
    pub(in crate::callback) current_send_channel: Span,
    pub(in crate::callback) template_key: Span,
    pub(in crate::callback) business_id: Span,
    pub(in crate::callback) msg_time: Option<i64>,
}

#[derive(Clone, Default)]
pub(in crate::callback) struct BillingFields {
    pub(in crate::callback) cost: Option<Decimal>,
    pub(in crate::callback) currency: Span,
}

#[derive(Clone, Default)]
pub(in crate::callback) struct OtherParts {
    pub(in crate::callback) notification: Option<NotificationEvent>,
    pub(in crate::callback) response: Option<ResponseEvent>,
    pub(in crate::callback) system: Option<SystemEvent>,
}
