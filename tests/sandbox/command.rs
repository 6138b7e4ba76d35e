//! `engagelab-otp sandbox` and `engagelab-otp openapi`, as a shell runs them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use engagelab_otp::{Client, Credentials, TemplateRef};

use super::loopback::{CallbackServer, OK, connect, exchange};
use super::peers;
use super::webdriver::Browser;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engagelab-otp"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    command(arguments).output().expect("it runs")
}

/// A folder of its own that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("engagelab-otp-sandbox-{:016x}", fastrand::u64(..)));
        std::fs::create_dir(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A sandbox that runs until the test ends, what it said when it started, and where it says more.
struct Running(Child, String, BufReader<ChildStdout>);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        // The list of recipients is the last that it says.
        Self::start_until("+10000000024", arguments, &[])
    }

    fn start_until(last: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(&["sandbox"]);
        command.envs(environment.iter().copied());
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        while !said.contains(last) {
            assert!(lines.read_line(&mut said).expect("text") > 0, "it ended early: {said}");
        }
        Self(child, said, lines)
    }

    /// The next line that it says.
    fn next_line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.2.read_line(&mut line).expect("text") > 0, "it ended");
        line
    }

    fn address(&self) -> SocketAddr {
        self.line("REST").strip_prefix("http://").and_then(|it| it.parse().ok()).expect("an address")
    }

    /// Sends it a signal; what more it said until it ended, which has to be in order.
    fn end(&mut self, signal: &str) -> String {
        let kill = Command::new("kill").args(["-s", signal, &self.0.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        let mut rest = String::new();
        self.2.read_to_string(&mut rest).expect("text");
        assert_eq!(self.0.wait().expect("it ends").code(), Some(0), "{signal}");
        rest
    }

    fn line(&self, name: &str) -> &str {
        let line = self.1.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.1)).trim()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn it_says_where_everything_is_and_works_there() {
    let server = CallbackServer::start();
    server.answer(OK);
    let url = server.url();
    let arguments = ["--smpp-listen", "127.0.0.1:0", "--fast", "--callback-url", &url];
    let sandbox = Running::start(&arguments);
    assert!(sandbox.line("SMPP").contains("system id sandbox_demo, password sandbox"));
    assert!(sandbox.line("Callbacks").ends_with("/callback?…   the address check was answered with 200"));
    assert!(sandbox.line("Key").contains("sandbox_demo   secret sandbox_secret"));
    assert!(sandbox.line("Templates").contains("sandbox-otp-tpl-wa"));
    assert!(sandbox.line("Console").starts_with(sandbox.line("REST")));
    let credentials = Credentials::new("sandbox_demo", "sandbox_secret").expect("valid");
    let client = Client::builder(credentials).base_url(sandbox.line("REST")).build().expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&"+6591234567".parse().expect("valid"), &template).expect("sent");
    assert_eq!(server.next().body, "{}");
    assert_eq!(server.next().statuses(), ["plan", "target_valid", "sent", "delivered"]);
}

#[test]
fn a_callback_address_where_nobody_answers_is_said_and_no_reason_to_stop() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let sandbox = Running::start(&["--no-smpp", "--callback-url", &format!("http://{nobody}/")]);
    assert!(sandbox.line("Callbacks").contains("the address check failed: "));
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    for arguments in [
        ["sandbox", "--listen", &address, "--no-smpp", "--fast"],
        ["sandbox", "--listen", "127.0.0.1:0", "--smpp-listen", &address],
    ] {
        let output = output(&arguments);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains(&address), "{said}");
    }
}

