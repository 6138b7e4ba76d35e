//! The session under an injected clock: every test drives it by octets and instants alone.

#[cfg(feature = "metrics")]
mod measured;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::throttle::Throttle;
use super::{CloseReason, Readiness, Session, SessionEvent, Settings};
use crate::smpp::Credentials;
use crate::smpp::pdu::{Body, Command, Pdu, ShortMessage, Status, Tlvs, split_frame};

/// A session and the clock it is shown.
struct Bench {
    session: Session<u64>,
    now: Instant,
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A session that has sent its bind.
pub(super) fn binding(window: usize, now: Instant) -> Session<u64> {
    let settings = Settings {
        window,
        bind_timeout: seconds(10),
        response_timeout: seconds(20),
        enquire_interval: seconds(30),
        enquire_timeout: seconds(5),
        initial_pause: seconds(1),
        max_pause: seconds(4),
        rate: None,
    };
    let credentials = Credentials::new("acme", "secret").expect("short");
    Session::new(settings, &credentials, now)
}

impl Bench {
    fn binding() -> Self {
        let now = Instant::now();
        Self { session: binding(3, now), now }
    }

    fn bound() -> Self {
        let mut bench = Self::binding();
        let sequence = bench.written()[0].sequence;
        let body = Body::BindTransceiverResp { system_id: "smsc".to_owned(), tlvs: Tlvs::new() };
        bench.receive(Status::OK, sequence, body);
        assert_eq!(bench.event(), Some(SessionEvent::Bound { system_id: "smsc".to_owned() }));
        bench
    }

    fn receive(&mut self, status: Status, sequence: u32, body: Body) {
        let mut octets = Vec::new();
        Pdu { status, sequence, body }.encode(&mut octets).expect("within the standard");
        self.session.handle_input(&octets, self.now);
    }

    fn accept(&mut self, sequence: u32, id: &str) {
        let body = Body::SubmitSmResp { message_id: id.to_owned(), tlvs: Tlvs::new() };
        self.receive(Status::OK, sequence, body);
    }

    fn reject(&mut self, sequence: u32, status: Status) {
        let body = Body::SubmitSmResp { message_id: String::new(), tlvs: Tlvs::new() };
        self.receive(status, sequence, body);
    }

    fn submit(&mut self, token: u64) -> u32 {
        assert_eq!(self.session.readiness(self.now), Readiness::Ready);
        let mut body = Vec::new();
        ShortMessage::default().write(&mut body).expect("empty is fine");
        self.session.submit(token, &body, self.now);
        self.written().pop().expect("a submission is written").sequence
    }

    /// Takes the output, as a writer would.
    fn written(&mut self) -> Vec<Pdu> {
        let mut octets = Vec::new();
        self.session.take_output(&mut octets);
        let mut rest = octets.as_slice();
        let mut pdus = Vec::new();
        while let Some((frame, tail)) = split_frame(rest).expect("whole frames") {
            pdus.push(Pdu::decode(frame).expect("a PDU"));
            rest = tail;
        }
        assert!(rest.is_empty());
        pdus
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.session.handle_time(self.now);
    }

