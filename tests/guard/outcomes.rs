//! What of the charges is given back, by outcome and class of error.

use engagelab_otp::api::operations;
use engagelab_otp::guard::{CheckSettlement, GuardedSend, Limits, Settlement, SpendLimit, UnverifiedBudget};
use engagelab_otp::lifecycle::Money;
use engagelab_otp::sandbox::{Fault, Sandbox};
use engagelab_otp::{Client, Code, Error, ErrorCode, TemplateRef};

use super::fixture::{DAY, HandClock, builder, rate, store, to};
use crate::support;
use crate::support::server::{Server, json};

/// The errors of the service, and what a send and a check come to by them.
const TABLE: [(i64, u16, Settlement, CheckSettlement); 23] = {
    use CheckSettlement::{Counted, NotCounted};
    use Settlement::{OwnFault, Refused, Unknown};
    [
        (1000, 500, Unknown, Counted),
        (2001, 401, OwnFault, NotCounted),
        (2002, 401, OwnFault, NotCounted),
        (2004, 403, OwnFault, NotCounted),
        (3001, 400, OwnFault, NotCounted),
        (3002, 400, OwnFault, NotCounted),
        (3003, 400, OwnFault, Counted),
        (3004, 400, Refused, Counted),
        (4001, 400, OwnFault, Counted),
        (5001, 400, Refused, Counted),
        (5011, 400, Refused, Counted),
        (5012, 400, Refused, Counted),
        (5013, 400, Refused, Counted),
        (5014, 400, Refused, Counted),
        (5015, 400, Refused, Counted),
        (5016, 400, Refused, Counted),
        (5017, 400, Refused, Counted),
        (5018, 400, Refused, Counted),
        (5019, 400, Refused, Counted),
        (5020, 400, Refused, Counted),
        // A 429 is about the pace, unless the service says something else.
        (3004, 429, OwnFault, NotCounted),
        (5011, 429, Refused, Counted),
        // Nobody has named it.
        (7777, 400, Unknown, Counted),
    ]
};

#[test]
fn each_error_of_the_service_is_settled_as_the_table_says() {
    for (code, status, sent, checked) in TABLE {
        let server = Server::start(vec![support::server::Fault::Answer(json(
            status,
            &format!(r#"{{"code":{code},"message":"no"}}"#),
        ))]);
        let client = support::client(&server.url()).retry(engagelab_otp::RetryPolicy::never());
        let client = client.build().expect("a client");
        let error = client.send_otp(&to(1), &support::template()).expect_err("an error");
        assert_eq!(Settlement::from(&error), sent, "{code}: {error}");
        let result = client.verify_otp(&"17".to_owned().into(), &Code::new("123456").expect("a code"));
        assert_eq!(CheckSettlement::from(&result), checked, "{code}: {result:?}");
    }
}

#[test]
fn answers_without_an_error_of_the_service_are_settled_by_their_status() {
    for (status, expected) in [
        (401, Settlement::OwnFault),
        (403, Settlement::OwnFault),
        (429, Settlement::OwnFault),
        (404, Settlement::Unknown),
        (302, Settlement::Unknown),
        (503, Settlement::Unknown),
    ] {
        let answer = support::server::answer(status, "text/html", "<html>");
        let server = Server::start(vec![support::server::Fault::Answer(answer)]);
        let client = support::client(&server.url()).retry(engagelab_otp::RetryPolicy::never());
        let client = client.build().expect("a client");
        let error = client.send_otp(&to(1), &support::template()).expect_err("an error");
        assert_eq!(Settlement::from(&error), expected, "{status}");
    }
}

#[test]
fn what_was_not_sent_is_settled_as_that() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let url = sandbox.url();
    drop(sandbox);
    let client = support::client(&url).retry(engagelab_otp::RetryPolicy::never()).build().expect("a client");
    let refused = client.send_otp(&to(1), &support::template()).expect_err("nobody listens");
    let invalid = Error::from(TemplateRef::new("").expect_err("invalid"));
    for error in [refused, invalid] {
        assert_eq!(Settlement::from(&error), Settlement::NotSent);
        assert_eq!(CheckSettlement::from(&Err(error)), CheckSettlement::NotCounted);
    }
}

