//! Both ends of a loopback connection, in the test's hands: a receiver of callbacks, and a client that sends
//! any octets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Longer than anything here takes, so that a failure ends.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);

/// A request or an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The request line or the status line.
    pub(crate) start: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    /// The statuses that a callback reports, in its order.
    pub(crate) fn statuses(&self) -> Vec<String> {
        let status = |row: &Value| row["status"]["message_status"].as_str().unwrap_or("?").to_owned();
        self.json()["rows"].as_array().map(|rows| rows.iter().map(status).collect()).unwrap_or_default()
    }
}

/// Reads a message; none if the connection ends before one is complete.
pub(crate) fn read_message(stream: &TcpStream) -> Option<Message> {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        let read = reader.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    };
    let start = line()?;
    let mut headers = Vec::new();
    loop {
        let line = line()?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Message { start, headers, body: String::from_utf8(body).ok()? })
}

/// Only 200 is a yes; this is none.
pub(crate) const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n";

/// Takes callbacks, and answers each as it is told.
pub(crate) struct CallbackServer {
    address: SocketAddr,
    received: Receiver<Message>,
    answers: Sender<&'static str>,
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
pub(crate) const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy";

impl CallbackServer {
    /// Answers 200 unless told otherwise.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (sender, received) = mpsc::channel();
        let (answers, told) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { break };
                let Some(message) = read_message(&stream) else { continue };
                // The test may be over.
                if sender.send(message).is_err() {
                    break;
                }
                drop(stream.write_all(told.try_recv().unwrap_or(OK).as_bytes()));
                drop(stream.shutdown(Shutdown::Write));
            }
        });
        Self { address, received, answers }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/callback?token=1", self.address)
    }

    /// Has the next callback that no answer is set for answered so.
    pub(crate) fn answer(&self, answer: &'static str) {
        self.answers.send(answer).expect("the server runs");
    }

    /// The next callback.
    pub(crate) fn next(&self) -> Message {
        self.received.recv_timeout(TIMEOUT).expect("a callback comes")
    }

    /// What has come already, without waiting.
    pub(crate) fn rest(&self) -> Vec<Message> {
        self.received.try_iter().collect()
    }
}

/// Sends octets, and reads what comes back until the other end closes.
pub(crate) fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = connect(address);
    stream.write_all(request).expect("written");
    let mut answer = Vec::new();
    // A reset counts as an end as well.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(TIMEOUT)).expect("set");
    stream
}