    fn event(&mut self) -> Option<SessionEvent<u64>> {
        self.session.poll_event()
    }
}

fn commands(pdus: &[Pdu]) -> Vec<Command> {
    pdus.iter().map(|pdu| pdu.body.command()).collect()
}

#[test]
fn the_first_octets_are_a_bind_and_nothing_is_taken_before_its_answer() {
    let mut bench = Bench::binding();
    assert_eq!(bench.session.readiness(bench.now), Readiness::NotBound);
    assert_eq!(commands(&bench.written()), [Command::BIND_TRANSCEIVER]);
    assert_eq!(bench.session.next_deadline(), Some(bench.now + seconds(10)));
}

#[test]
fn a_refused_or_unanswered_bind_closes_the_session_with_its_reason() {
    let mut bench = Bench::binding();
    let sequence = bench.written()[0].sequence;
    let body = Body::BindTransceiverResp { system_id: String::new(), tlvs: Tlvs::new() };
    bench.receive(Status::INVALID_PASSWORD, sequence, body);
    let reason = CloseReason::BindRefused(Status::INVALID_PASSWORD);
    assert_eq!(bench.event(), Some(SessionEvent::Closed(reason)));

    let mut bench = Bench::binding();
    bench.pass(seconds(10));
    assert_eq!(bench.event(), Some(SessionEvent::Closed(CloseReason::BindUnanswered)));
}

#[test]
fn input_cut_anywhere_is_put_together_again() {
    let mut bench = Bench::bound();
    let (first, second) = (bench.submit(1), bench.submit(2));
    let mut octets = Vec::new();
    for (sequence, id) in [(first, "a"), (second, "b")] {
        let body = Body::SubmitSmResp { message_id: id.to_owned(), tlvs: Tlvs::new() };
        Pdu { status: Status::OK, sequence, body }.encode(&mut octets).expect("within the standard");
    }
    for octet in octets {
        bench.session.handle_input(&[octet], bench.now);
    }
    assert_eq!(bench.event(), Some(SessionEvent::Answered { token: 1, answer: Ok("a".to_owned()) }));
    assert_eq!(bench.event(), Some(SessionEvent::Answered { token: 2, answer: Ok("b".to_owned()) }));
}

#[test]
fn the_window_bounds_what_is_outstanding_and_an_answer_frees_a_place() {
    let mut bench = Bench::bound();
    let first = bench.submit(1);
    bench.submit(2);
    bench.submit(3);
    assert_eq!(bench.session.readiness(bench.now), Readiness::WindowFull);
    bench.reject(first, Status::SYSTEM_ERROR);
    assert_eq!(bench.event(), Some(SessionEvent::Answered { token: 1, answer: Err(Status::SYSTEM_ERROR) }));
    assert_eq!(bench.session.readiness(bench.now), Readiness::Ready);
}

#[test]
fn an_answer_that_does_not_come_is_told_once_and_told_again_if_it_comes_late() {
    let mut bench = Bench::bound();
    let sequence = bench.submit(1);
    assert_eq!(bench.session.next_deadline(), Some(bench.now + seconds(20)));
    bench.pass(seconds(19));
    assert_eq!(bench.event(), None);
    bench.pass(seconds(1));
    assert_eq!(bench.event(), Some(SessionEvent::Overdue { token: 1 }));
    assert_eq!(bench.session.pending.outstanding(), 0);
    bench.pass(seconds(1));
    assert_eq!(bench.event(), None, "once");

    bench.accept(sequence, "late");
    assert_eq!(bench.event(), Some(SessionEvent::Late { token: 1, answer: Ok("late".to_owned()) }));
    bench.accept(sequence, "later");
    assert_eq!(bench.event(), None);
    assert_eq!(bench.session.abandon(), []);
}

#[test]
fn answers_to_nothing_and_of_the_wrong_kind_are_passed_over_and_never_nacked() {
    let mut bench = Bench::bound();
    let sequence = bench.submit(1);
    bench.accept(sequence + 1, "nobody's");
    bench.receive(Status::OK, sequence, Body::EnquireLinkResp);
    bench.receive(Status::OK, sequence, Body::UnbindResp);
    bench.receive(Status::OK, 0, Body::GenericNack);
    bench.receive(Status::OK, 5, Body::Other { command: Command(0x8000_0021), octets: vec![1] });
    assert_eq!(bench.event(), None);
    assert_eq!(bench.written(), []);
    bench.accept(sequence, "mine");
    assert_eq!(bench.event(), Some(SessionEvent::Answered { token: 1, answer: Ok("mine".to_owned()) }));
}

#[test]
fn a_nack_with_the_number_of_a_submission_refuses_it() {
    let mut bench = Bench::bound();
    let sequence = bench.submit(1);
    bench.receive(Status::INVALID_COMMAND, sequence, Body::GenericNack);
    assert_eq!(
        bench.event(),
        Some(SessionEvent::Answered { token: 1, answer: Err(Status::INVALID_COMMAND) })
    );
}

#[test]
fn an_answer_without_a_readable_body_still_finds_its_submission() {
    let mut bench = Bench::bound();
    let sequence = u8::try_from(bench.submit(1)).expect("small");
    let octets = [0, 0, 0, 18, 0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, sequence, b'4', b'2'];
    bench.session.handle_input(&octets, bench.now);
    assert_eq!(bench.event(), Some(SessionEvent::Answered { token: 1, answer: Ok("42".to_owned()) }));
}

#[test]
fn the_link_is_probed_whatever_the_traffic_and_silence_closes_it() {
    let mut bench = Bench::bound();
    for token in 0..5 {
        bench.pass(seconds(5));
        let sequence = bench.submit(token);
        bench.accept(sequence, "id");
    }
    assert_eq!(bench.session.next_deadline(), Some(bench.now + seconds(5)));
    bench.pass(seconds(5));
    let probe = bench.written();
    assert_eq!(commands(&probe), [Command::ENQUIRE_LINK]);
    bench.receive(Status::OK, probe[0].sequence, Body::EnquireLinkResp);

    bench.pass(seconds(30));
    assert_eq!(commands(&bench.written()), [Command::ENQUIRE_LINK]);
    let sequence = bench.submit(7);
    bench.accept(sequence, "traffic is no answer to a probe");
    bench.pass(seconds(5));
    let closed = std::iter::from_fn(|| bench.event()).last();
    assert_eq!(closed, Some(SessionEvent::Closed(CloseReason::LinkSilent)));
    assert_eq!(bench.session.next_deadline(), None);
}

#[test]
fn throttling_pauses_the_whole_sender_longer_each_time_until_a_message_is_taken() {
    let mut bench = Bench::bound();
    for (status, pause) in
        [(Status::THROTTLED, 1), (Status::QUEUE_FULL, 2), (Status::THROTTLED, 4), (Status::THROTTLED, 4)]
    {
        let (first, second) = (bench.submit(1), bench.submit(2));
        bench.reject(first, status);
        bench.reject(second, status);
        let until = bench.now + seconds(pause);
        assert_eq!(bench.session.readiness(bench.now), Readiness::PausedUntil(until));
        bench.pass(seconds(pause));
    }
    let sequence = bench.submit(1);
    bench.accept(sequence, "id");
    let sequence = bench.submit(1);
    bench.reject(sequence, Status::THROTTLED);
    let until = bench.now + seconds(1);
    assert_eq!(bench.session.readiness(bench.now), Readiness::PausedUntil(until), "back to the first");
}

#[test]
fn what_is_sent_while_a_complaint_waits_to_be_entered_is_of_the_same_burst() {
    let mut bench = Bench::bound();
    let first = bench.submit(1);
    let read_at = bench.now + Duration::from_millis(1);
    bench.pass(Duration::from_millis(2));
    let second = bench.submit(2);
    // By the clock of the thread that read it.
    bench.now = read_at;
    bench.reject(first, Status::THROTTLED);
    bench.now = read_at + Duration::from_millis(3);
    bench.reject(second, Status::THROTTLED);
    assert_eq!(bench.session.readiness(bench.now), Readiness::PausedUntil(read_at + seconds(1)));
}

#[test]
fn a_message_taken_out_of_the_burst_that_was_throttled_neither_ends_the_pause_nor_is_forgotten() {
    let mut bench = Bench::bound();
    for _ in 0..3 {
        let (refused, taken) = (bench.submit(1), bench.submit(2));
        bench.pass(Duration::from_millis(1));
        bench.reject(refused, Status::THROTTLED);
        bench.accept(taken, "id");
        let until = bench.now + seconds(1);
        assert_eq!(bench.session.readiness(bench.now), Readiness::PausedUntil(until));
        bench.pass(seconds(1));
        // One that is sent after the pause and taken.
        let sequence = bench.submit(3);
        bench.accept(sequence, "id");
        bench.pass(seconds(1));
    }
}

#[test]
fn unbinding_stops_the_intake_drains_the_window_and_then_unbinds() {
    let mut bench = Bench::bound();
    let sequence = bench.submit(1);
    bench.session.unbind(bench.now);
    assert_eq!(bench.session.readiness(bench.now), Readiness::NotBound);
    assert_eq!(bench.written(), [], "one answer is missing");
    bench.accept(sequence, "id");
    let unbind = bench.written();
    assert_eq!(commands(&unbind), [Command::UNBIND]);
    bench.receive(Status::OK, unbind[0].sequence, Body::UnbindResp);
    assert_eq!(bench.event(), Some(SessionEvent::Answered { token: 1, answer: Ok("id".to_owned()) }));
    assert_eq!(bench.event(), Some(SessionEvent::Closed(CloseReason::Unbound)));
}

#[test]
fn a_drain_does_not_wait_longer_than_the_answers_may_take() {
    let mut bench = Bench::bound();
    bench.submit(1);
    bench.session.unbind(bench.now);
    bench.pass(seconds(20));
    assert_eq!(bench.event(), Some(SessionEvent::Overdue { token: 1 }));
    assert_eq!(commands(&bench.written()), [Command::UNBIND]);
    bench.pass(seconds(5));
    assert_eq!(bench.event(), Some(SessionEvent::Closed(CloseReason::UnbindUnanswered)));
}

#[test]
fn the_peers_own_requests_are_answered() {
    let mut bench = Bench::bound();
    bench.receive(Status::OK, 70, Body::EnquireLink);
    bench.receive(Status::OK, 71, Body::Other { command: Command(0x21), octets: vec![1] });
    bench.receive(Status::OK, 72, Body::DeliverSm(ShortMessage::default()));
    let message = ShortMessage::default();
    let delivered = SessionEvent::Delivered { sequence: 72, message, submissions_outstanding: false };
    assert_eq!(bench.event(), Some(delivered));
    bench.session.answer_delivery(72, Status::OK);
    bench.receive(Status::OK, 73, Body::Unbind);
    assert_eq!(bench.event(), Some(SessionEvent::Closed(CloseReason::PeerUnbound)));
    let answers: Vec<_> = bench.written().iter().map(|pdu| (pdu.body.command(), pdu.sequence)).collect();
    let expected = [
        (Command::ENQUIRE_LINK_RESP, 70),
        (Command::GENERIC_NACK, 71),
        (Command::DELIVER_SM_RESP, 72),
        (Command::UNBIND_RESP, 73),
    ];
    assert_eq!(answers, expected);
}

#[test]
fn a_delivery_that_cannot_be_read_is_refused_and_the_stream_goes_on() {
    let mut bench = Bench::bound();
    let octets = [0, 0, 0, 17, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, b'M'];
    bench.session.handle_input(&octets, bench.now);
    assert!(
        matches!(bench.event(), Some(SessionEvent::Unreadable(error)) if error.field() == "service_type")
    );
    let answer = bench.written();
    assert_eq!((answer[0].status, answer[0].sequence), (Status::RECEIVER_PERMANENT, 9));
    assert_eq!(bench.session.readiness(bench.now), Readiness::Ready);
}

#[test]
fn a_length_that_cannot_be_closes_the_session() {
    for length in [0_u32, 4, 15, 1 << 31] {
        let mut bench = Bench::bound();
        bench.session.handle_input(&length.to_be_bytes(), bench.now);
        let closed = bench.event();
        assert!(matches!(closed, Some(SessionEvent::Closed(CloseReason::OutOfStep(_)))), "{closed:?}");
        assert_eq!(commands(&bench.written()), [Command::GENERIC_NACK]);
    }
}

#[test]
fn a_peer_that_asks_without_end_and_reads_nothing_is_given_up() {
    let mut bench = Bench::bound();
    let mut octets = Vec::new();
    for _ in 0..1_000 {
        Pdu { status: Status::OK, sequence: 1, body: Body::EnquireLink }.encode(&mut octets).expect("short");
    }
    for _ in 0..1_000 {
        bench.session.handle_input(&octets, bench.now);
    }
    assert_eq!(bench.event(), None, "a million answers are kept");
    bench.session.handle_input(&octets, bench.now);
    assert_eq!(bench.event(), Some(SessionEvent::Closed(CloseReason::PeerDoesNotRead)));
}

#[test]
fn what_was_never_handed_to_the_writer_is_known_not_to_have_left() {
    let mut bench = Bench::bound();
    bench.submit(1);
    let mut body = Vec::new();
    ShortMessage::default().write(&mut body).expect("empty is fine");
    bench.session.submit(2, &body, bench.now);
    assert!(bench.session.has_output());
    assert_eq!(bench.session.abandon(), [(1, true), (2, false)]);
    assert_eq!(bench.session.abandon(), [], "once");
}

#[test]
fn sequence_numbers_wrap_and_skip_those_in_flight() {
    let mut pending = super::Pending::new(0x7FFF_FFFF);
    let deadline = Instant::now();
    let last = pending.next_sequence();
    pending.insert(last, 1_u64, deadline, deadline);
    let first = pending.next_sequence();
    pending.insert(first, 2, deadline, deadline);
    assert_eq!((last, first), (0x7FFF_FFFF, 1));
    pending.last_sequence = 0x7FFF_FFFE;
    assert_eq!(pending.next_sequence(), 2, "both are in flight");
}

/// A service that takes `per_second` messages, and so many at once after a rest.
struct Bucket {
    per_second: f64,
    size: f64,
    tokens: f64,
}

/// Sends as fast as allowed for half a minute over a link with a window and a round trip: what was taken, and what
/// was refused.
fn send(bucket: &mut Bucket, window: u32, round_trip: Duration) -> (f64, f64) {
    let mut throttle = Throttle::new(Duration::from_millis(500), Duration::from_secs(30));
    let (start, step) = (Instant::now(), Duration::from_micros(500));
    let mut under_way: VecDeque<(Instant, bool)> = VecDeque::new();
    let (mut taken, mut refused) = (0.0, 0.0);
    let mut now = start;
    while now < start + Duration::from_secs(30) {
        now += step;
        bucket.tokens = (bucket.tokens + bucket.per_second * step.as_secs_f64()).min(bucket.size);
        while let Some((sent_at, is_taken)) = under_way.front().copied()
            && sent_at + round_trip <= now
        {
            under_way.pop_front();
            if is_taken {
                taken += 1.0;
                throttle.succeed(sent_at, now);
            } else {
                refused += 1.0;
                throttle.slow_down(sent_at, now);
            }
        }
        while under_way.len() < window as usize && throttle.paused_until(now).is_none() {
            throttle.sent(now);
            let is_taken = bucket.tokens >= 1.0;
            bucket.tokens -= if is_taken { 1.0 } else { 0.0 };
            under_way.push_back((now, is_taken));
        }
    }
    (taken, refused)
}

#[test]
fn a_service_with_a_limit_gets_most_of_what_it_takes_and_little_more() {
    for (per_second, size, window) in
        [(250.0, 250.0, 1_000), (250.0, 10.0, 1_000), (100.0, 100.0, 10), (100.0, 100.0, 100), (2.0, 2.0, 10)]
    {
        for round_trip in [1, 50].map(Duration::from_millis) {
            let mut bucket = Bucket { per_second, size, tokens: size };
            let (taken, refused) = send(&mut bucket, window, round_trip);
            let possible = per_second * 30.0 + size;
            println!(
                "{per_second}/s of {size}, window {window}, {round_trip:?}: {taken} taken, {refused} refused"
            );
            assert!(taken > possible * 0.65, "{taken} of {possible} taken");
            // The first burst fills a window before the first answer is there.
            assert!(refused < f64::from(window) + possible * 0.1 + 10.0, "{refused} refused of {possible}");
        }
    }
}
