//! Callbacks, in one run and on the same bodies: this crate's receiver, the vendor's Python SDK (verify and
//! parse), and the least that any program could do, one HMAC and `serde_json::from_slice` into the bare types.
//!
//! `.ci/peers-callback && cargo run --release --manifest-path benches/Cargo.toml --features callback --bin callback`
//!
//! Times are CPU times, the best of several rounds: on a shared machine the fastest is the one least disturbed.
//! The SDK measures itself, so that starting Python costs it nothing. The receiver does more than the others are
//! asked for: it hashes the body, remembers the signature, and keeps each row's JSON.

use std::error::Error;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cpu_time::ThreadTime;
use engagelab_otp::api::types::CallbackPayload;
use engagelab_otp::callback::{CallbackRequest, Delivery, Receiver, Signer};
use ring::hmac;

const NOW: u64 = 1_791_763_200;
const USER: &str = "shop";
const SECRET: &str = "correct horse battery staple";
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "{:>5} {:>7} | {:>9} {:>9} {:>9} {:>9} | ours / bare  SDK / ours",
        "rows", "bytes", "ours", "bare", "SDK best", "SDK mean"
    );
    for rows in [1, 100] {
        let body = body(rows);
        let (ours, bare) = ours_and_bare(&body)?;
        let (best, mean) = vendor(&body)?;
        println!(
            "{rows:>5} {:>7} | {:>6.2} µs {:>6.2} µs {:>6.1} µs {:>6.1} µs | {:>11.2}x {:>10.1}x",
            body.len(),
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

/// A batch as the service sends it: a message's status, with everything that a status has.
fn body(rows: usize) -> String {
    let row = |index: usize| {
        format!(
            r#"{{"message_id":"17254074497725{index:05}","to":"+65912{index:05}","server":"otp","channel":"sms","itime":1791763207,"custom_args":{{"order":"A-{index}"}},"status":{{"message_status":"delivered","status_data":{{"msg_time":1791763200,"message_id":"17254074497725{index:05}","current_send_channel":"sms","template_key":"login","business_id":"1001"}},"billing":{{"cost":0.0423,"currency":"USD"}},"error_code":0}}}}"#
        )
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!(r#"{{"total":{},"rows":[{}]}}"#, rows.len(), rows.join(","))
}

/// The best time of one call, of each, measured in turns.
fn ours_and_bare(body: &str) -> Result<(Duration, Duration), Box<dyn Error>> {
    let now = UNIX_EPOCH + Duration::from_secs(NOW);
    let calls = 2_000_000 / body.len();
    let signer = Signer::new(USER, SECRET)?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let (mut ours, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        // A callback is taken once, so each call needs a nonce of its own.
        let headers: Vec<_> =
            (0..calls).map(|nonce| signer.header(now, &nonce.to_string())).collect::<Result<_, _>>()?;
        let receiver = Receiver::builder().secret(USER, SECRET)?.build()?;
        let start = ThreadTime::now();
        for header in &headers {
            take(&receiver, header, body, now)?;
        }
        ours = ours.min(start.elapsed());

        let start = ThreadTime::now();
        for header in &headers {
            let nonce = &header[27..header.len() - 85];
            let covered = [&header[10..20], nonce, USER].concat();
            std::hint::black_box(hmac::sign(&key, covered.as_bytes()));
            let payload: CallbackPayload = serde_json::from_slice(body.as_bytes())?;
            std::hint::black_box(payload);
        }
        bare = bare.min(start.elapsed());
    }
    let calls = u32::try_from(calls)?;
    Ok((ours / calls, bare / calls))
}

fn take(receiver: &Receiver, header: &str, body: &str, now: SystemTime) -> Result<(), Box<dyn Error>> {
    match receiver.receive_at(&CallbackRequest::new(body.as_bytes()).with_signature(Some(header)), now)? {
        Delivery::Events(batch) => Ok(std::hint::black_box(batch).commit()?),
        other => Err(format!("not taken: {other:?}").into()),
    }
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
