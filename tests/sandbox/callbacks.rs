//! Callbacks: what they say, how they are signed, and what becomes of those that fail.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engagelab_otp::callback::Signer;
use engagelab_otp::sandbox::{
    Callback, CallbackFault, CallbackState, DeliveryResponse, Redelivery, SampleEvent, Sandbox,
    SandboxBuilder,
};
use engagelab_otp::{Client, Code, MessageId, TemplateRef};

use super::loopback::{BUSY, CallbackServer, Message, NO_CONTENT, OK, TIMEOUT};

/// A sandbox that reports to a server, with the check of the address done.
fn start(configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder) -> (Sandbox, CallbackServer) {
    let server = CallbackServer::start();
    let builder = Sandbox::builder().manual_clock().callback_url(server.url()).expect("a URL");
    let sandbox = configure(builder).start().expect("started");
    assert_eq!(server.next().body, "{}");
    assert!(sandbox.wait_idle(TIMEOUT));
    (sandbox, server)
}

fn send(sandbox: &Sandbox, to: &str) -> MessageId {
    let client = Client::for_sandbox(sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&to.parse().expect("valid"), &template).expect("sent").message_id
}

fn last(sandbox: &Sandbox) -> Callback {
    sandbox.callbacks().pop().expect("a callback was made")
}

fn signature(message: &Message) -> &str {
    message.header("x-callback-id").expect("signed")
}

/// Whether the signature is the one that belongs to its own time and nonce.
fn is_genuine(message: &Message, user: &str, secret: &str) -> bool {
    let header = signature(message);
    let nonce = header.split(';').find_map(|part| part.strip_prefix("nonce=")).expect("a nonce");
    let seconds = header.strip_prefix("timestamp=").and_then(|rest| rest.split(';').next()).expect("a time");
    let time = UNIX_EPOCH + Duration::from_secs(seconds.parse().expect("seconds"));
    // Receivers compare the time with their own clock, wherever the sandbox's stands.
    let apart = SystemTime::now().duration_since(time).unwrap_or_default();
    assert!(apart < Duration::from_secs(60), "{apart:?}");
    let signer = Signer::new(user, secret).expect("valid");
    signer.header(time, nonce).expect("signed") == header
}

#[test]
fn when_it_starts_it_checks_the_address_and_goes_on_either_way() {
    let (sandbox, _server) = start(|builder| builder);
    let check = last(&sandbox);
    assert!(check.is_address_check);
    assert_eq!(check.state, CallbackState::Delivered);

    let nobody =
        std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let url = format!("http://{nobody}/");
    let sandbox = Sandbox::builder().callback_url(url).expect("a URL").start().expect("started");
    assert!(sandbox.wait_idle(TIMEOUT));
    let check = last(&sandbox);
    assert_eq!(check.state, CallbackState::GivenUp);
    assert!(matches!(check.attempts[0].answer, DeliveryResponse::None(_)));
}

#[test]
fn rows_that_fall_due_together_travel_together() {
    let (sandbox, server) = start(|builder| builder);
    let id = send(&sandbox, "+10000000004");
    assert_eq!(server.next().statuses(), ["plan", "target_valid", "sent"]);
    sandbox.advance(Duration::from_secs(1));
    let fallback = server.next();
    assert_eq!(fallback.statuses(), ["delivered_failed", "sent"]);
    let rows = fallback.json();
    assert_eq!(rows["total"], 2);
    let row = &rows["rows"][0];
    assert_eq!(row["message_id"], id.0);
    assert_eq!(row["to"], "+10000000004");
    assert_eq!(row["status"]["error_code"], 5020);
    assert_eq!(row["status"]["status_data"]["template_key"], "sandbox-otp-tpl");
    assert_eq!(rows["rows"][1]["channel"], "sms");
    assert_eq!(rows["rows"][1]["status"]["billing"]["cost"], 0.05);
    assert_eq!(last(&sandbox).messages, [id]);
}

#[test]
fn a_callback_holds_no_more_rows_than_it_may() {
    let (sandbox, server) = start(|builder| builder.callback_rows(2));
    send(&sandbox, "+6591234567");
    assert_eq!(server.next().statuses(), ["plan", "target_valid"]);
    assert_eq!(server.next().statuses(), ["sent"]);
}

#[test]
fn callbacks_are_signed_as_the_service_signs_them() {
    let (sandbox, server) = start(|builder| builder);
    send(&sandbox, "+6591234567");
    assert!(is_genuine(&server.next(), "sandbox_demo", "sandbox_webhook_secret"));
}

