//! Who is believed.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engagelab_otp::callback::{
    CallbackRequest, Delivery, ReceiveError, Receiver, SOURCES, SignatureHeaderError, Signer,
};
use http::{HeaderMap, HeaderValue};

use super::fixture::{DELIVERED, NOW, SECRET, USER, at, builder, header, receive, receiver};

#[test]
fn a_receiver_that_requires_nothing_cannot_be_built_by_accident() {
    let error = Receiver::builder().build().expect_err("nothing is required");
    assert_eq!(error.field(), "receiver");
    assert!(builder().accept_unsigned_callbacks().build().is_err(), "both at once is a contradiction");
    assert!(Receiver::builder().sources(SOURCES).build().is_err(), "an address is no proof");

    let receiver = Receiver::builder().accept_unsigned_callbacks().build().expect("asked for");
    let taken = receiver.receive_at(&CallbackRequest::new(DELIVERED.as_bytes()), at(NOW));
    assert!(matches!(taken, Ok(Delivery::Events(batch)) if batch.events().len() == 1));
}

#[test]
fn users_and_secrets_that_cannot_work_are_refused_when_configured() {
    for (user, secret) in [("", "s"), ("a;b", "s"), ("a b", "s"), ("ä", "s"), ("shop", "")] {
        assert!(Receiver::builder().secret(user, secret).is_err(), "{user:?}");
        assert!(Signer::new(user, secret).is_err(), "{user:?}");
    }
    for value in ["", " Bearer x", "Bearer x\n", "Bearer ä"] {
        assert!(Receiver::builder().authorization(value).is_err(), "{value:?}");
    }
}

#[test]
fn headers_are_found_in_a_header_map_whatever_their_case() {
    let receiver = builder().authorization("Bearer abc").expect("valid").build().expect("configured");
    let mut headers = HeaderMap::new();
    headers.insert("X-Callback-Id", HeaderValue::from_str(&header("n")).expect("ASCII"));
    headers.insert("Authorization", HeaderValue::from_static("Bearer abc"));
    let taken = receiver.receive_at(&CallbackRequest::from_headers(&headers, DELIVERED.as_bytes()), at(NOW));
    assert!(matches!(taken, Ok(Delivery::Events(_))), "{taken:?}");
}

#[test]
fn of_two_headers_none_is_believed() {
    let receiver = builder().authorization("Bearer abc").expect("valid").build().expect("configured");
    let mut headers = HeaderMap::new();
    headers.append("authorization", HeaderValue::from_static("Bearer abc"));
    headers.append("x-callback-id", HeaderValue::from_str(&header("n")).expect("ASCII"));
    headers.append("x-callback-id", HeaderValue::from_str(&header("m")).expect("ASCII"));
    let refused =
        receiver.receive_at(&CallbackRequest::from_headers(&headers, DELIVERED.as_bytes()), at(NOW));
    let defect = SignatureHeaderError::Repeated("the header");
    assert!(matches!(refused, Err(ReceiveError::SignatureMalformed(found)) if found == defect));

    headers.remove("x-callback-id");
    headers.append("authorization", HeaderValue::from_static("Bearer abc"));
    let refused =
        receiver.receive_at(&CallbackRequest::from_headers(&headers, DELIVERED.as_bytes()), at(NOW));
    assert!(matches!(refused, Err(ReceiveError::AuthorizationWrong)));

    let mut headers = HeaderMap::new();
    headers.append("authorization", HeaderValue::from_static("Bearer abc"));
    headers.append("x-callback-id", HeaderValue::from_bytes(b"timestamp=\xff").expect("opaque"));
    let refused =
        receiver.receive_at(&CallbackRequest::from_headers(&headers, DELIVERED.as_bytes()), at(NOW));
    assert!(matches!(refused, Err(ReceiveError::SignatureMalformed(SignatureHeaderError::NotAscii))));
}

#[test]
fn a_required_authorization_is_required_beside_the_signature() {
    let builder = builder().authorization("Bearer new").expect("valid");
    let receiver = builder.authorization("Bearer old").expect("valid").build().expect("configured");
    let receive = |nonce: &str, authorization: Option<&str>| {
        let header = header(nonce);
        let incoming = CallbackRequest::new(DELIVERED.as_bytes())
            .with_signature(Some(&header))
            .with_authorization(authorization);
        receiver.receive_at(&incoming, at(NOW))
    };
    assert!(matches!(receive("1", None), Err(ReceiveError::AuthorizationMissing)));
    for wrong in ["", "Bearer", "bearer new", "Bearer new ", "Bearer newer"] {
        assert!(matches!(receive("2", Some(wrong)), Err(ReceiveError::AuthorizationWrong)), "{wrong:?}");
    }
    assert!(matches!(receive("3", Some("Bearer new")), Ok(Delivery::Events(_))));
    assert!(matches!(receive("4", Some("Bearer old")), Ok(Delivery::Events(_))));
    let unsigned = CallbackRequest::new(DELIVERED.as_bytes()).with_authorization(Some("Bearer new"));
    assert!(matches!(receiver.receive_at(&unsigned, at(NOW)), Err(ReceiveError::SignatureMissing)));
}

