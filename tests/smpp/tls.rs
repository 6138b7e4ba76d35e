//! TLS under SMPP, against a server by rustls with a certificate of its own.

use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use engagelab_otp::smpp::pdu::{Body, Pdu, ShortMessage, Status, Tlvs, split_frame};
use engagelab_otp::smpp::{ConnectErrorKind, Event, Events, LinkPhase, SmppClient, SmppConfig, SmppTls};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::loopback::{TIMEOUT, connect, credentials, with_param};

/// Serves one link and ends: binds, accepts, reports at once. Gives the address, the certificate and how many it accepted.
pub(crate) fn serve_one() -> (String, String, JoinHandle<usize>) {
    serve(answer_all)
}

/// Has one link served, under a certificate for `localhost`.
fn serve<T: Send + 'static>(
    serve: impl FnOnce(StreamOwned<ServerConnection, TcpStream>) -> T + Send + 'static,
) -> (String, String, JoinHandle<T>) {
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let pem = certificate.cert.pem();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of the provider")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.cert.der().clone()], key)
        .expect("the certificate matches its key");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("localhost:{}", listener.local_addr().expect("bound").port());
    let serving = thread::spawn(move || {
        let (socket, _) = listener.accept().expect("a client");
        let connection = ServerConnection::new(Arc::new(config)).expect("a fresh connection");
        serve(StreamOwned::new(connection, socket))
    });
    (address, pem, serving)
}

/// Gives the number of submissions when the client has gone.
fn answer_all(mut stream: impl Read + Write) -> usize {
    let (mut received, mut submissions) = (Vec::new(), 0);
    let mut buffer = [0; 4096];
    loop {
        while let Some((frame, rest)) = split_frame(&received).expect("a length") {
            let pdu = Pdu::decode(frame).expect("a PDU");
            received = rest.to_vec();
            let answer = match pdu.body {
                Body::BindTransceiver(bind) => {
                    Body::BindTransceiverResp { system_id: bind.system_id, tlvs: Tlvs::new() }
                }
                Body::SubmitSm(message) => {
                    submissions += 1;
                    if message.text_octets().len() > 50_000 {
                        stream.write_all(&large_deliveries()).expect("the client reads");
                    }
                    Body::SubmitSmResp { message_id: submissions.to_string(), tlvs: Tlvs::new() }
                }
                Body::Unbind => Body::UnbindResp,
                _ => continue,
            };
            let accepted = matches!(answer, Body::SubmitSmResp { .. });
            let mut octets = Vec::new();
            Pdu { status: Status::OK, sequence: pdu.sequence, body: answer }
                .encode(&mut octets)
                .expect("short");
            if accepted {
                let short_message = format!("id:{submissions} stat:DELIVRD").into_bytes();
                let body = Body::DeliverSm(ShortMessage { short_message, ..ShortMessage::default() });
                Pdu { status: Status::OK, sequence: 1, body }.encode(&mut octets).expect("short");
            }
            stream.write_all(&octets).expect("the client reads");
            stream.flush().expect("the client reads");
        }
        match stream.read(&mut buffer) {
            Ok(length) if length > 0 => received.extend_from_slice(&buffer[..length]),
            _ => return submissions,
        }
    }
}

const LARGE: u32 = 100;

/// Many records at a time, which reach the client cut where they may be.
fn large_deliveries() -> Vec<u8> {
    let mut octets = Vec::new();
    for sequence in 1..=LARGE {
        let mut tlvs = Tlvs::new();
        tlvs.push(Tlvs::MESSAGE_PAYLOAD, "x".repeat(60_000).as_bytes()).expect("fits");
        let body = Body::DeliverSm(ShortMessage { tlvs, ..ShortMessage::default() });
        Pdu { status: Status::OK, sequence, body }.encode(&mut octets).expect("fits");
    }
    octets
}

#[test]
fn what_arrives_at_length_under_tls_arrives_whole() {
    let (address, pem, serving) = serve_one();
    let tls = SmppTls::with_root_certificates(pem.as_bytes()).expect("a certificate");
    let (client, events) = connect(&SmppConfig::new(&address, credentials()).reconnect(None).tls(tls));
    client.submit(&with_param("large", &"x".repeat(30_000))).expect("accepted");
    client.shutdown();
    let whole =
        |event: &Event| matches!(event, Event::Message(message) if message.text_octets().len() == 60_000);
    assert_eq!(events.filter(whole).count(), LARGE as usize);
    assert_eq!(serving.join().expect("it ends with the link"), 1);
}

