//! Sends whose answer was lost, and the callbacks that tell which message they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engagelab_otp::api::operations;
use engagelab_otp::guard::{Guard, Limits, MemoryStore, Pepper, Unresolved, UnverifiedBudget};
use engagelab_otp::sandbox::{Fault, Sandbox};
use engagelab_otp::{Channel, Client, Code, MessageId, MessageStatus, Proxy, RetryPolicy, TemplateRef};

use super::fixture::{DAY, to};
use super::model;
use crate::support::events::Callbacks;

fn template() -> TemplateRef {
    TemplateRef::new("sandbox-otp-tpl").expect("an id")
}

#[test]
fn a_callback_tells_which_message_a_lost_send_is_and_its_code_can_be_checked() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let budget = UnverifiedBudget::new(1, 0, DAY).expect("a budget");
    let guard = Guard::builder(MemoryStore::default()).limits(Limits::new().unverified(budget));
    let guard = guard.build().expect("a guard");
    let guarded = guard.client(&client);
    sandbox.inject(Fault::LostAnswer, 1);
    let error = guarded.send_otp(&to(1), &template()).expect_err("the answer is lost");
    let unresolved = error.unresolved().expect("nobody knows").clone();
    assert_eq!(unresolved.wait(Duration::from_millis(1)).expect("an answer"), None);
    let message = sandbox.messages().pop().expect("it was acted on");
    // An id that no receipt could name is no message's.
    for id in ["", "17\n18"] {
        let mut other = message.clone();
        other.id = MessageId(id.to_owned());
        guard.observe(&Callbacks::new().event(&other, "sent")).expect("an answer");
        assert_eq!(unresolved.wait(Duration::from_millis(1)).expect("an answer"), None);
    }
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| unresolved.wait(Duration::from_secs(30)).expect("an answer"));
        let event = Callbacks::new().event(&message, "sent");
        guard.observe(&event).expect("an answer");
        assert_eq!(waiting.join().expect("no panic"), Some(message.id.clone()));
    });
    assert!(guarded.send_otp(&to(2), &template()).is_err(), "the first is not verified");
    let code = Code::new(message.code.expect("a code")).expect("a code");
    assert!(guarded.verify_otp(&message.id, &code).expect("an answer").is_verified());
    guarded.send_otp(&to(2), &template()).expect("unknown has become accepted, and verified");
}

/// What became of one of many sends.
struct Sent {
    recipient: u64,
    /// The message at the server, if it got there.
    message: Option<MessageId>,
    unresolved: Option<Unresolved>,
}

#[test]
fn of_many_lost_sends_the_unambiguous_are_resolved_and_none_is_taken_for_another() {
    let sends = model::operations(2_000) as u64;
    // Remembers the last one alone, which is asked for after each send.
    let sandbox = Arc::new(Sandbox::builder().history(1).start().expect("a sandbox"));
    let guard = Guard::builder(MemoryStore::default()).build().expect("a guard");
    let callbacks = Arc::new(Mutex::new(Callbacks::new()));
    let random = Arc::new(Mutex::new(fastrand::Rng::with_seed(5)));
    // Some callbacks are quicker than the answer is taken in.
    let early = {
        let (sandbox, guard, callbacks, random) =
            (sandbox.clone(), guard.clone(), callbacks.clone(), random.clone());
        let known = Mutex::new(None);
        move || {
            let last = sandbox.messages().pop();
            let new = last.filter(|last| {
                known.lock().expect("not poisoned").replace(last.id.clone()) != Some(last.id.clone())
            });
            if let Some(message) = new.filter(|_| random.lock().expect("not poisoned").u8(0..3) == 0) {
                let event = callbacks.lock().expect("not poisoned").event(&message, "plan");
                guard.observe(&event).expect("an answer");
            }
        }
    };
    let client = Client::builder(sandbox.credentials()).base_url(sandbox.url()).proxy(Proxy::None);
    let client = client.retry(RetryPolicy::never()).on_attempt(move |_| early()).build().expect("a client");
    let guarded = guard.client(&client);
    let template = TemplateRef::new("sandbox-custom-tpl").expect("an id").param("code", "398210");
    let chance = |most: u8| random.lock().expect("not poisoned").u8(0..most);
    let (mut all, mut late, mut known) = (Vec::new(), Vec::new(), None);
    for number in 0..sends {
        // Some recipients are sent to twice, by the same template.
        let recipient = if number % 10 == 9 { number - 1 } else { number };
        let fault = match chance(10) {
            // Acted on, and not.
            0 | 1 => Some(Fault::LostAnswer),
            2 if chance(2) == 0 => Some(Fault::Reset),
            _ => None,
        };
        if let Some(fault) = fault {
            sandbox.inject_for(&operations::SEND_MESSAGE, fault, 1);
        }
        let result = guarded.send_message(&to(recipient), &template);
        let message = sandbox.messages().pop().filter(|last| known != Some(last.id.clone()));
        if let Some(message) = &message {
            known = Some(message.id.clone());
            for status in ["sent", "delivered"] {
                let event = callbacks.lock().expect("not poisoned").event(message, status);
                // Some come at once, most later, and some twice.
                if chance(3) == 0 {
                    guard.observe(&event).expect("an answer");
                }
                late.push(event);
            }
        }
        let unresolved = result.as_ref().err().and_then(|error| error.unresolved().cloned());
        all.push(Sent { recipient, message: message.map(|message| message.id), unresolved });
    }
    random.lock().expect("not poisoned").shuffle(&mut late);
    for event in &late {
        guard.observe(event).expect("an answer");
    }
    let mut lost_of: HashMap<u64, usize> = HashMap::new();
    for sent in all.iter().filter(|sent| sent.unresolved.is_some()) {
        *lost_of.entry(sent.recipient).or_default() += 1;
    }
    let (mut resolved, mut unambiguous) = (0, 0);
    for sent in &all {
        let Some(unresolved) = &sent.unresolved else { continue };
        let found = unresolved.message_id().expect("an answer");
        if found.is_some() {
            assert_eq!(found, sent.message, "one is taken for another");
        }
        if sent.message.is_some() && lost_of[&sent.recipient] == 1 {
            unambiguous += 1;
            resolved += usize::from(found.is_some());
        }
    }
    assert!(unambiguous > all.len() / 10, "{unambiguous}");
    assert!(resolved * 100 >= unambiguous * 99, "{resolved} of {unambiguous}");
    println!("{resolved} of {unambiguous} resolved, of {} lost", lost_of.values().sum::<usize>());
}

#[test]
fn what_is_said_of_a_message_is_known_in_every_process_in_whatever_order_it_was_said() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let store = Arc::new(MemoryStore::default());
    let guard = || {
        let pepper = Pepper::new([7; 16]).expect("a pepper");
        Guard::builder(store.clone()).pepper(pepper).build().expect("a guard")
    };
    let receipt = guard().client(&client).send_otp(&to(1), &template()).expect("sent");
    let message = sandbox.message(&receipt.message_id).expect("it was sent");
    let mut callbacks = Callbacks::new();
    assert_eq!(guard().lifecycle(&message.id).expect("an answer"), None);
    for status in ["delivered", "plan", "verified", "delivered", "sent"] {
        guard().observe(&callbacks.event(&message, status)).expect("an answer");
    }
    let lifecycle = guard().lifecycle(&message.id).expect("an answer").expect("known");
    assert_eq!(lifecycle.status(), Some(&MessageStatus::Verified));
    assert_eq!(lifecycle.statuses_on(Some(&Channel::Sms)).len(), 4);
    assert_eq!(lifecycle.costs()[0].to_string(), "0.05 USD");
}
