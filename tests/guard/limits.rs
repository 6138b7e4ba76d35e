//! What each limit allows, and what it denies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engagelab_otp::MessageId;
use engagelab_otp::guard::{
    AdmitError, CheckSettlement, Denied, Fail, Guard, GuardedCheck, GuardedSend, LimitKind, Limits,
    MemoryStore, Pepper, SpendLimit, StoreError, UnverifiedBudget, Verdict,
};
use engagelab_otp::lifecycle::Money;

use super::fixture::{
    DAY, HOUR, HandClock, MINUTE, Through, admit, builder, denied_by, guard, rate, store, to,
};

#[test]
fn the_longest_dial_prefix_decides_and_what_nobody_named_is_denied_once_one_is_allowed() {
    let clock = HandClock::default();
    let limits = |allowed: &[&str], denied: &[&str]| {
        let parse = |prefix: &&str| prefix.parse().expect("a prefix");
        let limits = allowed.iter().map(parse).fold(Limits::new(), Limits::allow);
        denied.iter().map(parse).fold(limits, Limits::deny)
    };
    let served = |limits: &Limits, number: &str| {
        let to = number.parse().expect("a recipient");
        admit(&guard(&clock, limits.clone()), GuardedSend::otp(&to)).is_ok()
    };
    let some = limits(&["+1", "+65", "+18761"], &["+1876"]);
    for (number, expected) in [
        ("+12025551234", true),
        ("+18765551234", false),
        ("+18761551234", true),
        ("+6591234567", true),
        ("+447700900123", false),
        ("user@example.com", true),
    ] {
        assert_eq!(served(&some, number), expected, "{number}");
    }
    let all_but = limits(&[], &["+882"]);
    assert!(served(&all_but, "+6591234567") && !served(&all_but, "+88213300655"));
}

#[test]
fn the_pauses_between_sends_to_one_recipient_grow() {
    let clock = HandClock::default();
    let guard = guard(&clock, Limits::recommended());
    let mut sent = Vec::new();
    for second in 0..1_200 {
        if admit(&guard, GuardedSend::otp(&to(1))).is_ok() {
            sent.push(second);
        }
        assert!(admit(&guard, GuardedSend::otp(&to(2))).is_ok() == (sent.last() == Some(&second)));
        clock.advance(Duration::from_secs(1));
    }
    // At most a sixtieth of a window later than the windows alone would allow.
    assert_eq!(sent, [0, 61, 183, 488, 1098, 1159]);
}

#[test]
fn a_denial_says_when_the_same_would_pass() {
    let clock = HandClock::default();
    let guard = guard(&clock, Limits::recommended());
    admit(&guard, GuardedSend::otp(&to(1))).expect("the first");
    clock.advance(Duration::from_secs(20));
    let denied = admit(&guard, GuardedSend::otp(&to(1))).expect_err("too soon");
    assert_eq!(denied.limit(), LimitKind::Cooldown);
    assert_eq!(
        denied.to_string(),
        "denied by the guard: too soon after the last send to this recipient; try again in 41 s"
    );
    let wait = denied.retry_after().expect("a time");
    clock.advance(wait.saturating_sub(Duration::from_millis(1)));
    assert!(admit(&guard, GuardedSend::otp(&to(1))).is_err());
    clock.advance(Duration::from_millis(1));
    assert!(admit(&guard, GuardedSend::otp(&to(1))).is_ok());
}

