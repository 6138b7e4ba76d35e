//! What holds whatever the peer says, and whenever.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use proptest::sample::{Index, select};

use super::tests::binding;
use super::{Readiness, Session, SessionEvent};
use crate::smpp::pdu::{Body, Command, HEADER_LENGTH, Header, Pdu, ShortMessage, Status, Tlvs, split_frame};

const WINDOW: usize = 5;

#[derive(Clone, Debug)]
enum Step {
    Submit,
    Write,
    /// An answer, most often to something that was asked.
    Answer {
        which: Index,
        kind: Command,
        status: u32,
    },
    Frame {
        command: Command,
        sequence: u32,
        body: Vec<u8>,
    },
    Octets(Vec<u8>),
    Pass(u64),
    Unbind,
}

fn step() -> impl Strategy<Value = Step> {
    let commands = select(vec![
        Command::DELIVER_SM,
        Command::ENQUIRE_LINK,
        Command::ENQUIRE_LINK_RESP,
        Command::SUBMIT_SM_RESP,
        Command::GENERIC_NACK,
        Command::BIND_TRANSCEIVER_RESP,
        Command(0x77),
    ]);
    let kinds = select(vec![
        Command::SUBMIT_SM_RESP,
        Command::SUBMIT_SM_RESP,
        Command::GENERIC_NACK,
        Command::ENQUIRE_LINK_RESP,
    ]);
    let statuses = select(vec![0, 0, 0, 0x58, 0x14, 0x45]);
    prop_oneof![
        30 => proptest::strategy::Just(Step::Submit),
        20 => proptest::strategy::Just(Step::Write),
        30 => (any::<Index>(), kinds, statuses)
            .prop_map(|(which, kind, status)| Step::Answer { which, kind, status }),
        10 => (commands, any::<u32>(), vec(any::<u8>(), 0..60))
            .prop_map(|(command, sequence, body)| Step::Frame { command, sequence, body }),
        1 => vec(any::<u8>(), 0..40).prop_map(Step::Octets),
        10 => (0..40_000_u64).prop_map(Step::Pass),
        1 => proptest::strategy::Just(Step::Unbind),
    ]
}

/// A session, and what it has said of each submission.
struct Account {
    session: Session<u64>,
    now: Instant,
    /// Submissions in the output, in order.
    unwritten: VecDeque<u64>,
    written: HashSet<u64>,
    sequences: Vec<u32>,
    /// Whether the outcome that was told is that no answer came.
    told: HashMap<u64, bool>,
    late: HashSet<u64>,
    is_closed: bool,
}

impl Account {
    fn bound() -> Self {
        let now = Instant::now();
        let mut session = binding(WINDOW, now);
        session.take_output(&mut Vec::new());
        let mut octets = Vec::new();
        let body = Body::BindTransceiverResp { system_id: String::new(), tlvs: Tlvs::new() };
        Pdu { status: Status::OK, sequence: 1, body }.encode(&mut octets).expect("short");
        session.handle_input(&octets, now);
        assert!(session.is_bound());
        Self {
            session,
            now,
            unwritten: VecDeque::new(),
            written: HashSet::new(),
            sequences: Vec::new(),
            told: HashMap::new(),
            late: HashSet::new(),
            is_closed: false,
        }
    }

    fn write(&mut self) {
        let mut octets = Vec::new();
        self.session.take_output(&mut octets);
        let mut rest = octets.as_slice();
        while let Some((frame, tail)) = split_frame(rest).expect("whole frames") {
            rest = tail;
            let header = Header::read(frame).expect("a header");
            if header.command == Command::SUBMIT_SM {
                self.written.insert(self.unwritten.pop_front().expect("it was submitted"));
            }
            if matches!(header.command, Command::SUBMIT_SM | Command::ENQUIRE_LINK | Command::UNBIND) {
                self.sequences.push(header.sequence);
            }
        }
        assert!(rest.is_empty());
    }

    /// In two pieces: octets come cut anywhere.
    fn receive(&mut self, octets: &[u8], cut: usize) {
        let (first, rest) = octets.split_at(cut % (octets.len() + 1));
        self.session.handle_input(first, self.now);
        self.session.handle_input(rest, self.now);
    }

    fn frame(&mut self, command: Command, status: u32, sequence: u32, body: &[u8]) {
        let mut octets = Vec::new();
        Header { command, status: Status(status), sequence }.write_with(body, &mut octets);
        assert_eq!(octets.len(), HEADER_LENGTH + body.len());
        self.receive(&octets, sequence as usize);
    }

    fn check_events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            assert!(!self.is_closed, "{event:?} after the end");
            match event {
                SessionEvent::Answered { token, .. } => {
                    assert!(self.written.contains(&token), "{token} was answered before it was asked");
                    assert_eq!(self.told.insert(token, false), None);
                }
                SessionEvent::Overdue { token } => assert_eq!(self.told.insert(token, true), None),
                SessionEvent::Late { token, .. } => {
                    assert_eq!(self.told.get(&token), Some(&true));
                    assert!(self.late.insert(token));
                }
                SessionEvent::Delivered { sequence, .. } => {
                    self.session.answer_delivery(sequence, Status::OK);
                }
                SessionEvent::Closed(_) => self.is_closed = true,
                SessionEvent::Bound { .. } | SessionEvent::Unreadable(_) => {}
            }
        }
        assert!(self.session.outstanding() <= WINDOW);
        assert_eq!(self.is_closed, self.session.next_deadline().is_none());
        if self.is_closed || self.session.outstanding() == 0 {
            return;
        }
        assert!(self.session.silent_since().is_some_and(|since| since <= self.now));
    }
}

proptest! {
    #[test]
    fn each_submission_has_one_outcome_whatever_the_peer_says(steps in vec(step(), 0..120)) {
        let mut account = Account::bound();
        let mut submissions = 0;
        for step in steps {
            match step {
                Step::Submit => {
                    if account.session.readiness(account.now) == Readiness::Ready {
                        let mut body = Vec::new();
                        ShortMessage::default().write(&mut body).expect("empty is fine");
                        account.session.submit(submissions, &body, account.now);
                        account.unwritten.push_back(submissions);
                        submissions += 1;
                    }
                }
                Step::Write => account.write(),
                Step::Answer { which, kind, status } => {
                    if !account.sequences.is_empty() {
                        let sequence = *which.get(&account.sequences);
                        account.frame(kind, status, sequence, b"id\0");
                    }
                }
                // What was never written has no number that a peer could know.
                Step::Frame { command, sequence, body } => {
                    account.frame(command, 0, sequence | 0x4000_0000, &body);
                }
                Step::Octets(octets) => account.receive(&octets, octets.len() / 2),
                Step::Pass(milliseconds) => {
                    account.now += Duration::from_millis(milliseconds);
                    account.session.handle_time(account.now);
                }
                Step::Unbind => account.session.unbind(account.now),
            }
            account.check_events();
        }
        for (token, may_have_left) in account.session.abandon() {
            assert!(!account.told.contains_key(&token), "{token} has two outcomes");
            assert_eq!(may_have_left, account.written.contains(&token), "{token}");
            account.told.insert(token, true);
        }
        assert_eq!(account.told.len() as u64, submissions, "each has one");
    }
}
