//! `batch` with the limits of a guard in the settings.

use std::fs;
use std::process::Output;

use engagelab_otp::batch::JournalReport;
use engagelab_otp::sandbox::demo;

use super::{numbers, write};
use crate::cli::session::{Session, feed};

/// `batch` for real, as far as it knows, with these settings in a profile.
fn batch(session: &Session, guard: &str, arguments: &[&str]) -> Output {
    let profile = format!(
        "dev_key = '{}'\ndev_secret = '{}'\nbase_url = '{}'\n[guard]\n{guard}\n",
        demo::DEV_KEY,
        demo::DEV_SECRET,
        session.sandbox.url()
    );
    write(session, "profile.toml", &profile);
    let shared = ["batch", "input.csv", "-t", "sandbox-otp-tpl", "--profile", "profile.toml", "--yes"];
    let words: Vec<&str> = shared.iter().chain(arguments).copied().collect();
    feed(&mut session.command(&words), b"")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn rows_that_a_limit_denies_are_told_with_limit_and_time_and_sent_by_a_later_run() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}+4915112345678\n+18765551234\n", numbers(3)));
    let strict = "allow = '+65 +1'\ndeny = '+1876'\nper_prefix = '2/h'";
    let output = batch(&session, strict, &["--workers", "1"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("1 left: denied by the guard, per prefix"), "{text}");
    assert!(text.contains("2 left: denied by the guard, prefix"), "{text}");
    assert!(text.contains("the count begins anew with each run") && !text.contains("may pass in"), "{text}");
    assert!(text.contains("2 rows of them will not be sent"), "{text}");
    let lines: Vec<serde_json::Value> = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let denied: Vec<_> = lines.iter().filter(|line| line["state"] == "left").collect();
    assert_eq!(denied.len(), 3);
    assert_eq!(denied[0]["reason"], "guard_per_prefix");
    assert!(denied[0]["retry_after"].as_u64().is_some_and(|time| (3590..=3660).contains(&time)), "{lines:?}");
    assert!(denied[1]["reason"] == "guard_prefix" && denied[1]["retry_after"].is_null(), "{lines:?}");
    let report = JournalReport::read(session.folder.join("input.csv.journal")).expect("readable");
    assert_eq!((report.counts.accepted, report.counts.left, report.counts.unknown), (2, 3, 0));
    assert_eq!(session.sandbox.messages().len(), 2);
    // The journal goes on; what only the prefixes keep back is not promised, and programs get the seconds.
    let output = batch(&session, strict, &["-o", "json"]);
    let text = said(&output);
    let error = text.lines().last().expect("a line");
    let error: serde_json::Value = serde_json::from_str(error).expect("JSON");
    assert!(error["retry_after"].is_null(), "{error}");
    let advice = error["advice"].as_str().expect("text");
    assert!(advice.contains("does not allow their prefixes") && !advice.contains("goes on"), "{advice}");
    let output = batch(&session, "sends = '1/h'", &["-o", "json"]);
    let text = said(&output);
    let error = text.lines().last().expect("a line");
    let error: serde_json::Value = serde_json::from_str(error).expect("JSON");
    assert!(error["retry_after"].as_u64().is_some_and(|time| (3590..=3660).contains(&time)), "{error}");
    let output = batch(&session, "sends = '100/h'", &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(session.sandbox.messages().len(), 5);
}

#[test]
fn a_budget_that_is_spent_ends_the_run() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(30)));
    let output = batch(&session, "spend = '1 USD'\nprice = '0.5 +65:0.1'", &["--workers", "1"]);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("no row may pass any more: denied by the guard, spend"), "{text}");
    assert_eq!(session.sandbox.messages().len(), 10);
}

#[test]
fn settings_of_a_guard_that_cannot_be_used_are_refused_before_anything_is_sent() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(1)));
    for (guard, word) in [
        ("limits = 'all'", "guard.limits"),
        ("allow = '65'", "guard.allow"),
        ("deny = '+1 876'", "guard.deny"),
        ("sends = '0/h'", "guard.sends"),
        ("sends = '10'", "guard.sends"),
        ("per_prefix = '10/y'", "guard.per_prefix"),
        ("per_recipient = '10/32d'", "guard.per_recipient"),
        ("per_recipient = '10/99999999999999999999d'", "guard.per_recipient"),
        ("cooldown = '1/60s 2'", "guard.cooldown"),
        ("cooldown = '1/s 1/s 1/s 1/s 1/s 1/s 1/s 1/s 1/s'", "8 windows"),
        ("spend = '100'\nprice = '1'", "guard.spend"),
        ("spend = '0 USD'\nprice = '1'", "guard.spend"),
        ("spend = '100 USD'", "guard.price"),
        ("price = '0.1'", "guard.spend"),
        ("spend = '100 USD'\nprice = '+65:0.1'", "guard.price"),
        ("pepper = 'hush-hush hush-hush'", "guard.limits"),
        ("sends = '1/h'\nredis_url = 'redis://127.0.0.1:1/'", "guard.pepper"),
        ("sends = '1/h'\npepper = 'hush-hush'\nredis_url = 'redis://127.0.0.1:1/'", "guard.pepper"),
        (
            "sends = '1/h'\npepper = 'hush-hush hush-hush'\nredis_url = 'http://:hush-hush@h'",
            "guard.redis_url",
        ),
        ("window = '1/h'", "guard.window"),
    ] {
        let output = batch(&session, guard, &[]);
        let text = said(&output);
        assert!(output.status.code() == Some(2) && text.contains(word), "{guard}: {text}");
        assert!(!text.contains("hush-hush"), "{text}");
    }
    let away = "sends = '1/h'\npepper = 'hush-hush hush-hush'\nredis_url = 'redis://:hush-hush@127.0.0.1:1/'";
    let output = batch(&session, away, &[]);
    let text = said(&output);
    assert!(output.status.code() == Some(5) && text.contains("no connection to Redis"), "{text}");
    assert!(!text.contains("hush-hush"), "{text}");
    assert!(session.sandbox.messages().is_empty());
    assert!(!session.folder.join("input.csv.journal").exists());
}