/// What the client is sent in one go, once it has bound: records under TLS, and octets that are none.
fn serve_records(records: &'static [Vec<u8>], closes: bool, rest: &'static [u8]) -> (String, String) {
    let (address, pem, _serving) = serve(move |mut stream| {
        let mut bind = [0; 256];
        let length = stream.read(&mut bind).expect("a bind");
        let sequence = Pdu::decode(&bind[..length]).expect("a bind").sequence;
        let body = Body::BindTransceiverResp { system_id: "tls".to_owned(), tlvs: Tlvs::new() };
        let mut octets = Vec::new();
        Pdu { status: Status::OK, sequence, body }.encode(&mut octets).expect("short");
        let mut sealed = Vec::new();
        stream.conn.set_buffer_limit(None);
        for record in [&octets].into_iter().chain(records) {
            stream.conn.writer().write_all(record).expect("no limit");
        }
        if closes {
            stream.conn.send_close_notify();
        }
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut sealed).expect("into memory");
        }
        sealed.extend_from_slice(rest);
        stream.sock.write_all(&sealed).expect("the client reads");
        // Until the client hangs up.
        let _ = std::io::copy(&mut stream.sock, &mut std::io::sink());
    });
    (address, pem)
}

fn connect_under_tls(address: &str, pem: &str) -> (SmppClient, Events) {
    let tls = SmppTls::with_root_certificates(pem.as_bytes()).expect("a certificate");
    connect(&SmppConfig::new(address, credentials()).reconnect(None).tls(tls))
}

/// A delivery whose PDU is so long.
fn delivery(sequence: u32, length: usize) -> Vec<u8> {
    let of = |payload: usize| {
        let mut tlvs = Tlvs::new();
        tlvs.push(Tlvs::MESSAGE_PAYLOAD, "x".repeat(payload).as_bytes()).expect("fits");
        let mut octets = Vec::new();
        Pdu {
            status: Status::OK,
            sequence,
            body: Body::DeliverSm(ShortMessage { tlvs, ..ShortMessage::default() }),
        }
        .encode(&mut octets)
        .expect("fits");
        octets
    };
    let empty = of(0).len();
    of(length - empty)
}

#[test]
fn records_of_all_lengths_that_come_at_once_are_all_read() {
    let lengths = || (0..20).flat_map(|_| std::iter::once(16 * 1024).chain(std::iter::repeat_n(100, 60)));
    let records = lengths().zip(1..).map(|(length, sequence)| delivery(sequence, length)).collect::<Vec<_>>();
    let (address, pem) = serve_records(records.leak(), false, &[]);
    let (client, mut events) = connect_under_tls(&address, &pem);
    let told = std::iter::from_fn(|| events.next_timeout(TIMEOUT)).take(lengths().count()).count();
    assert_eq!(told, lengths().count());
    drop(client);
}

#[test]
fn octets_behind_the_end_of_tls_end_the_link_like_any_other() {
    let (address, pem) = serve_records(&[], true, &[7; 16_000]);
    let (client, mut events) = connect_under_tls(&address, &pem);
    // If the link does not end, neither does closing it.
    let client = ManuallyDrop::new(client);
    assert_eq!(events.next_timeout(TIMEOUT), None);
    assert_eq!(client.links()[0].phase, LinkPhase::Stopped);
    drop(ManuallyDrop::into_inner(client));
}

#[test]
fn messages_and_reports_travel_under_tls_with_a_root_of_ones_own() {
    let (address, pem, serving) = serve_one();
    let tls = SmppTls::with_root_certificates(pem.as_bytes()).expect("a certificate");
    let (client, events) = connect(&SmppConfig::new(&address, credentials()).window(50).tls(tls));
    // Some longer than a record of TLS.
    let messages = (0..500).map(|number| with_param("long", &"x".repeat(number * 40)));
    for result in client.submit_all(messages) {
        result.expect("accepted");
    }
    client.shutdown();
    assert_eq!(
        events.filter(|event| matches!(event, Event::Report { submission: Some(_), .. })).count(),
        500
    );
    assert_eq!(serving.join().expect("it served"), 500);
}

fn refused(config: &SmppConfig) -> ConnectErrorKind {
    SmppClient::connect(config).expect_err("not trusted").kind()
}

#[test]
fn a_certificate_that_is_not_trusted_or_for_another_name_ends_the_connection() {
    let (address, _, serving) = serve_one();
    let config = SmppConfig::new(&address, credentials()).tls(SmppTls::with_webpki_roots());
    assert_eq!(refused(&config), ConnectErrorKind::Certificate);
    assert_eq!(serving.join().expect("it served"), 0);

    let (address, pem, serving) = serve_one();
    let tls = SmppTls::with_root_certificates(pem.as_bytes())
        .and_then(|tls| tls.server_name("smpp.example"))
        .expect("a certificate and a name");
    assert_eq!(refused(&SmppConfig::new(&address, credentials()).tls(tls)), ConnectErrorKind::Certificate);
    assert_eq!(serving.join().expect("it served"), 0);
}

#[test]
fn roots_that_are_none_are_refused() {
    for pem in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let error = SmppTls::with_root_certificates(pem.as_bytes()).expect_err("no certificate");
        assert_eq!(error.field(), "root certificates");
    }
    let roots = SmppTls::with_webpki_roots();
    assert_eq!(roots.server_name("not a name").expect_err("spaces").field(), "server name");
}
