//! A file of recipients: nobody is sent to twice, nobody is forgotten.

mod guarded;
mod resolution;

use std::collections::HashMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use engagelab_otp::batch::{
    Batch, BatchErrorKind, BatchOptions, Counts, Duplicates, Ended, Format, Input, InputOptions,
    JournalReport, Kind, RowState, Summary, Transport, export,
};
use engagelab_otp::sandbox::{Fault, KeyState, Sandbox, demo};
use engagelab_otp::smpp::{self, SmppClient, SmppConfig};
use engagelab_otp::{Client, Credentials, ErrorCode, RetryPolicy};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("engagelab-otp-batch-{:016x}", fastrand::u64(..)));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn write(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, octets).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
        }
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn options(path: &Path) -> InputOptions {
    InputOptions::of_path(path).template("sandbox-otp-tpl".parse().expect("valid"))
}

fn numbers(count: u32) -> String {
    (0..count).map(|row| format!("+65911{row:05}")).collect::<Vec<_>>().join("\n") + "\n"
}

fn workers(count: usize) -> BatchOptions {
    BatchOptions::new().workers(NonZeroUsize::new(count).expect("some"))
}

fn client(sandbox: &Sandbox) -> Client {
    Client::builder(sandbox.credentials())
        .base_url(sandbox.url())
        .retry(RetryPolicy::never())
        .build()
        .expect("built")
}

fn open(input: Input, sandbox: &Sandbox, options: BatchOptions) -> Batch {
    Batch::open(input, Transport::http(client(sandbox)), options).expect("opened")
}

fn run(path: &Path, sandbox: &Sandbox, how: BatchOptions) -> Summary {
    open(Input::check(path, options(path)).expect("good"), sandbox, how).run(|_| {})
}

fn sent(sandbox: &Sandbox) -> HashMap<String, usize> {
    let mut sent = HashMap::new();
    for message in sandbox.messages() {
        *sent.entry(message.to).or_default() += 1;
    }
    sent
}

fn kind_of(path: &Path, options: InputOptions) -> BatchErrorKind {
    Input::check(path, options).expect_err("refused").kind()
}

/// The problems of a file, as they are told.
fn problems(path: &Path, options: InputOptions) -> Vec<String> {
    let input = Input::check(path, options).expect("readable");
    assert!(input.problems().len() <= 20 && input.invalid() >= input.problems().len() as u64);
    input.problems().iter().map(ToString::to_string).collect()
}

#[test]
fn a_second_run_sends_what_is_left_and_nothing_else() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}+10000000001\n", numbers(60)));
    let batch = open(Input::check(&path, options(&path)).expect("good"), &sandbox, workers(4));
    let (results, stopper) = (Mutex::new(Vec::new()), batch.stopper());
    let first = batch.run(|result| {
        let mut results = results.lock().expect("whole");
        results.push(result.clone());
        if results.len() == 20 {
            stopper.stop();
        }
    });
    assert_eq!(first.ended, Some(Ended::Asked));
    // Each worker tells of a row when the next one is about to be sent.
    assert!((20..=28).contains(&first.counts.accepted), "what was under way is awaited: {first:?}");
    assert_eq!(first.counts.unknown, 0);
    drop(batch);
    let second = run(&path, &sandbox, workers(4));
    let Counts { rows, accepted, rejected, unknown, left, .. } = second.counts;
    assert_eq!((rows, accepted, rejected, unknown, left), (61, 60, 1, 0, 0));
    assert_eq!(second.ended, None);
    assert_eq!(second.reasons, [((RowState::Rejected, "5011".to_owned()), 1)].into());
    let sent = sent(&sandbox);
    assert!(sent.len() == 60 && sent.values().all(|times| *times == 1));
    // A third one has nothing to do; refused rows are sent again only if asked for.
    assert_eq!(run(&path, &sandbox, workers(4)).counts, second.counts);
    let before = sandbox.requests().len();
    assert_eq!(run(&path, &sandbox, workers(4).retry_rejected()).counts, second.counts);
    assert_eq!(sandbox.requests().len(), before + 1);
    for result in results.lock().expect("whole").iter() {
        assert!(result.message_id().is_some() && result.line() == u64::from(result.row()) + 1);
    }
}

