//! One link to the server: what comes, what is answered, and the reports that wait for their answer.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Decision, PlannedReport, Receipt, Received, RefusedPdu, Server, content};
use crate::smpp::link::Link;
use crate::smpp::pdu::{Body, Command, Deframer, Header, MAXIMUM_SEQUENCE, Pdu, ShortMessage, Status, Tlvs};
use crate::sync;

/// A link that the server has accepted.
#[derive(Debug)]
pub(super) struct ServerSession {
    pub(super) number: u64,
    link: Link,
    bound: AtomicBool,
    last_sequence: AtomicU32,
    /// Reports that have been sent and not answered. Locked while the socket is written to, so that octets of two
    /// threads do not mix.
    unanswered: Mutex<HashMap<u32, Receipt>>,
}

impl ServerSession {
    pub(super) fn new(number: u64, link: Link) -> Self {
        Self {
            number,
            link,
            bound: AtomicBool::new(false),
            last_sequence: AtomicU32::new(0),
            unanswered: Mutex::default(),
        }
    }

    pub(super) fn is_bound(&self) -> bool {
        self.bound.load(Ordering::Acquire)
    }

    pub(super) fn cut(&self, server: &Server) {
        // Before the client can notice, and bind again.
        self.end_session(server);
        self.link.shutdown();
    }

    fn end_session(&self, server: &Server) {
        if self.bound.swap(false, Ordering::AcqRel) {
            server.record(|record| record.sessions -= 1);
        }
    }

    /// Sends a report from another thread than the link's own. Gives it back where the link has ended.
    pub(super) fn deliver(&self, server: &Server, receipt: Receipt) -> Result<(), Receipt> {
        let mut octets = Vec::new();
        let mut unanswered = self.lock();
        if !self.is_bound() {
            return Err(receipt);
        }
        self.write_report(server, receipt, &mut unanswered, &mut octets);
        self.send(server, &octets);
        Ok(())
    }

    /// Sends octets from another thread than the link's own.
    pub(super) fn send_alone(&self, server: &Server, octets: &[u8]) {
        let _one_at_a_time = self.lock();
        self.send(server, octets);
    }