#[test]
fn user_secret_and_authorization_can_be_others() {
    let (sandbox, server) = start(|builder| {
        let builder = builder.callback_secret("shop", "hidden").expect("valid");
        builder.callback_authorization("Bearer abc").expect("valid")
    });
    send(&sandbox, "+6591234567");
    let callback = server.next();
    assert!(is_genuine(&callback, "shop", "hidden"));
    assert_eq!(callback.header("authorization"), Some("Bearer abc"));

    let (sandbox, server) = start(SandboxBuilder::unsigned_callbacks);
    send(&sandbox, "+6591234567");
    assert_eq!(server.next().header("x-callback-id"), None);
}

#[test]
fn a_callback_that_fails_comes_again_with_growing_pauses_until_it_is_taken() {
    let (sandbox, server) = start(|builder| builder);
    for answer in [BUSY, "", BUSY, OK] {
        server.answer(answer);
    }
    sandbox.emit(SampleEvent::TemplateManage);
    let first = server.next();
    assert!(sandbox.wait_idle(TIMEOUT));
    for (pause, again) in [(60, 1), (600, 2), (3600, 3)] {
        sandbox.advance(Duration::from_secs(pause - 1));
        assert!(sandbox.wait_idle(TIMEOUT));
        assert_eq!(last(&sandbox).attempts.len(), again, "too early");
        sandbox.advance(Duration::from_secs(1));
        let repeated = server.next();
        assert_eq!(repeated.body, first.body);
        assert_ne!(signature(&repeated), signature(&first), "signed anew");
        assert!(sandbox.wait_idle(TIMEOUT));
    }
    let callback = last(&sandbox);
    assert_eq!(callback.state, CallbackState::Delivered);
    let answers: Vec<bool> = callback.attempts.iter().map(|attempt| attempt.answer.is_ok()).collect();
    assert_eq!(answers, [false, false, false, true]);
    let busy = DeliveryResponse::Status { status: 503, body: "busy".to_owned() };
    assert_eq!(callback.attempts[0].answer, busy);
}

#[test]
fn repetitions_carry_the_old_signature_if_they_are_to() {
    let (sandbox, server) = start(|builder| builder.redelivery(Redelivery::AsItWas));
    server.answer(BUSY);
    send(&sandbox, "+10000000010");
    let first = server.next();
    assert!(sandbox.wait_idle(TIMEOUT));
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(signature(&server.next()), signature(&first));
}

#[test]
fn in_the_end_a_callback_is_given_up() {
    let (sandbox, server) = start(|builder| builder);
    for _ in 0..40 {
        server.answer(NO_CONTENT);
    }
    sandbox.emit(SampleEvent::AccountLogin);
    for _ in 0..40 {
        assert!(sandbox.wait_idle(TIMEOUT));
        sandbox.advance(Duration::from_secs(24 * 3600));
    }
    assert!(sandbox.wait_idle(TIMEOUT));
    let callback = last(&sandbox);
    assert_eq!(callback.state, CallbackState::GivenUp);
    assert_eq!(callback.attempts.len(), 25, "one, and 24 repetitions");
}

#[test]
fn every_kind_of_event_can_be_asked_for() {
    let (sandbox, server) = start(|builder| builder);
    for event in SampleEvent::ALL {
        sandbox.emit(event);
        let callback = server.next().json();
        let row = callback["rows"][0].as_object().expect("a row");
        let kinds = ["notification", "response", "system_event", "novelty"];
        let found: Vec<_> = kinds.iter().filter(|kind| row.contains_key(**kind)).collect();
        assert_eq!(found.len(), 1, "{event}");
        if event != SampleEvent::Unknown {
            assert_eq!(row[*found[0]]["event"], event.as_str());
        }
    }
    sandbox.emit_row(serde_json::json!({"anything": ["goes"]}));
    assert_eq!(server.next().json()["rows"][0]["anything"][0], "goes");
}

#[test]
fn several_addresses_each_get_every_callback() {
    let (first, second) = (CallbackServer::start(), CallbackServer::start());
    let builder = Sandbox::builder().manual_clock().callback_url(first.url()).expect("a URL");
    let sandbox = builder.callback_url(second.url()).expect("a URL").start().expect("started");
    sandbox.emit(SampleEvent::KeyManage);
    for server in [first, second] {
        assert_eq!(server.next().body, "{}");
        assert!(server.next().body.contains("key_manage"));
    }
}

#[test]
fn on_demand_callbacks_come_twice() {
    let (sandbox, server) = start(|builder| builder.callback_fault(CallbackFault::Duplicate));
    send(&sandbox, "+10000000010");
    let (first, second) = (server.next(), server.next());
    assert_eq!(first.body, second.body);
    assert_ne!(signature(&first), signature(&second));
}

#[test]
fn on_demand_callbacks_are_replayed_to_the_octet() {
    let (sandbox, server) = start(|builder| builder.callback_fault(CallbackFault::Replayed));
    send(&sandbox, "+10000000010");
    assert_eq!(server.next(), server.next());
}

