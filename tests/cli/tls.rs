//! TLS, and the proxies on the way: what is trusted, and by whose word.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::SystemTime;

use rustls::{ServerConnection, StreamOwned};

use super::session::{Session, feed};
use crate::smpp::tls::serve_one;
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

/// Runs a line with a profile of this SMPP account, and these variables, against a server over TLS of its own.
fn run_smpp(session: &mut Session, line: &str, settings: &str, variables: &[(&str, &str)]) -> usize {
    let (address, pem, serving) = serve_one();
    let folder = session.folder.join("settings");
    fs::create_dir_all(&folder).expect("made");
    fs::write(folder.join("smpp.pem"), pem).expect("written");
    let profile = format!(
        "dev_key = 'sandbox_demo'\ndev_secret = 'sandbox_secret'\nbase_url = '{}'\n[smpp]\nsystem_id = 'id'\n\
         password = 'sandbox'\naddress = '{address}'\n{settings}\n",
        session.sandbox.url()
    );
    let path = folder.join("profile.toml");
    drop(fs::remove_file(&path));
    fs::write(&path, profile).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    }
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = session.command(&words);
    command.args(["--profile", "settings/profile.toml"]).envs(variables.iter().copied());
    let output = feed(&mut command, b"");
    session.replace(address.clone(), "SMPPS");
    let names: Vec<_> = variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let with = [settings.replace('\n', ", "), names.join(" ")].join(" ");
    session.record(&format!("{line}   # with {}", with.trim()), &output);
    // Where nobody connected, the server still waits.
    drop(std::net::TcpStream::connect(address));
    serving.join().unwrap_or_default()
}

#[test]
fn smpp_over_tls_stands_in_a_profile_with_roots_of_its_own_and_the_doctor_binds_by_it() {
    let mut session = Session::start();
    let own = "tls = true\nca_cert = 'smpp.pem'";
    run_smpp(&mut session, "doctor", own, &[]);
    assert_eq!(
        run_smpp(&mut session, "smpp send +10000000010 -t sandbox-otp-tpl -k notification -y", own, &[]),
        1
    );
    run_smpp(&mut session, "doctor", "tls = true", &[]);
    run_smpp(&mut session, "doctor", "tls = 'true'", &[("SSL_CERT_FILE", "settings/smpp.pem")]);
    run_smpp(&mut session, "doctor --ca-cert settings/smpp.pem", "tls = true\nca_cert = 'no-such-file'", &[]);
    // The certificates are those of HTTPS then, and SMPP has none.
    run_smpp(&mut session, "doctor --ca-cert settings/smpp.pem --timeout 1", "tls = false", &[]);
    run_smpp(&mut session, "doctor", "ca_cert = 'smpp.pem'", &[]);
    run_smpp(&mut session, "doctor", "tls = 'perhaps'", &[]);
    run_smpp(&mut session, "doctor", "tls = 1", &[]);
    let send = "smpp send +10000000010 -t sandbox-otp-tpl -k notification -y --ca-cert settings/smpp.pem";
    assert_eq!(run_smpp(&mut session, send, "tls = false", &[]), 0);
    assert_eq!(run_smpp(&mut session, &format!("{send} --tls"), "", &[]), 1);
    session.compare("smpp_tls");
}

#[test]
fn smpp_over_tls_stands_in_the_environment_too() {
    let session = Session::start();
    let (address, pem, serving) = serve_one();
    fs::write(session.folder.join("smpp.pem"), pem).expect("written");
    let words = ["smpp", "send", "+10000000010", "-t", "sandbox-otp-tpl", "-k", "notification", "--yes"];
    let mut command = session.command(&words);
    command.envs([
        ("ENGAGELAB_SMPP_SYSTEM_ID", "id"),
        ("ENGAGELAB_SMPP_PASSWORD", "sandbox"),
        ("ENGAGELAB_SMPP_ADDRESS", &address),
        ("ENGAGELAB_SMPP_TLS", "true"),
        ("ENGAGELAB_SMPP_CA_CERT", "smpp.pem"),
    ]);
    let output = feed(&mut command, b"");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(serving.join().expect("it served"), 1);
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