#[test]
fn recipients_requesters_and_prefixes_are_counted_each_by_itself() {
    let clock = HandClock::default();
    let one = guard(&clock, Limits::new().per_recipient(rate(2, HOUR)));
    let email = |text: &str| text.parse().expect("an address");
    for (first, same, other) in [
        (to(1), to(1), to(2)),
        (email("User@example.com"), email("user@EXAMPLE.com"), email("users@example.com")),
    ] {
        assert!(
            admit(&one, GuardedSend::otp(&first)).is_ok() && admit(&one, GuardedSend::message(&same)).is_ok()
        );
        assert_eq!(denied_by(admit(&one, GuardedSend::code(&first))), Some(LimitKind::PerRecipient));
        assert!(admit(&one, GuardedSend::otp(&other)).is_ok());
    }

    let one = guard(&clock, Limits::new().per_requester(rate(2, HOUR)));
    for number in 0..2 {
        assert!(admit(&one, GuardedSend::otp(&to(number)).requester("192.0.2.1")).is_ok());
    }
    let recipient = to(3);
    let third = GuardedSend::otp(&recipient);
    assert_eq!(denied_by(admit(&one, third.requester("192.0.2.1"))), Some(LimitKind::PerRequester));
    assert!(admit(&one, third.requester("192.0.2.2")).is_ok() && admit(&one, third).is_ok());

    let limits = Limits::new().per_prefix(rate(2, HOUR));
    let one = guard(&clock, limits.for_prefix("+6581".parse().expect("a prefix"), rate(1, HOUR)));
    let number = |text: &str| text.parse().expect("a number");
    for (to, passes) in [
        (number("+6591000001"), true),
        (number("+6581000001"), true),
        (number("+6581000002"), false),
        (number("+6591000002"), true),
        (number("+6591000003"), false),
        (number("+447700900001"), true),
    ] {
        let denied = denied_by(admit(&one, GuardedSend::otp(&to)));
        assert_eq!(denied, (!passes).then_some(LimitKind::PerPrefix), "{to}");
    }
}

#[test]
fn the_unverified_budget_grows_with_what_is_verified_and_holds_for_otps_alone() {
    let clock = HandClock::default();
    let budget = UnverifiedBudget::new(3, 50, DAY).expect("a budget");
    let guard = guard(&clock, Limits::new().unverified(budget));
    let mut numbers = 0..;
    let mut send = || {
        let number = numbers.next().expect("numbers");
        let recipient = to(number);
        let permit = guard.admit(&GuardedSend::otp(&recipient))?;
        permit.accepted(&message(number)).expect("remembered");
        Ok::<_, AdmitError>(message(number))
    };
    let first: Vec<_> = (0..3).map(|_| send().expect("the floor")).collect();
    let denied = send().expect_err("nothing was verified");
    assert_eq!(denied.denied().map(Denied::limit), Some(LimitKind::Unverified));
    assert!(admit(&guard, GuardedSend::code(&to(99))).is_ok(), "own codes are never verified");
    // Once per message, however often it is said.
    for _ in 0..3 {
        guard.verified(&first[0]).expect("an answer");
    }
    send().expect("one is off the list");
    assert!(send().is_err());
    // Ten are verified: half of that is more than the floor.
    let mut all = first[1..].to_vec();
    for _ in 0..9 {
        guard.verified(&all.pop().expect("one")).expect("an answer");
        all.push(send().expect("room for one"));
    }
    assert!((0..2).map(|_| send()).all(|sent| sent.is_ok()));
    assert!(send().is_err());
    // A day later all of it is over; a verification that comes now changes nothing.
    clock.advance(DAY + DAY / 60);
    guard.verified(&all[0]).expect("an answer");
    assert!((0..3).map(|_| send()).all(|sent| sent.is_ok()));
    assert!(send().is_err());
}