#[test]
fn a_row_whose_answer_was_lost_is_unknown_and_sent_again_only_if_asked_for() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(30)));
    sandbox.inject(Fault::LostAnswer, 2);
    let summary = run(&path, &sandbox, workers(3));
    assert_eq!((summary.counts.accepted, summary.counts.unknown), (28, 2));
    assert_eq!(summary.reasons.get(&(RowState::Unknown, "connection_lost".to_owned())), Some(&2));
    assert_eq!(run(&path, &sandbox, workers(3)).counts.unknown, 2);
    assert_eq!(sent(&sandbox).values().sum::<usize>(), 30);
}

#[test]
fn what_a_later_attempt_did_not_come_to_does_not_tell_what_became_of_an_earlier_one() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(5)));
    sandbox.inject(Fault::LostAnswer, 2);
    assert_eq!(run(&path, &sandbox, workers(1)).counts.unknown, 2);
    let stays = |how: BatchOptions| {
        let told = Mutex::new(Vec::new());
        let input = Input::check(&path, options(&path)).expect("good");
        let summary =
            open(input, &sandbox, how).run(|result| told.lock().expect("whole").push(result.clone()));
        assert_eq!((summary.counts.accepted, summary.counts.unknown), (3, 2), "{summary:?}");
        assert_eq!(summary.reasons, [((RowState::Unknown, "connection_lost".to_owned()), 2)].into());
        let told = told.into_inner().expect("whole");
        assert!(told.iter().all(|result| result.state() == RowState::Unknown), "{told:?}");
        let report = JournalReport::read(folder.0.join("a.csv.journal")).expect("readable");
        assert_eq!((report.counts.unknown, report.counts.left, report.counts.rejected), (2, 0, 0));
    };
    // The account is refused: nothing is done by that attempt.
    sandbox.set_key_state(KeyState::Disabled);
    stays(workers(1).resend_unknown());
    sandbox.set_key_state(KeyState::Active);
    let before = sandbox.requests().len();
    stays(workers(1));
    assert_eq!(sandbox.requests().len(), before, "nobody is sent to without being asked for");
    // The row is refused: the sandbox sends no second code while the first one lives.
    stays(workers(1).resend_unknown());
    stays(workers(1).retry_rejected());
    assert_eq!(sandbox.requests().len(), before + 2);
}

#[test]
fn a_damaged_journal_is_refused_wherever_it_is_damaged_and_nobody_is_sent_to() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(20)));
    assert_eq!(run(&path, &sandbox, workers(4)).counts.accepted, 20);
    let journal = folder.0.join("a.csv.journal");
    let octets = fs::read(&journal).expect("readable");
    let refused = |octets: &[u8]| {
        fs::write(&journal, octets).expect("written");
        let input = Input::check(&path, options(&path)).expect("good");
        let refused = Batch::open(input, Transport::http(client(&sandbox)), workers(4)).expect_err("refused");
        assert_eq!(fs::read(&journal).expect("readable"), octets, "it is left as it is");
        refused.kind()
    };
    // The last of all is in the last record.
    for place in [40, 100, octets.len() / 2, octets.len() - 100, octets.len() - 1] {
        let mut octets = octets.clone();
        octets[place] ^= 1;
        let kind = refused(&octets);
        assert!(matches!(kind, BatchErrorKind::Damaged(octet) if octet <= place as u64), "{place}: {kind:?}");
    }
    for length in [1, 16, 31, 32, 33, 100] {
        assert!(matches!(refused(&octets[..length]), BatchErrorKind::Damaged(_)), "cut to {length}");
    }
    assert!(matches!(refused(&[0; 32]), BatchErrorKind::Damaged(0)));
    assert_eq!(sandbox.requests().len(), 20);
    // What a crash leaves is cut off, and said.
    let mut torn = octets.clone();
    torn.extend([0; 4096]);
    fs::write(&journal, &torn).expect("written");
    assert_eq!(JournalReport::read(&journal).expect("readable").torn, 4096);
    let batch = open(Input::check(&path, options(&path)).expect("good"), &sandbox, workers(4));
    assert_eq!((batch.torn(), batch.counts().accepted), (4096, 20));
}

