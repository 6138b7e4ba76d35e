//! Sends that happen once.

use std::sync::Arc;
use std::thread;

use engagelab_otp::guard::{Fail, Guard, GuardedClient, Limits, MemoryStore, OnceError, Pepper, Store};
use engagelab_otp::sandbox::{Fault, Sandbox};
use engagelab_otp::{Client, Code, ErrorCode, Outcome, Proxy, RetryPolicy, SendReceipt, TemplateRef};

use super::fixture::{HOUR, HandClock, Through, rate, store, to};

fn template() -> TemplateRef {
    TemplateRef::new("sandbox-custom-tpl").expect("an id").param("code", "398210")
}

fn guarded(sandbox: &Sandbox, store: impl Store, clock: &HandClock, limits: Limits) -> GuardedClient {
    let client = Client::builder(sandbox.credentials()).base_url(sandbox.url()).proxy(Proxy::None);
    let client = client.retry(RetryPolicy::never()).build().expect("a client");
    let pepper = Pepper::new([7; 16]).expect("a pepper");
    let guard = Guard::builder(store).limits(limits).pepper(pepper).clock(clock.clone()).fail(Fail::Open);
    guard.build().expect("a guard").client(&client)
}

fn send(client: &GuardedClient) -> Result<SendReceipt, OnceError> {
    client.once("order 17").send_message(&to(1), &template())
}

#[test]
fn of_many_simultaneous_calls_one_sends_and_all_get_its_receipt() {
    let sandbox = Sandbox::start().expect("a sandbox");
    // The time is the machine's: they wait for each other.
    let client = Client::builder(sandbox.credentials()).base_url(sandbox.url()).proxy(Proxy::None);
    let guard = Guard::recommended(MemoryStore::default(), Pepper::random().expect("randomness"));
    let client = guard.expect("a guard").client(&client.build().expect("a client"));
    let ids: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..50).map(|_| scope.spawn(|| send(&client).expect("a receipt"))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic").message_id).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn the_same_key_with_other_arguments_is_an_error_and_sends_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let clock = HandClock::default();
    let client = guarded(&sandbox, store(&clock), &clock, Limits::new());
    send(&client).expect("sent");
    let once = client.once("order 17");
    let code = Code::new("398210").expect("a code");
    for other in [
        once.send_message(&to(2), &template()),
        once.send_message(&to(1), &template().param("name", "other")),
        once.send_otp(&to(1), &template()),
        once.send_code(&to(1), &code, &template()),
    ] {
        assert!(matches!(other, Err(OnceError::OtherArguments)), "{other:?}");
    }
    assert_eq!(sandbox.requests().len(), 1);
    client.once("order 18").send_message(&to(2), &template()).expect("another key");
}

#[test]
fn what_was_not_sent_or_throttled_or_denied_frees_the_key_and_a_refusal_does_not() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let clock = HandClock::default();
    let client = guarded(&sandbox, store(&clock), &clock, Limits::new().per_recipient(rate(1, HOUR)));
    sandbox.inject(Fault::RateLimited { retry_after: HOUR }, 1);
    assert_eq!(send(&client).expect_err("throttled").outcome(), Outcome::Rejected);
    send(&client).expect("sent");
    let denied = client.once("order 18").send_message(&to(1), &template()).expect_err("one an hour");
    assert_eq!(denied.outcome(), Outcome::NotSent);
    clock.advance(2 * HOUR);
    client.once("order 18").send_message(&to(1), &template()).expect("the key is free");
    sandbox.fail_next(ErrorCode::Blocked);
    let refused = client.once("order 19").send_message(&to(3), &template()).expect_err("refused");
    assert!(matches!(refused, OnceError::Guarded(_)) && refused.outcome() == Outcome::Rejected);
    let again = client.once("order 19").send_message(&to(3), &template()).expect_err("refused");
    assert_eq!(again.to_string(), "the send with this key was refused: error 5013, HTTP status 400");
    assert_eq!(sandbox.messages().len(), 2);
}

#[test]
fn what_is_unknown_stays_unknown_and_is_not_sent_again() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let clock = HandClock::default();
    let client = guarded(&sandbox, store(&clock), &clock, Limits::new());
    sandbox.inject(Fault::LostAnswer, 1);
    for _ in 0..3 {
        let error = send(&client).expect_err("nobody knows");
        assert!(error.outcome() == Outcome::Unknown && error.unresolved().is_some(), "{error:?}");
        clock.advance(HOUR);
    }
    assert_eq!(sandbox.messages().len(), 1);
}

#[test]
fn when_the_holder_of_a_key_dies_the_key_reads_unknown_and_nothing_is_sent() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let clock = HandClock::default();
    let store = store(&clock);
    let dying = Client::builder(sandbox.credentials()).base_url(sandbox.url()).proxy(Proxy::None);
    let dying = dying.on_start(|_| panic!("the holder dies")).build().expect("a client");
    let pepper = Pepper::new([7; 16]).expect("a pepper");
    let guard = Guard::builder(store.clone()).pepper(pepper).build().expect("a guard");
    let dying = guard.client(&dying);
    thread::spawn(move || drop(send(&dying))).join().expect_err("it has died");
    // The others wait by a clock that moves when they do.
    let client = guarded(&sandbox, store, &clock, Limits::new());
    let error = send(&client).expect_err("nobody knows");
    assert!(matches!(error, OnceError::Unknown(Some(_))), "{error:?}");
    assert!(clock.passed() < HOUR && sandbox.messages().is_empty());
}

#[test]
fn a_key_is_closed_when_the_store_does_not_answer_also_where_the_guard_is_open() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let clock = HandClock::default();
    let through = Arc::new(Through::new(MemoryStore::with_clock(1 << 20, clock.clone())));
    let client = guarded(&sandbox, through.clone(), &clock, Limits::new());
    through.fail(true);
    let error = send(&client).expect_err("closed");
    assert!(matches!(error, OnceError::Store(_)) && error.outcome() == Outcome::NotSent);
    client.send_message(&to(1), &template()).expect("the guard itself is open");
    through.fail(false);
    send(&client).expect("the key was never taken");
}

#[test]
fn a_key_that_is_empty_is_none_and_sends_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let clock = HandClock::default();
    let client = guarded(&sandbox, store(&clock), &clock, Limits::new());
    let error = client.once("").send_message(&to(1), &template()).expect_err("no key");
    assert_eq!((error.outcome(), error.to_string()), (Outcome::NotSent, "key must not be empty".to_owned()));
    assert!(sandbox.requests().is_empty());
}
