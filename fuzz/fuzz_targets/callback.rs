//! Headers and bodies of callbacks. `RUSTC_BOOTSTRAP=1 cargo fuzz run callback -- -dict=fuzz/callback.dict`
#![no_main]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engagelab_otp::callback::{CallbackRequest, Delivery, ReceiveError, Receiver, Signer};
use engagelab_otp::lifecycle::{Decimal, Lifecycle, Observation};
use libfuzzer_sys::fuzz_target;

#[path = "../../tests/callback/oracle.rs"]
mod oracle;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_791_763_200)
}

// The header up to the first line break, the body after it.
fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (header, body) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    if let Ok(header) = std::str::from_utf8(header) {
        headers(header, body);
    }
    bodies(body);
});

fn headers(header: &str, body: &[u8]) {
    let builder = Receiver::builder().secret("shop", "a secret that no fuzzer finds").expect("valid");
    let receiver = builder.build().expect("configured");
    match receiver.receive_at(&CallbackRequest::new(body).with_signature(Some(header)), now()) {
        Ok(Delivery::AddressCheck(check)) => assert!(check.would_refuse().is_some()),
        Ok(taken) => panic!("believed: {taken:?}"),
        Err(refusal) => assert!(matches!(refusal.http_status(), 400 | 401)),
    }

    let signer = Signer::new("shop", "a secret that no fuzzer finds").expect("valid");
    let Ok(signed) = signer.header(now(), header) else { return };
    let incoming = CallbackRequest::new(body).with_signature(Some(&signed));
    match receiver.receive_at(&incoming, now()) {
        Ok(Delivery::Events(batch)) => {
            assert!(matches!(receiver.receive_at(&incoming, now()), Err(ReceiveError::InFlight)));
            batch.commit().expect("in memory");
            assert!(matches!(receiver.receive_at(&incoming, now()), Ok(Delivery::Duplicate)));
            let other = CallbackRequest::new(b"{\"rows\":[]} ").with_signature(Some(&signed));
            assert!(matches!(receiver.receive_at(&other, now()), Err(ReceiveError::Replayed)));
        }
        Ok(Delivery::AddressCheck(check)) => assert!(check.would_refuse().is_none()),
        Ok(Delivery::Duplicate) => panic!("nothing came before"),
        Err(refusal) => assert!(matches!(refusal.http_status(), 400 | 413)),
    }
}

fn bodies(body: &[u8]) {
    let receiver = Receiver::builder().accept_unsigned_callbacks().build().expect("asked for");
    let Ok(Delivery::Events(batch)) = receiver.receive_at(&CallbackRequest::new(body), now()) else { return };
    assert_eq!(batch.events().len() + batch.unreadable().len(), batch.rows());
    oracle::assert_equal(body, &batch);
    let contains = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    let mut observations: Vec<Observation> = Vec::new();
    for event in batch.events() {
        assert!(contains(event.expose_json().as_bytes()));
        assert!(!format!("{event:?}").is_empty());
        if let Some(cost) = event.cost() {
            assert_eq!(cost.amount().to_string().parse::<Decimal>().as_ref(), Ok(&cost.amount()));
        }
        observations.extend(event.observation());
    }
    for row in batch.unreadable() {
        assert!(contains(row.expose_bytes()));
    }
    let Some(first) = observations.first() else { return };
    let tell = |order: &mut dyn Iterator<Item = &Observation>| {
        let mut message = Lifecycle::new(first.message_id().clone());
        for observation in order {
            message.observe(observation);
        }
        message
    };
    let (forth, back) = (tell(&mut observations.iter()), tell(&mut observations.iter().rev()));
    assert_eq!(forth, back);
    assert_eq!((forth.status(), forth.costs()), (back.status(), back.costs()));
}