#[test]
fn an_intent_that_ends_the_journal_and_is_not_as_it_was_written_is_not_sent_again() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(5)));
    assert_eq!(run(&path, &sandbox, workers(1)).counts.accepted, 5);
    let journal = folder.0.join("a.csv.journal");
    let mut octets = fs::read(&journal).expect("readable");
    // Behind the last intent stands what became of it: kind, row, state and id.
    octets.truncate(octets.len() - (8 + 1 + 4 + 1 + 19));
    let end = octets.len();
    let opened = |octets: &[u8]| {
        fs::write(&journal, octets).expect("written");
        let input = Input::check(&path, options(&path)).expect("good");
        Batch::open(input, Transport::http(client(&sandbox)), workers(1))
    };
    assert_eq!(opened(&octets).expect("whole").counts().unknown, 1);
    for bit in (end - 21) * 8..end * 8 {
        let mut octets = octets.clone();
        octets[bit / 8] ^= 1 << (bit % 8);
        let kind = opened(&octets).expect_err("one bit is damage").kind();
        assert!(matches!(kind, BatchErrorKind::Damaged(_)), "bit {bit}: {kind:?}");
    }
    // With more than a bit, nothing tells it from what a crash leaves: the row counts as unknown, now and later.
    octets[end - 1] ^= 0b101;
    fs::write(&journal, &octets).expect("written");
    assert_eq!(JournalReport::read(&journal).expect("readable").counts.unknown, 1);
    for torn in [21, 0] {
        let batch = open(Input::check(&path, options(&path)).expect("good"), &sandbox, workers(1));
        assert_eq!(batch.torn(), torn);
        let counts = batch.run(|_| {}).counts;
        assert_eq!((counts.accepted, counts.unknown, counts.left), (4, 1, 0), "{counts:?}");
    }
    assert!(sent(&sandbox).values().all(|times| *times == 1), "somebody was sent to twice");
}

#[test]
fn a_storm_of_429_pauses_everybody_and_loses_nobody() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(40)));
    sandbox.inject(Fault::RateLimited { retry_after: Duration::ZERO }, 6);
    let summary = run(&path, &sandbox, workers(8));
    assert_eq!((summary.counts.accepted, summary.ended), (40, None));
    assert!(sent(&sandbox).values().all(|times| *times == 1));
}

#[test]
fn a_service_that_only_asks_to_slow_down_ends_the_run() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(5)));
    sandbox.set_fault(Some(Fault::RateLimited { retry_after: Duration::ZERO }));
    let summary = run(&path, &sandbox, workers(2).patience(Duration::from_millis(600)));
    assert_eq!((summary.counts.left, summary.ended), (5, Some(Ended::RateLimited)));
    assert!(sandbox.requests().len() < 8, "{}", sandbox.requests().len());
}

#[test]
fn a_service_that_goes_away_is_waited_for_and_then_given_up() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(50)));
    let address = sandbox.address();
    let batch = open(
        Input::check(&path, options(&path)).expect("good"),
        &sandbox,
        workers(4).patience(Duration::from_secs(1)),
    );
    let (running, first) = (Mutex::new(Some(sandbox)), Mutex::new(HashMap::new()));
    let count = std::sync::atomic::AtomicUsize::new(0);
    let summary = batch.run(|_| {
        if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 15
            && let Some(sandbox) = running.lock().expect("whole").take()
        {
            first.lock().expect("whole").extend(sent(&sandbox));
            drop(sandbox);
        }
    });
    assert!(matches!(summary.ended, Some(Ended::Unavailable(_))), "{summary:?}");
    let Counts { accepted, unknown, left, .. } = summary.counts;
    assert!(accepted >= 15 && left > 0 && unknown <= 4, "{summary:?}");
    drop(batch);
    let sandbox = Sandbox::builder().listen(address).start().expect("the address is free");
    let summary = run(&path, &sandbox, workers(4));
    assert_eq!(summary.counts.accepted + summary.counts.unknown, 50);
    let first = first.into_inner().expect("whole");
    assert!(sent(&sandbox).keys().all(|to| !first.contains_key(to)), "nobody is sent to twice");
}

#[test]
fn credentials_that_are_refused_end_the_run_and_refuse_no_row() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(20)));
    sandbox.set_key_state(KeyState::Disabled);
    let summary = run(&path, &sandbox, workers(4));
    assert_eq!(summary.ended, Some(Ended::Refused("2002".to_owned())));
    assert_eq!((summary.counts.left, summary.counts.rejected), (20, 0));
    assert!(sandbox.requests().len() <= 4);
    sandbox.set_key_state(KeyState::Active);
    assert_eq!(run(&path, &sandbox, workers(4)).counts.accepted, 20);
}

