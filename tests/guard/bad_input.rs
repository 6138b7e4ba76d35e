//! Settings that cannot be used are refused by name.

use std::time::Duration;

use engagelab_otp::guard::{
    DialPrefix, Guard, GuardedSend, Limits, MemoryStore, Pepper, Rate, SpendLimit, UnverifiedBudget,
};
use engagelab_otp::lifecycle::Money;

use super::fixture::{DAY, HandClock, Through, guard, rate, to};

#[test]
fn nonsense_is_refused_with_field_and_rule() {
    let second = Duration::from_secs(1);
    let money = |text: &str| Money::new(text.parse().expect("a number"), "USD");
    let decimal = |text: &str| text.parse().expect("a number");
    let rates = (0..9).map(|_| rate(1, DAY));
    for (refused, field) in [
        (Rate::new(0, second).map(drop), "rate"),
        (Rate::new(u64::MAX, second).map(drop), "rate"),
        (Rate::new(1, Duration::ZERO).map(drop), "window"),
        (Rate::new(1, 400 * DAY).map(drop), "window"),
        (Rate::new(1, Duration::MAX).map(drop), "window"),
        (UnverifiedBudget::new(1, 101, DAY).map(drop), "percent"),
        (UnverifiedBudget::new(0, 50, DAY).map(drop), "floor"),
        (UnverifiedBudget::new(1, 50, Duration::ZERO).map(drop), "window"),
        (SpendLimit::per_day(&money("0"), decimal("1")).map(drop), "spend"),
        (SpendLimit::per_day(&money("-1"), decimal("1")).map(drop), "spend"),
        (SpendLimit::per_day(&money("900000000"), decimal("1")).map(drop), "spend"),
        (SpendLimit::per_day(&money("1"), decimal("0")).map(drop), "price"),
        (Limits::new().cooldown(rates).map(drop), "cooldown"),
        ("+1a".parse::<DialPrefix>().map(drop), "prefix"),
        ("65".parse::<DialPrefix>().map(drop), "prefix"),
        (Pepper::new("").map(drop), "pepper"),
    ] {
        let refused = refused.expect_err(field);
        assert_eq!(refused.field(), field);
        assert!(refused.rule().starts_with("must "), "{refused}");
    }
}

#[test]
fn a_shared_store_needs_a_pepper() {
    let refused = Guard::builder(Through::new(MemoryStore::default())).build().expect_err("no pepper");
    assert_eq!(refused.to_string(), "pepper must be given: all that share a store need the same");
    assert!(Guard::builder(MemoryStore::default()).build().is_ok());
}

#[test]
fn neither_errors_nor_debug_show_a_number_or_a_requester() {
    let clock = HandClock::default();
    let guard = guard(&clock, Limits::recommended());
    let recipient = to(1);
    let send = GuardedSend::otp(&recipient).requester("a-session-cookie");
    let permit = guard.admit(&send).expect("the first");
    let denied = guard.admit(&send).expect_err("too soon");
    let shown = format!("{send:?} {permit:?} {denied:?} {denied} {guard:?}");
    for secret in [recipient.expose(), &recipient.expose()[1..], "a-session-cookie"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