#[test]
fn spend_is_estimated_by_prefix_and_corrected_by_what_it_did_cost() {
    let money = |amount: &str, currency: &str| Money::new(amount.parse().expect("a number"), currency);
    let clock = HandClock::default();
    let decimal = |text: &str| text.parse().expect("a number");
    let limit = SpendLimit::per_day(&money("1.00", "USD"), decimal("0.1")).expect("a limit");
    let limit = limit.price("+44".parse().expect("a prefix"), decimal("0.4")).expect("a price");
    let guard = guard(&clock, Limits::new().spend(limit));
    let british = |number: u64| format!("+4477009{number:05}").parse().expect("a number");
    let send = |to: engagelab_otp::Recipient, id: u64| {
        let permit = guard.admit(&GuardedSend::message(&to))?;
        permit.accepted(&message(id)).expect("remembered");
        Ok::<_, AdmitError>(())
    };
    send(british(1), 1).expect("0.4");
    send(british(2), 2).expect("0.8");
    let denied = send(british(3), 3).expect_err("1.2");
    assert_eq!(denied.denied().map(Denied::limit), Some(LimitKind::Spend));
    send(to(1), 4).expect("0.9");
    // Other currencies are no cost that could be compared.
    guard.cost(&message(1), &money("0.01", "EUR")).expect("an answer");
    assert!(send(british(3), 3).is_err());
    for _ in 0..2 {
        guard.cost(&message(1), &money("0.05", "usd")).expect("an answer");
    }
    send(british(3), 3).expect("0.95");
    assert!(send(to(2), 5).is_err());
    // What it did cost can be more than what was expected, and than the limit.
    guard.cost(&message(4), &money("7", "USD")).expect("an answer");
    clock.advance(DAY / 2);
    assert!(send(to(2), 5).is_err());
    clock.advance(DAY / 2 + DAY / 60);
    send(to(2), 5).expect("another day");
}

#[test]
fn wrong_codes_are_counted_for_the_message_and_for_the_recipient_and_a_resend_does_not_reset_them() {
    let clock = HandClock::default();
    let limits = Limits::new().codes_per_message(rate(3, HOUR)).codes_per_recipient(rate(5, DAY));
    let guard = guard(&clock, limits);
    let send = |number: u64, id: u64| {
        let recipient = to(number);
        guard
            .admit(&GuardedSend::otp(&recipient))
            .expect("no limit")
            .accepted(&message(id))
            .expect("remembered");
    };
    let check =
        |id: u64, settlement: CheckSettlement| match guard.admit_check(&GuardedCheck::of(&message(id))) {
            Ok(permit) => {
                permit.settle(settlement).expect("an answer");
                None
            }
            Err(error) => error.denied().map(Denied::limit),
        };
    send(1, 1);
    for _ in 0..3 {
        assert_eq!(check(1, CheckSettlement::NotCounted), None);
        assert_eq!(check(1, CheckSettlement::Counted), None);
    }
    assert_eq!(check(1, CheckSettlement::Counted), Some(LimitKind::CodesPerMessage));
    send(1, 2);
    assert_eq!(check(2, CheckSettlement::Counted), None);
    assert_eq!(check(2, CheckSettlement::Counted), None);
    assert_eq!(check(2, CheckSettlement::Counted), Some(LimitKind::CodesPerRecipient));
    clock.advance(DAY + DAY / 60);
    // Four wrong ones, then the right one: five more may follow.
    send(1, 3);
    send(1, 4);
    for id in [3, 3, 4, 4] {
        assert_eq!(check(id, CheckSettlement::Counted), None);
    }
    assert_eq!(check(4, CheckSettlement::Verified), None);
    send(1, 5);
    send(1, 6);
    for id in [5, 5, 5, 6, 6] {
        assert_eq!(check(id, CheckSettlement::Counted), None, "{id}");
    }
    assert_eq!(check(6, CheckSettlement::Counted), Some(LimitKind::CodesPerRecipient));
    // The same verification, told again by a callback, is not a second one.
    guard.verified(&message(4)).expect("an answer");
    assert_eq!(check(6, CheckSettlement::Counted), Some(LimitKind::CodesPerRecipient));
    // A message that was sent elsewhere is counted by itself.
    for _ in 0..3 {
        assert_eq!(check(77, CheckSettlement::Counted), None);
    }
    assert_eq!(check(77, CheckSettlement::Counted), Some(LimitKind::CodesPerMessage));
}