#[test]
fn the_journal_of_a_batch_of_which_nobody_got_anything_becomes_the_next_ones() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(20)));
    let mistyped = options(&path).template("sandbox-otp-tlp".parse().expect("valid"));
    let input = Input::check(&path, mistyped).expect("good");
    assert_eq!(open(input, &sandbox, workers(4)).run(|_| {}).counts.rejected, 20);
    // Row 1, which the first one rejected, is a bad one now.
    folder.write("a.csv", format!("to\n1\n{}", numbers(19)));
    let input = Input::check(&path, options(&path)).expect("checked").skip_invalid();
    let summary = open(input, &sandbox, workers(4)).run(|_| {});
    let counts = summary.counts;
    assert_eq!((counts.accepted, counts.rejected, counts.left, counts.invalid), (19, 0, 0, 1), "{summary:?}");
    // And opened once more, nobody is sent to again.
    let input = Input::check(&path, options(&path)).expect("checked").skip_invalid();
    assert_eq!(open(input, &sandbox, workers(4)).counts(), counts);
    let report = JournalReport::read(folder.0.join("a.csv.journal")).expect("readable");
    assert_eq!((report.counts.accepted, report.counts.rejected), (19, 0));
    assert_eq!(sandbox.messages().len(), 19);
}

#[test]
fn two_runs_at_once_are_refused_and_so_is_the_journal_of_another_batch() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(3)));
    let check = |options| Input::check(&path, options).expect("good");
    let batch = open(check(options(&path)), &sandbox, workers(1));
    let refused = |input, transport| Batch::open(input, transport, workers(1)).expect_err("refused").kind();
    assert_eq!(refused(check(options(&path)), Transport::http(client(&sandbox))), BatchErrorKind::InUse);
    assert_eq!(batch.run(|_| {}).counts.accepted, 3);
    drop(batch);
    let other = options(&path).template("sandbox-custom-tpl".parse().expect("valid"));
    let found = refused(check(other), Transport::http(client(&sandbox)));
    assert_eq!(found, BatchErrorKind::OtherBatch("template"));
    let stranger = Credentials::new("somebody", "else").expect("valid");
    let stranger = Client::builder(stranger).base_url(sandbox.url()).build().expect("built");
    let found = refused(check(options(&path)), Transport::http(stranger));
    assert_eq!(found, BatchErrorKind::OtherBatch("account"));
    // A new secret of the same key is the same account.
    let renewed = Credentials::new(sandbox.credentials().key(), "new").expect("valid");
    let renewed = Client::builder(renewed).base_url(sandbox.url()).build().expect("built");
    drop(Batch::open(check(options(&path)), Transport::http(renewed), workers(1)).expect("opened"));
    folder.write("a.csv", format!("to\n{}", numbers(4)));
    let found = refused(check(options(&path)), Transport::http(client(&sandbox)));
    assert!(matches!(found, BatchErrorKind::OtherBatch(what) if what.starts_with("input")));
    let journal = folder.0.join("a.csv.journal");
    let mut octets = fs::read(&journal).expect("readable");
    // The version of the records stands behind the magic, the format and the kind.
    octets[14] = 9;
    let sum = crc(&octets[..28]);
    octets[28..32].copy_from_slice(&sum.to_le_bytes());
    fs::write(&journal, octets).expect("written");
    let found = refused(check(options(&path)), Transport::http(client(&sandbox)));
    assert_eq!(found, BatchErrorKind::NewerJournal);
    fs::write(&journal, "to\n+6591234567\n").expect("written");
    let found = refused(check(options(&path)), Transport::http(client(&sandbox)));
    assert_eq!(found, BatchErrorKind::NotAJournal);
    assert_eq!(fs::read_to_string(&journal).expect("readable"), "to\n+6591234567\n", "it is left as it is");
}

