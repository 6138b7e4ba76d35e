//! Headers are checked before the body is read.

use engagelab_otp::callback::{
    CallbackHeaders, CheckedHeaders, Delivery, ReceiveError, Receiver, SOURCES, Signer,
};
use http::{HeaderMap, HeaderValue};

use super::fixture::{DELIVERED, NOW, SECRET, USER, at, builder, header, receive, receiver};

fn signed(header: &str) -> CallbackHeaders<'_> {
    CallbackHeaders::new().with_signature(Some(header))
}

#[test]
fn without_a_valid_header_64_octets_are_read_at_most() {
    let genuine = header("n");
    let forged = Signer::new(USER, "another").expect("valid").header(at(NOW), "n").expect("valid");
    let receiver = builder().max_body_bytes(5_000).build().expect("configured");
    assert_eq!(receiver.check_at(&signed(&genuine), at(NOW)).bytes_to_read(), 5_001);
    for headers in [CallbackHeaders::new(), signed(&forged), signed("x")] {
        assert_eq!(receiver.check_at(&headers, at(NOW)).bytes_to_read(), 64);
    }
    assert_eq!(receiver.check_at(&signed(&genuine), at(NOW + 301)).bytes_to_read(), 64);
    let strict = builder().sources(SOURCES).build().expect("configured");
    assert_eq!(strict.check_at(&signed(&genuine), at(NOW)).bytes_to_read(), 64);
}

#[test]
fn what_is_certain_is_said_before_anything_is_read() {
    let receiver = receiver();
    let check = |length| receiver.check_at(&CallbackHeaders::new().with_content_length(length), at(NOW));
    for may_be_an_address_check in [None, Some(0), Some(2), Some(63)] {
        assert!(check(may_be_an_address_check).refusal().is_none());
    }
    for length in [64, 1 << 46, u64::MAX] {
        assert!(matches!(check(Some(length)).refusal(), Some(ReceiveError::SignatureMissing)), "{length}");
    }
    let header = header("n");
    let long = receiver.check_at(&signed(&header).with_content_length(Some((1 << 20) + 1)), at(NOW));
    assert!(matches!(long.refusal(), Some(ReceiveError::BodyTooLarge { limit: 1_048_576 })));
    assert_eq!(long.bytes_to_read(), 64);
    let fits = receiver.check_at(&signed(&header).with_content_length(Some(1 << 20)), at(NOW));
    assert!(fits.refusal().is_none());
}

#[test]
fn an_unsigned_address_check_is_shorter_than_what_is_read_of_it() {
    let receiver = receiver();
    let unsigned = || receiver.check_at(&CallbackHeaders::new(), at(NOW));
    let spaces = [b' '; CheckedHeaders::ADDRESS_CHECK_LIMIT];
    for body in [&b""[..], b"{}", &spaces[1..]] {
        let taken = unsigned().read_at(body, at(NOW));
        let Ok(Delivery::AddressCheck(check)) = taken else { panic!("{taken:?}") };
        assert!(matches!(check.would_refuse(), Some(ReceiveError::SignatureMissing)));
    }
    // There may be more behind it that was not read.
    for body in [&spaces[..], DELIVERED.as_bytes()] {
        assert!(matches!(unsigned().read_at(body, at(NOW)), Err(ReceiveError::SignatureMissing)));
    }
}

#[test]
fn the_age_is_judged_again_when_the_body_is_there() {
    let header = header("n");
    let receiver = receiver();
    let checked = receiver.check_at(&signed(&header), at(NOW + 300));
    let late = checked.read_at(DELIVERED.as_bytes(), at(NOW + 301));
    assert!(matches!(late, Err(ReceiveError::TooOld { seconds: 301 })));
}

#[test]
fn what_was_forgotten_while_the_body_came_in_is_refused() {
    let receiver = receiver();
    assert!(matches!(receive(&receiver, &header("n"), DELIVERED.as_bytes()), Ok(Delivery::Events(_))));
    let header = header("n");
    let slow = receiver.check_at(&signed(&header), at(NOW + 300));
    let signer = Signer::new(USER, SECRET).expect("valid");
    let other = signer.header(at(NOW + 301), "other").expect("valid");
    let checked = receiver.check_at(&signed(&other), at(NOW + 301));
    assert!(matches!(checked.read_at(DELIVERED.as_bytes(), at(NOW + 301)), Ok(Delivery::Events(_))));
    let refused = slow.read_at(br#"{"rows":[{"message_id":"18"}]}"#, at(NOW + 300));
    assert!(matches!(refused, Err(ReceiveError::Forgotten)));
}

#[test]
fn checked_headers_outlive_the_request_and_go_to_other_threads() {
    let checked = receiver().check_at(&signed(&header("n")), at(NOW));
    let reader = std::thread::spawn(move || checked.read_at(DELIVERED.as_bytes(), at(NOW)));
    assert!(matches!(reader.join().expect("no panic"), Ok(Delivery::Events(_))));
}

#[test]
fn a_length_is_taken_from_the_headers_unless_the_body_came_in_chunks() {
    let receiver = Receiver::builder().accept_unsigned_callbacks().build().expect("asked for");
    let mut headers = HeaderMap::new();
    headers.insert("content-length", HeaderValue::from_static("11"));
    let read = |headers: &HeaderMap, body: &[u8]| {
        receiver.check_at(&CallbackHeaders::from_map(headers), at(NOW)).read_at(body, at(NOW))
    };
    assert!(matches!(read(&headers, br#"{"rows":[]}"#), Ok(Delivery::Events(_))));
    for cut in [&b""[..], br#"{"rows":[]"#] {
        assert!(matches!(read(&headers, cut), Err(ReceiveError::BodyIncomplete)));
    }
    headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
    assert!(matches!(read(&headers, b""), Ok(Delivery::AddressCheck(_))));
}

#[test]
fn the_short_forms_go_by_the_systems_clock() {
    let now = std::time::SystemTime::now();
    let header = Signer::new(USER, SECRET).expect("valid").header(now, "n").expect("valid");
    let receiver = receiver();
    assert!(matches!(receiver.check(&signed(&header)).read(DELIVERED.as_bytes()), Ok(Delivery::Events(_))));
    let request = engagelab_otp::callback::CallbackRequest::new(DELIVERED.as_bytes());
    let old = super::fixture::header("old");
    let refused = receiver.receive(&request.with_signature(Some(&old)));
    assert!(matches!(refused, Err(ReceiveError::TooOld { .. } | ReceiveError::TooNew { .. })));
}
