//! Several links: who takes which message, and what becomes of the others when one is lost.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use engagelab_otp::Outcome;
use engagelab_otp::smpp::pdu::Status;
use engagelab_otp::smpp::smsc::{Faults, Smsc};
use engagelab_otp::smpp::{Coding, Endpoint, Event, LinkPhase, Reconnect, SmppClient, SmppConfig};

use super::loopback::{TIMEOUT, connect, credentials, message, server, until, with_param};
use super::raw_server::raw_server;

fn endpoint(smsc: &Smsc) -> Endpoint {
    Endpoint::new(&smsc.address().to_string())
}

fn fleet(endpoints: impl IntoIterator<Item = Endpoint>) -> SmppConfig {
    let soon = Duration::from_millis(5);
    let reconnect = Reconnect { initial_backoff: soon, max_backoff: soon, refused_bind_backoff: soon };
    SmppConfig::fleet(endpoints, credentials()).reconnect(Some(reconnect))
}

fn submissions(smsc: &Smsc) -> u64 {
    smsc.record().submission_count
}

fn all_bound(client: &SmppClient, servers: &[(&Smsc, usize)]) {
    for (smsc, links) in servers {
        let bound = |record: &engagelab_otp::smpp::smsc::Record| record.sessions == *links as u64;
        assert!(smsc.wait_for(TIMEOUT, bound));
    }
    // The server knows first.
    let wanted = servers.iter().map(|(_, links)| links).sum();
    until(|| client.links().iter().filter(|link| link.phase == LinkPhase::Bound).count() >= wanted);
}

#[test]
fn messages_are_shared_by_weight_and_every_report_finds_its_own() {
    let (one, two) = (server(), server());
    let (client, events) = connect(&fleet([endpoint(&one).links(2).weight(3), endpoint(&two).weight(2)]));
    all_bound(&client, &[(&one, 2), (&two, 1)]);
    let mut accepted = HashSet::new();
    for _ in 0..80 {
        accepted.insert(client.submit(&message()).expect("accepted").submission);
    }
    assert_eq!((submissions(&one), submissions(&two)), (60, 20), "three, three, two");
    for result in client.submit_all((0..500).map(|_| message())) {
        accepted.insert(result.expect("accepted").submission);
    }
    let addresses: Vec<_> = client.links().into_iter().map(|link| link.address).collect();
    let expected = [&one, &one, &two].map(|smsc| smsc.address().to_string());
    assert_eq!(addresses, expected);
    client.shutdown();
    let mut told = HashSet::new();
    for event in events {
        let Event::Report { submission: Some(submission), .. } = event else { panic!("{event:?}") };
        assert!(told.insert(submission));
    }
    assert_eq!(told, accepted);
    assert_eq!((one.record().unbinds, two.record().unbinds), (2, 1), "all are drained");
}

#[test]
fn the_preferred_link_takes_all_until_it_is_lost_and_again_when_it_is_back() {
    let (near, far) = (server(), server());
    let near_address = near.address();
    let (client, _events) = connect(&fleet([endpoint(&far).preference(1), endpoint(&near)]));
    all_bound(&client, &[(&near, 1), (&far, 1)]);
    for _ in 0..10 {
        client.submit(&message()).expect("accepted");
    }
    assert_eq!((submissions(&near), submissions(&far)), (10, 0));

    drop(near);
    let mut accepted = 0;
    while accepted < 10 {
        match client.submit(&message()) {
            Ok(_) => accepted += 1,
            Err(error) => assert_ne!(error.outcome(), Outcome::Rejected),
        }
    }
    assert_eq!(submissions(&far), 10);

    let near = Smsc::builder(credentials()).start(&near_address.to_string()).expect("the port is free again");
    all_bound(&client, &[(&near, 1), (&far, 1)]);
    client.submit(&message()).expect("accepted");
    assert_eq!((submissions(&near), submissions(&far)), (1, 10));
    let binds: Vec<_> = client.links().iter().map(|link| link.binds).collect();
    assert_eq!(binds, [1, 2]);
}

