//! A server that keeps account of what it delivers, and breaks HTTP on every tenth request.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Closed before a request is read.
    CloseAtOnce,
    /// Closed when it has been acted on.
    CloseAfterActing,
    /// Answered, and closed without saying so.
    CloseAfterAnswering,
    HalfAHead,
    HalfABody,
    /// Nothing, until the client gives up.
    Stall,
    /// The head, octet by octet.
    Drip,
    Status500,
    Status503Page,
    Status408,
    Status429,
    Status429WithAnError,
    Status400,
    Status400Cut,
    Status303,
    EarlyStatus413,
    SuccessWithError,
    SuccessWithPage,
    SuccessWithoutBody,
    Oversized,
    LargeHead,
    Provisional,
    /// Another call's receipt, with the answer.
    Surplus,
    /// Another call's receipt or verification, up to 300 µs after the answer.
    LateSurplus,
}

impl Fault {
    pub(crate) const ALL: [Self; 24] = [
        Self::CloseAtOnce,
        Self::CloseAfterActing,
        Self::CloseAfterAnswering,
        Self::HalfAHead,
        Self::HalfABody,
        Self::Stall,
        Self::Drip,
        Self::Status500,
        Self::Status503Page,
        Self::Status408,
        Self::Status429,
        Self::Status429WithAnError,
        Self::Status400,
        Self::Status400Cut,
        Self::Status303,
        Self::EarlyStatus413,
        Self::SuccessWithError,
        Self::SuccessWithPage,
        Self::SuccessWithoutBody,
        Self::Oversized,
        Self::LargeHead,
        Self::Provisional,
        Self::Surplus,
        Self::LateSurplus,
    ];

    /// Whether a request with this fault is acted on.
    fn acts(self) -> bool {
        !matches!(
            self,
            Self::CloseAtOnce
                | Self::Status429
                | Self::Status429WithAnError
                | Self::Status400
                | Self::EarlyStatus413
                | Self::SuccessWithError
        )
    }
}

/// Clones are one server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) certificate: Option<String>,
    account: Arc<Account>,
}

#[derive(Default)]
struct Account {
    requests: AtomicU64,
    open: AtomicUsize,
    /// How often each recipient was delivered to, and refused.
    recipients: Mutex<HashMap<String, (u32, u32)>>,
    faults: Mutex<BTreeMap<Fault, u64>>,
}

impl Server {
    pub(crate) fn start(tls: bool) -> super::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address: SocketAddr = listener.local_addr()?;
        let account = Arc::new(Account::default());
        let (certificate, config) = if tls {
            let (pem, config) = tls_config()?;
            (Some(pem), Some(config))
        } else {
            (None, None)
        };
        let scheme = if tls { "https" } else { "http" };
        let server = Self { url: format!("{scheme}://localhost:{}", address.port()), certificate, account };
        let account = server.account.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (account, config) = (account.clone(), config.clone());
                account.open.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    drop(stream.set_nodelay(true));
                    drop(stream.set_read_timeout(Some(Duration::from_secs(5))));
                    serve(&account, stream, config);
                    account.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Ok(server)
    }

    /// How often a recipient was delivered to, and refused.
    pub(crate) fn deliveries(&self, to: &str) -> (u32, u32) {
        self.account.recipients.lock().expect("not poisoned").remove(to).unwrap_or_default()
    }

    pub(crate) fn faults(&self) -> BTreeMap<Fault, u64> {
        self.account.faults.lock().expect("not poisoned").clone()
    }

    /// Waits until no connection is left.
    pub(crate) fn drain(&self) {
        let end = Instant::now() + Duration::from_secs(10);
        while self.account.open.load(Ordering::SeqCst) > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
    }
}

pub(crate) fn message_id(to: &str) -> String {
    format!("9{}", &to[1..])
}

/// The right code of a message, or a wrong one.
pub(crate) fn code(message: u64, right: bool) -> String {
    let code = 100_000 + message % 800_000;
    (code + u64::from(!right)).to_string()
}

fn serve(account: &Account, stream: TcpStream, config: Option<Arc<ServerConfig>>) {
    let Ok(closing) = stream.try_clone() else { return };
    match config.and_then(|config| ServerConnection::new(config).ok()) {
        Some(tls) => converse(account, StreamOwned::new(tls, stream)),
        None => converse(account, stream),
    };
    drop(closing.shutdown(Shutdown::Both));
}

