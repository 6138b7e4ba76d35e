//! What the servers of several benchmarks answer.

use std::io::{Read, Write};
use std::thread;
use std::time::Duration;

/// Answers every request after a pause, however its pieces arrive. Bodies end with two closing braces.
pub(crate) fn answer_all(mut stream: impl Read + Write, pause: Duration) {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while let Ok(amount @ 1..) = stream.read(&mut piece) {
        request.extend_from_slice(&piece[..amount]);
        let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
        let length = text
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse::<usize>().ok());
        let chunked = text.contains("transfer-encoding: chunked");
        let complete = length
            .map_or(chunked && request.ends_with(b"0\r\n\r\n"), |length| request.len() >= head + 4 + length);
        if complete {
            request.clear();
            if !pause.is_zero() {
                thread::sleep(pause);
            }
            if stream.write_all(ANSWER).is_err() {
                return;
            }
        }
    }
}

pub(crate) const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 57\r\n\r\n{\"message_id\":\"1725407449772531712\",\"send_channel\":\"sms\"}";
