//! TLS, and the proxies on the way: what is trusted, and by whose word.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::SystemTime;

use rustls::{ServerConnection, StreamOwned};

use super::session::{Session, feed};
use crate::support::tls::certificate;

/// A service over HTTPS that has no templates, and its certificate.
fn serve() -> (String, String) {
    let certificate = certificate("127.0.0.1");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("bound"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let connection = ServerConnection::new(certificate.config.clone()).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut head = Vec::new();
            let mut octet = [0];
            // Whoever does not trust the certificate sends none.
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut octet).is_ok() {
                head.push(octet[0]);
            }
            let date = httpdate::fmt_http_date(SystemTime::now());
            let answer = format!(
                "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
                 Connection: close\r\n\r\n[]"
            );
            drop(stream.write_all(answer.as_bytes()));
            stream.conn.send_close_notify();
            drop(stream.flush());
        }
    });
    (url, certificate.pem)
}

/// Runs a line with credentials for this address, and these variables.
fn run(session: &mut Session, url: &str, line: &str, variables: &[(&str, &str)]) {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = session.command(&words);
    command.env("ENGAGELAB_DEV_KEY", "key").env("ENGAGELAB_DEV_SECRET", "hush-hush");
    command.env("ENGAGELAB_OTP_BASE_URL", url).envs(variables.iter().copied());
    let output = feed(&mut command, b"");
    let names: Vec<_> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    session.record(&format!("{line}   # with {}", names.join(" ")), &output);
}

#[test]
fn a_certificate_is_trusted_by_the_word_of_an_option_or_of_a_variable_alone() {
    let mut session = Session::start();
    let (url, pem) = serve();
    session.replace(url.trim_start_matches("https://").to_owned(), "SERVER");
    fs::write(session.folder.join("good.pem"), pem).expect("written");
    fs::write(session.folder.join("other.pem"), certificate("127.0.0.1").pem).expect("written");
    fs::write(session.folder.join("text.pem"), "no certificate").expect("written");
    let list = "template list --output json";
    run(&mut session, &url, "template list", &[]);
    run(&mut session, &url, list, &[]);
    run(&mut session, &url, "template list --ca-cert good.pem", &[]);
    run(&mut session, &url, "template list --verbose", &[("SSL_CERT_FILE", "good.pem")]);
    run(&mut session, &url, "template list --ca-cert other.pem", &[("SSL_CERT_FILE", "good.pem")]);
    run(&mut session, &url, "template list --ca-cert good.pem", &[("SSL_CERT_FILE", "other.pem")]);
    run(&mut session, &url, "template list --ca-cert text.pem", &[]);
    run(&mut session, &url, "template list", &[("SSL_CERT_FILE", "no-such-file")]);
    session.compare("tls");
}

#[test]
fn the_doctor_looks_at_the_certificate_and_at_the_clock_there() {
    let mut session = Session::start();
    let (url, pem) = serve();
    session.replace(url.trim_start_matches("https://").to_owned(), "SERVER");
    fs::write(session.folder.join("good.pem"), pem).expect("written");
    run(&mut session, &url, "doctor --ca-cert good.pem", &[]);
    run(&mut session, &url, "doctor", &[]);
    session.compare("doctor_tls");
}

#[test]
fn the_doctor_knows_which_hosts_are_excepted_from_a_proxy() {
    let session = Session::start();
    for (exceptions, finding) in [
        ("example.org", "HTTPS_PROXY names one"),
        (".example.test", "none: NO_PROXY excepts"),
        ("example.org, example.test:443", "none: NO_PROXY excepts"),
    ] {
        let mut command = session.command(&["doctor", "--timeout", "1"]);
        command.env("ENGAGELAB_DEV_KEY", "key").env("ENGAGELAB_DEV_SECRET", "hush-hush");
        command.env("ENGAGELAB_OTP_BASE_URL", "https://otp.example.test");
        command.env("HTTPS_PROXY", "http://127.0.0.1:1").env("NO_PROXY", exceptions);
        let found = String::from_utf8(feed(&mut command, b"").stdout).expect("UTF-8");
        assert!(found.contains(&format!("good     proxy        {finding}")), "{found}");
    }
}

#[test]
fn https_proxy_counts_before_http_proxy() {
    let session = Session::start();
    let (wanted, other) = (
        TcpListener::bind("127.0.0.1:0").expect("a free port"),
        TcpListener::bind("127.0.0.1:0").expect("a free port"),
    );
    let proxy = |listener: &TcpListener| format!("http://{}", listener.local_addr().expect("bound"));
    let (secure, plain) = (proxy(&wanted), proxy(&other));
    let asked = thread::spawn(move || {
        let (mut stream, _) = wanted.accept().expect("a connection");
        let mut head = Vec::new();
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut octet).is_ok() {
            head.push(octet[0]);
        }
        stream
            .write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            .expect("sent");
        String::from_utf8(head).expect("UTF-8")
    });
    let mut command = session.command(&["template", "list", "--timeout", "1"]);
    command.env("ENGAGELAB_DEV_KEY", "key").env("ENGAGELAB_DEV_SECRET", "hush-hush");
    command.env("ENGAGELAB_OTP_BASE_URL", "https://otp.example.test");
    let output = feed(command.env("HTTPS_PROXY", secure).env("HTTP_PROXY", plain), b"");
    assert_eq!(output.status.code(), Some(5), "{}", String::from_utf8_lossy(&output.stderr));
    let head = asked.join().expect("it was asked");
    assert!(head.starts_with("CONNECT otp.example.test:443 "), "{head}");
    other.set_nonblocking(true).expect("set");
    assert!(other.accept().is_err(), "the other one is not asked");
}
