//! `engagelab-otp sandbox` and `engagelab-otp openapi`, as a shell runs them.

use std::io::{BufRead, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use engagelab_otp::{Client, Credentials, TemplateRef};

use super::loopback::{CallbackServer, OK};
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

/// A sandbox that runs until the test ends, and what it said when it started.
struct Running(Child, String, BufReader<ChildStdout>);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    fn start_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(&["sandbox"]);
        command.envs(environment.iter().copied());
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut child = command.args(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().expect("piped"));
        // The list of recipients is the last that it says.
        while !said.contains("+10000000024") {
            assert!(lines.read_line(&mut said).expect("text") > 0, "it ended early: {said}");
        }
        Self(child, said, lines)
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
    assert!(sandbox.line("Callbacks").ends_with("the address check was answered with 200"));
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
        let mut sandbox = Running::start(&["--no-smpp"]);
        let kill = Command::new("kill").args(["-s", signal, &sandbox.0.id().to_string()]).status();
        assert!(kill.expect("kill runs").success());
        assert_eq!(sandbox.0.wait().expect("it ends").code(), Some(0), "{signal}");
    }
}

#[test]
fn where_others_can_reach_it_the_page_needs_the_token_that_is_printed() {
    let sandbox = Running::start(&["--no-smpp", "--listen", "0.0.0.0:0"]);
    let console = sandbox.line("Console").split(' ').next().expect("a URL");
    let (url, token) = console.split_once("/#token=").expect("a token");
    assert!(url.starts_with("http://127.0.0.1:") && token.len() == 22, "{console}");
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
    let sandbox = Running::start_with(&["--no-smpp"], &[token]);
    let console = sandbox.line("Console").split("   ").next().expect("a URL");
    browser.open(console);
    browser.wait("document.querySelector('#live').textContent === 'live'");
    assert_eq!(browser.value("location.hash"), "#/send");
}