/// CRC-32, bit by bit.
fn crc(octets: &[u8]) -> u32 {
    !octets.iter().fold(!0_u32, |crc, octet| {
        (0..8).fold(
            crc ^ u32::from(*octet),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[test]
fn a_journal_holds_no_recipient_and_can_be_read_by_its_owner_alone() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", "to\n+6591234567\nsomebody@example.com\n");
    run(&path, &sandbox, workers(2));
    let journal = folder.0.join("a.csv.journal");
    let octets = fs::read(&journal).expect("readable");
    let text = String::from_utf8_lossy(&octets);
    for part in ["6591234567", "somebody", "example.com", demo::DEV_KEY, demo::DEV_SECRET] {
        assert!(!text.contains(part), "{part}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&journal).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let report = JournalReport::read(&journal).expect("readable");
    assert_eq!((report.counts.accepted, report.counts.rows), (2, 2));
    assert_eq!((report.transport.as_str(), report.kind.as_str()), ("http", "otp"));
}

#[test]
fn the_whole_file_is_checked_and_each_problem_names_line_and_field() {
    let folder = Folder::new();
    let text = "\u{feff}to,template,language,param.order\r\n\
        +6591234567,login,en,\"a, \"\"b\"\"\r\nand more\"\r\n\
        6591234567,,,\r\n\
        ,,,\r\n\
        +6591234568,,,x,y\r\n\
        to,template,language,param.order\r\n\
        +6591234569,,zh_CN,\r\n";
    let path = folder.write("a.csv", text);
    assert_eq!(
        problems(&path, options(&path)),
        [
            "line 4: to must begin with `+` and the country code, or be an e-mail address",
            "line 5: to must be given",
            "line 6: row must have 4 columns, as the header, and has 5",
            "line 7: to must begin with `+` and the country code, or be an e-mail address",
        ]
    );
    let path = folder.write(
        "a.jsonl",
        concat!(
            "\u{feff}{\"to\":\"+6591234567\",\"params\":{\"order\":\"1\"}}\n\n",
            "{\"to\":\"+6591234568\",\"to\":\"+6591234569\"}\n",
            "{\"to\":6591234567}\n",
            "{\"to\":\"+6591234568\",\"recipient\":\"x\"}\n",
            "[]\n",
            "{\"to\":\"+6591234568\",\"params\":{\"order\":1}}\n",
            "{\"to\":\"+6591234568\""
        ),
    );
    assert_eq!(
        problems(&path, options(&path)),
        [
            "line 3: to must be given once",
            "line 4: to must be text in quotes",
            "line 5: row must have no members but to, template, language, code, params and param.NAME",
            "line 6: row must be a JSON object",
            "line 7: param.order must be text in quotes",
            "line 8: row must be a JSON object",
        ]
    );
    let path = folder.write("latin.csv", b"to,param.name\n+6591234567,Ren\xe9\n");
    assert_eq!(problems(&path, options(&path)), ["line 2: param.name must be UTF-8"]);
    let many = folder.write("many.csv", format!("to\n{}", "x\n".repeat(1000)));
    let input = Input::check(&many, options(&many)).expect("readable");
    assert_eq!((input.problems().len(), input.invalid()), (20, 1000));
}

#[test]
fn a_journal_by_which_nobody_got_anything_may_become_another_batchs() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(3)));
    // Opened, and not confirmed.
    let mistyped = options(&path).template("sandbox-custom-tpl".parse().expect("valid"));
    drop(open(Input::check(&path, mistyped).expect("good"), &sandbox, workers(1)));
    for _ in 0..2 {
        let batch = open(Input::check(&path, options(&path)).expect("good"), &sandbox, workers(1));
        assert_eq!(batch.run(|_| {}).counts.accepted, 3);
    }
    assert_eq!(sandbox.messages().len(), 3);
}

#[test]
fn what_is_no_input_is_refused_with_the_reason() {
    let folder = Folder::new();
    for (text, kind) in [
        ("", BatchErrorKind::Empty),
        ("to\n", BatchErrorKind::Empty),
        ("to,to\n+6591234567,+6591234567\n", BatchErrorKind::Header(String::new())),
        ("template\nlogin\n", BatchErrorKind::Header(String::new())),
        ("to;template\n+6591234567;login\n", BatchErrorKind::Header(String::new())),
        ("+6591234567\n", BatchErrorKind::Header(String::new())),
    ] {
        let path = folder.write("a.csv", text);
        let found = kind_of(&path, options(&path));
        assert_eq!(std::mem::discriminant(&found), std::mem::discriminant(&kind), "{text:?}: {found:?}");
        assert!(!format!("{found:?}").contains("6591234567"), "{found:?}");
    }
    // The last field would hold the rows behind it, and they would be sent to nobody.
    let swallowed =
        format!("to,param.name\n+6591234567,Ann\n+6591234568,\"Bob\n{}", "+6591234569,Cid\n".repeat(3));
    let open = folder.write("open.csv", swallowed);
    assert_eq!(kind_of(&open, options(&open)), BatchErrorKind::QuoteNotClosed(3));
    let open = folder.write("open.csv", "to\n\"+6591234567\n");
    assert_eq!(kind_of(&open, options(&open)), BatchErrorKind::QuoteNotClosed(2));
    let closed =
        folder.write("closed.csv", "to,param.name\n+6591234567,\"Ann \"\"B\"\"\n\"\n+6591234568,5\" x\n");
    assert_eq!(Input::check(&closed, options(&closed)).expect("good").rows(), 2);
    let long = folder.write("long.csv", format!("to\n{}\"{}", numbers(3), "x".repeat(3 << 20)));
    assert_eq!(kind_of(&long, options(&long)), BatchErrorKind::RowTooLong(5));
    let long = folder.write("long.jsonl", "x".repeat(3 << 20));
    assert_eq!(kind_of(&long, options(&long)), BatchErrorKind::RowTooLong(1));
    assert_eq!(kind_of(&folder.0, options(&folder.0)), BatchErrorKind::NotAFile);
    assert_eq!(kind_of(Path::new("/dev/null"), options(&long)), BatchErrorKind::NotAFile);
    assert_eq!(kind_of(Path::new("no-such-file"), options(&long)), BatchErrorKind::Unreadable);
    assert_eq!(Format::of_path("x.JSONL"), Format::JsonLines);
}

#[test]
#[cfg(unix)]
fn codes_are_read_only_from_a_file_that_nobody_else_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", "to,code\n+6591234567,398210\n");
    let options = || options(&path).kind(Kind::Code);
    for mode in [0o644, 0o620, 0o604] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("changed");
        assert_eq!(kind_of(&path, options()), BatchErrorKind::OpenToOthers, "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("changed");
    let input = Input::check(&path, options()).expect("good");
    let shown = format!("{input:?}");
    assert!(!shown.contains("398210") && !shown.contains("6591234567"), "{shown}");
    assert_eq!(open(input, &sandbox, workers(1)).run(|_| {}).counts.accepted, 1);
    let message = sandbox.messages().remove(0);
    assert_eq!(sandbox.code(&message.id).as_deref(), Some("398210"));
    let mut out = Vec::new();
    export(&path, &options(), folder.0.join("a.csv.journal"), &mut out).expect("exported");
    let id = message.id.as_str();
    assert_eq!(
        String::from_utf8(out).expect("UTF-8"),
        format!("to,state,message_id,reason\n+6591234567,accepted,{id},\n")
    );
}

#[test]
fn a_row_that_is_the_same_as_another_is_bad_or_skipped_or_sent_as_asked() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let rows = "to,param.n\n+6591234567,1\n+6591234568,1\n+6591234567,2\n+6591234567,1\n+6591234567,1\n";
    let path = folder.write("a.csv", rows);
    let message = |duplicates| {
        InputOptions::of_path(&path)
            .kind(Kind::Otp)
            .template("sandbox-otp-tpl".parse().expect("valid"))
            .duplicates(duplicates)
    };
    assert_eq!(
        problems(&path, message(Duplicates::Refuse)),
        [
            "line 5: row must not be the same as the one on line 2",
            "line 6: row must not be the same as the one on line 2",
        ]
    );
    let input = Input::check(&path, message(Duplicates::Refuse)).expect("readable");
    let refused = Batch::open(input, Transport::http(client(&sandbox)), workers(1)).expect_err("refused");
    assert_eq!(refused.kind(), BatchErrorKind::InvalidRows(2));
    let input = Input::check(&path, message(Duplicates::Skip)).expect("good");
    assert_eq!((input.duplicates(), input.invalid()), (2, 0));
    let how = workers(1).journal(folder.0.join("skipped"));
    let counts = open(input, &sandbox, how).run(|_| {}).counts;
    // One of the two to the same number is refused by the service, since its code still lives.
    assert_eq!((counts.accepted, counts.rejected, counts.duplicates), (2, 1, 2));
    let before = sandbox.requests().len();
    let input = Input::check(&path, message(Duplicates::Send)).expect("good");
    open(input, &sandbox, workers(1).journal(folder.0.join("sent"))).run(|_| {});
    assert_eq!(sandbox.requests().len(), before + 5);
}

#[test]
fn bad_rows_are_left_out_only_if_asked_for() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", "to\n+6591234567\n12\n+6591234568\n");
    let input = || Input::check(&path, options(&path)).expect("readable");
    let refused = Batch::open(input(), Transport::http(client(&sandbox)), workers(1)).expect_err("refused");
    assert_eq!(refused.kind(), BatchErrorKind::InvalidRows(1));
    assert!(!folder.0.join("a.csv.journal").exists());
    let counts = open(input().skip_invalid(), &sandbox, workers(1)).run(|_| {}).counts;
    assert_eq!((counts.accepted, counts.invalid, counts.left), (2, 1, 0));
}