#[test]
fn nonsense_on_the_command_line_is_refused() {
    for arguments in [
        ["sandbox", "--listen", "nowhere"],
        ["sandbox", "--fault", "gremlins"],
        ["sandbox", "--callback-url", "ftp://example.com"],
        ["sandbox", "--callback-authorization", "a\nb"],
        ["sandbox", "--seed", "/no/such/file"],
        ["sandbox", "--redelivery", "never"],
        ["sandbox", "--history", "-1"],
    ] {
        assert_eq!(output(&arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn the_document_is_printed_as_it_is() {
    let output = output(&["openapi"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).expect("UTF-8"), engagelab_otp::OPENAPI);
}

#[test]
fn a_signal_ends_it_in_order() {
    for signal in ["TERM", "INT", "HUP"] {
        Running::start(&["--no-smpp"]).end(signal);
    }
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let program = env!("CARGO_BIN_EXE_engagelab-otp");
    let script = format!("trap '' HUP; exec '{program}' sandbox --no-smpp --listen 127.0.0.1:0");
    let mut child =
        Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(child.stdout.take().expect("piped"));
    let mut sandbox = Running(child, String::new(), lines);
    while !sandbox.next_line().contains("+10000000024") {}
    for signal in ["HUP", "TERM"] {
        let kill = Command::new("kill").args(["-s", signal, &sandbox.0.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
    }
    assert_eq!(sandbox.0.wait().expect("it ends").code(), Some(0), "by the second of them");
}

#[test]
fn a_signal_does_not_wait_for_a_receiver_that_does_not_answer() {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let mut sandbox = Running::start_until("Templates", &["--no-smpp", "--callback-url", &url], &[]);
    let rest = sandbox.end("TERM");
    assert!(!rest.contains("the address check failed"), "it waited for the check to end: {rest}");
}

#[test]
fn what_is_under_way_is_answered_whole_before_it_ends() {
    let mut sandbox = Running::start(&["--no-smpp"]);
    let mut stream = connect(sandbox.address());
    let request = "GET /v1/template-configs HTTP/1.1\r\nHost: localhost\r\nX-Sandbox-Fault: slow-body=60000\r\n\
                   Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\n\r\n";
    stream.write_all(request.as_bytes()).expect("written");
    stream.read_exact(&mut [0; 20]).expect("the head is there");
    sandbox.end("TERM");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).expect("the rest");
    let (_, body) = rest.split_once("\r\n\r\n").expect("a body");
    assert!(serde_json::from_str::<serde_json::Value>(body).is_ok(), "{body}");
}

#[test]
fn a_line_for_each_request_says_why_it_was_refused_and_holds_no_address() {
    let mut sandbox = Running::start(&["--no-smpp"]);
    let address = sandbox.address();
    let ask = |head: &str, body: &str| {
        let length = body.len();
        let rest = "Host: localhost\r\nConnection: close\r\nContent-Type: application/json";
        let key = "Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0";
        exchange(
            address,
            format!("{head} HTTP/1.1\r\n{rest}\r\n{key}\r\nContent-Length: {length}\r\n\r\n{body}")
                .as_bytes(),
        );
    };
    ask(
        "POST /v1/messages",
        r#"{"to":"+6591234567","template":{"id":"sandbox-otp-tpl","language":"klingon"}}"#,
    );
    let line = sandbox.next_line();
    assert!(line.starts_with("POST /v1/messages 400 in "), "{line}");
    assert!(line.contains(" ms 3002: template.language must be a language"), "{line}");
    ask("POST /v1/messages", r#"{"to":"+6591234567","template":{"id":"sandbox-otp-tpl"}}"#);
    let line = sandbox.next_line();
    assert!(line.starts_with("POST /v1/messages 200 in ") && line.contains(", message 1"), "{line}");
    assert!(!line.contains("6591234567"), "{line}");
    ask("GET /v1/messages/+6591234567?to=%2B6591234567&verify_code=398210", "");
    let line = sandbox.next_line();
    assert!(line.starts_with("GET /v1/messages/••••••?to=••••••&verify_code=•••••• 404 in "), "{line}");
    ask(
        "POST /v1/messages",
        r#"{"to":"+6591234567","template":{"id":"t","params":{"+6591234567":1,"\u001b[2J":1}}}"#,
    );
    let line = sandbox.next_line();
    assert!(line.contains("template.params.•••••• must be a string"), "{line}");
    assert!(!line.contains("6591234567") && !line.contains('\u{1b}'), "{line}");
    ask(
        "POST /v1/custom-messages",
        r#"{"to":["+6590000001","+6590000002"],"template":{"id":"sandbox-custom-tpl","params":{"code":"1"}}}"#,
    );
    let line = sandbox.next_line();
    assert!(line.contains(", message 1") && line.ends_with(" and 1 more\n"), "{line}");
    ask("DELETE /v1/messages", "");
    assert!(sandbox.next_line().ends_with("3002: the method must be POST here\n"));
    exchange(address, b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n");
    assert!(sandbox.next_line().contains("413 in "));
    exchange(address, b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03");
    let line = sandbox.next_line();
    assert!(line.starts_with("what is no request 400 in ") && line.contains("does not speak TLS"), "{line}");
}

#[test]
fn whoever_does_not_read_what_it_prints_holds_up_no_request() {
    let sandbox = Running::start(&["--no-smpp"]);
    // More than a pipe holds.
    let path = "x".repeat(1_000);
    for _ in 0..300 {
        let request = format!("GET /v1/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!(exchange(sandbox.address(), request.as_bytes()).starts_with("HTTP/1.1 404 "));
    }
}

#[test]
fn a_host_to_allow_is_given_with_or_without_a_port_and_else_refused_with_what_to_write() {
    let sandbox = Running::start(&["--no-smpp", "--allow-host", "OTP.example.com:443"]);
    for host in ["otp.example.com", "otp.example.com:8035"] {
        let request = format!("GET /sandbox/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert!(exchange(sandbox.address(), request.as_bytes()).starts_with("HTTP/1.1 200 "), "{host}");
    }
    for host in ["", "http://otp.example.com", "*.example.com"] {
        let output = output(&["sandbox", "--no-smpp", "--listen", "127.0.0.1:0", "--allow-host", host]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("--allow-host must be "), "{said}");
    }
}

#[test]
fn a_password_in_the_address_for_callbacks_is_refused_and_not_repeated() {
    let url = "http://user:hush-hush@127.0.0.1:9/";
    let output = output(&["sandbox", "--no-smpp", "--listen", "127.0.0.1:0", "--callback-url", url]);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("callback.authorization") && !said.contains("hush-hush"), "{said}");
}

#[test]
fn a_mistake_in_a_seed_is_named_with_file_and_place_and_nothing_starts() {
    let folder = Folder::new();
    let path = folder.0.join("seed.json");
    let path = path.to_str().expect("UTF-8");
    for (seed, place) in [
        (r#"{"templates": [{"template_id": "login"}]}"#, "templates[0].send_channel_strategy must be given"),
        (r#"{"behaviors": {"login": "gone"}}"#, "behaviors[\"login\"] must be "),
        (r#"{"behaviours": {}}"#, "behaviours must be left out"),
        ("{", "line 1, column 1: this is not JSON"),
    ] {
        std::fs::write(path, seed).expect("written");
        let output = output(&["sandbox", "--no-smpp", "--listen", "127.0.0.1:0", "--seed", path]);
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{said}");
        assert!(said.contains(path) && said.contains(place), "{said}");
    }
    std::fs::write(path, r#"{"behaviors": {"+6591234567": "silent"}}"#).expect("written");
    let sandbox = Running::start(&["--no-smpp", "--seed", path]);
    let state = exchange(
        sandbox.address(),
        b"GET /sandbox/state HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert!(state.contains(r#""+6591234567":"silent""#), "{state}");
}

#[cfg(unix)]
#[test]
fn a_secret_of_a_profile_is_shown_nowhere() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.0.join("profile.toml");
    std::fs::write(&path, "dev_key = \"real_key\"\ndev_secret = \"hush-hush\"\n").expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("set");
    let sandbox = Running::start(&["--no-smpp", "--profile", path.to_str().expect("UTF-8")]);
    assert!(sandbox.line("Key").contains("real_key   secret in the profile"));
    let ask = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        exchange(sandbox.address(), request.as_bytes())
    };
    for text in [sandbox.1.clone(), ask("/sandbox/state"), ask("/sandbox/requests"), ask("/")] {
        assert!(!text.contains("hush-hush"), "{text}");
    }
    let credentials = Credentials::new("real_key", "hush-hush").expect("valid");
    let client = Client::builder(credentials).base_url(sandbox.line("REST")).build().expect("built");
    assert!(client.list_templates().is_ok());
}

#[test]
fn where_others_can_reach_it_the_page_needs_the_token_that_is_printed() {
    let sandbox = Running::start(&["--no-smpp", "--listen", "0.0.0.0:0"]);
    let console = sandbox.line("Console").split(' ').next().expect("a URL");
    let (url, token) = console.split_once("/#token=").expect("a token");
    assert!(url.starts_with("http://127.0.0.1:") && token.len() == 22, "{console}");
}

#[test]
fn what_is_no_sandbox_is_not_well() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let (mut head, mut octet) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut octet).expect("a request");
            head.push(octet[0]);
        }
        std::io::Write::write_all(&mut stream, b"\xff\xfe").expect("sent");
    });
    let output = output(&["sandbox", "--health", &address]);
    server.join().expect("it answered");
    assert_eq!(output.status.code(), Some(5));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("no sandbox that is well answers there"), "{said}");
}

#[test]
fn localhost_is_where_it_listens_and_told_to_be_quiet_it_prints_no_request() {
    for quiet in ["-q", "--quiet"] {
        let mut sandbox = Running::start(&["--no-smpp", "--listen", "localhost:0", quiet]);
        let url = sandbox.line("REST").to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        let credentials = Credentials::new("sandbox_demo", "sandbox_secret").expect("valid");
        let client = Client::builder(credentials).base_url(&url).build().expect("built");
        client.list_templates().expect("listed");
        sandbox.0.kill().expect("killed");
        let mut rest = String::new();
        sandbox.2.read_to_string(&mut rest).expect("text");
        assert_eq!(rest, "");
    }
}

#[test]
fn the_printed_address_opens_the_page_whatever_the_token_holds() {
    let Some(browser) = peers::found("chromedriver", Browser::start()) else { return };
    let token = ("ENGAGELAB_SANDBOX_TOKEN", "50%41 & \"more\"#");
    let sandbox = Running::start_until("+10000000024", &["--no-smpp"], &[token]);
    let console = sandbox.line("Console").split("   ").next().expect("a URL");
    browser.open(console);
    browser.wait("document.querySelector('#live').textContent === 'live'");
    assert_eq!(browser.value("location.hash"), "#/send");
}