#[test]
fn what_is_released_is_released_and_what_is_kept_is_kept() {
    use Settlement::{Accepted, NotSent, OwnFault, Refused, Unknown};
    // Rate, spend, unverified: how many of two more pass afterwards, where each limit allows two.
    for (settlement, rate_kept, spend_kept, unverified_kept) in [
        (Some(Accepted), true, true, true),
        (Some(NotSent), false, false, false),
        (Some(OwnFault), false, false, false),
        (Some(Refused), true, false, false),
        (Some(Unknown), true, true, true),
        // The process died in between.
        (None, true, true, true),
    ] {
        let money = Money::new("0.2".parse().expect("a number"), "USD");
        let spend = SpendLimit::per_day(&money, "0.1".parse().expect("a number")).expect("a limit");
        let budget = UnverifiedBudget::new(2, 0, DAY).expect("a budget");
        for (limits, kept) in [
            (Limits::new().per_recipient(rate(2, DAY)), rate_kept),
            (Limits::new().spend(spend), spend_kept),
            (Limits::new().unverified(budget), unverified_kept),
        ] {
            let guard = builder(&store(&HandClock::default()), limits).build().expect("a guard");
            let recipient = to(1);
            let asked = GuardedSend::otp(&recipient);
            let permit = guard.admit(&asked).expect("the first");
            match settlement {
                Some(settlement) => permit.settle(settlement).expect("an answer"),
                None => drop(permit),
            }
            let passed = (0..2).filter(|_| guard.admit(&asked).is_ok()).count();
            assert_eq!(passed, if kept { 1 } else { 2 }, "{settlement:?}");
        }
    }
}

#[test]
fn what_the_sandbox_does_is_settled_by_what_it_did() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let client = Client::for_sandbox(&sandbox).expect("a client");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("an id");
    let send = || Settlement::from(&client.send_otp(&to(1), &template));
    assert_eq!(send(), Settlement::Accepted);
    sandbox.inject_for(&operations::SEND_OTP, Fault::LostAnswer, 1);
    assert_eq!(send(), Settlement::Unknown);
    sandbox.fail_next(ErrorCode::Blocked);
    assert_eq!(send(), Settlement::Refused);
    sandbox.fail_next(ErrorCode::KeyDisabled);
    assert_eq!(send(), Settlement::OwnFault);
}

#[cfg(feature = "smpp")]
#[test]
fn smpp_has_its_own_words_for_the_same() {
    use engagelab_otp::smpp::pdu::Status;
    use engagelab_otp::smpp::smsc::{Decision, Smsc};
    use engagelab_otp::smpp::{Credentials, Message, SmppClient, SmppConfig};

    let statuses = [
        (Status::INVALID_PARAMETER, Settlement::OwnFault),
        (Status::INVALID_CONTENT, Settlement::OwnFault),
        (Status::SUBMIT_FAILED, Settlement::Refused),
        (Status::INVALID_DESTINATION, Settlement::Refused),
        (Status::SYSTEM_ERROR, Settlement::Unknown),
        (Status::UNKNOWN_ERROR, Settlement::Unknown),
        (Status::THROTTLED, Settlement::OwnFault),
    ];
    let credentials = || Credentials::new("system", "secret").expect("credentials");
    let next = std::sync::atomic::AtomicUsize::new(0);
    let refuse =
        move |_: &_| Decision::Reject(statuses[next.fetch_add(1, std::sync::atomic::Ordering::SeqCst)].0);
    let smsc = Smsc::builder(credentials()).submit(refuse).start("127.0.0.1:0").expect("a port");
    let config = SmppConfig::new(&smsc.address().to_string(), credentials());
    let (client, _events) = SmppClient::connect(&config).expect("a session");
    let message = Message::notification(&to(1), &support::template()).expect("a message");
    for (status, expected) in statuses {
        let error = client.submit(&message).expect_err("refused");
        assert_eq!(Settlement::from(&error), expected, "{status}: {error}");
    }
    client.shutdown();
    let error = client.submit(&message).expect_err("shut down");
    assert_eq!(Settlement::from(&error), Settlement::NotSent);
}
