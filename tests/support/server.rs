//! A server on a raw socket that does to a connection what a test says, and counts the requests it saw.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

/// What is done with a request that has arrived.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Answers with this text, and keeps the connection.
    Answer(String),
    /// Answers with this text, and closes.
    AnswerAndClose(String),
    /// Closes without an answer.
    Close,
    /// Sends the beginning of an answer, and closes.
    Half,
    /// Says nothing until the client gives up.
    Stall,
    /// Answers when the client has given up.
    Late,
    /// Leaves the end of the request unread and closes, which makes the system send a reset.
    Reset,
}

/// Answers each request in turn as the script says; the last entry holds for all that follow.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
    closed: Mutex<Receiver<()>>,
    stopping: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(script: Vec<Fault>) -> Self {
        Self::listen(TcpListener::bind(("127.0.0.1", 0)).expect("a free port"), script)
    }

    pub(crate) fn listen(listener: TcpListener, script: Vec<Fault>) -> Self {
        let address = listener.local_addr().expect("it listens");
        let seen = Arc::new(AtomicUsize::new(0));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stopping = Arc::new(AtomicBool::new(false));
        let (closing, closed) = channel();
        let accepting = thread::spawn({
            let (seen, requests, stopping) = (seen.clone(), requests.clone(), stopping.clone());
            move || {
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let (seen, requests, script) = (seen.clone(), requests.clone(), script.clone());
                    let stream = stream.expect("accepted");
                    let closing = closing.clone();
                    thread::spawn(move || {
                        serve(stream, &seen, &requests, &script);
                        // The test may be over, and nobody wants to know.
                        let _ = closing.send(());
                    });
                }
            }
        });
        Self { address, seen, requests, closed: Mutex::new(closed), stopping, accepting: Some(accepting) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests arrived.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// Waits until one more connection was closed from here.
    pub(crate) fn closed(&self) {
        self.closed.lock().expect("not poisoned").recv().expect("a connection");
    }

    /// The requests, whole.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("not poisoned").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(accepting) = self.accepting.take() {
            drop(accepting.join());
        }
    }
}

/// An answer with a status, a media type and a body.
pub(crate) fn answer(status: u16, media: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn json(status: u16, body: &str) -> String {
    answer(status, "application/json", body)
}

fn serve(mut stream: TcpStream, seen: &AtomicUsize, requests: &Mutex<Vec<String>>, script: &[Fault]) {
    loop {
        // A reset needs unread data, so the end of a body is left for later. Which fault comes is known only when a
        // request begins: the octet that is peeked at.
        let mut first = [0];
        if !matches!(stream.peek(&mut first), Ok(1)) {
            return;
        }
        let number = seen.fetch_add(1, Ordering::SeqCst);
        let fault = script.get(number).or(script.last()).expect("a script");
        let leave = usize::from(matches!(fault, Fault::Reset));
        let Some(request) = read_request(&mut stream, leave) else { return };
        requests.lock().expect("not poisoned").push(request);
        match fault {
            Fault::Answer(text) => {
                if stream.write_all(text.as_bytes()).is_err() {
                    return;
                }
            }
            Fault::AnswerAndClose(text) => {
                drop(stream.write_all(text.as_bytes()));
                drop(stream.shutdown(Shutdown::Write));
                return;
            }
            Fault::Half => {
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"message_id\":\"1"));
                return;
            }
            Fault::Stall => {
                until_closed(&mut stream);
                return;
            }
            Fault::Late => {
                until_closed(&mut stream);
                drop(stream.write_all(json(200, r#"{"message_id":"1"}"#).as_bytes()));
                return;
            }
            Fault::Close | Fault::Reset => return,
        }
    }
}

/// Reads a request but for its last `leave` octets.
fn read_request(stream: &mut TcpStream, leave: usize) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // A request without a body has nothing else to leave unread.
        let mut octet = [0];
        stream.read_exact(&mut octet).ok()?;
        head.push(octet[0]);
        if leave > 0 && head.ends_with(b"\r\n\r") && !String::from_utf8_lossy(&head).contains("ontent-") {
            return Some(String::from_utf8_lossy(&head).into_owned());
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse::<usize>().expect("a length"));
    let mut body = vec![0; length.saturating_sub(leave)];
    stream.read_exact(&mut body).ok()?;
    Some(text + &String::from_utf8_lossy(&body))
}

fn until_closed(stream: &mut TcpStream) {
    let mut octet = [0];
    while matches!(stream.read(&mut octet), Ok(1)) {}
}