#[test]
fn on_demand_callbacks_are_late() {
    let by = Duration::from_secs(90);
    let (sandbox, server) = start(|builder| builder.callback_fault(CallbackFault::Late { by }));
    send(&sandbox, "+10000000010");
    sandbox.advance(Duration::from_secs(89));
    assert!(sandbox.wait_idle(TIMEOUT));
    assert_eq!(server.rest(), []);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(server.next().statuses()[0], "plan");
}

#[test]
fn on_demand_callbacks_overtake_each_other() {
    let (sandbox, server) = start(|builder| builder.callback_fault(CallbackFault::Reordered));
    send(&sandbox, "+6591234567");
    assert!(sandbox.wait_idle(TIMEOUT));
    assert_eq!(server.rest(), []);
    sandbox.advance(Duration::from_secs(1));
    assert_eq!(server.next().statuses(), ["delivered"]);
    assert_eq!(server.next().statuses(), ["sent", "target_valid", "plan"]);
    // One that nothing follows is let go after a while.
    sandbox.emit(SampleEvent::ApiCall);
    sandbox.advance(Duration::from_secs(10));
    assert!(server.next().body.contains("api_call"));
}

#[test]
fn on_demand_signatures_are_wrong() {
    let (sandbox, server) = start(|builder| builder.callback_fault(CallbackFault::Forged));
    send(&sandbox, "+10000000010");
    assert!(!is_genuine(&server.next(), "sandbox_demo", "sandbox_webhook_secret"));
    sandbox.set_callback_fault(None);
    send(&sandbox, "+6591234567");
    assert!(is_genuine(&server.next(), "sandbox_demo", "sandbox_webhook_secret"));
}

#[test]
fn an_old_callback_can_be_posted_again() {
    let (sandbox, server) = start(|builder| builder);
    sandbox.emit(SampleEvent::UplinkMessage);
    let first = server.next();
    let id = last(&sandbox).id;
    assert!(sandbox.redeliver(id, Redelivery::AsItWas));
    assert_eq!(server.next(), first);
    assert!(sandbox.redeliver(id, Redelivery::SignedAnew));
    assert_ne!(signature(&server.next()), signature(&first));
    assert!(!sandbox.redeliver(id + 1, Redelivery::SignedAnew));
}

#[test]
fn what_is_no_address_for_callbacks_is_refused() {
    for url in ["", "localhost", "ftp://127.0.0.1/", "http://", "file:///etc/passwd", "http://a b/"] {
        assert!(Sandbox::builder().callback_url(url).is_err(), "{url:?}");
    }
    assert!(Sandbox::builder().callback_authorization("a\r\nb: c").is_err());
    assert!(Sandbox::builder().callback_secret("a;b", "c").is_err());
}

#[test]
fn an_advanced_clock_leaves_signatures_fresh() {
    let (sandbox, server) = start(|builder| builder);
    sandbox.advance(Duration::from_secs(24 * 3600));
    sandbox.emit(SampleEvent::ApiCall);
    assert!(is_genuine(&server.next(), "sandbox_demo", "sandbox_webhook_secret"));
}

#[test]
fn after_a_hundred_wrong_codes_the_end_is_still_reported() {
    let (sandbox, server) = start(|builder| builder);
    let id = send(&sandbox, "+6591234567");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let wrong = Code::new("wrong").expect("valid");
    for _ in 0..150 {
        assert!(!client.verify_otp(&id, &wrong).expect("compared").is_verified());
    }
    sandbox.advance(Duration::from_secs(1));
    let right = Code::new(sandbox.code(&id).expect("a code")).expect("valid");
    assert!(client.verify_otp(&id, &right).expect("compared").is_verified());
    assert!(sandbox.wait_idle(TIMEOUT));
    let statuses: Vec<String> = server.rest().iter().flat_map(Message::statuses).collect();
    assert_eq!(statuses.iter().filter(|status| *status == "verified_failed").count(), 150);
    assert_eq!(statuses.iter().filter(|status| *status == "delivered").count(), 1);
    assert_eq!(statuses.last().map(String::as_str), Some("verified"));
}

#[test]
fn a_review_of_a_template_is_reported() {
    let (sandbox, server) = start(|builder| builder);
    assert!(sandbox.set_template_status("sandbox-otp-tpl", engagelab_otp::TemplateStatus::Rejected));
    let row = server.next().json()["rows"][0].take();
    assert_eq!(row["notification"]["event"], "template_audit_result");
    assert_eq!(row["notification"]["notification_data"]["template_id"], "sandbox-otp-tpl");
    assert_eq!(row["notification"]["notification_data"]["status"], 3);
}

#[test]
fn a_receiver_that_hangs_does_not_keep_the_sandbox_from_ending() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let sandbox = Sandbox::builder().callback_url(url).expect("a URL").start().expect("started");
    let (_hanging, _) = listener.accept().expect("the check of the address comes");
    let began = std::time::Instant::now();
    drop(sandbox);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
