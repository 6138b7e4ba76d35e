//! The page itself, over HTTP: one request for each connection.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::recorder::Registry;
use super::text;

/// Answers until the program ends.
pub(super) fn run(listener: &TcpListener, registry: &Arc<Registry>) {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let stream = match listener.accept() {
            Ok((stream, _)) if open.load(Ordering::Relaxed) < MOST_CONNECTIONS => stream,
            Ok(_) => continue,
            // No handle is free, say: it may be later.
            Err(_) => {
                thread::sleep(PAUSE);
                continue;
            }
        };
        let (registry, open) = (registry.clone(), open.clone());
        open.fetch_add(1, Ordering::Relaxed);
        let of_thread = open.clone();
        let spawned = thread::Builder::new().spawn(move || {
            // Who has gone wants no answer.
            let _ = answer(stream, &registry);
            of_thread.fetch_sub(1, Ordering::Relaxed);
        });
        if spawned.is_err() {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn answer(mut stream: TcpStream, registry: &Registry) -> io::Result<()> {
    stream.set_write_timeout(Some(TIMEOUT))?;
    let head = read_head(&mut stream)?;
    let mut words = head.split(|octet| *octet == b' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = path.split(|octet| *octet == b'?').next().unwrap_or_default();
    let (status, body) = match (method, path) {
        (b"GET" | b"HEAD", b"/metrics") => ("200 OK", text::render(registry)),
        (b"GET" | b"HEAD", _) => ("404 Not Found", "Metrics are under /metrics.\n".to_owned()),
        _ => ("405 Method Not Allowed", String::new()),
    };
    let length = body.len();
    let mut response = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n"
    );
    if method != b"HEAD" {
        response += &body;
    }
    stream.write_all(response.as_bytes())
}

/// The head of a request, which has so long to arrive and no more room than this.
fn read_head(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let end = Instant::now() + TIMEOUT;
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || head.len() > LARGEST_HEAD {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => head.extend_from_slice(&buffer[..length]),
        }
    }
    Ok(head)
}

const TIMEOUT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
const LARGEST_HEAD: usize = 16 * 1024;
const MOST_CONNECTIONS: usize = 16;