#[test]
fn a_sandbox_has_no_guard_and_the_environment_can_have_one() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(3)));
    let url = session.sandbox.url();
    let shared = ["batch", "input.csv", "-t", "sandbox-otp-tpl", "--base-url", &url];
    let variables = [
        ("ENGAGELAB_DEV_KEY", demo::DEV_KEY),
        ("ENGAGELAB_DEV_SECRET", demo::DEV_SECRET),
        ("ENGAGELAB_GUARD_SENDS", "1/h"),
    ];
    let run = |more: &str| {
        let mut command = session.command(&shared);
        feed(command.arg(more).envs(variables), b"")
    };
    let output = run("--yes");
    assert_eq!((output.status.code(), session.sandbox.messages().len()), (Some(5), 1), "{}", said(&output));
    fs::remove_file(session.folder.join("input.csv.journal")).expect("there");
    // Rows of the first are refused now, since their codes live.
    let output = run("--sandbox");
    assert_eq!((output.status.code(), session.sandbox.messages().len()), (Some(3), 3), "{}", said(&output));
}

#[test]
#[cfg(feature = "redis")]
fn two_runs_share_the_counters_in_redis() {
    use crate::guard::redis::RedisServer;

    let Some(server) = RedisServer::start(&[]) else { return };
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(5)));
    let url = format!("redis://127.0.0.1:{}/", server.port);
    let guard =
        format!("per_prefix = '3/h'\nredis_url = '{url}'\ncredential_command = 'echo a pepper of them'");
    for run in 0..2 {
        let journal = format!("journal-{run}");
        let output = batch(&session, &guard, &["--journal", &journal]);
        assert_eq!(output.status.code(), Some(5), "{}", said(&output));
        assert_eq!(session.sandbox.messages().len(), 3, "{}", said(&output));
    }
}

#[test]
#[cfg(feature = "redis")]
fn a_redis_whose_settings_are_wrong_is_told_apart_from_one_that_is_away() {
    use crate::guard::redis::RedisServer;

    let Some(server) = RedisServer::start(&["--requirepass", "hush-hush"]) else { return };
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(1)));
    let at = format!("127.0.0.1:{}", server.port);
    for (url, code, word) in [
        (format!("redis://:wrong-hush@{at}/"), 2, "WRONGPASS"),
        (format!("redis://{at}/"), 2, "NOAUTH"),
        (format!("redis://{at}/1"), 2, "NOAUTH"),
        (format!("redis://:hush-hush@{at}/99"), 2, "DB index is out of range"),
        (format!("redis://:hush-hush@{at}/1"), 0, "counted in Redis"),
    ] {
        let guard = format!("sends = '9/h'\nredis_url = '{url}'\npepper = 'a pepper of them'");
        let output = batch(&session, &guard, &[]);
        let text = said(&output);
        assert!(output.status.code() == Some(code) && text.contains(word), "{url}: {text}");
        assert!(!text.contains("hush"), "{text}");
        let doctor = feed(&mut session.command(&["doctor", "--profile", "profile.toml"]), b"");
        let text = String::from_utf8(doctor.stdout).expect("UTF-8");
        assert!(doctor.status.code() == Some(code) && text.contains(word), "{url}: {text}");
    }
    let Some(server) = RedisServer::start(&["--requirepass", "hush-hush", "--maxclients", "1"]) else {
        return;
    };
    let _held = std::net::TcpStream::connect(("127.0.0.1", server.port)).expect("the only one");
    let url = format!("redis://:hush-hush@127.0.0.1:{}/", server.port);
    write(&session, "input.csv", &format!("to\n{}", numbers(2)));
    let guard = format!("sends = '9/h'\nredis_url = '{url}'\npepper = 'a pepper of them'");
    let output = batch(&session, &guard, &["--journal", "other"]);
    let text = said(&output);
    assert!(output.status.code() == Some(5) && text.contains("as many clients as it takes"), "{text}");
}

#[test]
fn limits_that_do_not_count_are_told_and_a_check_looks_at_those_that_do() {
    let session = Session::start();
    write(&session, "input.csv", &format!("to\n{}", numbers(1)));
    write(&session, "other.toml", "dev_key = 'k'\n");
    let check = |words: &[&str], variables: &[(&str, &str)]| {
        let all = [&["batch", "input.csv", "-t", "t", "--check"], words].concat();
        feed(session.command(&all).envs(variables.iter().copied()), b"")
    };
    let sends = ("ENGAGELAB_GUARD_SENDS", "9/h");
    for (words, variables, code, word) in [
        (&["-P", "other.toml"][..], &[sends][..], 0, "other.toml alone counts, and ENGAGELAB_GUARD_SENDS in"),
        (&[], &[("ENGAGELAB_GUARD_SENDZ", "9/h")], 0, "ENGAGELAB_GUARD_SENDZ is set, and there is no such"),
        (&[], &[sends], 0, "Guard: good, the limits of the environment apply"),
        (&[], &[("ENGAGELAB_GUARD_SENDS", "9")], 2, "guard.sends (ENGAGELAB_GUARD_SENDS) must be"),
    ] {
        let output = check(words, variables);
        let text = said(&output);
        assert!(output.status.code() == Some(code) && text.contains(word), "{text}");
    }
    let output = feed(&mut session.command(&["batch", "export", "input.csv.journal"]), b"");
    assert!(said(&output).contains("`batch export input.csv`"), "{}", said(&output));
}