#[test]
fn there_are_never_more_sessions_than_allowed_however_often_links_are_cut() {
    let (one, two) = (server(), server());
    let (client, _events) =
        connect(&fleet([endpoint(&one).links(3), endpoint(&two).links(3)]).max_sessions(3));
    for cut in 0..20_u64 {
        let before = client.links().iter().map(|link| link.binds).sum::<u64>();
        if cut % 2 == 0 {
            one.cut_links();
        } else {
            two.cut_links();
        }
        if cut == 0 {
            until(|| client.links().iter().map(|link| link.binds).sum::<u64>() > before);
        }
        let _ = client.submit(&message());
        let sessions = one.record().sessions + two.record().sessions;
        assert!(sessions <= 3, "{sessions}");
    }
    assert!(one.record().most_sessions <= 3 && two.record().most_sessions <= 3);
    client.shutdown();
    assert_eq!(one.record().sessions + two.record().sessions, 0);
}

#[test]
fn no_link_sends_more_than_its_rate_nor_all_together_more_than_theirs() {
    for (configured, together) in [(fleet as fn(_) -> _, false), (fleet, true)] {
        let (one, two) = (server(), server());
        let config: SmppConfig = configured([endpoint(&one), endpoint(&two)]);
        let config = if together { config.rate(100) } else { config.rate_per_link(50) };
        let (client, _events) = connect(&config);
        all_bound(&client, &[(&one, 1), (&two, 1)]);
        let started = Instant::now();
        for result in client.submit_all((0..51).map(|_| message())) {
            result.expect("accepted");
        }
        // The first goes at once, and a moment may be made good for.
        assert!(started.elapsed() >= Duration::from_millis(470), "{:?}", started.elapsed());
        if !together {
            assert!(submissions(&one).abs_diff(submissions(&two)) <= 3);
        }
    }
}

#[test]
fn a_link_that_is_throttled_pauses_alone() {
    let (busy, idle) = (server(), server());
    let (client, _events) =
        connect(&fleet([endpoint(&busy), endpoint(&idle)]).throttle_backoff(TIMEOUT, TIMEOUT));
    all_bound(&client, &[(&busy, 1), (&idle, 1)]);
    busy.set_faults(Faults { throttle: 1_000, ..Faults::default() });
    let results: Vec<_> = (0..50).map(|_| client.submit(&message())).collect();
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    assert_eq!((submissions(&busy), submissions(&idle)), (1, 49));
    let links = client.links();
    assert!(links[0].paused.is_some() && links[1].paused.is_none());
    assert_eq!((links[0].throttled, links[1].throttled), (1, 0));
    assert!(links[1].submit_round_trip.is_some());
}

#[test]
fn a_link_that_falls_silent_holds_up_no_message_but_its_own() {
    let (silent, lively) = (server(), server());
    let (client, _events) = connect(&fleet([endpoint(&silent), endpoint(&lively)]).window(4));
    all_bound(&client, &[(&silent, 1), (&lively, 1)]);
    silent.set_faults(Faults { half_open: true, ..Faults::default() });
    let unknown = thread::scope(|scope| {
        let results = scope.spawn(|| {
            client
                .submit_all((0..100).map(|_| message()))
                .filter(|result| matches!(result, Err(error) if error.outcome() == Outcome::Unknown))
                .count()
        });
        assert!(
            lively.wait_for(TIMEOUT, |record| record.submission_count == 96),
            "the rest goes on: {} {}",
            submissions(&silent),
            submissions(&lively)
        );
        silent.cut_links();
        results.join().expect("it counts")
    });
    assert_eq!(unknown, 4, "a window");
}

#[test]
fn a_link_that_does_not_read_keeps_no_caller_from_the_others() {
    let (hang_up, waits) = channel::<()>();
    let waits = Mutex::new(waits);
    let deaf = raw_server("127.0.0.1:0", move |_, mut peer| {
        peer.answer_bind(Status::OK);
        // It ends with the other end of the channel.
        let _ = waits.lock().expect("not poisoned").recv();
    });
    let lively = server();
    let config = fleet([Endpoint::new(&deaf.address), endpoint(&lively)]).window(200);
    // A write that blocks would block for so long.
    let (client, _events) = connect(&config.enquire_timeout(TIMEOUT * 10));
    all_bound(&client, &[(&lively, 1)]);
    until(|| client.links().iter().all(|link| link.phase == LinkPhase::Bound));
    // More than the sockets hold.
    let large = with_param("large", &"x".repeat(60_000)).coding(Coding::ServiceDefault);
    thread::scope(|scope| {
        scope.spawn(|| client.submit_all(std::iter::repeat_n(large, 500)).for_each(drop));
        assert!(lively.wait_for(TIMEOUT, |record| record.submission_count >= 300));
        drop(hang_up);
    });
}

