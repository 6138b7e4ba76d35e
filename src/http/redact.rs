//! Takes codes, secrets and addresses out of texts that come from the service or from a proxy.
//!
//! Such texts may repeat the request, so everything that the request held is known and cut. What else looks
//! like a code, a phone number or an e-mail address is cut on suspicion. Only failures come here.

use serde_json::Value;

use crate::api::limits::CODE_CONFIG_VERIFY_CODE_LEN_RANGE;
use crate::api::types::SENSITIVE_FIELDS;

/// What stands in place of what was cut.
const CUT: char = '…';

/// The longest excerpt, in characters.
const EXCERPT: usize = 200;

/// Values that must not be shown, as they stood in a request.
#[derive(Default)]
pub(crate) struct Redactor(Vec<String>);

impl Redactor {
    /// The sensitive values of a request body, and `secrets` besides.
    pub(crate) fn of(body: Option<&[u8]>, secrets: &[&str]) -> Self {
        let mut values: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        if let Some(Ok(request)) = body.map(serde_json::from_slice::<Value>) {
            collect(&request, false, &mut values);
        }
        values.extend(values.clone().iter().flat_map(|value| forms(value)));
        // Longest first, so that a value that contains another is cut whole.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// `text` without what must not be shown, on one line, and not longer than an excerpt.
    pub(crate) fn excerpt(&self, text: &str) -> String {
        let scrubbed = self.scrub(text);
        let line = scrubbed.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}{CUT}", &line[..end]),
            None => line,
        }
    }

    /// `text` without what must not be shown.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let known = self.0.iter().fold(text.to_owned(), |text, value| cut(&text, value));
        cut_numbers(&cut_mixtures(&cut_addresses(&known)))
    }
}

/// Short values of free parameters are left alone: cutting every "a" helps nobody. Codes have four
/// characters at least.
fn collect(value: &Value, sensitive: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if sensitive && text.len() >= 3 => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, sensitive, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(field, sensitive || SENSITIVE_FIELDS.contains(&name.as_str()), found);
            }
        }
        _ => {}
    }
}

/// Other forms in which a value may come back: a number without its `+` or its country code, the name of an e-mail
/// address, and what stands for `+` and `@` in URLs, JSON and HTML.
fn forms(value: &str) -> Vec<String> {
    let mut forms = Vec::new();
    if let Some(digits) =
        value.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    {
        forms.push(digits.to_owned());
        forms.extend((1..=3).filter_map(|country| digits.get(country..)).map(str::to_owned));
    }
    if let Some((name, _)) = value.split_once('@') {
        forms.push(name.to_owned());
    }
    for (plain, written) in
        [("@", "%40"), ("@", "\\u0040"), ("@", "&#64;"), ("+", "%2b"), ("+", "\\u002b"), ("+", "&#43;")]
    {
        if value.contains(plain) {
            forms.push(value.replace(plain, written));
        }
    }
    forms.retain(|form| form.len() >= 3);
    forms
}

/// Cuts every occurrence of `value`, in upper or lower case.
fn cut(text: &str, value: &str) -> String {
    if value.is_empty() {
        return text.to_owned();
    }
    let (haystack, needle) = (text.to_ascii_lowercase(), value.to_ascii_lowercase());
    let mut kept = String::with_capacity(text.len());
    let mut end = 0;
    for (start, _) in haystack.match_indices(&needle) {
        kept.push_str(&text[end..start]);
        kept.push(CUT);
        end = start + needle.len();
    }
    kept.push_str(&text[end..]);
    kept
}