/// Until the client closes, or a fault does.
fn converse(account: &Account, mut stream: impl Read + Write) -> Option<()> {
    loop {
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        let number = account.requests.fetch_add(1, Ordering::Relaxed);
        let fault = (number % 10 == 9).then(|| Fault::ALL[(number / 10) as usize % Fault::ALL.len()]);
        let complete = |request: &[u8]| request.ends_with(b"}");
        while !complete(&request) {
            let amount = stream.read(&mut piece).ok().filter(|&amount| amount > 0)?;
            request.extend_from_slice(&piece[..amount]);
        }
        if let Some(fault) = fault {
            *account.faults.lock().expect("not poisoned").entry(fault).or_default() += 1;
        }
        let request = String::from_utf8(request).ok()?;
        let true_answer = act(account, &request, fault);
        match fault {
            None => stream.write_all(true_answer.as_bytes()).ok()?,
            Some(fault) => break_http(&mut stream, fault, number, &true_answer)?,
        }
    }
}

/// Delivers or checks, and says so.
fn act(account: &Account, request: &str, fault: Option<Fault>) -> String {
    let acts = fault.is_none_or(Fault::acts);
    let field = |name: &str| {
        let (_, rest) = request.split_once(&format!("\"{name}\":\"")).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    if request.starts_with("POST /v1/verifications ") {
        let (id, code) = (field("message_id"), field("verify_code"));
        let right = self::code(id.parse().unwrap_or_default(), true) == code;
        return json(200, &format!(r#"{{"message_id":"{id}","verify_code":"{code}","verified":{right}}}"#));
    }
    let to = field("to");
    let answer = json(200, &format!(r#"{{"message_id":"{}","send_channel":"sms"}}"#, message_id(&to)));
    let mut recipients = account.recipients.lock().expect("not poisoned");
    let (delivered, refused) = recipients.entry(to).or_default();
    *if acts { delivered } else { refused } += 1;
    answer
}

/// Writes what the fault says; none if the connection ends with it.
fn break_http(stream: &mut (impl Read + Write), fault: Fault, number: u64, answer: &str) -> Option<()> {
    let foreign = if number % 20 == 9 {
        json(200, r#"{"message_id":"1725407449772531712","send_channel":"sms"}"#)
    } else {
        json(200, r#"{"message_id":"1725407449772531712","verify_code":"398210","verified":true}"#)
    };
    let error = |code: u32| format!(r#"{{"code":{code},"message":"no"}}"#);
    let page = "<html><h1>Bad gateway</h1></html>";
    let out = match fault {
        Fault::CloseAtOnce | Fault::CloseAfterActing => return None,
        Fault::CloseAfterAnswering => {
            stream.write_all(answer.as_bytes()).ok()?;
            return None;
        }
        Fault::HalfAHead => {
            stream.write_all(&answer.as_bytes()[..20]).ok()?;
            return None;
        }
        Fault::HalfABody => {
            stream.write_all(&answer.as_bytes()[..answer.len() - 9]).ok()?;
            return None;
        }
        Fault::Stall => {
            drop(stream.read(&mut [0]));
            return None;
        }
        Fault::Drip => {
            for octet in answer.as_bytes() {
                stream.write_all(&[*octet]).ok()?;
            }
            String::new()
        }
        Fault::Status500 => json(500, &error(1000)),
        Fault::Status503Page => text(503, "text/html", page),
        Fault::Status408 => text(408, "text/html", page),
        Fault::Status429 => json(429, ""),
        Fault::Status429WithAnError => json(429, &error(3003)),
        Fault::Status400 => json(400, &error(3002)),
        Fault::Status400Cut => json(400, r#"{"code":10"#),
        Fault::Status303 => json(303, ""),
        Fault::EarlyStatus413 => {
            stream.write_all(json(413, "").as_bytes()).ok()?;
            return None;
        }
        Fault::SuccessWithError => json(200, &error(3002)),
        Fault::SuccessWithPage => text(200, "text/html", page),
        Fault::SuccessWithoutBody => json(200, ""),
        Fault::Oversized => json(200, &"x".repeat(200_000)),
        Fault::LargeHead => format!("HTTP/1.1 200 OK\r\nX-Filler: {}\r\n\r\n", "x".repeat(20_000)),
        Fault::Provisional => format!("HTTP/1.1 100 Continue\r\n\r\n{answer}"),
        Fault::Surplus => format!("{answer}{foreign}"),
        Fault::LateSurplus => {
            stream.write_all(answer.as_bytes()).ok()?;
            let late = Instant::now() + Duration::from_micros(number * 7919 % 300);
            while Instant::now() < late {
                thread::yield_now();
            }
            foreign
        }
    };
    stream.write_all(out.as_bytes()).ok()
}

fn json(status: u16, body: &str) -> String {
    text(status, "application/json", body)
}

fn text(status: u16, media: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A certificate that signs itself, and a server that shows it.
fn tls_config() -> super::Result<(String, Arc<ServerConfig>)> {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)?;
    Ok((own.cert.pem(), Arc::new(config)))
}
