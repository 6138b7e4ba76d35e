//! Where a message stands, whatever the order in which that was told.

use engagelab_otp::api::types::{ErrorCode, MessageStatus};
use engagelab_otp::lifecycle::{CodeCheck, Finality, Lifecycle, Observation, Observed};
use engagelab_otp::{Channel, Strategy};
use proptest::prelude::{Just, prop_assert, prop_assert_eq, proptest};
use proptest::strategy::Strategy as Told;

use super::fixture::row;

/// `channel status seconds`, and perhaps an error and a cost, as they come in a callback.
fn told(text: &str) -> Observation {
    let words: Vec<&str> = text.split(' ').collect();
    let [channel, status, seconds, rest @ ..] = &words[..] else { panic!("{text:?} is too short") };
    let mut parts = vec![format!(r#""message_status":"{status}""#)];
    for word in rest {
        parts.push(match word.split_once('=') {
            Some(("error", code)) => format!(r#""error_code":{code}"#),
            Some((currency, cost)) => format!(r#""billing":{{"cost":{cost},"currency":"{currency}"}}"#),
            None => panic!("{word:?} is neither an error nor a cost"),
        });
    }
    let channel = if *channel == "-" { String::new() } else { format!(r#""channel":"{channel}","#) };
    let batch =
        row(&format!(r#"{{"message_id":"17",{channel}"itime":{seconds},"status":{{{}}}}}"#, parts.join(",")));
    batch.events()[0].observation().expect("a message and a status")
}

fn message(strategy: Option<&str>, code_check: CodeCheck) -> Lifecycle {
    let message = Lifecycle::new("17".to_owned()).with_code_check(code_check);
    match strategy {
        Some(strategy) => message.with_strategy(strategy.parse().expect("a strategy")),
        None => message,
    }
}

/// The lines, fed one after the other.
fn after(mut message: Lifecycle, lines: &[&str]) -> Lifecycle {
    for line in lines {
        message.observe(&told(line));
    }
    message
}

fn stands(message: &Lifecycle) -> (Option<&str>, Option<&str>, Finality) {
    let status = message.status().map(MessageStatus::as_str);
    (status, message.channel().map(Channel::as_str), message.finality())
}

const FALLBACK: [&str; 7] = [
    "whatsapp plan 1",
    "whatsapp sent 2 USD=0.05",
    "whatsapp delivered_failed 5 error=5018 USD=0.05",
    "sms plan 5",
    "sms sent 6 USD=0.0423",
    "sms delivered 9 USD=0.0423",
    "sms verified 30",
];

#[test]
fn a_fallback_is_told_step_by_step() {
    let expected = [
        ("plan", "whatsapp", Finality::Open),
        ("sent", "whatsapp", Finality::Open),
        ("delivered_failed", "whatsapp", Finality::Open),
        ("plan", "sms", Finality::Open),
        ("sent", "sms", Finality::Open),
        ("delivered", "sms", Finality::Open),
        ("verified", "sms", Finality::Final),
    ];
    let mut told_so_far = message(Some("whatsapp|sms"), CodeCheck::ByService);
    assert_eq!(stands(&told_so_far), (None, None, Finality::Open));
    for (line, (status, channel, finality)) in FALLBACK.iter().zip(expected) {
        assert_eq!(told_so_far.observe(&told(line)), Observed::New, "{line}");
        assert_eq!(stands(&told_so_far), (Some(status), Some(channel), finality), "{line}");
    }
    let costs: Vec<String> = told_so_far.costs().iter().map(ToString::to_string).collect();
    assert_eq!(costs, ["0.0923 USD"]);
}

#[test]
fn a_failed_delivery_is_the_end_only_on_the_last_channel() {
    let failed = ["whatsapp sent 1", "whatsapp delivered_failed 2 error=5018"];
    for (strategy, finality) in [
        (Some("whatsapp|sms"), Finality::Open),
        (Some("sms|whatsapp"), Finality::Final),
        (Some("whatsapp"), Finality::Final),
        (Some("sms|voice"), Finality::Unknown),
        (None, Finality::Unknown),
    ] {
        let message = after(message(strategy, CodeCheck::ByService), &failed);
        assert_eq!(stands(&message), (Some("delivered_failed"), Some("whatsapp"), finality), "{strategy:?}");
        assert_eq!(message.error(), Some(ErrorCode::HandsetOff));
    }
    let all = [
        "sms delivered_failed 2 error=5012",
        "whatsapp delivered_failed 1 error=5018",
        "voice sent_fail 3 error=5016",
    ];
    let message = after(message(Some("whatsapp|sms|voice"), CodeCheck::ByService), &all);
    assert_eq!(stands(&message), (Some("sent_failed"), Some("voice"), Finality::Final));
    assert_eq!(message.error(), Some(ErrorCode::SendFailedInternally));
}

#[test]
fn after_a_delivery_it_depends_on_the_code_whether_more_can_come() {
    for (code_check, finality) in [
        (CodeCheck::ByService, Finality::Open),
        (CodeCheck::Never, Finality::Final),
        (CodeCheck::Unknown, Finality::Unknown),
    ] {
        let delivered = after(message(Some("sms"), code_check), &["sms delivered 1"]);
        assert_eq!(delivered.finality(), finality);
    }
    for (last, finality) in [
        ("sms verified 9", Finality::Final),
        ("sms verified_timeout 9", Finality::Final),
        ("sms verified_failed 9", Finality::Open),
    ] {
        let message = after(message(None, CodeCheck::Unknown), &["sms delivered 1", last]);
        assert_eq!(message.finality(), finality, "{last}");
    }
    let wrong_then_right = ["sms delivered 1", "sms verified_failed 5", "sms verified 9"];
    assert_eq!(stands(&after(message(None, CodeCheck::Unknown), &wrong_then_right)).0, Some("verified"));
}

#[test]
fn without_a_strategy_times_tell_which_channel_is_the_current_one() {
    let rows = ["sms sent 6", "whatsapp delivered_failed 5"];
    assert_eq!(
        stands(&after(message(None, CodeCheck::Unknown), &rows)),
        (Some("sent"), Some("sms"), Finality::Open)
    );
    let same_second = ["sms sent 5", "whatsapp delivered_failed 5"];
    assert_eq!(stands(&after(message(None, CodeCheck::Unknown), &same_second)).1, Some("sms"));
    // A strategy is certain, and the clocks of two channels are not.
    let message = after(
        message(Some("whatsapp|sms"), CodeCheck::Unknown),
        &["sms sent 5", "whatsapp delivered_failed 7"],
    );
    assert_eq!(stands(&message), (Some("sent"), Some("sms"), Finality::Open));
}

#[test]
fn the_channel_of_a_verification_is_the_one_that_delivered() {
    let rows = ["whatsapp delivered_failed 1", "sms delivered 2", "- verified 9"];
    assert_eq!(
        stands(&after(message(None, CodeCheck::Unknown), &rows)),
        (Some("verified"), Some("sms"), Finality::Final)
    );
}

#[test]
fn reports_without_a_channel_feed_the_same_machine() {
    let report = |status| Observation::new("17".to_owned(), status);
    let mut delivered = message(Some("sms"), CodeCheck::Never);
    delivered.observe(&report(MessageStatus::Delivered));
    assert_eq!(stands(&delivered), (Some("delivered"), None, Finality::Final));

    let failed = |strategy| {
        let mut failed = message(strategy, CodeCheck::Never);
        failed.observe(&report(MessageStatus::DeliveredFailed).with_error(ErrorCode::Unreachable));
        failed.finality()
    };
    assert_eq!(failed(Some("sms")), Finality::Final);
    assert_eq!(failed(Some("whatsapp|sms")), Finality::Unknown);
    assert_eq!(failed(None), Finality::Unknown);
}

#[test]
fn a_channel_is_paid_once_exactly_and_by_currency() {
    let rows = [
        "whatsapp sent 1 USD=0.1",
        "whatsapp delivered 2 USD=0.1",
        "whatsapp verified 3 USD=0",
        "sms sent 1 USD=0.2",
        "voice sent 1 EUR=1e-3",
    ];
    let message = after(message(None, CodeCheck::Unknown), &rows);
    let shown = |costs: Vec<engagelab_otp::lifecycle::Money>| {
        costs.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(shown(message.costs()), ["0.001 EUR", "0.3 USD"]);
    assert_eq!(shown(message.costs_on(Some(&Channel::Whatsapp))), ["0.1 USD"]);
    assert!(message.costs_on(Some(&Channel::Email)).is_empty());
}

#[test]
fn unknown_statuses_and_channels_are_kept_and_decide_nothing() {
    let rows = ["sms teleported 1", "sms delivered 2", "pigeon dove_seen 3"];
    let message = after(message(Some("sms"), CodeCheck::Never), &rows);
    assert_eq!(stands(&message), (Some("delivered"), Some("sms"), Finality::Final));
    let kept: Vec<_> =
        message.statuses_on(Some(&Channel::Sms)).into_iter().map(MessageStatus::as_str).collect();
    assert_eq!(kept, ["teleported", "delivered"]);
    assert_eq!(message.statuses_on(Some(&Channel::from("pigeon"))).len(), 1);
}

#[test]
fn what_is_about_another_message_or_known_changes_nothing() {
    let mut message = message(None, CodeCheck::Unknown);
    let other = Observation::new("18".to_owned(), MessageStatus::Delivered);
    assert_eq!(message.observe(&other), Observed::OtherMessage);
    assert_eq!(message.observe(&told("sms sent 5")), Observed::New);
    assert_eq!(message.observe(&told("sms sent 5")), Observed::Known);
    assert_eq!(message.observe(&told("sms sent 4")), Observed::Known);
}

#[test]
fn rows_of_other_kinds_observe_nothing() {
    for text in [
        r#"{"message_id":"17","response":{"event":"uplink_message"}}"#,
        r#"{"message_id":"17","status":{}}"#,
        r#"{"status":{"message_status":"sent"}}"#,
    ] {
        assert_eq!(row(text).events()[0].observation(), None, "{text}");
    }
    let inner = row(r#"{"status":{"message_status":"sent","status_data":{"message_id":"17"}}}"#);
    assert_eq!(inner.events()[0].observation().expect("the inner id counts").message_id().0, "17");
}

/// The costs after these lines.
fn costs(lines: &[&str]) -> Vec<String> {
    after(message(None, CodeCheck::Unknown), lines).costs().iter().map(ToString::to_string).collect()
}

#[test]
fn a_price_counts_once_however_the_channel_and_the_currency_are_written() {
    assert_eq!(costs(&["sms sent 1 USD=0.0423", "SMS delivered 2 USD=0.0423"]), ["0.0423 USD"]);
    assert_eq!(costs(&["sms sent 1 USD=0.0423", "sms delivered 2 usd=0.0423"]), ["0.0423 USD"]);
    assert_eq!(costs(&["sms sent 1 USD=0.0423", "- delivered 2 USD=0.0423"]), ["0.0423 USD"]);
    assert_eq!(costs(&["- delivered 2 USD=0.0423"]), ["0.0423 USD"]);
    let fallback = ["whatsapp sent 1 USD=0.1", "sms sent 2 USD=0.2", "- delivered 3 USD=0.2"];
    assert_eq!(costs(&fallback), ["0.3 USD"]);
    assert_eq!(
        costs(&["sms sent 1 USD=0.1", "- sent 1 USD=0.25"]),
        ["0.25 USD"],
        "it is more than one channel's"
    );
    assert_eq!(costs(&["sms sent 1 USD=0.1", "sms sent 1 EUR=0.2"]), ["0.2 EUR", "0.1 USD"]);
    let exact = ["sms sent 1 USD=0.100000000000000000000001", "voice sent 2 USD=999999999999"];
    assert_eq!(costs(&exact), ["999999999999.100000000000000000000001 USD"]);
}

#[test]
fn a_lower_price_that_is_named_later_is_told_and_not_set_off() {
    for lines in [
        ["sms sent 1 USD=0.0423", "sms delivered 2 USD=0.04", "sms verified 3 USD=-0.0423"],
        ["sms verified 3 USD=-0.0423", "sms delivered 2 USD=0.04", "sms sent 1 USD=0.0423"],
    ] {
        let message = after(message(None, CodeCheck::Unknown), &lines);
        assert_eq!(message.costs()[0].to_string(), "0.0423 USD");
        let ranges = message.price_ranges();
        let [(Some(Channel::Sms), lowest, highest)] = &ranges[..] else { panic!("{ranges:?}") };
        assert_eq!((lowest.to_string(), highest.to_string()), ("-0.0423 USD".into(), "0.0423 USD".into()));
    }
    let mut same = after(message(None, CodeCheck::Unknown), &["sms sent 1 USD=0.0423"]);
    assert_eq!(same.observe(&told("sms sent 1 USD=0.04230")), Observed::Known);
    assert!(same.price_ranges().is_empty());
    assert_eq!(
        same.observe(&told("sms sent 1 USD=0.01")),
        Observed::New,
        "a refund is no news that gets lost"
    );
}

#[test]
fn a_failure_without_a_channel_is_one_of_the_channel_being_tried() {
    for (lines, status, channel, finality) in [
        (["sms sent 6", "- delivered_failed 9"], "delivered_failed", "sms", Finality::Final),
        (["- delivered_failed 9", "sms sent 6"], "delivered_failed", "sms", Finality::Final),
        (["whatsapp sent 6", "- delivered_failed 9"], "delivered_failed", "whatsapp", Finality::Open),
        (["sms sent 6", "- delivered_failed 5"], "sent", "sms", Finality::Open),
        (
            ["whatsapp delivered_failed 5", "- delivered_failed 5"],
            "delivered_failed",
            "whatsapp",
            Finality::Open,
        ),
        (
            ["whatsapp delivered_failed 5", "- delivered_failed 9"],
            "delivered_failed",
            "whatsapp",
            Finality::Unknown,
        ),
        (["sms delivered_failed 5", "- delivered_failed 9"], "delivered_failed", "sms", Finality::Final),
        (["sms delivered 5", "- delivered_failed 9"], "delivered", "sms", Finality::Final),
    ] {
        let message = after(message(Some("whatsapp|sms"), CodeCheck::Never), &lines);
        assert_eq!(stands(&message), (Some(status), Some(channel), finality), "{lines:?}");
    }
    let mut without_times = message(Some("whatsapp|sms"), CodeCheck::Never);
    without_times.observe(&told("sms sent 6"));
    without_times.observe(&Observation::new("17".to_owned(), MessageStatus::DeliveredFailed));
    assert_eq!(stands(&without_times), (Some("sent"), Some("sms"), Finality::Unknown));
}

#[test]
fn a_delivery_reported_late_takes_a_failure_back_and_says_so() {
    let mut failed = message(Some("sms"), CodeCheck::Never);
    assert_eq!(failed.observe(&told("sms delivered_failed 5 error=5018")), Observed::New);
    assert_eq!(failed.finality(), Finality::Final);
    assert_eq!(failed.observe(&told("sms sent 2")), Observed::New, "the end stays where it is");
    assert_eq!(failed.observe(&told("sms delivered 4 USD=0.0423")), Observed::Revised);
    assert_eq!(stands(&failed), (Some("delivered"), Some("sms"), Finality::Final));
    assert_eq!(failed.error(), None);
    assert_eq!(
        failed.observe(&told("sms delivered_failed 9")),
        Observed::New,
        "nothing takes a delivery back"
    );
    assert_eq!(stands(&failed), (Some("delivered"), Some("sms"), Finality::Final));

    let mut late = message(Some("sms"), CodeCheck::ByService);
    late.observe(&told("sms verified_timeout 5"));
    assert_eq!(late.observe(&told("sms verified 4")), Observed::Revised);
    assert_eq!(stands(&late), (Some("verified"), Some("sms"), Finality::Final));
}

#[test]
fn many_messages_share_a_strategy() {
    let strategy = std::sync::Arc::new("whatsapp|sms".parse::<Strategy>().expect("a strategy"));
    let message = Lifecycle::new("17".to_owned()).with_shared_strategy(strategy.clone());
    assert_eq!(std::sync::Arc::strong_count(&strategy), 2);
    assert_eq!(after(message, &["sms delivered_failed 5"]).finality(), Finality::Final);
}

#[test]
fn every_order_of_a_run_ends_the_same() {
    let observations: Vec<Observation> = FALLBACK.iter().map(|line| told(line)).collect();
    let mut orders = 0;
    for strategy in [None, Some("whatsapp|sms")] {
        let empty = message(strategy, CodeCheck::ByService);
        let expected = after(empty.clone(), &FALLBACK);
        each_order(&mut observations.clone(), 0, &mut |order| {
            let mut message = empty.clone();
            for observation in order {
                message.observe(observation);
            }
            assert_eq!(message, expected);
            assert_eq!(stands(&message), (Some("verified"), Some("sms"), Finality::Final));
            orders += 1;
        });
    }
    assert_eq!(orders, 2 * 5040);
}

fn each_order<T>(items: &mut Vec<T>, from: usize, visit: &mut impl FnMut(&[T])) {
    if from == items.len() {
        return visit(items);
    }
    for index in from..items.len() {
        items.swap(from, index);
        each_order(items, from + 1, visit);
        items.swap(from, index);
    }
}

fn any_observation() -> impl Told<Value = Observation> {
    let statuses = [
        "plan",
        "target_valid",
        "target_invalid",
        "sent",
        "sent_failed",
        "delivered",
        "delivered_failed",
        "verified",
        "verified_failed",
        "verified_timeout",
        "teleported",
    ];
    let channels = ["whatsapp", "sms", "voice", "pigeon"];
    (
        proptest::sample::select(statuses.to_vec()),
        proptest::option::of(proptest::sample::select(channels.to_vec())),
        proptest::option::of(0_i64..4),
        proptest::option::of(5010_i64..5014),
        proptest::option::of((0_u32..4, proptest::sample::select(&["USD", "EUR"][..]))),
    )
        .prop_map(|(status, channel, seconds, error, cost)| {
            let mut observation = Observation::new("17".to_owned(), MessageStatus::from(status));
            if let Some(channel) = channel {
                observation = observation.on_channel(Channel::from(channel));
            }
            if let Some(seconds) = seconds {
                observation = observation.at(seconds);
            }
            if let Some(error) = error {
                observation = observation.with_error(error);
            }
            if let Some((cents, currency)) = cost {
                let amount = format!("0.0{cents}").parse().expect("a decimal");
                observation = observation.with_cost(engagelab_otp::lifecycle::Money::new(amount, currency));
            }
            observation
        })
}

/// A history, and the same again in another order, with some of it twice.
fn history_and_shuffle() -> impl Told<Value = (Vec<Observation>, Vec<Observation>)> {
    proptest::collection::vec(any_observation(), 0..12).prop_flat_map(|history| {
        let doubled: Vec<_> = history.iter().chain(history.iter().step_by(2)).cloned().collect();
        (Just(history), Just(doubled).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn order_and_repetition_leave_no_trace((history, shuffled) in history_and_shuffle(), with_strategy: bool) {
        let strategy: Option<Strategy> = with_strategy.then(|| "whatsapp|sms".parse().expect("a strategy"));
        let feed = |observations: &[Observation]| {
            let mut message = Lifecycle::new("17".to_owned());
            if let Some(strategy) = &strategy {
                message = message.with_strategy(strategy.clone());
            }
            for observation in observations {
                message.observe(observation);
            }
            message
        };
        let (told, retold) = (feed(&history), feed(&shuffled));
        prop_assert_eq!(&told, &retold);
        prop_assert_eq!(stands(&told), stands(&retold));
        prop_assert_eq!(told.costs(), retold.costs());
        prop_assert_eq!(told.error(), retold.error());
    }

    #[test]
    fn what_was_known_is_known_when_told_again((history, shuffled) in history_and_shuffle()) {
        let mut message = Lifecycle::new("17".to_owned());
        for observation in &history {
            message.observe(observation);
        }
        for observation in &shuffled {
            prop_assert_eq!(message.observe(observation), Observed::Known);
        }
    }

    #[test]
    fn the_end_of_a_real_run_is_not_taken_back(order in Just((0..FALLBACK.len()).collect::<Vec<_>>()).prop_shuffle()) {
        let mut message = message(Some("whatsapp|sms"), CodeCheck::ByService);
        let mut end = None;
        for index in order {
            message.observe(&told(FALLBACK[index]));
            let stood = message.status().cloned();
            if let Some(end) = &end {
                prop_assert_eq!(&stood, end);
                prop_assert_eq!(message.finality(), Finality::Final);
            } else if message.finality() == Finality::Final {
                end = Some(stood);
            }
        }
        prop_assert!(end.is_some());
    }
}