#[test]
fn callers_that_wait_for_a_silent_link_leave_the_others_to_the_rest() {
    let (silent, lively) = (server(), server());
    let (client, _events) = connect(&fleet([endpoint(&silent), endpoint(&lively)]));
    all_bound(&client, &[(&silent, 1), (&lively, 1)]);
    silent.set_faults(Faults { half_open: true, ..Faults::default() });
    thread::scope(|scope| {
        // The first message of each after the other goes to the silent link, one is enough to notice.
        let stuck =
            scope.spawn(|| client.submit_all((0..2).map(|_| message())).filter(Result::is_err).count());
        until(|| submissions(&silent) == 1 && submissions(&lively) == 1);
        let (_held, never) = channel::<()>();
        let _ = never.recv_timeout(Duration::from_millis(1_100));
        for _ in 0..50 {
            client.submit(&message()).expect("accepted");
        }
        assert_eq!((submissions(&silent), submissions(&lively)), (1, 51));
        silent.set_faults(Faults::default());
        silent.cut_links();
        assert_eq!(stuck.join().expect("it counts"), 1);
    });
    all_bound(&client, &[(&silent, 1), (&lively, 1)]);
    for _ in 0..10 {
        client.submit(&message()).expect("accepted");
    }
    assert_eq!((submissions(&silent), submissions(&lively)), (6, 56), "it is back");
}

#[test]
fn an_operator_sees_how_a_link_fares_and_what_its_earlier_sessions_counted() {
    let smsc = server();
    let soon = Duration::from_millis(20);
    let config = fleet([endpoint(&smsc)]).window(7).enquire_interval(soon).throttle_backoff(soon, soon);
    let (client, _events) = connect(&config);
    let link = || client.links().swap_remove(0);
    assert_eq!((link().phase, link().window, link().outstanding, link().binds), (LinkPhase::Bound, 7, 0, 1));
    assert_eq!((link().submit_round_trip, link().throttled, link().failed_attempts), (None, 0, 0));
    client.submit(&message()).expect("accepted");
    assert!(link().submit_round_trip.is_some());
    until(|| client.submit(&message()).is_ok() && link().accepted_last_second > 1);
    until(|| link().enquire_round_trip.is_some());

    smsc.set_faults(Faults { throttle: 1, ..Faults::default() });
    client.submit(&message()).expect_err("throttled");
    assert_eq!(link().throttled, 1);
    client.submit(&message()).expect("accepted");

    smsc.set_faults(Faults { leave_unanswered: true, ..Faults::default() });
    let earlier = submissions(&smsc);
    let tickets: Vec<_> = (0..3).map(|_| client.enqueue(&message()).expect("room")).collect();
    assert!(smsc.wait_for(TIMEOUT, |record| record.submission_count == earlier + 3));
    assert_eq!(link().outstanding, 3);
    smsc.set_faults(Faults::default());
    smsc.cut_links();
    for ticket in tickets {
        assert_eq!(ticket.wait().expect_err("cut").outcome(), Outcome::Unknown);
    }
    until(|| link().binds == 2 && link().phase == LinkPhase::Bound);
    assert_eq!((link().outstanding, link().throttled), (0, 1), "counted over all sessions");
    drop(smsc);
    until(|| link().failed_attempts > 0);
}

#[test]
fn one_link_of_several_is_enough_to_come_up_and_none_is_an_error() {
    let smsc = server();
    let nobody = {
        let gone = server();
        endpoint(&gone)
    };
    assert!(SmppClient::connect(&fleet([nobody.clone()])).is_err());
    let (client, _events) = connect(&fleet([nobody, endpoint(&smsc)]));
    client.submit(&message()).expect("accepted");
}
