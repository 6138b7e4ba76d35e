//! Two readers say the same of a body.

use std::fs;
use std::path::Path;

use engagelab_otp::callback::{CallbackRequest, Delivery, Receiver};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};

use super::fixture::{NOW, at};
use super::hostile::json;
use super::oracle;

/// Reads the body, and compares; whether both readers took it.
fn compare(body: &[u8]) -> bool {
    let receiver = Receiver::builder().accept_unsigned_callbacks().build().expect("asked for");
    match receiver.receive_at(&CallbackRequest::new(body), at(NOW)) {
        Ok(Delivery::Events(batch)) => oracle::assert_equal(body, &batch),
        other => {
            let rows = oracle::read(body).unwrap_or_default();
            assert!(rows.is_empty(), "{other:?}, and it has rows: {}", body.escape_ascii());
        }
    }
    oracle::read(body).is_some()
}

/// Rows with everything that the service is known to send.
fn known_rows() -> Vec<String> {
    let status = |name: &str, rest: &str| {
        format!(
            r#"{{"message_id":"1725407449772531712","to":"+6591234567","server":"otp","channel":"sms","itime":1791763207,
            "custom_args":{{"order":"A-1042"}},"status":{{"message_status":"{name}","status_data":{{"msg_time":1791763200,
            "message_id":"1725407449772531712","current_send_channel":"whatsapp","template_key":"login","business_id":"1001"}}
            {rest}}}}}"#
        )
    };
    let operator =
        r#""business_id":"1001","org_id":"o","operator":{"email":"a@example.com","ip_address":"192.0.2.7"}"#;
    vec![
        status("plan", ""),
        status("delivered", r#","billing":{"cost":0.0423,"currency":"USD"},"error_code":0"#),
        status("sent_fail", r#","error_code":5016,"error_detail":{"message":"sending \"failed\""}"#),
        r#"{"server":"otp","itime":1,"notification":{"event":"insufficient_balance","notification_data":
            {"business_id":"1001","remain_balance":12.5,"balance_threshold":20,"currency":"USD"}}}"#
            .to_owned(),
        r#"{"server":"otp","itime":2,"message_id":"18","business_id":"1001","response":{"event":"uplink_message",
            "response_data":{"message_sid":"s","account_sid":"a","from":"+6591234567","to":"+65900","body":"STOP [1] \u00e4"}}}"#
            .to_owned(),
        format!(r#"{{"system_event":{{"event":"key_manage","data":{{{operator},"key_manage":{{"action":"create","api_key":"k"}}}}}}}}"#),
        format!(r#"{{"system_event":{{"event":"account_login","data":{{{operator},"account_login":{{"action":"logout"}}}}}}}}"#),
        r#"{"carrier_event":{"event":"ported"},"message_id":17,"itime":"5"}"#.to_owned(),
    ]
}

#[test]
fn both_readers_say_the_same_of_what_the_service_sends() {
    let rows = known_rows();
    assert!(compare(format!(r#"{{"total":{},"rows":[{}]}}"#, rows.len(), rows.join(" ,\n")).as_bytes()));
    for row in rows {
        assert!(compare(format!(r#"{{"rows":[{row}],"total":1}}"#).as_bytes()), "{row}");
    }
}

#[test]
fn both_readers_say_the_same_of_every_seed_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/callback");
    let mut bodies = 0;
    for seed in fs::read_dir(folder).expect("the seeds are part of the project") {
        let seed = fs::read(seed.expect("an entry").path()).expect("a file");
        let body = seed.iter().position(|&byte| byte == b'\n').map_or(&[][..], |end| &seed[end + 1..]);
        bodies += usize::from(compare(body));
    }
    assert!(bodies > 40, "only {bodies} seeds are bodies");
}

proptest! {
    #[test]
    fn both_readers_say_the_same_of_generated_rows(rows in vec(json(), 0..4)) {
        assert!(compare(format!("{{\"rows\":[{}]}}", rows.join(",")).as_bytes()));
    }

    #[test]
    fn both_readers_say_the_same_of_known_rows_with_values_that_are_not(
        row in proptest::sample::select(known_rows()),
        index in any::<proptest::sample::Index>(),
        value in json(),
    ) {
        // Puts another value, or a whole other member, where a value begins.
        let places: Vec<_> = row.match_indices(':').map(|(place, _)| place + 1).collect();
        let place = places[index.index(places.len())];
        let (before, after) = row.split_at(place);
        for changed in [format!("{before}{value},\"x\":{after}"), format!("{before}{value}{}", after.trim_start_matches(|c| c != ',' && c != '}'))] {
            compare(format!("{{\"rows\":[{changed},{row}]}}").as_bytes());
        }
    }

    #[test]
    fn both_readers_say_the_same_of_damaged_bodies(
        index in any::<proptest::sample::Index>(),
        damage in prop_oneof![
            any::<u8>().prop_map(|byte| vec![byte]),
            Just(Vec::new()),
            vec(proptest::sample::select(&b"{}[]\":,\\0e-"[..]), 1..4),
        ],
    ) {
        let mut body = format!(r#"{{"rows":[{}]}}"#, known_rows().join(",")).into_bytes();
        let place = index.index(body.len());
        body.splice(place..=place, damage);
        compare(&body);
    }
}
