//! The console in a real browser.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use engagelab_otp::sandbox::{Sandbox, SandboxBuilder};
use engagelab_otp::{Client, TemplateRef};

use super::loopback::{BUSY, CallbackServer, TIMEOUT, connect, read_message};
use super::peers;
use super::webdriver::Browser;

/// A sandbox that reports to a server, open in a browser; none if there is no browser.
fn open(
    configure: impl FnOnce(SandboxBuilder) -> SandboxBuilder,
) -> Option<(Sandbox, CallbackServer, Browser)> {
    let browser = peers::found("chromedriver", Browser::start())?;
    let server = CallbackServer::start();
    let builder = Sandbox::builder().manual_clock().callback_url(server.url()).expect("a URL");
    let sandbox = configure(builder).start().expect("started");
    assert_eq!(server.next().body, "{}");
    browser.resize(1180, 900);
    browser.open(&sandbox.url());
    browser.wait("['live', 'locked'].includes(document.querySelector('#live').textContent)");
    Some((sandbox, server, browser))
}

#[test]
fn a_code_is_sent_verified_and_followed_to_its_end() {
    let Some((sandbox, server, browser)) = open(|builder| builder) else { return };
    browser.fill("#field-to", "+10000000005");
    browser.click("#send button.main");
    assert!(browser.text("#sent").contains("sms"));
    let message = sandbox.messages().pop().expect("sent");

    browser.fill("#field-verify_code", "000000");
    browser.click("#check button.main");
    assert!(browser.text("#checked").starts_with("Wrong code"));
    browser.click("#use");
    // Enter in the field verifies, and the focus stays in it.
    browser.press("\u{e007}");
    browser.wait("document.querySelector('#checked.good')");
    assert!(browser.text("#checked").starts_with("Verified"));
    assert_eq!(browser.value("document.activeElement.id"), "field-verify_code");
    browser.press("\u{e007}");
    browser.wait("document.querySelector('#checked.bad')");
    assert!(browser.text("#checked").contains("3003"));
    assert_eq!(browser.value("document.activeElement.id"), "field-verify_code");
    assert!(sandbox.message(&message.id).expect("remembered").verified);

    // From here on by keyboard: a key for each section, Enter on a message, Escape back.
    browser.value("document.activeElement.blur()");
    browser.press("2");
    browser.wait("document.querySelector('#messages')");
    browser.value("document.querySelector('#messages a').focus()");
    browser.press("\u{e007}");
    assert_eq!(browser.text("#code"), "123456");
    let steps = browser.text("#run-timeline");
    for status in ["plan", "target_valid", "sent", "verified_failed", "verified"] {
        assert!(steps.contains(status), "{status}");
    }
    assert!(!browser.text("#run-timeline").contains("delivered"));
    // What happens now shows without a reload.
    sandbox.advance(Duration::from_secs(1));
    browser.wait("document.querySelector('#run-timeline').innerText.includes('delivered')");
    browser.press("\u{e00c}");
    browser.wait("location.hash === '#/messages'");
    assert!(!server.rest().is_empty());
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn callbacks_show_their_attempts_and_events_are_fired_by_a_button() {
    let Some((sandbox, server, browser)) = open(|builder| builder) else { return };
    server.answer(BUSY);
    browser.open(&format!("{}/#/callbacks", sandbox.url()));
    browser.wait("document.querySelector('#events button')");
    browser.click("#events button:nth-child(1)");
    assert!(server.next().body.contains("insufficient_balance"));
    browser.wait("document.querySelector('main').innerText.includes('failing')");
    sandbox.advance(Duration::from_secs(60));
    assert!(server.next().body.contains("insufficient_balance"));
    browser.wait("document.querySelector('main').innerText.includes('2 attempts')");
    browser.expand_first();
    let shown = browser.text("main details");
    for part in ["HTTP 503", "busy", "HTTP 200", "X-CALLBACK-ID: timestamp=", "remain_balance"] {
        assert!(shown.contains(part), "{part}");
    }
    browser.click("main details .row > button:nth-child(2)");
    assert!(server.next().body.contains("insufficient_balance"));
    browser.click(".plain button");
    browser.wait("document.querySelector('main').innerText.includes('Nowhere yet')");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn markup_stays_text() {
    const HOSTILE: &str = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>";
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-custom-tpl").expect("valid");
    let template = template.param("code", HOSTILE).param(HOSTILE, HOSTILE);
    let id =
        client.send_message(&"+10000000010".parse().expect("valid"), &template).expect("sent").message_id;
    sandbox.emit_row(serde_json::json!({"notification": {"event": HOSTILE}, HOSTILE: HOSTILE}));
    sandbox.emit_row(serde_json::json!([HOSTILE]));
    browser.open(&format!("{}/#/message/{}", sandbox.url(), id.0));
    assert_eq!(browser.text("#text"), format!("Your code is {HOSTILE}."));
    for hash in [
        "#/callbacks",
        "#/messages",
        "#/requests",
        "#/templates",
        "#/<b>x",
        "#/message/<b>%zz",
        "#/message/%3Cb%3E",
    ] {
        browser.open(&format!("{}/{hash}", sandbox.url()));
        browser.wait("document.querySelector('main').innerText.length > 0");
    }
    assert_eq!(
        browser
            .value("window.pwned === undefined && document.querySelectorAll('main img, main script').length"),
        0
    );
}

#[test]
fn a_call_that_is_copied_is_one_command_whatever_its_path_holds() {
    const PATH: &str = "/v1/'$(echo${IFS}run)'";
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let mut stream = connect(sandbox.address());
    let request = format!("GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("written");
    assert!(read_message(&stream).is_some());
    browser.open(&format!("{}/#/requests", sandbox.url()));
    browser.click("main details summary");
    browser.value("(navigator.clipboard.writeText = async (text) => { window.copied = text; }, true)");
    browser.click("main details button[aria-label='Copy as curl']");
    let copied = browser.wait("window.copied");
    let words = copied.as_str().and_then(|text| text.strip_prefix("curl ")).expect("a call of curl");
    let said = Command::new("sh").args(["-c", &format!("printf '%s\\n' {words}")]).output().expect("sh runs");
    let said = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(said.lines().any(|word| word == format!("{}{PATH}", sandbox.url())), "{words}: {said}");
}

#[test]
fn another_page_cannot_drive_the_console() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    // Another sandbox is another site: its port is not the same.
    let elsewhere = Sandbox::start().expect("started");
    browser.open(&format!("{}/nothing", elsewhere.url()));
    let attempt = |options: &str| {
        let script = format!(
            "fetch('{}/sandbox/callbacks', {options}).then((answer) => answer.type === 'opaque' ? 'sent' : 'read', () => 'failed')",
            sandbox.url()
        );
        browser.wait("document.body && true");
        browser.value(&script)
    };
    let before = sandbox.callbacks().len();
    let body = r#"'{"event": "api_call"}'"#;
    attempt(&format!("{{method: 'POST', mode: 'no-cors', body: {body}}}"));
    let json = "{'Content-Type': 'application/json'}";
    let outcome = attempt(&format!("{{method: 'POST', headers: {json}, body: {body}}}"));
    assert_eq!(outcome, "failed");
    assert!(sandbox.wait_idle(TIMEOUT));
    assert_eq!(sandbox.callbacks().len(), before);
}

/// Waits until a section shows everything that has happened, so that nothing more moves by itself.
fn settle(sandbox: &Sandbox, browser: &Browser, view: &str) {
    let hash = if view.is_empty() { String::new() } else { format!("#/{view}") };
    assert!(sandbox.wait_idle(TIMEOUT));
    let version = browser.value("fetch('/sandbox/changes').then((answer) => answer.json())");
    let version = &version["version"];
    browser.wait(&format!(
        "(({{view, version}}) => view === '{hash}' && version === '{version}')(document.querySelector('main').dataset)"
    ));
}

#[test]
fn it_fits_a_phone_and_a_desk_in_light_and_dark_and_is_accessible() {
    let Some((sandbox, server, browser)) = open(|builder| builder) else { return };
    let pictures = std::env::var("SCREENSHOTS").ok();
    let axe = std::fs::read_to_string(peers::folder().join("node_modules/axe-core/axe.min.js"));
    let axe = peers::found("axe-core", axe.ok());
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid").param("app", "<b>Example</b>");
    let mut ids = Vec::new();
    for to in [
        "+10000000000",
        "+10000000002",
        "sandbox@example.com",
        "+10000000003",
        "+10000000014",
        "+10000000004",
    ] {
        server.answer(BUSY);
        ids.push(client.send_otp(&to.parse().expect("valid"), &template).expect("sent").message_id);
        sandbox.advance(Duration::from_millis(1300));
        assert!(sandbox.wait_idle(TIMEOUT));
    }
    // With the day before them, times are as long as they get.
    sandbox.advance(Duration::from_secs(86_400));
    assert!(sandbox.wait_idle(TIMEOUT));
    let last = ids.pop().expect("sent");
    let message = format!("message/{}", last.0);
    let views = ["send", "messages", "requests", "callbacks", "templates", "faults", &message];
    for (screen, width, height) in [("desktop", 1280, 900), ("phone", 390, 844)] {
        browser.resize(width, height);
        for view in views {
            browser.open(&format!("{}/#/{view}", sandbox.url()));
            settle(&sandbox, &browser, view);
            if view == "send" && browser.value("document.querySelector('#sent') === null") == true {
                browser.click("#send button.main");
                browser.wait("document.querySelector('#sent')");
                settle(&sandbox, &browser, view);
            }
            if view != "messages" && view != "faults" {
                browser.expand_first();
            }
            let overflow =
                browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert!(overflow.as_i64() <= Some(0), "{view} at {width} is wider than the screen by {overflow}");
            for scheme in ["light", "dark"] {
                browser.scheme(scheme);
                if let Some(axe) = &axe {
                    assert_eq!(browser.accessibility(axe), [""; 0], "{view} at {width}, {scheme}");
                }
                if let Some(folder) = &pictures {
                    let name = view.split('/').next().expect("a name");
                    let path = Path::new(folder).join(format!("{screen}-{name}-{scheme}.png"));
                    browser.screenshot(&path);
                }
            }
        }
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_fault_that_is_ended_elsewhere_is_no_longer_chosen_where_the_focus_is() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    browser.open(&format!("{}/#/faults", sandbox.url()));
    browser.wait("document.querySelector('#api-fault')");
    browser.value("(document.querySelector('#api-fault').focus(), true)");
    browser.press("\u{e015}");
    browser.wait("document.querySelector('#chips').innerText.includes('lost-answer')");
    sandbox.set_fault(None);
    browser.wait("document.querySelector('#chips').innerText === ''");
    assert_eq!(
        browser.value("[document.activeElement.id, document.activeElement.value]"),
        serde_json::json!(["api-fault", ""])
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn however_long_what_was_sent_is_the_page_stays_as_wide_as_the_screen() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let long = "x".repeat(900);
    for (head, body) in [
        (format!("GET /v1/{long}?{long}"), String::new()),
        (
            "POST /v1/messages".to_owned(),
            format!(r#"{{"to":"+6591234567","template":{{"id":"t","params":{{"{long}":7}}}}}}"#),
        ),
    ] {
        let mut stream = connect(sandbox.address());
        let key =
            "Authorization: Basic c2FuZGJveF9kZW1vOnNhbmRib3hfc2VjcmV0\r\nContent-Type: application/json";
        let length = body.len();
        let head = format!("{head} HTTP/1.1\r\nHost: localhost\r\n{key}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + &body).as_bytes()).expect("written");
        assert!(read_message(&stream).is_some());
    }
    for width in [390, 1280] {
        browser.resize(width, 900);
        browser.open("data:,");
        browser.open(&format!("{}/#/requests", sandbox.url()));
        browser.wait("document.querySelectorAll('main summary').length === 2");
        browser.value("(document.querySelectorAll('main summary').forEach((one) => one.click()), true)");
        browser.wait("document.querySelectorAll('main details > div').length === 2");
        let overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert!(browser.value(overflow).as_i64() <= Some(0), "at {width}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_section_never_stands_under_the_name_of_another_and_what_is_closed_stays_closed() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&"+6591234560".parse().expect("valid"), &template).expect("sent");
    settle(&sandbox, &browser, "");
    // A draw of the first section ends between the change of the address and the event that tells of it.
    browser.value(
        "(() => {
            window.seen = [];
            const main = document.querySelector('main');
            new MutationObserver(() => window.seen.push([main.dataset.view, main.querySelector('#history-title') !== null]))
                .observe(main, {attributes: true, childList: true});
            const fetched = window.fetch;
            window.fetch = async (...given) => {
                const answer = await fetched(...given);
                if (!String(given[0]).startsWith('/sandbox/messages/')) return answer;
                window.fetch = fetched;
                return {ok: true, json: async () => {
                    const read = await answer.json();
                    location.hash = '#/messages';
                    return read;
                }};
            };
            document.querySelector('#field-kind').onchange({target: document.querySelector('#field-kind')});
        })()",
    );
    browser.wait("document.querySelector('#history-title')");
    for seen in browser.value("window.seen").as_array().expect("a list") {
        assert_eq!(seen[0] == "#/messages", seen[1], "{seen}");
    }
    // Opened and closed again before anything was drawn: it is closed, and nothing opens it later.
    browser.open(&format!("{}/#/requests", sandbox.url()));
    browser.expand_first();
    browser.value(
        "(() => { for (const _ of '123') document.querySelector('main details > summary').click(); })()",
    );
    browser.wait("!document.querySelector('main details').open");
    client.send_otp(&"+6591234561".parse().expect("valid"), &template).expect("sent");
    browser.wait("document.querySelectorAll('main details').length === 2");
    assert_eq!(
        browser.value("document.querySelectorAll('main details[open], main details > div').length"),
        0
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_keyboard_is_enough_and_keeps_its_place_while_things_happen() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    let send = |to: &str| client.send_otp(&to.parse().expect("valid"), &template).expect("sent").message_id;
    send("+6591234560");
    browser.wait("document.querySelector('#run-timeline')");
    // Half a word is typed and selected; a message that arrives meanwhile leaves both as they are.
    browser.value("document.querySelector('#field-to').focus()");
    browser.value("document.querySelector('#field-to').setSelectionRange(3, 5)");
    let newest = send("+6591234561");
    browser.wait(&format!("document.querySelector('#run').innerText.includes('{}')", newest.0));
    let place = "[document.activeElement.id, document.activeElement.selectionStart, document.activeElement.selectionEnd]";
    assert_eq!(browser.value(place), serde_json::json!(["field-to", 3, 5]));
    // What is selected for copying stays selected.
    browser.value("getSelection().selectAllChildren(document.querySelector('#point-title'))");
    sandbox.advance(Duration::from_secs(1));
    browser.wait("document.querySelector('#run-timeline').innerText.includes('delivered')");
    assert_eq!(browser.value("getSelection().toString()"), "Point your program here");
    // What goes away leaves the focus in the section, and the link to it leads to no other.
    browser.open(&format!("{}/#/faults", sandbox.url()));
    sandbox.fail_next(engagelab_otp::ErrorCode::Internal);
    browser.wait("document.querySelector('#clear-faults')");
    browser.value("document.querySelector('#clear-faults').focus()");
    browser.press("\u{e007}");
    browser.wait("document.activeElement.id === 'main'");
    browser.value("(document.querySelector('.skip').focus(), true)");
    browser.press("\u{e007}");
    browser.wait("document.activeElement.id === 'main'");
    assert_eq!(browser.value("location.hash"), "#/faults");
    // A key for the search, from wherever one is.
    browser.press("/");
    browser.wait("document.activeElement.id === 'filter'");
    // Keys for sections, off and on.
    browser.value("document.activeElement.blur()");
    browser.press("3");
    browser.wait("location.hash === '#/requests'");
    browser.value("document.querySelector('#shortcuts').focus()");
    browser.press("\u{e007}");
    browser.wait("document.querySelector('#shortcuts').innerText.endsWith('on')");
    browser.press("2");
    assert_eq!(browser.value("location.hash"), "#/requests");
    browser.press("\u{e007}");
    browser.wait("document.querySelector('#shortcuts').innerText.endsWith('off')");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_message_is_moved_on_and_faults_and_time_are_undone_by_a_button() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    browser.click("#send button.main");
    browser.wait("document.querySelector('#run-timeline')");
    browser.click("#act button:nth-child(2)");
    browser.wait("document.querySelector('#run-timeline').innerText.includes('5012')");
    browser.click("#act button:nth-child(4)");
    browser.wait("document.querySelector('#run .badge').innerText === 'verified'");
    assert!(sandbox.messages()[0].verified);

    browser.open(&format!("{}/#/faults", sandbox.url()));
    browser.click("#queue-error");
    browser.wait("document.querySelector('#queued')?.innerText.includes('error=5016')");
    browser.click("#advance button:nth-child(3)");
    browser.wait("document.querySelector('#chips').innerText.includes('1 min ahead')");
    browser.click("#clear-faults");
    browser.click("#clear-clock");
    browser.wait("document.querySelector('#chips').innerText === ''");

    browser.open(&format!("{}/#/templates", sandbox.url()));
    browser.click("#create button.main");
    browser.wait("document.querySelector('main').innerText.includes('login')");
    assert_eq!(sandbox.template_ids().len(), 4);

    browser.open(&format!("{}/#/requests", sandbox.url()));
    browser.wait("document.querySelectorAll('main details').length >= 2");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let unknown = TemplateRef::new("no-such").expect("valid");
    drop(client.send_otp(&"+6591234567".parse().expect("valid"), &unknown));
    browser.wait("document.querySelector('main').innerText.includes('4001: no template has this id')");
    browser.open(&format!("{}/#/messages", sandbox.url()));
    browser.click("#clear");
    browser.wait("document.querySelector('main').innerText.includes('Nothing was sent yet')");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn an_address_that_leads_nowhere_shows_the_first_section_and_a_token_never_stays_in_it() {
    let Some((sandbox, _server, browser)) = open(|builder| builder.token("t0ken/+")) else { return };
    assert!(browser.text("main").contains("ENGAGELAB_SANDBOX_TOKEN"));
    browser.fill("#token", "wrong");
    browser.press("\u{e007}");
    browser.wait("document.querySelector('main').innerText.includes('not the token')");
    browser.fill("#token", "t0ken/+");
    browser.press("\u{e007}");
    browser.wait("document.querySelector('#send')");
    browser.value("(sessionStorage.clear(), true)");
    browser.open("data:,");
    browser.open(&sandbox.url());
    browser.wait("document.querySelector('#live').textContent === 'locked'");
    // The page is open already; the address alone changes.
    browser.open(&format!("{}/#token=t0ken%2F%2B", sandbox.url()));
    browser.wait("document.querySelector('#send')");
    assert_eq!(browser.value("location.hash"), "#/send");
    for hash in ["#/constructor", "#/__proto__", "#/toString", "#/message", "#/message/constructor", "#"] {
        browser.open(&format!("{}/{hash}", sandbox.url()));
        let view =
            if hash.starts_with("#/message") { "No message has this id" } else { "Point your program here" };
        browser.wait(&format!(
            "document.querySelector('main').innerText.toLowerCase().includes('{}')",
            view.to_lowercase()
        ));
    }
}

#[test]
fn lists_go_on_to_their_end_by_keyboard_and_count_all_that_matches() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    for number in 0..620 {
        let to = format!("+6590000{number:03}").parse().expect("valid");
        client.send_otp(&to, &template).expect("sent");
    }
    sandbox.advance(Duration::from_secs(1));
    assert!(sandbox.wait_idle(TIMEOUT));
    for (view, rows, last) in [
        ("messages", "#messages tbody tr", "+6590000000"),
        ("requests", "main details", "#1,"),
        ("callbacks", "main details", "#1,"),
    ] {
        browser.open(&format!("{}/#/{view}", sandbox.url()));
        if view == "messages" {
            browser.fill("#filter", "+65900");
            browser.wait("document.querySelector('#found').innerText === '620 of 620 messages match'");
        }
        browser.wait(&format!(
            "document.querySelectorAll('{rows}').length === 50 && document.querySelector('#{view}-older')"
        ));
        let older = format!("document.querySelector('#{view}-older')");
        browser.value(&format!("{older}.focus()"));
        let mut page = 1;
        while browser.value(&format!("{older}.ariaDisabled === 'true'")) == false {
            assert!(page < 20, "{view} has no end");
            browser.press("\u{e007}");
            page += 1;
            browser.wait(&format!("document.querySelector('.pages').innerText.includes('Page {page}')"));
            assert_eq!(browser.value("document.activeElement.id"), format!("{view}-older"));
        }
        let shown = browser.text("main");
        assert!(shown.contains(last), "{view}: {shown}");
        if view == "messages" {
            assert!(shown.contains("620 of 620 messages match"), "{shown}");
        }
        browser.click(&format!("#{view}-newest"));
        browser.wait("document.querySelector('.pages').innerText.includes('Page 1')");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_clock_that_is_half_a_second_ahead_is_shown_and_put_back() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    sandbox.advance(Duration::from_millis(500));
    browser.wait("document.querySelector('#chips').innerText.includes('Clock 0.5 s ahead')");
    sandbox.advance(Duration::from_secs(5400));
    browser.wait("document.querySelector('#chips').innerText.includes('Clock 1 h 30 min ahead')");
    browser.click("#send button.main");
    browser.wait("document.querySelector('#run-timeline')");
    browser.click("#clear-clock");
    browser.wait("document.querySelector('#chips').innerText === ''");
    // What happened has been put back with the clock: what follows is as far from it as ever.
    sandbox.advance(Duration::from_secs(1));
    browser.wait("document.querySelector('#run-timeline').innerText.includes('delivered')");
    let shown = browser.text("#run-timeline");
    assert!(shown.contains("delivered by sms\n+1.0 s") && !shown.contains('-'), "{shown}");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_becomes_of_messages_is_set_and_ended_on_the_page_and_callbacks_say_how_they_are_signed() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    browser.open(&format!("{}/#/faults", sandbox.url()));
    browser.fill("#field-of", "+6591234567");
    browser.fill("#field-behavior", "failed=5018");
    browser.press("\u{e007}");
    browser.wait("document.querySelector('[data-key=\"+6591234567\"]')?.innerText.includes('failed=5018')");
    let client = Client::for_sandbox(&sandbox).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    let id = client.send_otp(&"+6591234567".parse().expect("valid"), &template).expect("sent").message_id;
    sandbox.advance(Duration::from_secs(2));
    let last = sandbox.message(&id).and_then(|mut message| message.timeline.pop()?.error);
    assert_eq!(last.map(engagelab_otp::ErrorCode::value), Some(5018));
    browser.click("[data-key='+6591234567'] button");
    browser.wait("!document.querySelector('[data-key=\"+6591234567\"]')");
    browser.open(&format!("{}/#/message/{}", sandbox.url(), id.0));
    assert!(browser.text("[aria-labelledby=message-title]").contains("failed=5018"), "it was sent with that");

    browser.open(&format!("{}/#/callbacks", sandbox.url()));
    assert!(browser.text("#signed-as").contains("sandbox_webhook_secret"));
    // A secret that is not published is not shown.
    let secret = |builder: SandboxBuilder| builder.callback_secret("own", "own-secret").expect("valid");
    let own = secret(Sandbox::builder()).start().expect("started");
    browser.open(&format!("{}/#/callbacks", own.url()));
    browser.wait("document.querySelector('#set-url')");
    assert_eq!(browser.value("document.querySelector('#signed-as')"), serde_json::Value::Null);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_cannot_be_done_any_more_keeps_the_focus_and_says_why() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    browser.click("#send button.main");
    browser.wait("document.querySelector('#run-timeline')");
    for (button, said) in [(1, "has ended"), (4, "verified before")] {
        let selector = format!("#act button:nth-child({button})");
        browser.value(&format!("(document.querySelector('{selector}').focus(), true)"));
        browser.press("\u{e007}");
        browser.wait(&format!("document.querySelector('{selector}').ariaDisabled === 'true'"));
        browser.press("\u{e007}");
        browser.wait(&format!("document.querySelector('#notice').innerText.includes('{said}')"));
        assert_eq!(
            browser.value(&format!("document.activeElement === document.querySelector('{selector}')")),
            true
        );
    }
    assert!(sandbox.messages()[0].verified);
    // The browser itself tells of answers that are refusals.
    let complaints = browser.complaints();
    assert!(complaints.iter().all(|complaint| complaint.contains("status of 400")), "{complaints:?}");
}

#[test]
fn a_message_of_a_template_that_is_gone_says_why_it_cannot_be_sent_again() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    let text = serde_json::json!({"contain_security": true, "contain_expire": true});
    let seed = serde_json::json!({"templates": [{
        "template_id": "login", "send_channel_strategy": "sms",
        "verify_code_config": {"verify_code_type": 1, "verify_code_len": 4, "verify_code_ttl": 5},
        "sms_config": {"template_type": 1, "template_default_config": text},
    }]});
    sandbox.seed(&seed).expect("seeded");
    let client = Client::for_sandbox(&sandbox).expect("built");
    for (template, to) in [("login", "+6591234560"), ("sandbox-otp-tpl", "+6591234561")] {
        let sent = client.send_otp(&to.parse().expect("valid"), &TemplateRef::new(template).expect("valid"));
        let id = sent.expect("sent").message_id;
        client.delete_template(&template.parse().expect("valid")).expect("deleted");
        browser.open(&format!("{}/#/message/{}", sandbox.url(), id.0));
        browser.wait(&format!("document.querySelector('main').dataset.view === '#/message/{}'", id.0));
        if browser.value("document.querySelector('details[data-key=test]').open") == false {
            browser.click("details[data-key=test] > summary");
        }
        if template == "login" {
            let said = browser.text("#test-gone");
            assert!(said.contains("its template \"login\" was your own and is deleted"), "{said}");
            assert_eq!(browser.value("document.querySelector('#test-text')"), serde_json::Value::Null);
        } else {
            assert!(browser.text("#test-text").contains("/sandbox/reset"), "a reset brings it back");
        }
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_page_that_is_left_open_shows_nothing_of_a_sandbox_that_has_ended() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    browser.click("#send button.main");
    browser.wait("document.querySelector('#sent') && document.querySelector('#field-message').value !== ''");
    let (id, address) = (sandbox.messages().remove(0).id, sandbox.address());
    drop(sandbox);
    browser.wait("document.querySelector('#live').textContent === 'not reachable'");
    let again = Sandbox::builder().manual_clock().listen(address).start().expect("started");
    browser
        .wait("document.querySelector('#live').textContent === 'live' && !document.querySelector('#sent')");
    assert_eq!(browser.value("document.querySelector('#field-message').value"), "");
    let client = Client::for_sandbox(&again).expect("built");
    let template = TemplateRef::new("sandbox-otp-tpl").expect("valid");
    client.send_otp(&"+6591234567".parse().expect("valid"), &template).expect("sent");
    browser.wait("document.querySelector('#run')?.innerText.includes('+6591234567')");
    browser.open(&format!("{}/#/message/{}", again.url(), id.0));
    browser.wait("document.querySelector('main').innerText.includes('No message has this id')");
}

#[test]
fn many_tabs_leave_each_other_connections_and_show_what_is_new_when_they_are_looked_at() {
    let Some((sandbox, _server, browser)) = open(|builder| builder) else { return };
    for _ in 0..8 {
        browser.open_tab();
        browser.open(&sandbox.url());
        browser.wait("document.querySelector('#live').textContent === 'live'");
    }
    browser.click("#send button.main");
    browser.wait("document.querySelector('#sent')");
    let asked = "fetch('/sandbox/state').then((answer) => answer.json()).then((state) => { window.waiting = state.watchers; })";
    browser.value(&format!("({asked}, true)"));
    let waiting = browser.wait("window.waiting !== undefined && String(window.waiting)");
    assert!(waiting == "0" || waiting == "1", "{waiting} wait, of which one is looked at");
    assert_eq!(browser.complaints(), [""; 0]);
}