/// Cuts words with an `@` between other characters, however it is written.
fn cut_addresses(text: &str) -> String {
    let separates = |c: char| c.is_whitespace() || "<>\"'(),:=[]{}|".contains(c);
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(separates) {
        let word = piece.trim_end_matches(separates);
        let lower = word.to_ascii_lowercase();
        let written = ["%40", "\\u0040", "&#64;"].iter().any(|at| lower.contains(at));
        if written || word.trim_matches('@').contains('@') {
            kept.push(CUT);
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
    }
    kept
}

/// Cuts what may be a code of letters and digits: as many of them in a row as codes can have, some of each.
fn cut_mixtures(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let mixed = word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        if mixed && CODE_CONFIG_VERIFY_CODE_LEN_RANGE.contains_length(word) {
            kept.push(CUT);
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
    }
    kept
}

/// Cuts what may be a code or a phone number: digits, 4 of them or more, perhaps with separators between. A run of
/// 16 digits and more is a message's id, which helps to find a message and names nobody; it stays.
fn cut_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        kept.push_str(&rest[..start]);
        rest = &rest[start..];
        let run = run_of_digits(rest);
        if run >= LONG {
            kept.push_str(&rest[..run]);
            rest = &rest[run..];
            continue;
        }
        // Joins further runs, as long as few separators stand between and they are not ids.
        let (mut end, mut digits) = (run, run);
        while let Some((next, length)) = next_run(&rest[end..]) {
            if length >= LONG {
                break;
            }
            end += next + length;
            digits += length;
        }
        if digits < 4 {
            kept.push_str(&rest[..end]);
        } else {
            kept.push(CUT);
        }
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

fn run_of_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// Where the next run of digits begins behind at most three separators, and how long it is.
fn next_run(text: &str) -> Option<(usize, usize)> {
    let gap = text.bytes().take_while(|byte| b" -.()/,_:".contains(byte)).count();
    let length = run_of_digits(&text[gap..]);
    ((1..=3).contains(&gap) && length > 0).then_some((gap, length))
}

/// As many digits no phone number and no code has.
const LONG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_request_are_cut_whatever_their_case() {
        let body =
            br#"{"to":"+6591234567","template":{"id":"login","params":{"name":"Wilhelmina"}},"code":"aBcD"}"#;
        let sensitive = Redactor::of(Some(body), &["s3cret"]);
        assert_eq!(sensitive.scrub("S3CRET +6591234567 login WILHELMINA abcd"), "… … login … …");
    }

    #[test]
    fn what_looks_like_a_code_a_number_or_an_address_is_cut_on_suspicion() {
        let nothing = Redactor::default();
        assert_eq!(nothing.scrub("code 398210, call +65 9123-4567!"), "code …, call +…!");
        assert_eq!(nothing.scrub("<b>user@example.com</b>"), "<b>…</b>");
        assert_eq!(nothing.scrub("<b>aB3dE</b> in 2s"), "<b>…</b> in 2s");
        assert_eq!(nothing.scrub("HTTP 502 from 10 hosts"), "HTTP 502 from 10 hosts");
    }

    #[test]
    fn the_longest_and_the_shortest_code_that_the_document_allows_are_cut() {
        let limits = CODE_CONFIG_VERIFY_CODE_LEN_RANGE;
        for length in [limits.min(), limits.max()].into_iter().flatten() {
            let code: String = "a1".chars().cycle().take(usize::try_from(length).expect("small")).collect();
            assert_eq!(Redactor::default().scrub(&format!("was {code}, is")), "was …, is");
        }
    }

    #[test]
    fn values_are_cut_in_other_forms_too() {
        let body = br#"{"to":"+6591234567"}"#;
        let phone = Redactor::of(Some(body), &[]);
        assert_eq!(phone.scrub("6591234567 %2B6591234567 91234567x"), "… … …x");
        let mail = Redactor::of(Some(br#"{"to":"sentinel.person@example.com"}"#), &[]);
        for form in [
            "sentinel.person%40example.com",
            "sentinel.person\\u0040example.com",
            "sentinel.person&#64;example.com",
        ] {
            assert_eq!(mail.scrub(form), "…", "{form}");
            assert!(!Redactor::default().scrub(form).contains("sentinel"), "{form}");
        }
        assert_eq!(mail.scrub("dear sentinel.person,"), "dear …,");
    }

    #[test]
    fn separators_do_not_hide_a_number() {
        let nothing = Redactor::default();
        for number in ["912 - 345 - 67", "91,23,45,67", "91_23:45.67", "(65) 9123 4567"] {
            let scrubbed = nothing.scrub(number);
            assert!(!scrubbed.contains(|c: char| c.is_ascii_digit()), "{number} became {scrubbed}");
        }
        assert_eq!(nothing.scrub("line 1 column 2"), "line 1 column 2");
    }

    #[test]
    fn message_ids_stay_and_shield_nothing() {
        let nothing = Redactor::default();
        assert_eq!(nothing.scrub("1725407449772531712 6591234567"), "1725407449772531712 …");
        assert_eq!(nothing.scrub("398210/1725407449772531712/398210"), "…/1725407449772531712/…");
        assert_eq!(nothing.scrub("message 1725407449772531712"), "message 1725407449772531712");
    }

    #[test]
    fn excerpts_are_bounded_and_on_one_line() {
        let long = "word\r\n".repeat(1000);
        let excerpt = Redactor::default().excerpt(&long);
        assert_eq!(excerpt.chars().count(), EXCERPT + 1);
        assert!(!excerpt.contains('\n'));
    }
}
