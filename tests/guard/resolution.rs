//! Sends whose answer was lost, and the callbacks that tell which message they are.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use engagelab_otp::api::operations;
use engagelab_otp::guard::{
    Guard, GuardedSend, Limits, MemoryStore, Pepper, Settlement, Unresolved, UnverifiedBudget,
};
use engagelab_otp::lifecycle::Observation;
use engagelab_otp::sandbox::{Fault, Message, Sandbox};
use engagelab_otp::{
    Channel, Client, Clock, Code, MessageId, MessageStatus, Proxy, RetryPolicy, TemplateId, TemplateRef,
};

use super::fixture::{DAY, HOUR, HandClock, MINUTE, SLOW, Through, to};
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
    thread::scope(|scope| {
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

/// A message as the service tells of it, that was sent so long after the beginning of a test's time.
fn sent_after(id: &str, passed: Duration) -> Message {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    client.send_otp(&to(1), &template()).expect("sent");
    let mut message = sandbox.messages().pop().expect("it was sent");
    message.id = MessageId(id.to_owned());
    message.sent = HandClock::default().time_of_day() + passed;
    message
}

#[test]
fn a_send_that_was_accepted_without_an_id_is_at_its_end_and_leaves_a_later_one_no_doubt() {
    let clock = HandClock::default();
    let store = MemoryStore::with_clock(1 << 20, clock.clone());
    let guard = Guard::builder(store).clock(clock.clone()).build().expect("a guard");
    let (recipient, template) = (to(1), TemplateId::new("sandbox-otp-tpl").expect("an id"));
    let send = GuardedSend::otp(&recipient).template(&template);
    guard.admit(&send).expect("no limit").settle(Settlement::Accepted).expect("an answer");
    clock.advance(10 * MINUTE);
    let second = guard.admit(&send).expect("no limit");
    let unresolved = second.unresolved().expect("it has a template");
    second.settle(Settlement::Unknown).expect("an answer");
    guard.observe(&Callbacks::new().event(&sent_after("17", 10 * MINUTE), "sent")).expect("an answer");
    assert_eq!(unresolved.message_id().expect("an answer"), Some(MessageId("17".to_owned())));
}

/// The clocks of a machine that was suspended: the time of day has gone on without the other one.
#[derive(Clone, Default)]
struct Suspended(Arc<AtomicU64>);

impl Clock for Suspended {
    fn now(&self) -> Instant {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        *START
    }

    fn time_of_day(&self) -> SystemTime {
        HandClock::default().time_of_day() + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }

    fn sleep(&self, _: Duration) {}
}

#[test]
fn a_machine_that_was_suspended_while_it_sent_knows_when_the_answer_was_lost() {
    let clock = Suspended::default();
    let store = MemoryStore::with_clock(1 << 20, clock.clone());
    let guard = Guard::builder(store).clock(clock.clone()).build().expect("a guard");
    let (recipient, template) = (to(1), TemplateId::new("sandbox-otp-tpl").expect("an id"));
    let permit = guard.admit(&GuardedSend::otp(&recipient).template(&template)).expect("no limit");
    let unresolved = permit.unresolved().expect("it has a template");
    clock.0.store(3 * 3600, Ordering::SeqCst);
    permit.settle(Settlement::Unknown).expect("an answer");
    guard.observe(&Callbacks::new().event(&sent_after("17", 3 * HOUR), "sent")).expect("an answer");
    assert_eq!(unresolved.message_id().expect("an answer"), Some(MessageId("17".to_owned())));
}

#[test]
fn ids_and_statuses_of_any_length_and_of_any_characters_are_taken_and_do_no_harm() {
    let guard = Guard::builder(MemoryStore::default()).build().expect("a guard");
    let (recipient, template) = (to(1), TemplateId::new("sandbox-otp-tpl").expect("an id"));
    let send = GuardedSend::otp(&recipient).template(&template);
    let ids = [128, 129, 500, 20_000, 100_000].map(|length| "1".repeat(length));
    let odd = ["", "17\u{0}18", "\u{202e}17", "17\n18"].map(str::to_owned);
    let mut message = sent_after("17", HOUR);
    // More often than a record of whole ids would have room for.
    for id in ids.iter().chain(&odd).cycle().take(60) {
        let id = MessageId(id.clone());
        guard.admit(&send).expect("no limit").accepted(&id).expect("remembered");
        guard.verified(&id).expect("an answer");
        message.id = id;
        guard.observe(&Callbacks::new().event(&message, "sent")).expect("an answer");
    }
    let status = MessageStatus::from(&*"x".repeat(20_000));
    let observation = Observation::new(MessageId("17".to_owned()), status);
    guard.observe_message(&observation).expect("it is passed over, and would come again if it were refused");
    assert_eq!(guard.lifecycle(observation.message_id()).expect("an answer"), None);
}

#[test]
fn who_waits_for_a_callback_keeps_no_callback_waiting_while_the_store_is_slow() {
    let store = Arc::new(Through::new(MemoryStore::default()));
    let guard = Guard::builder(store.clone()).pepper(Pepper::new([7; 16]).expect("a pepper"));
    let guard = guard.build().expect("a guard");
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    sandbox.inject(Fault::LostAnswer, 1);
    let error = guard.client(&client).send_otp(&to(1), &template()).expect_err("the answer is lost");
    let unresolved = error.unresolved().expect("nobody knows").clone();
    let message = sandbox.messages().pop().expect("it was acted on");
    let event = Callbacks::new().event(&message, "sent");
    thread::scope(|scope| {
        let closed = store.gate.lock().expect("not poisoned");
        let slow = thread::Builder::new().name(SLOW.to_owned());
        let waiting = slow.spawn_scoped(scope, || unresolved.wait(MINUTE).expect("an answer"));
        while store.at_gate.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        let (tell, told) = mpsc::channel();
        scope.spawn(move || tell.send(guard.observe(&event).is_ok()));
        let told = told.recv_timeout(MINUTE);
        drop(closed);
        assert_eq!(told, Ok(true));
        let found = waiting.expect("a thread").join().expect("no panic");
        assert_eq!(found, Some(message.id.clone()));
    });
}