#[test]
fn the_cap_of_all_is_looked_at_first_and_what_it_denies_takes_no_room() {
    let clock = HandClock::default();
    let store = store(&clock);
    let limits = Limits::recommended().sends(rate(10, HOUR)).checks(rate(10, HOUR));
    let guard = builder(&store, limits).build().expect("a guard");
    for number in 0..10 {
        admit(&guard, GuardedSend::otp(&to(number)).requester("somebody")).expect("the first ten");
        drop(guard.admit_check(&GuardedCheck::of(&message(number))).expect("the first ten"));
    }
    let before = store.memory();
    for number in 10..2_000 {
        let requester = number.to_string();
        let sent = admit(&guard, GuardedSend::otp(&to(number)).requester(&requester));
        assert_eq!(denied_by(sent), Some(LimitKind::Sends));
        let checked = guard.admit_check(&GuardedCheck::of(&message(number))).expect_err("too many");
        assert_eq!(checked.denied().map(Denied::limit), Some(LimitKind::Checks));
    }
    assert_eq!(store.memory(), before);
    assert_eq!((guard.admitted(), guard.denied(LimitKind::Sends)), (20, 1_990));
}

#[test]
fn a_guard_that_only_records_counts_and_reports_everything_and_denies_nothing() {
    let clock = HandClock::default();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let hook = {
        let seen = seen.clone();
        move |decided: &engagelab_otp::guard::Decided<'_>| {
            let verdict = match decided.verdict {
                Verdict::Admitted => "admitted".to_owned(),
                Verdict::Recorded(denied) => denied.limit().to_string(),
                other => format!("{other:?}"),
            };
            seen.lock().expect("not poisoned").push((
                decided.operation.as_str(),
                decided.prefix.map(str::to_owned),
                verdict,
            ));
        }
    };
    let limits = Limits::new().deny("+44".parse().expect("a prefix")).per_recipient(rate(1, HOUR));
    let guard = builder(&store(&clock), limits).record_only().on_decision(hook).build().expect("a guard");
    let british = "+447700900001".parse().expect("a number");
    for recipient in [&to(1), &to(1), &british] {
        admit(&guard, GuardedSend::otp(recipient)).expect("it only records");
    }
    let seen = seen.lock().expect("not poisoned");
    let expected = [("+65", "admitted"), ("+65", "per_recipient"), ("+44", "prefix")];
    assert_eq!(
        *seen,
        expected.map(|(prefix, verdict)| ("send_otp", Some(prefix.to_owned()), verdict.to_owned()))
    );
    assert_eq!((guard.admitted(), guard.denied(LimitKind::PerRecipient)), (3, 1));
}

#[test]
fn counters_go_on_while_the_pepper_is_changed() {
    let clock = HandClock::default();
    let store = store(&clock);
    let with = |pepper: Pepper| {
        let limits = Limits::new().per_recipient(rate(4, HOUR)).codes_per_recipient(rate(4, HOUR));
        Guard::builder(store.clone()).limits(limits).pepper(pepper).build().expect("a guard")
    };
    let pepper = |own: u8, other: Option<u8>| {
        let pepper = Pepper::new([own; 16]).expect("a pepper");
        with(other.map_or(pepper.clone(), |other| pepper.and([other; 16]).expect("a pepper")))
    };
    let (old, both, both_new, new) =
        (pepper(1, None), pepper(1, Some(2)), pepper(2, Some(1)), pepper(2, None));
    let send = |guard: &Guard, id: u64| {
        let recipient = to(1);
        guard
            .admit(&GuardedSend::otp(&recipient))
            .map(|permit| permit.accepted(&message(id)).expect("remembered"))
    };
    let check = |guard: &Guard, id: u64| guard.admit_check(&GuardedCheck::of(&message(id))).map(drop);
    send(&old, 1).expect("one");
    send(&both, 2).expect("two");
    send(&both_new, 3).expect("three");
    check(&both, 2).expect("one");
    check(&both_new, 2).expect("two");
    check(&both, 3).expect("three");
    check(&both_new, 2).expect("four");
    assert!(check(&both_new, 3).is_err() && check(&both, 2).is_err());
    send(&both, 4).expect("four");
    assert!(send(&both, 5).is_err() && send(&both_new, 5).is_err());
    clock.advance(HOUR + MINUTE);
    for number in 10..14 {
        send(&both_new, number).expect("an hour later");
    }
    assert!(send(&new, 20).is_err() && send(&both_new, 20).is_err());
}

