//! Many messages.

use std::io::{BufRead, BufReader, Read, Write};
use std::time::{Duration, Instant};

use engagelab_otp::sandbox::Sandbox;

use super::loopback::connect;

const MESSAGES: u32 = 20_000;

/// Asks over a connection that is kept, and gives back the answer's body.
fn ask(reader: &mut BufReader<std::net::TcpStream>, method: &str, path: &str, body: &str) -> String {
    let key = "Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0";
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{key}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    reader.get_mut().write_all(request.as_bytes()).expect("written");
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("an answer");
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer).expect("the whole answer");
    String::from_utf8(answer).expect("UTF-8")
}

fn listing(reader: &mut BufReader<std::net::TcpStream>) -> Duration {
    // The best of several: other programs may be busy.
    let list = |_| {
        let began = Instant::now();
        let page = ask(reader, "GET", "/sandbox/messages?limit=50", "");
        assert!(page.contains("\"messages\":["));
        began.elapsed()
    };
    (0..20).map(list).min().expect("20 of them")
}

#[test]
fn twenty_thousand_messages_are_held_and_listed_without_slowing() {
    let sandbox = Sandbox::builder().manual_clock().start().expect("started");
    let mut reader = BufReader::new(connect(sandbox.address()));
    let mut send = |numbers: std::ops::Range<u32>| {
        for number in numbers {
            let body = format!(r#"{{"to":"+65{number:08}","template":{{"id":"sandbox-otp-tpl"}}}}"#);
            let answer = ask(&mut reader, "POST", "/v1/messages", &body);
            assert!(answer.contains("message_id"), "{answer}");
        }
    };
    send(10_000_000..10_000_100);
    let few = listing(&mut BufReader::new(connect(sandbox.address())));
    send(10_000_100..10_000_000 + MESSAGES);
    let many = listing(&mut BufReader::new(connect(sandbox.address())));
    assert_eq!(sandbox.messages().len(), MESSAGES as usize);
    // A page costs the same whatever lies behind it. The limit leaves room for a machine that is busy.
    assert!(many < few * 5 + Duration::from_millis(5), "{few:?} with 100, {many:?} with {MESSAGES}");
    // Every course and every code comes to its end.
    sandbox.advance(Duration::from_secs(3600));
    let ended = |message: &engagelab_otp::sandbox::Message| message.timeline.len() == 5;
    assert!(sandbox.messages().iter().all(ended));
}
