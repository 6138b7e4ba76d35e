//! What a send is answered with.

use std::fmt;

use http::HeaderMap;

use crate::api::Extra;
use crate::api::types::{self, Channel, MessageId};
use crate::http::response::{Response, request_id};

/// Proof that the service took a message over.
///
/// ```
/// # let sandbox = engagelab_otp::sandbox::Sandbox::start()?;
/// # let client = engagelab_otp::Client::for_sandbox(&sandbox)?;
/// use engagelab_otp::TemplateRef;
///
/// let receipt = client.send_otp(&"+6591234567".parse()?, &TemplateRef::new("sandbox-otp-tpl")?)?;
/// println!("{}, request {}", receipt.message_id, receipt.request_id().unwrap_or("without an id"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct SendReceipt {
    /// The id of the message: what verifications, callbacks and reports name it by.
    pub message_id: MessageId,
    /// The channel that is tried first, if the service says.
    pub send_channel: Option<Channel>,
    /// Fields that this version does not know.
    pub extra: Extra,
    headers: HeaderMap,
}

impl SendReceipt {
    /// One that somebody else was answered with.
    #[cfg(feature = "guard")]
    pub(crate) fn of(message_id: MessageId, send_channel: Option<Channel>) -> Self {
        Self { message_id, send_channel, extra: Extra::default(), headers: HeaderMap::new() }
    }

    pub(crate) fn into_headers(self) -> HeaderMap {
        self.headers
    }

    /// All header fields of the response. Nothing is cut from them: keep them out of logs.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id that the service, or a gateway before it, gave to the request: what its support will ask for.
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }
}

impl From<Response<types::SendReceipt>> for SendReceipt {
    fn from(response: Response<types::SendReceipt>) -> Self {
        let types::SendReceipt { message_id, send_channel, extra } = response.body;
        Self { message_id, send_channel, extra, headers: response.head.headers }
    }
}

/// The same receipt is equal to itself however it came; the header fields do not count.
impl PartialEq for SendReceipt {
    fn eq(&self, other: &Self) -> bool {
        (&self.message_id, &self.send_channel, &self.extra)
            == (&other.message_id, &other.send_channel, &other.extra)
    }
}

impl PartialEq<types::SendReceipt> for SendReceipt {
    fn eq(&self, other: &types::SendReceipt) -> bool {
        (&self.message_id, &self.send_channel, &self.extra)
            == (&other.message_id, &other.send_channel, &other.extra)
    }
}

/// Shows the names of the header fields, and no values.
impl fmt::Debug for SendReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendReceipt")
            .field("message_id", &self.message_id)
            .field("send_channel", &self.send_channel)
            .field("extra", &self.extra)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .finish()
    }
}