    /// Reads and answers until the link ends. Reports without an answer go back to the server.
    pub(super) fn serve(self: &Arc<Self>, server: &Arc<Server>) {
        let mut deframer = Deframer::default();
        let mut buffer = vec![0; 64 * 1024];
        let mut output = Vec::new();
        let mut goes_on = true;
        while goes_on {
            let received = match self.link.read(&mut buffer) {
                Ok(0) => break,
                Ok(received) => received,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            let octets = buffer.get(..received).unwrap_or_default();
            let mut unanswered = self.lock();
            let fed = deframer.feed(octets, |frame| {
                goes_on = goes_on && self.handle(server, frame, &mut unanswered, &mut output);
            });
            if fed.is_err() {
                write(&mut output, Status::INVALID_COMMAND_LENGTH, 0, Body::GenericNack);
                goes_on = false;
            }
            self.send(server, &output);
            output.clear();
        }
        self.end_session(server);
        self.link.shutdown();
        let left = mem::take(&mut *self.lock());
        server.link_ended(self.number, left.into_values());
    }

    /// `false` ends the link.
    fn handle(
        self: &Arc<Self>,
        server: &Arc<Server>,
        frame: &[u8],
        unanswered: &mut HashMap<u32, Receipt>,
        output: &mut Vec<u8>,
    ) -> bool {
        let Some(header) = Header::read(frame) else { return false };
        let sequence = header.sequence;
        let body = match Pdu::decode(frame) {
            Ok(pdu) => pdu.body,
            Err(_) if header.command == Command::SUBMIT_SM => {
                let status = Status::INVALID_MESSAGE_LENGTH;
                self.refuse(
                    server,
                    header.command,
                    Some(status),
                    "the PDU",
                    "must be built as SMPP 3.4 says",
                );
                let answer = Err(status);
                let decided = Decided::refused(Received { submission: None, answer });
                return self.answer_submission(server, sequence, decided, unanswered, output);
            }
            // A bind that cannot be read is a bind that failed.
            Err(_) if header.command == Command::BIND_TRANSCEIVER => {
                self.refuse(server, header.command, None, "the PDU", "must be built as SMPP 3.4 says");
                return false;
            }
            Err(_) => return true,
        };
        match body {
            Body::BindTransceiver(bind) => {
                if self.is_bound() {
                    let body = Body::BindTransceiverResp { system_id: String::new(), tlvs: Tlvs::new() };
                    let status = Status::ALREADY_BOUND;
                    write(output, status, sequence, body);
                    self.refuse(server, header.command, Some(status), "the bind", "must come once on a link");
                    return true;
                }
                let Some(system_id) = server.check_bind(&bind) else {
                    let rule = "must be those that the server knows";
                    self.refuse(server, header.command, None, "system_id and password", rule);
                    return false;
                };
                write(
                    output,
                    Status::OK,
                    sequence,
                    Body::BindTransceiverResp { system_id, tlvs: Tlvs::new() },
                );
                // Counted before it can be cut by another thread, which takes it off the count.
                server.record(|record| {
                    record.sessions += 1;
                    record.most_sessions = record.most_sessions.max(record.sessions);
                });
                self.bound.store(true, Ordering::Release);
                for receipt in server.take_undelivered() {
                    self.write_report(server, receipt, unanswered, output);
                }
            }
            Body::EnquireLink => {
                server.record(|record| record.enquire_links += 1);
                if !server.faults().ignore_enquire_link {
                    write(output, Status::OK, sequence, Body::EnquireLinkResp);
                }
            }
            Body::Unbind => {
                server.record(|record| record.unbinds += 1);
                write(output, Status::OK, sequence, Body::UnbindResp);
                return false;
            }
            Body::DeliverSmResp => {
                if let Some(receipt) = unanswered.remove(&sequence) {
                    server.report_answered(receipt, header.status);
                }
            }
            Body::SubmitSm(message) if self.is_bound() => {
                let decided = self.decide(server, message);
                return self.answer_submission(server, sequence, decided, unanswered, output);
            }
            Body::SubmitSm(_) => {
                let body = Body::SubmitSmResp { message_id: String::new(), tlvs: Tlvs::new() };
                let status = Status::INVALID_BIND_STATE;
                write(output, status, sequence, body);
                self.refuse(server, header.command, Some(status), "the link", "must be bound before");
            }
            other if other.command().is_response() => {}
            _ => {
                server.record(|record| record.nacked += 1);
                let status = Status::INVALID_COMMAND;
                write(output, status, sequence, Body::GenericNack);
                let rule =
                    "must be bind_transceiver, submit_sm, enquire_link or unbind: the service takes no other";
                self.refuse(server, header.command, Some(status), "command_id", rule);
            }
        }
        true
    }

    /// Tells whoever decides what was refused without asking.
    fn refuse(
        &self,
        server: &Server,
        command: Command,
        status: Option<Status>,
        field: &'static str,
        rule: &'static str,
    ) {
        server.submit.refused(&RefusedPdu::new(self.number, command, status, field, rule));
    }

    fn decide(&self, server: &Server, message: ShortMessage) -> Decided {
        let text = content::text(&message);
        let submission = match content::read(&message, &text, self.number) {
            Ok(submission) => submission,
            Err(content::Unreadable { status, field, rule }) => {
                let refused = RefusedPdu::new(self.number, Command::SUBMIT_SM, Some(status), "", "");
                server.submit.refused(&RefusedPdu { field, rule, text, ..refused });
                return Decided::refused(Received { submission: None, answer: Err(status) });
            }
        };
        let throttled = {
            let mut faults = server.faults();
            let throttled = faults.throttle > 0;
            faults.throttle = faults.throttle.saturating_sub(1);
            throttled
        };
        let decision = if throttled {
            let status = Status::THROTTLED;
            let rule = "must be fewer: the server was told to refuse some as too many";
            let refused = RefusedPdu::new(self.number, Command::SUBMIT_SM, Some(status), "submissions", rule);
            server.submit.refused(&RefusedPdu { text, ..refused });
            Decision::Reject(status)
        } else {
            server.submit.decide(&submission)
        };
        let (answer, reports) = match decision {
            Decision::Accept { message_id, reports } => (Ok(message_id), reports),
            Decision::Reject(status) => (Err(status), Vec::new()),
        };
        let received = Received { submission: Some(submission), answer };
        Decided { received, reports, destination: message.destination.number }
    }

    fn answer_submission(
        self: &Arc<Self>,
        server: &Arc<Server>,
        sequence: u32,
        decided: Decided,
        unanswered: &mut HashMap<u32, Receipt>,
        output: &mut Vec<u8>,
    ) -> bool {
        let Decided { received, reports, destination } = decided;
        let (status, message_id) = match &received.answer {
            Ok(id) => (Status::OK, id.clone()),
            Err(status) => (*status, String::new()),
        };
        let mut faults = server.faults();
        let left = faults.cut_after_submissions.map(|left| left.saturating_sub(1));
        let is_cut = left == Some(0);
        faults.cut_after_submissions = left.filter(|_| !is_cut);
        let garbage = if is_cut { None } else { faults.garbage.take() };
        let report_first = faults.report_first;
        let leave_unanswered = faults.leave_unanswered;
        let answer_after = faults.answer_after;
        let copies = faults.extra_reports.saturating_add(1);
        drop(faults);
        // Whoever waits for this record may then misbehave in another way: what holds for this submission is settled.
        server.record_submission(received);
        if is_cut {
            output.clear();
            return false;
        }

        let mut answer = Vec::new();
        let comes_first = answer_after.is_none() && !report_first;
        let place = if comes_first { &mut *output } else { &mut answer };
        match garbage {
            Some(mut garbage) => place.append(&mut garbage),
            None if leave_unanswered => {}
            None => {
                let body = Body::SubmitSmResp { message_id: message_id.clone(), tlvs: Tlvs::new() };
                write(place, status, sequence, body);
            }
        }
        if let Some(delay) = answer_after {
            let (connection, server_later) = (Arc::clone(self), Arc::clone(server));
            let late = mem::take(&mut answer);
            server.timer.after(delay, move || connection.send_alone(&server_later, &late));
        }
        for planned in reports {
            let receipt = Receipt::new(&message_id, &destination, planned.error);
            if planned.after.is_zero() {
                for _ in 0..copies {
                    self.write_report(server, receipt.clone(), unanswered, output);
                }
            } else {
                let server_later = Arc::clone(server);
                server.timer.after(planned.after, move || {
                    for _ in 0..copies {
                        server_later.deliver(receipt.clone());
                    }
                });
            }
        }
        output.append(&mut answer);
        true
    }

    fn write_report(
        &self,
        server: &Server,
        receipt: Receipt,
        unanswered: &mut HashMap<u32, Receipt>,
        output: &mut Vec<u8>,
    ) {
        let off_spec = server.faults().off_spec_parameters;
        let sequence = self.last_sequence.fetch_add(1, Ordering::Relaxed) % MAXIMUM_SEQUENCE + 1;
        // An id or recipient that no report can carry came from the submit; its message stays without a report.
        if let Ok(message) = receipt.to_short_message(off_spec)
            && (Pdu { status: Status::OK, sequence, body: Body::DeliverSm(message) }).encode(output).is_ok()
        {
            unanswered.insert(sequence, receipt);
            server.record(|record| record.reports_sent += 1);
        }
    }

    /// Writes, unless the link is half open or cut before the end. The caller holds the lock.
    fn send(&self, server: &Server, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        let mut faults = server.faults();
        if faults.half_open {
            return;
        }
        let mut length = octets.len();
        let mut is_cut = false;
        if let Some(left) = &mut faults.cut_after_octets {
            is_cut = *left < length;
            length = length.min(*left);
            *left -= length;
        }
        if is_cut {
            faults.cut_after_octets = None;
        }
        drop(faults);
        let sent = self.link.write_all(octets.get(..length).unwrap_or_default());
        if is_cut || sent.is_err() {
            self.cut(server);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Receipt>> {
        sync::lock(&self.unanswered)
    }
}

/// What was made of a submission, and what is reported on it.
struct Decided {
    received: Received,
    reports: Vec<PlannedReport>,
    /// As submitted: reports repeat it.
    destination: String,
}

impl Decided {
    const fn refused(received: Received) -> Self {
        Self { received, reports: Vec::new(), destination: String::new() }
    }
}

fn write(output: &mut Vec<u8>, status: Status, sequence: u32, body: Body) {
    let pdu = Pdu { status, sequence, body };
    if pdu.encode(output).is_err() {
        // An id that the standard has no room for came from the submit.
        let body = Body::SubmitSmResp { message_id: String::new(), tlvs: Tlvs::new() };
        let refused = Pdu { status: Status::SYSTEM_ERROR, sequence, body };
        refused.encode(output).expect("an answer without a body fits");
    }
}
