//! Callbacks, in one run and on the same bodies: this crate's receiver, the vendor's Python SDK (verify and
//! parse), and the least that any program could do, one HMAC and `serde_json::from_slice` into the bare types.
//!
//! `.ci/peers-callback && cargo run --release --manifest-path benches/Cargo.toml --features callback --bin callback`
//!
//! Four bodies take turns (deliveries, fallbacks with errors, texts with escapes, and ids that come as numbers), and of
//! each event every field is read within the time. Times are CPU times, the best of several rounds: on a shared machine
//! the fastest is the one least disturbed. The SDK measures itself, so that starting Python costs it nothing. The receiver
//! does more than the others are asked for: it hashes the body, remembers the signature, and keeps each row's JSON.
//!
//! With `callback ROWS CALLS`, the receiver alone takes so many callbacks, for a count of instructions:
//! `valgrind --tool=callgrind benches/target/release/callback 100 100`.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cpu_time::ThreadTime;
use engagelab_otp::api::types::CallbackPayload;
use engagelab_otp::callback::{CallbackRequest, Delivery, Detail, Event, Receiver, Signer};
use ring::hmac;

const NOW: u64 = 1_791_763_200;
const USER: &str = "shop";
const SECRET: &str = "correct horse battery staple";
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<usize> =
        std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    if let [rows, calls] = arguments[..] {
        let (headers, bodies, receiver) = (headers(calls)?, bodies(rows), receiver()?);
        for (header, body) in headers.iter().zip(bodies.iter().cycle()) {
            take(&receiver, header, body)?;
        }
        return Ok(());
    }
    println!(
        "{:>5} {:>7} | {:>9} {:>9} {:>9} {:>9} | ours / bare  SDK / ours",
        "rows", "bytes", "ours", "bare", "SDK best", "SDK mean"
    );
    for rows in [1, 100] {
        let bodies = bodies(rows);
        let (ours, bare) = ours_and_bare(&bodies)?;
        let (mut best, mut mean) = (0.0, 0.0);
        for body in &bodies {
            let (best_of_body, mean_of_body) = vendor(body)?;
            best += best_of_body / 4.0;
            mean += mean_of_body / 4.0;
        }
        println!(
            "{rows:>5} {:>7} | {:>6.2} µs {:>6.2} µs {:>6.1} µs {:>6.1} µs | {:>11.2}x {:>10.1}x",
            bodies.iter().map(String::len).sum::<usize>() / 4,
            micros(ours),
            micros(bare),
            best,
            mean,
            ours.as_secs_f64() / bare.as_secs_f64(),
            best / micros(ours),
        );
    }
    Ok(())
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Four batches as the service sends them: a message's status, with everything that a status has.
fn bodies(rows: usize) -> [String; 4] {
    let batch = |row: &dyn Fn(usize) -> String| {
        let rows: Vec<_> = (0..rows).map(row).collect();
        format!(r#"{{"total":{},"rows":[{}]}}"#, rows.len(), rows.join(","))
    };
    let row = |index: usize, id: &str, channel: &str, custom_args: &str, status: &str| {
        format!(
            r#"{{"message_id":{id},"to":"+65912{index:05}","server":"otp","channel":"{channel}","itime":1791763207,"custom_args":{custom_args},"status":{{"status_data":{{"msg_time":1791763200,"message_id":"17254074497725{index:05}","current_send_channel":"{channel}","template_key":"login","business_id":"1001"}},{status}}}}}"#
        )
    };
    let id = |index: usize| format!("\"17254074497725{index:05}\"");
    [
        batch(&|index| {
            let status =
                r#""message_status":"delivered","billing":{"cost":0.0423,"currency":"USD"},"error_code":0"#;
            row(index, &id(index), "sms", &format!(r#"{{"order":"A-{index}"}}"#), status)
        }),
        batch(&|index| {
            let status = r#""message_status":"delivered_failed","billing":{"cost":0.05,"currency":"USD"},"error_code":5018,"error_detail":{"message":"handset off"}"#;
            row(index, &id(index), "whatsapp", r#"{"order":{"id":17,"tags":["a","b"]}}"#, status)
        }),
        batch(&|index| {
            let status = r#""message_status":"sent_fail","error_code":5016,"error_detail":{"message":"sending \"failed\"\nfor t\u00e9l\u00e9com"}"#;
            row(index, &id(index), "voice", r#"{"note":"\u00e4\u00f6\u00fc"}"#, status)
        }),
        batch(&|index| {
            // Of ten rows, one has an id that is a number, which the document does not have.
            let id = if index % 10 == 9 { format!("17254074497725{index:05}") } else { id(index) };
            let status = r#""message_status":"verified","error_code":0"#;
            row(index, &id, "sms", "{}", status)
        }),
    ]
}

fn receiver() -> Result<Receiver, Box<dyn Error>> {
    Ok(Receiver::builder().secret(USER, SECRET)?.build()?)
}

/// A callback is taken once, so each call needs a nonce of its own.
fn headers(calls: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let signer = Signer::new(USER, SECRET)?;
    Ok((0..calls).map(|nonce| signer.header(now(), &nonce.to_string())).collect::<Result<_, _>>()?)
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

/// The best time of one call, of each, measured in turns.
fn ours_and_bare(bodies: &[String; 4]) -> Result<(Duration, Duration), Box<dyn Error>> {
    let calls = 2_000_000 / bodies[0].len() / 4 * 4;
    let headers = headers(calls)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let receiver = receiver()?;
        let start = ThreadTime::now();
        for (header, body) in headers.iter().zip(bodies.iter().cycle()) {
            take(&receiver, header, body)?;
        }
        ours = ours.min(start.elapsed());

        let start = ThreadTime::now();
        for (header, body) in headers.iter().zip(bodies[..3].iter().cycle()) {
            let nonce = &header[27..header.len() - 85];
            let covered = [&header[10..20], nonce, USER].concat();
            std::hint::black_box(hmac::sign(&key, covered.as_bytes()));
            // The bare types refuse the fourth body.
            let payload: CallbackPayload = serde_json::from_slice(body.as_bytes())?;
            std::hint::black_box(payload);
        }
        bare = bare.min(start.elapsed());
    }
    let calls = u32::try_from(calls)?;
    Ok((ours / calls, bare / calls))
}

fn take(receiver: &Receiver, header: &str, body: &str) -> Result<(), Box<dyn Error>> {
    let request = CallbackRequest::new(body.as_bytes()).with_signature(Some(header));
    match receiver.receive_at(&request, now())? {
        Delivery::Events(batch) => {
            batch.events().iter().for_each(read);
            Ok(std::hint::black_box(batch).commit()?)
        }
        other => Err(format!("not taken: {other:?}").into()),
    }
}

/// Reads every field.
fn read(event: &Event) {
    use std::hint::black_box;
    black_box((event.message_id(), event.expose_to(), event.server(), event.channel()));
    black_box((event.business_id(), event.seconds(), event.expose_custom_args(), event.expose_json()));
    let Detail::Status(status) = event.detail() else { return };
    black_box((
        status.message_status(),
        status.error_code(),
        status.expose_error_message(),
        status.msg_time(),
    ));
    black_box((
        status.message_id(),
        status.current_send_channel(),
        status.template_key(),
        status.business_id(),
    ));
    black_box(status.cost());
}

/// Microseconds of CPU time for one verification and parse by the vendor's SDK: the best round, and the mean.
fn vendor(body: &str) -> Result<(f64, f64), Box<dyn Error>> {
    let header = Signer::new(USER, SECRET)?.header(UNIX_EPOCH + Duration::from_secs(NOW), "k2f8r1")?;
    let peers = std::env::var("PEERS_DIR").unwrap_or_else(|_| "target/peers".to_owned());
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let python = std::path::Path::new(root).join(peers).join("venv/bin/python");
    let mut peer = Command::new(python)
        .args(["-c", include_str!("../callback_peer.py"), USER, SECRET, &NOW.to_string(), &header])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    peer.stdin.take().ok_or("the peer has no input")?.write_all(body.as_bytes())?;
    let output = peer.wait_with_output()?;
    if !output.status.success() {
        return Err("the vendor's SDK failed; is it installed? (.ci/peers-callback)".into());
    }
    let text = String::from_utf8(output.stdout)?;
    let (best, mean) = text.trim().split_once(' ').ok_or("two figures were expected")?;
    Ok((best.parse()?, mean.parse()?))
}
