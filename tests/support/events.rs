//! Events of callbacks, as a receiver gives them.

use std::time::{SystemTime, UNIX_EPOCH};

use engagelab_otp::callback::{CallbackRequest, Delivery, Event, Receiver, Signer};
use engagelab_otp::sandbox::Message;

/// Events as a receiver gives them, of rows as the service makes them.
pub(crate) struct Callbacks {
    receiver: Receiver,
    signer: Signer,
    count: u64,
}

impl Callbacks {
    pub(crate) fn new() -> Self {
        let receiver =
            Receiver::builder().secret("user", "secret").expect("valid").build().expect("configured");
        Self { receiver, signer: Signer::new("user", "secret").expect("valid"), count: 0 }
    }

    pub(crate) fn event(&mut self, message: &Message, status: &str) -> Event {
        let (header, body) = self.signed(message, status);
        let request = CallbackRequest::new(body.as_bytes()).with_signature(Some(&header));
        let Delivery::Events(batch) = self.receiver.receive(&request).expect("genuine") else {
            panic!("no events")
        };
        batch.events().first().expect("one").clone()
    }

    /// The header and the body, signed by `user` with `secret`.
    pub(crate) fn signed(&mut self, message: &Message, status: &str) -> (String, String) {
        let (id, to, template, sent) = (&message.id, &message.to, &message.template, seconds(message));
        let body = serde_json::json!({"total": 1, "rows": [{
            "message_id": id.as_str(), "to": to, "server": "otp", "channel": "sms", "itime": sent + 1,
            "status": {"message_status": status, "error_code": 0, "status_data": {
                "msg_time": sent, "message_id": id.as_str(), "current_send_channel": "sms",
                "template_key": template, "business_id": "1",
            }, "billing": {"cost": 0.05, "currency": "USD"}},
        }]});
        self.count += 1;
        let nonce = format!("n{}", self.count);
        (self.signer.header(SystemTime::now(), &nonce).expect("valid"), body.to_string())
    }
}

fn seconds(message: &Message) -> i64 {
    let since = message.sent.duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("soon")
}
