//! What must not be seen is not seen.

use engagelab_otp::callback::{CallbackRequest, Signer};

use super::fixture::{SECRET, at, builder, header, receive, receiver, row};

#[test]
fn debug_shows_no_secret() {
    let receiver = builder().authorization("Bearer hunter2").expect("valid").build().expect("configured");
    let signer = Signer::new("shop", SECRET).expect("valid");
    let header = header("nonce");
    let incoming = CallbackRequest::new(b"hunter2")
        .with_signature(Some(&header))
        .with_authorization(Some("Bearer hunter2"));
    let builder = builder().authorization("Bearer hunter2").expect("valid");
    for shown in
        [format!("{receiver:#?}"), format!("{signer:?}"), format!("{incoming:?}"), format!("{builder:?}")]
    {
        for secret in ["correct", "staple", "hunter2", &header[header.len() - 64..]] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn debug_of_events_shows_no_address_no_text_and_nothing_unknown() {
    let text = r#"{"message_id":"17","to":"+6591234567","custom_args":{"pet":"Wilhelmina"},
        "unknown":"Wilhelmina","status":{"message_status":"delivered","error_detail":{"message":"+6591234567 Wilhelmina"}},
        "response":{"event":"uplink_message","response_data":{"from":"+6591234567","to":"+6591234567","body":"Wilhelmina"}},
        "system_event":{"event":"key_manage","data":{"operator":{"email":"wilhelmina@example.com",
            "api_key":"Wilhelmina","ip_address":"192.0.2.7"},"key_manage":{"api_key":"Wilhelmina"},"x":"Wilhelmina"}}}"#;
    let batch = row(text);
    let event = &batch.events()[0];
    let unreadable = row(r#""+6591234567 Wilhelmina""#);
    let shown = format!("{batch:#?} {event:?} {:?} {:?} {unreadable:?}", event.status(), event.detail());
    for hidden in ["6591234567", "ilhelmina", "192.0.2.7"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    assert!(shown.contains("17") && shown.contains("Delivered"), "what helps is there");
}

#[test]
fn refusals_say_nothing_of_what_came() {
    let header = header("nonce-of-Wilhelmina");
    let late =
        receiver().receive_at(&CallbackRequest::new(b"Wilhelmina").with_signature(Some(&header)), at(0));
    let malformed = receive(&receiver(), "timestamp=Wilhelmina;nonce=Wilhelmina", b"");
    let unknown = receive(&receiver(), &header.replace("shop", "Wilhelmina"), b"x");
    let not_json = receive(&receiver(), &header, b"Wilhelmina");
    for refused in [late, malformed, unknown, not_json] {
        let shown = format!("{refused:?}");
        assert!(!shown.contains("ilhelmina"), "{shown}");
        if let Err(refusal) = refused {
            let shown = refusal.to_string();
            assert!(!shown.contains("ilhelmina") && !shown.ends_with('.'), "{shown}");
        }
    }
}
