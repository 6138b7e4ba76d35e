//! The guarded client against the sandbox: nothing over a limit at the server, and refunds exact.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use engagelab_otp::guard::{
    Fail, Guard, GuardedClient, GuardedError, GuardedSend, LimitKind, Limits, MemoryStore, Pepper,
    UnverifiedBudget,
};
use engagelab_otp::sandbox::{Fault, Sandbox};
use engagelab_otp::{
    Client, Code, ErrorCode, Outcome, Proxy, Recipient, RetryPolicy, TemplateRef, Verification,
};

use super::fixture::{DAY, HOUR, Through, rate, to};
use super::model;

fn otp() -> TemplateRef {
    TemplateRef::new("sandbox-otp-tpl").expect("an id")
}

fn notice() -> TemplateRef {
    TemplateRef::new("sandbox-custom-tpl").expect("an id").param("code", "398210")
}

#[test]
fn what_the_guard_denies_does_not_reach_the_service_and_verification_gives_back() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let budget = UnverifiedBudget::new(1, 0, DAY).expect("a budget");
    let limits = Limits::new().per_recipient(rate(1, HOUR)).unverified(budget);
    let limits = limits.codes_per_message(rate(2, HOUR));
    let guard = Guard::builder(MemoryStore::default()).limits(limits).build().expect("a guard");
    let guarded = guard.client(&client);
    let receipt = guarded.send_otp(&to(1), &otp()).expect("the first");
    let again = guarded.send_otp(&to(1), &otp()).expect_err("one an hour");
    assert_eq!(again.outcome(), Outcome::NotSent);
    let other = guarded.send_otp(&to(2), &otp()).expect_err("one that is not verified");
    assert_eq!(other.denied().map(engagelab_otp::guard::Denied::limit), Some(LimitKind::Unverified));
    assert_eq!(sandbox.messages().len(), 1);

    let right = Code::new(sandbox.code(&receipt.message_id).expect("a code")).expect("a code");
    let wrong = Code::new(if right.expose() == "000000" { "000001" } else { "000000" }).expect("a code");
    assert_eq!(guarded.verify_otp(&receipt.message_id, &wrong).expect("an answer"), Verification::WrongCode);
    assert!(guarded.verify_otp(&receipt.message_id, &right).expect("an answer").is_verified());
    let third = guarded.verify_otp(&receipt.message_id, &right).expect_err("two an hour");
    assert_eq!(third.denied().map(engagelab_otp::guard::Denied::limit), Some(LimitKind::CodesPerMessage));
    guarded.send_otp(&to(2), &otp()).expect("the first is verified");
}

#[test]
fn a_store_that_fails_after_the_call_does_not_hide_what_the_call_came_to() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let store = Arc::new(Through::new(MemoryStore::default()));
    let failing = store.clone();
    let client = Client::builder(sandbox.credentials()).base_url(sandbox.url()).proxy(Proxy::None);
    let client = client.on_attempt(move |_| failing.fail(true)).build().expect("a client");
    let guard = Guard::builder(store.clone()).pepper(Pepper::random().expect("randomness"));
    let guard = guard.fail(Fail::Closed).build().expect("a guard");
    let receipt = guard.client(&client).send_otp(&to(1), &otp()).expect("it was sent");
    assert!(sandbox.message(&receipt.message_id).is_some());
    assert_eq!(guard.unsettled(), 1);
    let error = guard.client(&client).send_otp(&to(2), &otp()).expect_err("closed");
    assert!(matches!(error, GuardedError::NotAdmitted(_)) && error.outcome() == Outcome::NotSent);
    assert_eq!(sandbox.messages().len(), 1);
}

/// What is done with the sends of one client.
struct Ends {
    not_sent: GuardedClient,
    own_fault: GuardedClient,
    refused: GuardedClient,
    unknown: GuardedClient,
}