#[test]
fn an_authorization_alone_is_enough_when_that_is_configured() {
    let receiver =
        Receiver::builder().authorization("Basic eA==").expect("valid").build().expect("configured");
    let incoming = CallbackRequest::new(DELIVERED.as_bytes()).with_authorization(Some("Basic eA=="));
    assert!(matches!(receiver.receive_at(&incoming, at(NOW)), Ok(Delivery::Events(_))));
    let incoming = CallbackRequest::new(DELIVERED.as_bytes());
    assert!(matches!(receiver.receive_at(&incoming, at(NOW)), Err(ReceiveError::AuthorizationMissing)));
}

#[test]
fn only_allowed_addresses_are_heard_in_either_notation() {
    let receiver = builder().sources(SOURCES).build().expect("configured");
    let receive = |nonce: &str, source: Option<&str>| {
        let header = header(nonce);
        let source = source.map(|source| source.parse::<IpAddr>().expect("an address"));
        let incoming =
            CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&header)).with_source(source);
        receiver.receive_at(&incoming, at(NOW))
    };
    assert!(matches!(receive("1", Some("119.8.170.74")), Ok(Delivery::Events(_))));
    assert!(matches!(receive("2", Some("::ffff:114.119.180.30")), Ok(Delivery::Events(_))));
    assert!(matches!(receive("3", Some("119.8.170.75")), Err(ReceiveError::SourceNotAllowed)));
    assert!(matches!(receive("4", None), Err(ReceiveError::SourceNotAllowed)));
}

#[test]
fn past_and_future_have_limits_of_their_own() {
    let receiver = builder()
        .max_age(Duration::from_secs(3600))
        .max_clock_skew(Duration::from_secs(5))
        .build()
        .expect("configured");
    let receive = |nonce: &str, now: SystemTime| {
        let header = header(nonce);
        receiver.receive_at(&CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&header)), now)
    };
    assert!(matches!(receive("1", at(NOW + 3600)), Ok(Delivery::Events(_))));
    assert!(matches!(receive("2", at(NOW + 3601)), Err(ReceiveError::TooOld { seconds: 3601 })));
    assert!(matches!(receive("3", at(NOW - 5)), Ok(Delivery::Events(_))));
    assert!(matches!(receive("4", at(NOW - 6)), Err(ReceiveError::TooNew { seconds: 6 })));
}

#[test]
fn clocks_and_tolerances_at_their_ends_do_no_harm() {
    let eternal = builder().max_age(Duration::MAX).max_clock_skew(Duration::MAX).build().expect("configured");
    let before_1970 = UNIX_EPOCH - Duration::from_secs(1);
    for now in [before_1970, UNIX_EPOCH, at(u64::from(u32::MAX)), at(1 << 40)] {
        let nonce = format!("{:?}", now.duration_since(UNIX_EPOCH).ok()).replace(' ', "");
        let header = header(&nonce);
        let incoming = CallbackRequest::new(DELIVERED.as_bytes()).with_signature(Some(&header));
        assert!(matches!(eternal.receive_at(&incoming, now), Ok(Delivery::Events(_))), "{now:?}");
        let refused = receiver().receive_at(&incoming, now);
        assert!(matches!(refused, Err(ReceiveError::TooOld { .. } | ReceiveError::TooNew { .. })), "{now:?}");
    }
}

#[test]
fn an_address_check_tells_what_a_callback_would_have_met() {
    let receiver = builder().sources(SOURCES).build().expect("configured");
    let Ok(Delivery::AddressCheck(check)) = receiver.receive_at(&CallbackRequest::new(b"{}"), at(NOW)) else {
        panic!("not taken for an address check");
    };
    assert!(matches!(check.would_refuse(), Some(ReceiveError::SourceNotAllowed)));

    let header = header("n");
    let signed = CallbackRequest::new(b"{}").with_signature(Some(&header)).with_source(Some(SOURCES[0]));
    let Ok(Delivery::AddressCheck(check)) = receiver.receive_at(&signed, at(NOW)) else {
        panic!("not taken for an address check");
    };
    assert!(check.would_refuse().is_none());
}

#[test]
fn the_signer_refuses_what_no_receiver_would_take() {
    let signer = Signer::new(USER, SECRET).expect("valid");
    for nonce in ["", "a;b", "a b", "ä", &"n".repeat(257)] {
        assert!(signer.header(at(NOW), nonce).is_err(), "{nonce:?}");
    }
    assert!(signer.header(at(9_999_999_999), "n").is_ok());
    assert!(signer.header(at(10_000_000_000), "n").is_err());
    let early = signer.header(at(0), "n").expect("ten digits with zeros");
    assert!(matches!(receive(&receiver(), &early, b"x"), Err(ReceiveError::TooOld { .. })));
}
