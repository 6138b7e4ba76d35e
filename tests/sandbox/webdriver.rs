//! Just enough of `WebDriver` to drive a headless chromium through chromedriver: one HTTP request for each step.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::loopback::{Message, read_message};

/// A browser. It ends when dropped.
pub(crate) struct Browser {
    driver: Child,
    /// Kept open: chromedriver may have more to say, and would end on a closed pipe.
    _output: BufReader<ChildStdout>,
    address: std::net::SocketAddr,
    session: String,
    profile: PathBuf,
}

impl Browser {
    /// Starts one; none if chromedriver is not installed.
    pub(crate) fn start() -> Option<Self> {
        // The port that it takes for a free one may be taken by the time that it listens there: then it ends.
        let started = (0..5).find_map(|_| Self::start_driver().transpose());
        let (driver, output, port) = started.expect("chromedriver says its port").ok()?;
        let address = ([127, 0, 0, 1], port).into();
        let profile = std::env::temp_dir().join(format!("otp-console-{}", driver.id()));
        let mut browser = Self { driver, _output: output, address, session: String::new(), profile };
        let profile = format!("--user-data-dir={}", browser.profile.display());
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &profile,
        ];
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
            "timeouts": {"script": LONGEST_WAIT.as_millis()},
        }}});
        let session = browser.ask("POST", "/session", &capabilities);
        browser.session = format!("/session/{}", session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    /// Starts chromedriver, and says at which port it listens; none if it ended before.
    fn start_driver() -> std::io::Result<Option<(Child, BufReader<ChildStdout>, u16)>> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn()?;
        let mut output = BufReader::new(driver.stdout.take().expect("piped"));
        let port = output.by_ref().lines().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse::<u16>().ok()
        });
        if port.is_none() {
            driver.wait()?;
        }
        Ok(port.map(|port| (driver, output, port)))
    }

    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// Opens another tab, and goes on in that.
    pub(crate) fn open_tab(&self) {
        let tab = self.post("/window/new", &json!({"type": "tab"}));
        self.post("/window", &json!({"handle": tab["handle"]}));
    }

    /// Waits until a JavaScript expression is true, and gives back its value. It is looked at whenever the page
    /// changes.
    pub(crate) fn wait(&self, expression: &str) -> Value {
        let script = format!(
            "const done = arguments[0];
             const look = () => {{ const found = ({expression}); if (found) {{ observer.disconnect(); done(found); }} }};
             const observer = new MutationObserver(look);
             observer.observe(document, {{subtree: true, childList: true, attributes: true, characterData: true}});
             look();"
        );
        self.try_post("/execute/async", &json!({"script": script, "args": []})).unwrap_or_else(|error| {
            let shown = self.value(
                "[document.querySelector('#live')?.innerText, location.hash, document.body.innerText]",
            );
            panic!("{expression} does not come true: {}; the page shows {shown:#}", error["message"])
        })
    }

    /// The value of a JavaScript expression.
    pub(crate) fn value(&self, expression: &str) -> Value {
        self.post("/execute/sync", &json!({"script": format!("return ({expression});"), "args": []}))
    }

    /// The text of an element, once there is one.
    pub(crate) fn text(&self, selector: &str) -> String {
        let found = self.wait(&format!("document.querySelector({selector:?})?.innerText"));
        found.as_str().expect("a text").to_owned()
    }

    pub(crate) fn click(&self, selector: &str) {
        self.with_element(selector, "click", &json!({}));
    }

    /// Opens the first of the parts that can be opened, if it is not open, and waits for what is in it.
    pub(crate) fn expand_first(&self) {
        if self.wait("document.querySelector('main details') && true") == true
            && self.value("document.querySelector('main details').open") == false
        {
            self.click("main details > summary");
        }
        self.wait("document.querySelector('main details').matches('[open]:has(> div)')");
    }

    /// Replaces what stands in a field.
    pub(crate) fn fill(&self, selector: &str, text: &str) {
        // As somebody who types does: what the driver clears, the page is not told of.
        self.element(selector);
        self.value(&format!("document.querySelector({selector:?}).select()"));
        self.with_element(selector, "value", &json!({"text": text}));
    }

    /// Chooses one of several.
    pub(crate) fn choose(&self, selector: &str, value: &str) {
        self.wait(&format!("document.querySelector({selector:?}) && true"));
        self.value(&format!(
            "(() => {{ const select = document.querySelector({selector:?}); select.value = {value:?};
              select.dispatchEvent(new Event('change')); }})()"
        ));
    }

    /// Presses keys, wherever the focus is.
    pub(crate) fn press(&self, keys: &str) {
        let press =
            |key: char| [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})];
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}));
    }

    /// Shows the page light or dark.
    pub(crate) fn scheme(&self, scheme: &str) {
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.developer("Emulation.setEmulatedMedia", &features);
    }

    /// What the checker of accessibility finds wrong.
    pub(crate) fn accessibility(&self, axe: &str) -> Vec<String> {
        self.post("/execute/sync", &json!({"script": axe, "args": []}));
        let script = "const done = arguments[0];
            axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations.map((violation) =>
                `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`)))";
        let found = self.post("/execute/async", &json!({"script": script, "args": []}));
        let found = found.as_array().expect("a list").iter();
        found.map(|violation| violation.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Saves a picture of the whole page.
    pub(crate) fn screenshot(&self, path: &std::path::Path) {
        // From its beginning: what sticks to the window would stand in the middle.
        self.value("scrollTo(0, 0)");
        let picture = self.developer("Page.captureScreenshot", &json!({"captureBeyondViewport": true}));
        let picture = BASE64_STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64");
        std::fs::write(path, picture).expect("written");
    }

    pub(crate) fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600});
        self.developer("Emulation.setDeviceMetricsOverride", &size);
    }

    /// What the page and the browser complained of so far. That the machine's network has changed is not the page's
    /// doing: the browser ends all requests then, those to loopback too, and the page asks anew.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().expect("a log").iter();
        let severe = lines.filter(|line| line["level"] == "SEVERE").map(|line| line["message"].to_string());
        severe.filter(|message| !message.contains("net::ERR_NETWORK_CHANGED")).collect()
    }

    fn developer(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Does something with an element. If the page has drawn it anew meanwhile, or moved it away, it is looked up again.
    fn with_element(&self, selector: &str, action: &str, body: &Value) {
        for _ in 0..20 {
            let path = format!("{}/element/{}/{action}", self.session, self.element(selector));
            match self.try_ask("POST", &path, body) {
                Ok(_) => return,
                Err(error) => {
                    let moved = ["stale element reference", "element click intercepted"];
                    assert!(
                        moved.iter().any(|moved| error["error"] == *moved),
                        "{selector}, {path}: {error}"
                    );
                }
            }
        }
        panic!("{selector} is drawn anew all the time");
    }

    /// An element, once it stands still in the window with nothing before it: a click goes to a place, and not to an
    /// element.
    fn element(&self, selector: &str) -> String {
        let script = format!(
            "const done = arguments[0]; let before = '';
             const look = () => {{
                 const element = document.querySelector({selector:?});
                 if (element) {{
                     element.scrollIntoView({{block: 'center'}});
                     const {{x, y, width, height}} = element.getBoundingClientRect();
                     const front = document.elementFromPoint(x + width / 2, y + height / 2);
                     const now = [x, y, width, height].join();
                     if (now === before && front && element.contains(front) && !element.disabled) return done(true);
                     before = now;
                 }}
                 requestAnimationFrame(look);
             }};
             look();"
        );
        self.try_post("/execute/async", &json!({"script": script, "args": []})).unwrap_or_else(|error| {
            let shown = self.value("document.body.innerText");
            panic!("{selector} cannot be reached: {}; the page shows {shown}", error["message"])
        });
        let found = self.post("/element", &json!({"using": "css selector", "value": selector}));
        found["element-6066-11e4-a52e-4f735466cecf"].as_str().expect("an element").to_owned()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        self.ask("POST", &format!("{}{command}", self.session), body)
    }

    fn try_post(&self, command: &str, body: &Value) -> Result<Value, Value> {
        self.try_ask("POST", &format!("{}{command}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.try_ask(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn try_ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let mut answer = self.exchange(method, path, body).expect("chromedriver answers").json();
        let value = answer["value"].take();
        if value["error"].is_null() { Ok(value) } else { Err(value) }
    }

    fn exchange(&self, method: &str, path: &str, body: &Value) -> Option<Message> {
        let body = body.to_string();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(3 * LONGEST_WAIT)).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        read_message(&stream)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // After a failure too, or the browser would outlive its driver.
        if !self.session.is_empty() {
            self.exchange("DELETE", &self.session, &json!({}));
        }
        drop(self.driver.kill());
        drop(self.driver.wait());
        drop(std::fs::remove_dir_all(&self.profile));
    }
}

/// The longest that anything in the page is waited for. The first start of a browser on a machine that has just been
/// set up, and that does much else, takes its time.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