#[test]
fn in_64_threads_nothing_is_over_a_limit_at_the_server_and_refunds_are_exact() {
    const THREADS: usize = 64;
    const RECIPIENTS: usize = 40;
    let sends = model::operations(4_000).next_multiple_of(THREADS);
    let sandbox = |fault: Fault| {
        let sandbox = Sandbox::builder().history(sends).fault(fault).start().expect("a sandbox");
        let client = Client::builder(sandbox.credentials()).base_url(sandbox.url()).proxy(Proxy::None);
        let client = client.retry(RetryPolicy::never()).build().expect("a client");
        (sandbox, client)
    };
    let (own_fault, own_fault_client) = sandbox(Fault::Error { code: ErrorCode::KeyDisabled });
    let (refused, refused_client) = sandbox(Fault::Error { code: ErrorCode::Blocked });
    let (unknown, unknown_client) = sandbox(Fault::LostAnswer);
    // Nobody listens on the first port.
    let gone = Client::builder(unknown.credentials()).base_url("http://127.0.0.1:1").proxy(Proxy::None);
    let gone_client = gone.retry(RetryPolicy::never()).build().expect("a client");

    let store = Arc::new(MemoryStore::with_memory_limit(4 << 30));
    let guard = |limits: Limits| {
        let pepper = Pepper::new([7; 16]).expect("a pepper");
        Guard::builder(store.clone()).limits(limits).pepper(pepper).build().expect("a guard")
    };
    // Half of the sends go to a few recipients, up to a limit that the kept ones pass; the others are one-time passwords,
    // each to another one, under a budget.
    let most = u64::try_from(sends / 2 / RECIPIENTS / 3).expect("small");
    let floor = u64::try_from(sends / 8).expect("small");
    let rates = || Limits::new().per_recipient(rate(most, DAY));
    let budget = || Limits::new().unverified(UnverifiedBudget::new(floor, 0, DAY).expect("a budget"));
    let ends = |limits: Limits| {
        let guard = guard(limits);
        let client = |client| guard.client(client);
        Ends {
            not_sent: client(&gone_client),
            own_fault: client(&own_fault_client),
            refused: client(&refused_client),
            unknown: client(&unknown_client),
        }
    };
    let (notices, otps) = (ends(rates()), ends(budget()));
    let kept: Vec<_> = (0..RECIPIENTS).map(|_| AtomicUsize::new(0)).collect();
    let unverified = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (notices, otps, kept, unverified) = (&notices, &otps, &kept, &unverified);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(thread as u64);
                for number in 0..sends / THREADS {
                    // A third each: not sent, refused (half of it for a reason of our own), unknown.
                    let end = random.usize(0..6);
                    let choose = |ends: &'_ Ends| match end {
                        0 | 1 => ends.not_sent.clone(),
                        2 => ends.own_fault.clone(),
                        3 => ends.refused.clone(),
                        _ => ends.unknown.clone(),
                    };
                    if number % 2 == 0 {
                        let place = random.usize(0..RECIPIENTS);
                        let result = choose(notices).send_message(&to(place as u64), &notice());
                        let error = result.expect_err("none of them succeeds");
                        if error.denied().is_none() && end >= 3 {
                            kept[place].fetch_add(1, Ordering::SeqCst);
                        }
                    } else {
                        let recipient = to((1_000_000 + thread * sends + number) as u64);
                        let error = choose(otps).send_otp(&recipient, &otp()).expect_err("none succeeds");
                        if error.denied().is_none() && end >= 4 {
                            unverified.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                }
            });
        }
    });

    let mut delivered: HashMap<String, u64> = HashMap::new();
    let mut otps_delivered = 0;
    for message in unknown.messages() {
        if message.template == "sandbox-otp-tpl" {
            otps_delivered += 1;
        } else {
            *delivered.entry(message.to).or_default() += 1;
        }
    }
    assert_eq!(otps_delivered, unverified.load(Ordering::SeqCst) as u64);
    assert!(otps_delivered <= floor);
    let mut full = 0;
    for (place, kept) in kept.iter().enumerate() {
        let recipient = to(place as u64);
        let kept = kept.load(Ordering::SeqCst) as u64;
        assert!(kept <= most && delivered.get(recipient.expose()).is_none_or(|&count| count <= kept));
        full += u64::from(kept == most);
        assert_eq!(left(&guard(rates()), GuardedSend::message(&recipient)), most - kept, "{recipient}");
    }
    assert!(full > 0, "no recipient came to the limit");
    assert_eq!(left(&guard(budget()), GuardedSend::otp(&to(999_999))), floor - otps_delivered);
    for refused in [&refused, &own_fault] {
        assert!(refused.messages().is_empty() && !refused.requests().is_empty());
    }
}

/// How many more would be admitted.
fn left(guard: &Guard, send: GuardedSend<'_>) -> u64 {
    let admitted = std::iter::repeat_with(|| guard.admit(&send)).take_while(Result::is_ok);
    admitted.count() as u64
}

#[test]
fn an_address_that_cannot_be_sent_to_is_given_back() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let guard = Guard::builder(MemoryStore::default()).limits(Limits::new().per_recipient(rate(1, HOUR)));
    let guarded = guard.build().expect("a guard").client(&client);
    let recipient: Recipient = to(1);
    let invalid = TemplateRef::new("sandbox-custom-tpl").expect("an id").param("", "no name");
    for _ in 0..3 {
        let error = guarded.send_message(&recipient, &invalid).expect_err("invalid");
        assert_eq!(
            error.call().map(engagelab_otp::Error::kind),
            Some(engagelab_otp::ErrorKind::InvalidInput)
        );
    }
    guarded.send_message(&recipient, &notice()).expect("nothing was charged");
}