#[test]
fn an_input_that_is_changed_meanwhile_ends_the_run() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(2000)));
    let input = Input::check(&path, options(&path)).expect("good");
    let batch = open(input, &sandbox, workers(1));
    let changed = Mutex::new(false);
    let summary = batch.run(|_| {
        let mut changed = changed.lock().expect("whole");
        if !*changed {
            fs::write(&path, format!("to\n+6599999999\n{}", numbers(2000))).expect("written");
            *changed = true;
        }
    });
    assert!(matches!(summary.ended, Some(Ended::Input(_))), "{:?}", summary.ended);
    assert!(summary.counts.accepted < 1000);
    assert!(!sent(&sandbox).contains_key("+6599999999"));
}

#[test]
fn rows_go_over_smpp_too_which_reaches_phones_alone() {
    let folder = Folder::new();
    let sandbox = Sandbox::builder().smpp_listen(([127, 0, 0, 1], 0).into()).start().expect("a sandbox");
    let path = folder.write("a.csv", format!("to\n{}somebody@example.com\n", numbers(50)));
    let smpp_options = || options(&path).over_smpp();
    assert_eq!(
        problems(&path, smpp_options()),
        ["line 52: to must be a phone number: SMPP reaches phones alone"]
    );
    folder.write("a.csv", format!("to\n{}", numbers(50)));
    let address = sandbox.smsc().expect("it listens").address().to_string();
    let credentials = smpp::Credentials::new(demo::SMPP_SYSTEM_ID, demo::SMPP_PASSWORD).expect("valid");
    let config = SmppConfig::new(&address, credentials);
    let connect = || Transport::smpp(SmppClient::connect(&config).expect("connected").0, &config);
    let unchecked = Input::check(&path, options(&path)).expect("good");
    let refused = Batch::open(unchecked, connect(), workers(1)).expect_err("refused");
    assert_eq!(refused.kind(), BatchErrorKind::OtherTransport);
    for _ in 0..2 {
        let input = Input::check(&path, smpp_options()).expect("good");
        let batch = Batch::open(input, connect(), workers(8)).expect("opened");
        let counts = batch.run(|_| {}).counts;
        assert_eq!((counts.accepted, counts.rows), (50, 50));
    }
    let sent = sent(&sandbox);
    assert!(sent.len() == 50 && sent.values().all(|times| *times == 1));
}

#[test]
fn the_rate_holds_for_all_workers_together() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", format!("to\n{}", numbers(30)));
    let began = std::time::Instant::now();
    let summary = run(&path, &sandbox, workers(8).rate(NonZeroUsize::new(40).expect("some")));
    assert_eq!(summary.counts.accepted, 30);
    assert!(began.elapsed() > Duration::from_millis(600), "{:?}", began.elapsed());
}

#[test]
fn a_code_that_this_version_does_not_know_survives_as_itself() {
    let (folder, sandbox) = (Folder::new(), Sandbox::start().expect("a sandbox"));
    let path = folder.write("a.csv", "to\n+6591234567\n");
    sandbox.fail_next(ErrorCode::from(7777));
    let summary = run(&path, &sandbox, workers(1));
    let reasons: Vec<_> = summary.reasons.keys().map(|(_, reason)| reason.as_str()).collect();
    assert_eq!(reasons, ["7777"]);
}
