//! What rows become.

use engagelab_otp::Channel;
use engagelab_otp::api::types::{KeyAction, MessageStatus, NotificationKind, SystemEventKind};
use engagelab_otp::callback::{Delivery, Detail, ReceiveError, UnreadableReason};

use super::fixture::{batch, builder, header, receive, receiver, row};

#[test]
fn every_documented_status_is_known() {
    let statuses = [
        ("plan", MessageStatus::Plan),
        ("target_valid", MessageStatus::TargetValid),
        ("target_invalid", MessageStatus::TargetInvalid),
        ("sent", MessageStatus::Sent),
        ("sent_failed", MessageStatus::SentFailed),
        ("sent_fail", MessageStatus::SentFailed),
        ("delivered", MessageStatus::Delivered),
        ("delivered_failed", MessageStatus::DeliveredFailed),
        ("verified", MessageStatus::Verified),
        ("verified_failed", MessageStatus::VerifiedFailed),
        ("verified_timeout", MessageStatus::VerifiedTimeout),
        ("teleported", MessageStatus::Other("teleported".to_owned())),
    ];
    for (name, expected) in statuses {
        let batch = row(&format!(r#"{{"status":{{"message_status":"{name}"}}}}"#));
        let Detail::Status(status) = batch.events()[0].detail() else { panic!("{name} is a status") };
        assert_eq!(status.message_status(), Some(expected));
    }
}

#[test]
fn the_four_kinds_are_told_apart_by_the_key_that_they_have() {
    let batch = batch(
        r#"{"total":5,"rows":[
        {"message_id":"17","to":"+6591234567","server":"otp","channel":"sms","itime":1791763207,
         "custom_args":{"order":"A-1042"},
         "status":{"message_status":"delivered_failed","error_code":5018,"error_detail":{"message":"off"},
          "status_data":{"msg_time":1791763200,"message_id":"17","current_send_channel":"whatsapp",
           "template_key":"login","business_id":"1001"},
          "billing":{"cost":0.0423,"currency":"USD"}}},
        {"server":"otp","itime":1,"notification":{"event":"insufficient_balance",
          "notification_data":{"business_id":"1001","remain_balance":12.5,"balance_threshold":20}}},
        {"server":"otp","itime":2,"message_id":"18","business_id":"1001","response":{"event":"uplink_message",
          "response_data":{"message_sid":"s","account_sid":"a","from":"+6591234567","to":"+65900","body":"STOP"}}},
        {"server":"otp","itime":3,"system_event":{"event":"key_manage","data":{"business_id":"1001",
          "org_id":"o","operator":{"email":"a@example.com"},"key_manage":{"action":"create","api_key":"k"}}}},
        {"server":"otp","itime":4,"carrier_event":{"event":"ported"}}]}"#,
    );
    let details: Vec<_> = batch.events().iter().map(engagelab_otp::callback::Event::detail).collect();
    let [
        Detail::Status(status),
        Detail::Notification(notification),
        Detail::Response(response),
        Detail::System(system),
        Detail::Unknown,
    ] = details[..]
    else {
        panic!("{details:?}");
    };
    assert_eq!(status.error_code(), Some(5018));
    let event = &batch.events()[0];
    assert_eq!(event.channel(), Some(Channel::Whatsapp), "the one being tried");
    assert_eq!(event.cost().expect("billed").to_string(), "0.0423 USD");
    assert_eq!(event.expose_custom_args(), Some(r#"{"order":"A-1042"}"#));
    assert_eq!(
        (event.expose_to(), event.server(), event.seconds()),
        (Some("+6591234567"), Some("otp"), Some(1_791_763_207))
    );
    assert_eq!((status.msg_time(), status.template_key()), (Some(1_791_763_200), Some("login")));
    assert_eq!((status.message_id(), status.business_id()), (Some("17"), Some("1001")));
    assert_eq!((status.expose_error_message(), event.business_id()), (Some("off"), Some("1001")));

    assert_eq!(notification.event, Some(NotificationKind::InsufficientBalance));
    let figures = notification.notification_data.as_ref().expect("figures");
    assert_eq!((figures.remain_balance, figures.balance_threshold), (Some(12.5), Some(20.0)));

    let uplink = response.response_data.as_ref().expect("an answer");
    assert_eq!(uplink.body.as_ref().expect("a text").expose(), "STOP");
    assert_eq!(batch.events()[2].message_id(), Some("18"));

    assert_eq!(system.event, Some(SystemEventKind::KeyManage));
    let data = system.data.as_ref().expect("particulars");
    assert_eq!(data.key_manage.as_ref().expect("of the key").action, Some(KeyAction::Create));

    assert!(batch.events()[4].expose_json().contains(r#""carrier_event":{"event":"ported"}"#));
    assert!(batch.events().iter().all(|event| event.unreadable_fields().is_empty()));
}

#[test]
fn every_documented_event_of_the_account_is_known() {
    for kind in ["insufficient_balance", "insufficient_verification_rate", "template_audit_result"] {
        let batch = row(&format!(r#"{{"notification":{{"event":"{kind}","notification_data":{{"x":1}}}}}}"#));
        let Detail::Notification(found) = batch.events()[0].detail() else { panic!("{kind}") };
        assert!(!matches!(found.event, None | Some(NotificationKind::Other(_))), "{kind}");
    }
    for kind in ["account_login", "key_manage", "template_manage", "api_call", "msg_history"] {
        let batch = row(&format!(r#"{{"system_event":{{"event":"{kind}","data":{{"{kind}":{{}}}}}}}}"#));
        let Detail::System(found) = batch.events()[0].detail() else { panic!("{kind}") };
        assert!(!matches!(found.event, None | Some(SystemEventKind::Other(_))), "{kind}");
    }
}

#[test]
fn what_nobody_knows_yet_survives_as_it_came() {
    let unknown = r#"{"message_id":"17","mood":{"x":[1,2.50,"\u00e4"]},
        "status":{"message_status":"queued","hops":3},"channel":"rcs"}"#;
    let batch = row(unknown);
    let event = &batch.events()[0];
    assert_eq!(event.expose_json(), unknown);
    assert_eq!(event.channel(), Some(Channel::from("rcs")));
    let Detail::Status(status) = event.detail() else { panic!("a status") };
    assert_eq!(status.message_status(), Some(MessageStatus::from("queued")));
    assert!(event.unreadable_fields().is_empty(), "unknown is not unreadable");
}

#[test]
fn ids_that_come_as_numbers_keep_every_digit() {
    for digits in ["17", "1725407449772531712", "18446744073709551616", "98765432109876543210987654321"] {
        let batch = row(&format!(
            r#"{{"message_id":{digits},"status":{{"status_data":{{"business_id":{digits}}}}}}}"#
        ));
        let event = &batch.events()[0];
        assert_eq!((event.message_id(), event.business_id()), (Some(digits), Some(digits)));
        assert!(event.unreadable_fields().is_empty());
    }
}

#[test]
fn numbers_that_come_as_texts_are_numbers() {
    let batch = row(
        r#"{"itime":"1791763207","to":6591234567,"server":true,"status":{"message_status":"sent_fail",
            "error_code":"5018","status_data":{"msg_time":1791763200.0},"billing":{"cost":"0.0423","currency":"USD"}}}"#,
    );
    let event = &batch.events()[0];
    let status = event.status().expect("a status");
    assert_eq!(event.seconds(), Some(1_791_763_207));
    assert_eq!((event.expose_to(), event.server()), (Some("6591234567"), Some("true")));
    assert_eq!(status.message_status(), Some(MessageStatus::SentFailed));
    assert_eq!((status.error_code(), status.msg_time()), (Some(5018), Some(1_791_763_200)));
    assert_eq!(event.cost().expect("billed").to_string(), "0.0423 USD");
    assert!(event.unreadable_fields().is_empty());
}

#[test]
fn a_cost_is_exactly_what_was_written() {
    for (written, exact) in [
        ("0.1", "0.1 USD"),
        ("5e-05", "0.00005 USD"),
        ("0.30000000000000004", "0.30000000000000004 USD"),
        ("0.100000000000000000001", "0.100000000000000000001 USD"),
        ("0", "0 USD"),
    ] {
        let batch = row(&format!(r#"{{"status":{{"billing":{{"currency":"USD","cost":{written}}}}}}}"#));
        assert_eq!(batch.events()[0].cost().expect("billed").to_string(), exact);
    }
    let batch = row(r#"{"status":{"billing":{"currency":"USD","cost":1e300}}}"#);
    assert_eq!(batch.events()[0].cost(), None);
    assert_eq!(batch.events()[0].unreadable_fields(), ["status.billing.cost"]);
    assert!(batch.events()[0].expose_json().contains("1e300"));
}

#[test]
fn a_field_that_does_not_fit_is_left_out_and_named() {
    let batch =
        row(r#"{"message_id":"17","itime":"yesterday","custom_args":"x","status":{"message_status":"sent",
            "error_code":{"a":1},"status_data":{"msg_time":[]},"billing":{"cost":1e999}}}"#);
    let event = &batch.events()[0];
    let status = event.status().expect("a status");
    assert_eq!(status.message_status(), Some(MessageStatus::Sent));
    assert_eq!((event.seconds(), status.error_code()), (None, None));
    let mut fields = event.unreadable_fields().to_vec();
    fields.sort();
    assert_eq!(
        fields,
        ["custom_args", "itime", "status.billing.cost", "status.error_code", "status.status_data.msg_time"]
    );

    let batch = row(r#"{"message_id":"17","status":"delivered"}"#);
    assert!(matches!(batch.events()[0].detail(), Detail::Unknown));
    assert_eq!(batch.events()[0].unreadable_fields(), ["status"]);
}

#[test]
fn half_a_surrogate_pair_does_not_cost_the_users_answer() {
    let batch = row(r#"{"response":{"event":"uplink_message","response_data":{"body":"hi \ud83d"}}}"#);
    let Detail::Response(response) = batch.events()[0].detail() else { panic!("a response") };
    let body = response.response_data.as_ref().and_then(|data| data.body.as_ref()).expect("a text");
    assert_eq!(body.expose().trim_end_matches('\u{fffd}'), "hi ");
}

#[test]
fn a_name_that_stands_twice_counts_as_its_last_value() {
    let batch = row(r#"{"message_id":"17","message_id":"18","status":{"message_status":"sent"}}"#);
    assert_eq!(batch.events()[0].message_id(), Some("18"));
}

#[test]
fn a_bad_row_does_not_take_the_others_with_it() {
    let deep = format!("{}{}", r#"{"x":"#.repeat(10_000), "1".to_owned() + &"}".repeat(10_000));
    let misfits: Vec<String> = [
        "message_id",
        "to",
        "server",
        "channel",
        "itime",
        "business_id",
        "custom_args",
        "notification",
        "response",
        "system_event",
    ]
    .iter()
    .map(|name| format!(r#""{name}":[]"#))
    .chain(
        ["message_status", "status_data", "billing", "error_code", "error_detail"]
            .map(|name| format!(r#""{name}":[]"#)),
    )
    .collect();
    let garbled = format!(
        r#"{{{},"status":{{{},"status_data":{{"msg_time":[]}}}}}}"#,
        misfits[..10].join(","),
        misfits[10..].join(",")
    );
    let batch = batch(&format!(
        r#"{{"total":99,"rows":[{{"message_id":"1"}},null,[],["1"],"x",5,true,{deep},{garbled},{{"message_id":"2"}}]}}"#
    ));
    let ids: Vec<_> =
        batch.events().iter().map(|event| (event.position(), event.message_id().is_some())).collect();
    assert_eq!(ids.first(), Some(&(0, true)));
    assert_eq!(ids.last(), Some(&(9, true)));
    let unreadable: Vec<_> = batch.unreadable().iter().map(|row| (row.position(), row.reason())).collect();
    let no_object = UnreadableReason::NotAnObject;
    for position in 1..=6 {
        assert!(unreadable.contains(&(position, no_object)), "{unreadable:?}");
    }
    assert!(unreadable.contains(&(7, UnreadableReason::TooDeep)));
    assert_eq!(batch.unreadable()[3].expose_text(), "\"x\"");
    assert_eq!((batch.rows(), batch.announced()), (10, Some(99)));
    assert_eq!(batch.events().len() + batch.unreadable().len(), 10);
}

/// A good row, this one, and another good row.
fn between_good_rows(row: &[u8]) -> engagelab_otp::callback::Batch {
    let body = [&br#"{"rows":[{"message_id":"1"},"#[..], row, br#",{"message_id":"2"}]}"#].concat();
    match receive(&receiver(), &header("n"), &body) {
        Ok(Delivery::Events(batch)) => batch,
        other => panic!("{other:?}: {}", body.escape_ascii()),
    }
}

#[test]
fn what_json_does_not_know_stays_in_its_row_and_its_octets_reach_the_handler() {
    for bad in [
        &b"{\"message_id\":\"caf\xe9\"}"[..],
        b"{\"message_id\":\"\x07\"}",
        b"{\"message_id\":\"a\nb\"}",
        b"{\"itime\":NaN}",
        b"{\"itime\":-Infinity}",
        b"{\"itime\":+1}",
        b"{\"itime\":0x10}",
        b"{\"message_id\":undefined}",
        b"{'message_id':'17'}",
        b"{\"message_id\" \"17\"}",
        b"{\"message_id\":\"17\",}",
        b"{\"message_id\":\"\\x\"}",
        b"{\"a\":{\"b\":[{\"c\":NaN}]}}",
    ] {
        let batch = between_good_rows(bad);
        let ids: Vec<_> = batch.events().iter().map(|event| event.message_id()).collect();
        assert_eq!(ids, [Some("1"), Some("2")], "{}", bad.escape_ascii());
        assert_eq!(batch.unreadable()[0].expose_bytes(), bad);
        assert_eq!((batch.unreadable()[0].position(), batch.rows()), (1, 3));
        assert_eq!(batch.unreadable()[0].reason(), UnreadableReason::NotJson, "{}", bad.escape_ascii());
    }
    for bare in [&b"NaN"[..], b"undefined", b"'x'", b"\xe9"] {
        let batch = between_good_rows(bare);
        assert_eq!((batch.events().len(), batch.unreadable()[0].expose_bytes()), (2, bare));
    }
}

#[test]
fn what_stands_around_the_rows_does_not_cost_a_row() {
    let deep = format!("{}1{}", r#"{"x":["#.repeat(10_000), "]}".repeat(10_000));
    let rows = r#""rows":[{"message_id":"17"}]"#;
    for body in [
        format!("\u{feff}{{{rows}}}"),
        format!("{{{rows}}}\0"),
        format!("{{{rows}}}\r\n\0\0"),
        format!(r#"{{"\ud83d":1,{rows}}}"#),
        format!(r#"{{"x":{deep},{rows},"y":{deep}}}"#),
        format!(r#"{{"total":NaN,{rows}}}"#),
        format!("{{\"x\":\"\u{7}\",{rows}}}"),
        r#"{"\u0072ows":[{"message_id":"17"}]}"#.to_string(),
    ] {
        assert_eq!(batch(&body).events()[0].message_id(), Some("17"), "{body:.60}");
    }
    let latin = [&b"{\"caf\xe9\":\"\xe9\","[..], rows.as_bytes(), b"}"].concat();
    let taken = receive(&receiver(), &header("n"), &latin);
    assert!(matches!(taken, Ok(Delivery::Events(batch)) if batch.events().len() == 1));
}

#[test]
fn a_body_is_cut_wherever_it_ends_before_its_outermost_value_does() {
    let body = r#"{"total":2,"rows":[{"message_id":"1","to":"\""},{"message_id":"2\\","status":{"error_code":0}}],"x":[1]}"#;
    for length in 1..body.len() {
        let refused = receive(&receiver(), &header("n"), &body.as_bytes()[..length]);
        assert!(matches!(refused, Err(ReceiveError::BodyIncomplete)), "{refused:?} {}", &body[..length]);
    }
    assert_eq!(batch(body).events().len(), 2);
}

#[test]
fn an_array_is_not_taken_for_the_fields_of_a_part_in_order() {
    for (part, array) in [
        ("status", r#"["delivered"]"#),
        ("status.billing", r#"[0.05,"USD"]"#),
        ("status.billing", r#"[{"cost":0.05,"currency":"USD"}]"#),
        ("notification", r#"["insufficient_balance",null]"#),
        ("response.response_data", r#"["s","a","x","y","STOP"]"#),
        ("system_event.data", r"[null,null,null,null,null,null,null]"),
    ] {
        let json = match part.split_once('.') {
            None => format!(r#"{{"{part}":{array}}}"#),
            Some((outer, inner)) => format!(r#"{{"{outer}":{{"{inner}":{array}}}}}"#),
        };
        let batch = row(&json);
        assert_eq!(batch.events()[0].unreadable_fields(), [part], "{json}");
        assert_eq!(batch.events()[0].cost(), None);
    }
}

#[test]
fn a_cost_is_read_however_it_is_written_or_is_named_as_unreadable() {
    for (billing, read) in [
        (r#"{"cost":"+0.05","currency":"USD"}"#, "0.05 USD"),
        (r#"{"cost":" 0.05 ","currency":"usd"}"#, "0.05 USD"),
        (r#"{"cost":"\u0030.05","currency":"\u0055SD"}"#, "0.05 USD"),
        (r#"{"cost":9,"cost":0.05,"currency":"USD"}"#, "0.05 USD"),
        (r#"{"\u0063ost":0.05,"currency":"USD"}"#, "0.05 USD"),
        (r#"{"cost":5E-2,"currency":" USD"}"#, "0.05 USD"),
        (r#"{"cost":-0.05,"currency":"USD"}"#, "-0.05 USD"),
    ] {
        let batch = row(&format!(r#"{{"status":{{"billing":{billing}}}}}"#));
        assert_eq!(batch.events()[0].cost().expect("billed").to_string(), read, "{billing}");
        assert!(batch.events()[0].unreadable_fields().is_empty(), "{billing}");
    }
    let batch = row(r#"{"status":{"billing":{"cost":1},"billing":{"cost":0.05,"currency":"USD"}}}"#);
    assert_eq!(batch.events()[0].cost().expect("billed").to_string(), "0.05 USD");
    for cost in
        [r#""""#, r#""free""#, "true", "{}", "0.1234567890123456789012345", "1e12", r#""0,05""#, "[0.05]"]
    {
        let batch = row(&format!(r#"{{"message_id":"17","status":{{"billing":{{"cost":{cost}}}}}}}"#));
        assert_eq!(batch.events()[0].cost(), None, "{cost}");
        assert_eq!(batch.events()[0].unreadable_fields(), ["status.billing.cost"], "{cost}");
    }
}

#[test]
fn what_was_attached_keeps_every_digit() {
    let attached =
        r#"{"big":98765432109876543210987654321,"exact":0.10000000000000000000001,"text":"\ud83d"}"#;
    let batch = row(&format!(r#"{{"message_id":17,"custom_args":{attached}}}"#));
    assert_eq!(batch.events()[0].expose_custom_args(), Some(attached));
}

#[test]
fn an_empty_channel_does_not_stand_in_the_way_of_the_one_that_is_named() {
    let batch = row(r#"{"channel":"sms","status":{"status_data":{"current_send_channel":""}}}"#);
    assert_eq!(batch.events()[0].channel(), Some(Channel::Sms));
    assert_eq!(row(r#"{"channel":" "}"#).events()[0].channel(), None);
}

#[test]
fn an_array_is_not_taken_for_the_fields_of_a_row_in_order() {
    for length in 0..20 {
        let batch = row(&format!("[{}]", vec!["null"; length].join(",")));
        assert_eq!(batch.unreadable()[0].reason(), UnreadableReason::NotAnObject, "{length}");
    }
}

#[test]
fn a_row_that_fits_nowhere_is_given_up_in_bounded_time() {
    // Each of these makes the row be read once more.
    let misfits =
        |names: &[&str]| names.iter().map(|name| format!(r#""{name}":[1]"#)).collect::<Vec<_>>().join(",");
    let row_text = format!(
        r#"{{{},"status":{{{},"status_data":{{{}}}}},"notification":{{"event":[1],"notification_data":{{{}}}}}}}"#,
        misfits(&["message_id", "to", "server", "channel", "itime", "business_id", "custom_args"]),
        misfits(&["message_status", "billing", "error_code", "error_detail"]),
        misfits(&["msg_time", "message_id", "current_send_channel", "template_key", "business_id"]),
        misfits(&["business_id", "remain_balance"]),
    );
    let batch = row(&row_text);
    assert_eq!(batch.unreadable()[0].reason(), UnreadableReason::Garbled);
    assert_eq!(batch.unreadable()[0].expose_text(), row_text);
}

#[test]
fn bodies_that_are_no_batch_are_refused_with_a_reason() {
    let refusal = |body: &[u8]| receive(&receiver(), &header("n"), body).expect_err("no batch");
    for body in [&b"{"[..], b"{\"rows\":[", b"[", b"[[[["] {
        let refusal = refusal(body);
        assert!(matches!(refusal, ReceiveError::BodyIncomplete), "{refusal:?} {body:?}");
        assert_eq!(refusal.http_status(), 400);
    }
    for body in [
        &b"x"[..],
        b"{}}",
        b"{\"rows\":[{]}",
        b"{\"rows\":[{},]}",
        b"{\"rows\":[,]}",
        b"{\"rows\":[{}{}]}",
        b"{\"rows\" []}",
        b"{rows:[]}",
        b"\xff\xfe",
        b"{\"rows\":[]} x",
    ] {
        let refusal = refusal(body);
        assert!(matches!(refusal, ReceiveError::NotJson), "{refusal:?} {body:?}");
        assert_eq!(refusal.http_status(), 400);
    }
    for body in [
        "[]",
        "[{}]",
        "null",
        "5",
        "\"x\"",
        r#"{"total":2}"#,
        r#"{"total":2,"rows":[]}"#,
        r#"{"total":2,"rows":null}"#,
        r#"{"rows":{}}"#,
        r#"{"rows":"x"}"#,
        r#"{"rows":[],"rows":[]}"#,
        r#"{"message_id":"17"}"#,
    ] {
        let refusal = refusal(body.as_bytes());
        assert!(matches!(refusal, ReceiveError::NotABatch), "{refusal:?} {body}");
    }
    let large = format!(r#"{{"rows":[{{"x":"{}"}}]}}"#, "x".repeat(10 << 20));
    let refusal_of_large = refusal(large.as_bytes());
    assert!(matches!(refusal_of_large, ReceiveError::BodyTooLarge { limit: 1_048_576 }));
    assert_eq!(refusal_of_large.http_status(), 413);
    let many = format!(r#"{{"rows":[{}{{}}]}}"#, "{},".repeat(10_000));
    assert!(matches!(refusal(many.as_bytes()), ReceiveError::TooManyRows { limit: 10_000 }));
    let receiver = builder().max_rows(10_001).build().expect("configured");
    let Ok(Delivery::Events(batch)) = receive(&receiver, &header("n"), many.as_bytes()) else {
        panic!("refused")
    };
    assert_eq!(batch.rows(), 10_001);
}

#[test]
fn a_batch_may_be_empty_and_its_total_may_be_wrong() {
    for body in [r#"{"rows":[]}"#, r#"{"rows":null}"#, r#"{"total":0}"#, r#"{"total":"0","rows":null,"x":1}"#]
    {
        assert!(batch(body).events().is_empty(), "{body}");
    }
    for total in ["7", "\"7\"", "0", "-1", "1e3", "null", "[]", "99999999999999999999"] {
        let batch = batch(&format!(r#"{{"total":{total},"rows":[{{"message_id":"17"}}]}}"#));
        assert_eq!(batch.events().len(), 1, "{total}");
        assert_eq!(batch.announced().unwrap_or(7) == 7, total != "0", "{total}");
    }
}

#[test]
fn events_can_be_handed_on_before_the_commit() {
    let mut batch = batch(r#"{"rows":[{"message_id":"17"},null]}"#);
    let (sender, queue) = std::sync::mpsc::channel();
    sender.send(batch.take_events()).expect("the queue is there");
    assert_eq!(batch.take_unreadable().len(), 1);
    assert!(batch.events().is_empty());
    batch.commit().expect("in memory");
    let worker = std::thread::spawn(move || queue.recv().expect("events").len());
    assert_eq!(worker.join().expect("no panic"), 1);
    assert!(matches!(receive(&receiver(), &header("n"), b"{}"), Ok(Delivery::AddressCheck(_))));
}