#[test]
fn when_the_store_does_not_answer_the_guard_is_closed_open_or_goes_by_itself_as_it_was_told() {
    let clock = HandClock::default();
    let failing = Arc::new(Through::new(MemoryStore::with_clock(1 << 20, clock.clone())));
    let limits = || Limits::new().per_recipient(rate(3, HOUR));
    let with = |fail: Fail| {
        let builder = Guard::builder(failing.clone()).limits(limits());
        builder.pepper(Pepper::new([7; 16]).expect("a pepper")).fail(fail).build().expect("a guard")
    };
    let closed = with(Fail::Closed);
    let open = with(Fail::Open);
    let local = with(Fail::Local(Box::new(Limits::new().per_recipient(rate(2, HOUR)))));
    admit(&local, GuardedSend::otp(&to(1))).expect("the store answers");
    failing.fail(true);
    let (first, second) = (to(1), to(2));
    let error = closed.admit(&GuardedSend::otp(&second)).expect_err("closed");
    assert!(matches!(error, AdmitError::Store(StoreError::Unavailable(_))), "{error:?}");
    assert_eq!(error.outcome(), engagelab_otp::Outcome::NotSent);
    assert_eq!(error.to_string(), "not sent: the guard's store does not answer");
    for _ in 0..9 {
        admit(&open, GuardedSend::otp(&second)).expect("open");
    }
    // One was counted while the store answered.
    admit(&local, GuardedSend::otp(&first)).expect("the second of two");
    assert_eq!(denied_by(admit(&local, GuardedSend::otp(&first))), Some(LimitKind::PerRecipient));
    failing.fail(false);
    admit(&local, GuardedSend::otp(&first)).expect("the store counts one");
}

#[test]
fn limits_of_this_process_know_what_was_verified_and_what_it_cost_while_the_store_answered() {
    let store = Arc::new(Through::new(MemoryStore::default()));
    let money = |text: &str| Money::new(text.parse().expect("a number"), "USD");
    let limits = || {
        let spend = SpendLimit::per_day(&money("1"), "0.5".parse().expect("a number")).expect("a limit");
        let budget = UnverifiedBudget::new(2, 0, DAY).expect("a budget");
        Limits::new().spend(spend).unverified(budget).codes_per_recipient(rate(2, DAY))
    };
    let guard = Guard::builder(store.clone()).limits(limits()).fail(Fail::Local(Box::new(limits())));
    let guard = guard.pepper(Pepper::new([7; 16]).expect("a pepper")).build().expect("a guard");
    let recipient = to(1);
    for id in 1..=3 {
        let permit = guard.admit(&GuardedSend::otp(&recipient)).expect("the others are verified");
        permit.accepted(&message(id)).expect("remembered");
        let check = guard.admit_check(&GuardedCheck::of(&message(id))).expect("a right code");
        check.settle(CheckSettlement::Verified).expect("an answer");
        guard.cost(&message(id), &money("0.1")).expect("an answer");
    }
    store.fail(true);
    admit(&guard, GuardedSend::otp(&to(2))).expect("all are verified, and were cheap");
    for id in [1, 2] {
        drop(guard.admit_check(&GuardedCheck::of(&message(id))).expect("the right codes are forgotten"));
    }
    let third = guard.admit_check(&GuardedCheck::of(&message(3))).expect_err("two wrong ones");
    assert_eq!(third.denied().map(Denied::limit), Some(LimitKind::CodesPerRecipient));
}

fn message(id: u64) -> MessageId {
    MessageId(format!("17254074497{id:08}"))
}
