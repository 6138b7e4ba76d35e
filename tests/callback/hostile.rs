//! Whatever comes: no panic, and nothing is believed that was not signed.

use engagelab_otp::callback::{CallbackRequest, Delivery, ReceiveError, Receiver};
use engagelab_otp::lifecycle::Decimal;
use proptest::collection::vec;
use proptest::prelude::{
    BoxedStrategy, Just, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use super::fixture::{DELIVERED, NOW, at, header, receive, receiver};

/// JSON that is not, or not quite, what the service sends.
pub(super) fn json() -> BoxedStrategy<String> {
    let names = [
        "message_id",
        "to",
        "itime",
        "status",
        "message_status",
        "status_data",
        "billing",
        "cost",
        "currency",
        "error_code",
        "notification",
        "event",
        "response",
        "system_event",
        "data",
        "rows",
        "x",
        "\\u0000",
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|word| word.to_string()),
        any::<i128>().prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("JSON has no such number", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
        "[a-z0-9 _+]{0,12}".prop_map(|text| format!("\"{text}\"")),
        Just(r#""\ud83d""#.to_owned()),
        Just(r#""sent_fail""#.to_owned()),
    ];
    leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            vec((proptest::sample::select(names.to_vec()), inner), 0..8).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                format!("{{{}}}", members.join(" ,"))
            }),
        ]
    })
    .boxed()
}

proptest! {
    #[test]
    fn every_row_is_an_event_or_is_put_aside(rows in vec(json(), 0..5)) {
        let body = format!("{{\"rows\":[{}]}}", rows.join(","));
        let taken = receive(&receiver(), &header("n"), body.as_bytes());
        let Ok(Delivery::Events(batch)) = taken else { panic!("{taken:?}") };
        prop_assert_eq!(batch.rows(), rows.len());
        prop_assert_eq!(batch.events().len() + batch.unreadable().len(), rows.len());
        for event in batch.events() {
            prop_assert_eq!(event.expose_json(), &rows[event.position()]);
            let object = rows[event.position()].starts_with('{');
            prop_assert!(object);
            let _ = (event.observation(), event.cost(), format!("{event:?}"));
        }
        for row in batch.unreadable() {
            prop_assert_eq!(row.expose_text(), rows[row.position()].as_str());
        }
    }

    #[test]
    fn any_body_is_taken_or_refused(body in prop_oneof![vec(any::<u8>(), 0..200), json().prop_map(String::into_bytes)]) {
        match receive(&receiver(), &header("n"), &body) {
            Ok(Delivery::Duplicate) => panic!("nothing came before"),
            Ok(Delivery::Events(_) | Delivery::AddressCheck(_)) => {}
            Err(refusal) => prop_assert_eq!(refusal.http_status(), 400),
        }
    }

    #[test]
    fn a_header_that_is_not_the_signed_one_is_not_believed(at_byte in 0_usize..130, byte in 0_u8..128) {
        let genuine = header("k2f8r1");
        let mut changed = genuine.clone().into_bytes();
        let at_byte = at_byte % changed.len();
        changed[at_byte] = byte;
        let changed = String::from_utf8(changed).expect("ASCII");
        let taken = receive(&receiver(), &changed, DELIVERED.as_bytes());
        // The digits of the signature may be in either case.
        let same = changed.to_ascii_lowercase() == genuine && changed[..genuine.len() - 64] == genuine[..genuine.len() - 64];
        prop_assert_eq!(taken.is_ok(), same, "{}", changed);
    }

    #[test]
    fn any_header_is_refused(text in "\\PC{0,80}|(timestamp|nonce|username|signature|=|;|[0-9]{10}|[0-9a-f]{64}|shop){0,12}") {
        let refused = receiver().receive_at(&CallbackRequest::new(b"x").with_signature(Some(&text)), at(NOW));
        prop_assert!(matches!(refused.expect_err("unsigned").http_status(), 400 | 401));
    }

    #[test]
    fn any_nonce_is_good_for_one_body(nonce in "[!-:<-~]{1,256}", other in "[!-:<-~]{1,256}") {
        let receiver = receiver();
        let Ok(Delivery::Events(batch)) = receive(&receiver, &header(&nonce), DELIVERED.as_bytes()) else {
            panic!("genuine")
        };
        batch.commit().expect("in memory");
        prop_assert!(matches!(receive(&receiver, &header(&nonce), DELIVERED.as_bytes()), Ok(Delivery::Duplicate)));
        let captured = receive(&receiver, &header(&nonce), b"{\"rows\":[]}");
        prop_assert!(matches!(captured, Err(ReceiveError::Replayed)));
        let taken = receive(&receiver, &header(&other), b"{\"rows\":[]}");
        prop_assert_eq!(taken.is_ok(), nonce != other);
    }

    #[test]
    fn unsigned_callbacks_are_read_like_signed_ones(row in json()) {
        let body = format!("{{\"rows\":[{row}]}}");
        let open = Receiver::builder().accept_unsigned_callbacks().build().expect("asked for");
        let Ok(Delivery::Events(unsigned)) = open.receive_at(&CallbackRequest::new(body.as_bytes()), at(NOW)) else {
            panic!("refused")
        };
        let Ok(Delivery::Events(signed)) = receive(&receiver(), &header("n"), body.as_bytes()) else {
            panic!("refused")
        };
        prop_assert_eq!(format!("{unsigned:?}"), format!("{signed:?}"));
    }

    #[test]
    fn decimals_are_read_as_they_are_written(units in -999_999_999_999_i64..=999_999_999_999, fraction in "[0-9]{0,24}") {
        let written = if fraction.is_empty() { units.to_string() } else { format!("{units}.{fraction}") };
        let read: Decimal = written.parse().expect("it fits");
        let shortest = if fraction.is_empty() { written.as_str() } else { written.trim_end_matches('0').trim_end_matches('.') };
        prop_assert_eq!(read.to_string(), shortest);
        prop_assert_eq!(read.to_string().parse::<Decimal>().expect("it was one"), read);
    }

    #[test]
    fn sums_do_not_depend_on_the_order(numbers in vec((-999_999_i64..999_999, 0_u32..18), 0..8)) {
        let parsed: Vec<Decimal> =
            numbers.iter().map(|(units, scale)| format!("{units}e-{scale}").parse().expect("it fits")).collect();
        let sum = |numbers: &mut dyn Iterator<Item = &Decimal>| numbers.fold(Decimal::ZERO, |sum, number| sum + *number);
        prop_assert_eq!(sum(&mut parsed.iter()), sum(&mut parsed.iter().rev()));
    }
}
