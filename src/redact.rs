//! Takes codes, secrets and addresses out of texts that come from the service or from a proxy.
//!
//! Such texts may repeat the request, so everything that the request held is known and cut. What else looks
//! like a code, a phone number or an e-mail address is cut on suspicion. Only failures come here.

use serde_json::Value;

use crate::api::SENSITIVE_FIELDS;

/// What stands in place of what was cut.
const CUT: char = '…';

/// The longest excerpt, in characters.
const EXCERPT: usize = 200;

/// Values that must not be shown, as they stood in a request.
#[derive(Default)]
pub(crate) struct Sensitive(Vec<String>);

impl Sensitive {
    /// The sensitive values of a request body, and `secrets` besides.
    pub(crate) fn of(body: Option<&[u8]>, secrets: &[&str]) -> Self {
        let mut values: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        if let Some(Ok(request)) = body.map(serde_json::from_slice::<Value>) {
            collect(&request, false, &mut values);
        }
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

/// Cuts words with an `@` between other characters.
fn cut_addresses(text: &str) -> String {
    let separates = |c: char| c.is_whitespace() || "<>\"'(),;:=[]{}&|".contains(c);
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(separates) {
        let word = piece.trim_end_matches(separates);
        if word.trim_matches('@').contains('@') {
            kept.push(CUT);
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
    }
    kept
}

/// Cuts what may be a code of letters and digits: 4 to 10 of them in a row, some of each.
fn cut_mixtures(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let mixed = word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        if mixed && (4..=10).contains(&word.len()) {
            kept.push(CUT);
            kept.push_str(&piece[word.len()..]);
        } else {
            kept.push_str(piece);
        }
    }
    kept
}

/// Cuts what may be a code or a phone number: 4 to 15 digits, perhaps with single separators between them.
/// Longer unbroken runs are message ids, which help to find a message and name nobody.
fn cut_numbers(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            kept.push(characters[at]);
            at += 1;
            continue;
        }
        let (mut end, mut digits, mut run, mut longest_run) = (at, 0, 0, 0);
        let mut next = at;
        while next < characters.len() {
            if characters[next].is_ascii_digit() {
                digits += 1;
                run += 1;
                longest_run = longest_run.max(run);
                next += 1;
                end = next;
            } else if next - end < 2 && matches!(characters[next], ' ' | '-' | '.' | '(' | ')' | '/') {
                run = 0;
                next += 1;
            } else {
                break;
            }
        }
        if digits < 4 || longest_run > 15 {
            kept.extend(&characters[at..end]);
        } else {
            kept.push(CUT);
        }
        at = end;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_request_are_cut_whatever_their_case() {
        let body =
            br#"{"to":"+6591234567","template":{"id":"login","params":{"name":"Wilhelmina"}},"code":"aBcD"}"#;
        let sensitive = Sensitive::of(Some(body), &["s3cret"]);
        assert_eq!(sensitive.scrub("S3CRET +6591234567 login WILHELMINA abcd"), "… … login … …");
    }

    #[test]
    fn what_looks_like_a_code_a_number_or_an_address_is_cut_on_suspicion() {
        let nothing = Sensitive::default();
        assert_eq!(nothing.scrub("code 398210, call +65 9123-4567!"), "code …, call +…!");
        assert_eq!(nothing.scrub("<b>user@example.com</b>"), "<b>…</b>");
        assert_eq!(nothing.scrub("<b>aB3dE</b> in 2s"), "<b>…</b> in 2s");
        assert_eq!(nothing.scrub("HTTP 502 from 10 hosts"), "HTTP 502 from 10 hosts");
    }

    #[test]
    fn message_ids_stay() {
        let nothing = Sensitive::default();
        assert_eq!(nothing.scrub("message 1725407449772531712"), "message 1725407449772531712");
    }

    #[test]
    fn excerpts_are_bounded_and_on_one_line() {
        let long = "word\r\n".repeat(1000);
        let excerpt = Sensitive::default().excerpt(&long);
        assert_eq!(excerpt.chars().count(), EXCERPT + 1);
        assert!(!excerpt.contains('\n'));
    }
}
