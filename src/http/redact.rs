//! Takes codes, secrets and addresses out of texts that come from the service or from a proxy.
//!
//! Such texts may repeat the request, so everything that the request held is known and cut, in whatever disguise it
//! comes back: with other characters between, as another script or an encoding writes it. What else looks like a code, a phone number or an e-mail address is cut on suspicion. Only failures come
//! here.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde_json::Value;

use crate::api::limits::CODE_CONFIG_VERIFY_CODE_LEN_RANGE;
use crate::api::types::SENSITIVE_FIELDS;
use crate::http::escapes::{as_written, decoded, fold};
use crate::input::is_invisible;

/// Values that must not be shown, as they stood in a request.
#[derive(Default)]
pub(crate) struct Redactor {
    /// Forms that are looked for letter by letter.
    exact: Vec<Vec<char>>,
    /// Letters and digits alone, looked for whatever stands between them.
    spaced: Vec<Vec<char>>,
}

impl Redactor {
    /// The sensitive values of a request body, and `secrets` besides.
    pub(crate) fn of(body: Option<&[u8]>, secrets: &[&str]) -> Self {
        let mut values: Vec<String> = secrets.iter().map(|&secret| secret.to_owned()).collect();
        if let Some(Ok(request)) = body.map(serde_json::from_slice::<Value>) {
            collect(&request, false, &mut values);
        }
        let exact = values
            .iter()
            .flat_map(|value| forms(value))
            .map(|form| form.chars().map(fold).collect())
            .collect();
        let letters = |value: &String| -> Vec<char> {
            // One more shows that there are too many to be found.
            value.chars().filter(|c| c.is_alphanumeric()).take(WINDOW + 1).map(fold).collect()
        };
        let found = values.iter().map(letters).filter(|letters| letters.len() <= WINDOW);
        let spaced = found.flat_map(|value| nearly(&value)).collect();
        Self { exact, spaced }
    }

    /// `text` without what must not be shown, on one line, and not longer than an excerpt.
    pub(crate) fn excerpt(&self, text: &str) -> String {
        let scrubbed = self.scrub(text);
        let line = scrubbed.split_whitespace().collect::<Vec<_>>().join(" ");
        // Nor may it change how a terminal shows what stands around it.
        let line = line.replace(|c: char| c.is_control() || is_invisible(c), "\u{FFFD}");
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}{CUT}", &line[..end]),
            None => line,
        }
    }

    /// Whether `text` holds nothing of what the request held.
    pub(crate) fn is_clean(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        [as_written(&text), decoded(&text)].into_iter().all(|reading| {
            let (text, _): (Vec<char>, Vec<usize>) = reading.into_iter().unzip();
            let mut hidden = vec![false; text.len()];
            self.hide_known(&text, &mut hidden);
            !hidden.contains(&true)
        })
    }

    /// The beginning of `text`, as much as anybody reads of it, without what must not be shown.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let shown: Vec<char> = text.chars().take(WINDOW).collect();
        let mut hidden = vec![false; shown.len()];
        for reading in [as_written(&shown), decoded(&shown)] {
            let (text, ends): (Vec<char>, Vec<usize>) = reading.into_iter().unzip();
            let mut found = vec![false; text.len()];
            self.hide_known(&text, &mut found);
            hide_addresses(&text, &mut found);
            hide_mixtures(&text, &mut found);
            hide_numbers(&text, &mut found);
            let begins = std::iter::once(0).chain(ends.iter().copied());
            for ((begin, end), _) in begins.zip(&ends).zip(found).filter(|(_, found)| *found) {
                hidden[begin..*end].fill(true);
            }
        }
        // A value may have been cut in two where the window ends.
        let end = if shown.len() < WINDOW { shown.len() } else { WINDOW - MARGIN };
        let mut kept = String::with_capacity(end);
        for index in 0..end {
            if !hidden[index] {
                kept.push(shown[index]);
            } else if index == 0 || !hidden[index - 1] {
                kept.push(CUT);
            }
        }
        kept
    }

    fn hide_known(&self, text: &[char], hidden: &mut [bool]) {
        for value in &self.exact {
            for start in occurrences(text, value) {
                hidden[start..start + value.len()].fill(true);
            }
        }
        let places: Vec<usize> = (0..text.len()).filter(|&index| text[index].is_alphanumeric()).collect();
        let letters: Vec<char> = places.iter().map(|&index| text[index]).collect();
        for value in &self.spaced {
            for start in occurrences(&letters, value) {
                let places = &places[start..start + value.len()];
                if places.windows(2).all(|pair| pair[1] - pair[0] <= MAX_GAP + 1) {
                    hidden[places[0]..=places[places.len() - 1]].fill(true);
                }
            }
        }
    }
}

/// Short values of free parameters are left alone: to cut every "a" would make texts unreadable. Codes have four
/// characters at least.
fn collect(value: &Value, sensitive: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if sensitive && text.chars().count() >= SHORTEST => found.push(text.clone()),
        Value::Number(number) if sensitive && number.to_string().len() >= SHORTEST => {
            found.push(number.to_string());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, sensitive, found)),
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(field, sensitive || SENSITIVE_FIELDS.contains(&name.as_str()), found);
            }
        }
        _ => {}
    }
}

/// A value, and other forms in which it may come back: a number without its `+` or its country code, the name of an
/// e-mail address, and what it is in hexadecimal and in Base64.
fn forms(value: &str) -> Vec<String> {
    // What is longer than all that is looked at is not found there, and would take long to prepare.
    let is_long = value.chars().nth(WINDOW).is_some();
    let mut forms = if is_long { Vec::new() } else { vec![value.to_owned()] };
    if let Some(digits) =
        value.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    {
        forms.push(digits.to_owned());
        forms.extend((1..=3).filter_map(|country| digits.get(country..)).map(str::to_owned));
    }
    if let Some((name, _)) = value.split_once('@').filter(|(name, _)| name.len() <= WINDOW) {
        forms.push(name.to_owned());
    }
    if value.len() > SHORTEST && !is_long {
        forms.push(value.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")));
        forms.extend((0..3).map(|before| in_base64(value, before)));
    }
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

/// What a value always is in the Base64 of something longer that has `before` octets, or three or six more, before it.
fn in_base64(value: &str, before: usize) -> String {
    let whole = BASE64_STANDARD_NO_PAD.encode([&[0; 2][..before], value.as_bytes()].concat());
    // Six bits make a character. The first and the last may hold bits of what stands around the value.
    let own = (before * 8).div_ceil(6)..(before + value.len()) * 8 / 6;
    whole[own].to_owned()
}

/// A value, and what is left of it when one character is lost: enough of it to guess the rest.
fn nearly(value: &[char]) -> Vec<Vec<char>> {
    if value.len() <= SHORTEST {
        return Vec::new();
    }
    let without =
        |lost: usize| value.iter().enumerate().filter(|(index, _)| *index != lost).map(|(_, c)| *c).collect();
    let mut forms = vec![value.to_vec()];
    if value.len() <= LONG_VALUE {
        forms.extend((0..value.len()).map(without));
    } else {
        forms.extend([0, value.len() - 1].map(without));
    }
    forms
}

/// Where `value` begins in `text`.
fn occurrences<'a>(text: &'a [char], value: &'a [char]) -> impl Iterator<Item = usize> + 'a {
    let some = (!value.is_empty()).then(|| text.windows(value.len()));
    some.into_iter().flatten().enumerate().filter(move |(_, window)| *window == value).map(|(start, _)| start)
}

/// Hides words with an `@` between other characters.
fn hide_addresses(text: &[char], hidden: &mut [bool]) {
    let separates = |c: char| c.is_whitespace() || "<>\"'(),:=[]{}|".contains(c);
    for word in words(text, |c| !separates(c)) {
        let letters: String = text[word.clone()].iter().collect();
        if letters.trim_matches('@').contains('@') {
            hidden[word].fill(true);
        }
    }
}

/// Hides what may be a code of letters and digits: as many of them in a row as codes can have, some of each; or single
/// ones, with separators between.
fn hide_mixtures(text: &[char], hidden: &mut [bool]) {
    let mut spelt: Option<std::ops::Range<usize>> = None;
    let mut singles = 0;
    for word in words(text, char::is_alphanumeric) {
        let letters = &text[word.clone()];
        let mixed = letters.iter().any(char::is_ascii_digit) && letters.iter().any(char::is_ascii_alphabetic);
        if mixed && CODE_CONFIG_VERIFY_CODE_LEN_RANGE.contains_count(word.len()) {
            hidden[word.clone()].fill(true);
        }
        let continues = spelt.as_ref().is_some_and(|spelt| word.start - spelt.end <= MAX_GAP);
        match &mut spelt {
            Some(range) if continues && word.len() == 1 => {
                range.end = word.end;
                singles += 1;
            }
            _ => {
                spelt = (word.len() == 1).then_some(word);
                singles = 1;
            }
        }
        if let (Some(range), true) = (&spelt, singles > SHORTEST) {
            hidden[range.clone()].fill(true);
        }
    }
}

/// Hides what may be a code or a phone number: digits, 4 of them or more, perhaps with separators between. A run of
/// 16 digits and more is a message's id, which helps to find a message and identifies no person; it stays.
fn hide_numbers(text: &[char], hidden: &mut [bool]) {
    let between = |gap: &[char]| gap.len() <= MAX_GAP && gap.iter().all(|c| !c.is_alphanumeric());
    let mut number: Option<std::ops::Range<usize>> = None;
    let mut digits = 0;
    for run in words(text, char::is_numeric) {
        if run.len() >= MESSAGE_ID {
            number = None;
            continue;
        }
        match &mut number {
            Some(number) if between(&text[number.end..run.start]) => {
                digits += run.len();
                number.end = run.end;
            }
            _ => {
                digits = run.len();
                number = Some(run);
            }
        }
        if let (Some(number), true) = (&number, digits > SHORTEST) {
            hidden[number.clone()].fill(true);
        }
    }
}

/// The longest runs of characters that are `part` of a word.
fn words(text: &[char], part: impl Fn(char) -> bool) -> Vec<std::ops::Range<usize>> {
    let mut words: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, &c) in text.iter().enumerate() {
        match words.last_mut() {
            _ if !part(c) => {}
            Some(word) if word.end == index => word.end += 1,
            _ => words.push(index..index + 1),
        }
    }
    words
}

/// What stands in place of what was cut.
const CUT: char = '…';

/// The longest excerpt, in characters.
const EXCERPT: usize = 200;

/// How much of a text is looked at, in characters; and how much of that, at its end, is never shown.
const WINDOW: usize = 4096;
const MARGIN: usize = 512;

/// The shortest value that is looked for, and the longest that is not cut on suspicion.
const SHORTEST: usize = 3;

/// Up to this length, a value is also looked for with any one character missing.
const LONG_VALUE: usize = 64;

/// How many separators may stand between two letters or digits that belong together.
const MAX_GAP: usize = 3;

/// As many digits no phone number and no code has.
const MESSAGE_ID: usize = 16;

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;

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
        assert_eq!(phone.scrub("6591234567 or %2B6591234567 or 91234567x"), "… or … or …");
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
    fn no_way_of_writing_hides_a_value() {
        let body = br#"{"to":"+6591234567","verify_code":"SENTcode7"}"#;
        let request = Redactor::of(Some(body), &["s3cret-of-ours"]);
        for text in [
            "SENTcode7",
            "sent code 7",
            "S E N T c o d e 7",
            "s-e-n-t-c-o-d-e-7",
            "SENTcode",
            "ENTcode7",
            "SETcode7",
            "ＳＥＮＴｃｏｄｅ７",
            "ＳＥＮＴｃｏｄｅ",
            "６５９１２３４５６７",
            "٦٥٩١٢٣٤٥٦٧",
            "659123456",
            "s3cret of ours",
            "s3cret-of-our",
            "3cret-of-ours",
        ] {
            assert_eq!(request.scrub(text), "…", "{text}");
            assert!(!request.is_clean(text), "{text}");
        }
        for text in ["３９８２１０", "3 9 8 2 1 0", "a B 3 d E", "x-k-q-z", "𝟛𝟡𝟠𝟚𝟙𝟘", "३९८२१०"]
        {
            assert_eq!(Redactor::default().scrub(text), "…", "{text}");
        }
        for text in ["the sentence", "I am here", "a page of 12 lines", "code 3002: not allowed by policy"] {
            let expected = text.replace("3002", "…");
            assert_eq!(request.scrub(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_long_to_be_found_is_not_looked_for() {
        let longest = "x1".repeat(WINDOW / 2);
        for (value, kept) in
            [(longest.clone(), true), (longest + "x", false), ("name@".repeat(200_000), false)]
        {
            let body = format!(r#"{{"template":{{"params":{{"text":"{value}"}}}}}}"#);
            let redactor = Redactor::of(Some(body.as_bytes()), &[]);
            assert_eq!(redactor.spaced.iter().any(|form| form.len() == value.len()), kept);
            assert!(redactor.exact.iter().all(|form| form.len() <= 2 * WINDOW), "{}", value.len());
            assert!(redactor.is_clean("abc"));
        }
    }

    #[test]
    fn no_encoding_hides_a_value() {
        let body = r#"{"to":"+6591234567","template":{"params":{"name":"Zoë Müller","word":"Käsefondue"}}}"#;
        let request = Redactor::of(Some(body.as_bytes()), &["s3cret-of-ours"]);
        for text in [
            r"K\u00e4sefondue",
            r"\u004b\u00E4\u0073\u0065\u0066\u006f\u006e\u0064\u0075\u0065",
            "K%C3%A4sefondue",
            "%4b%c3%a4%73%65%66%6f%6e%64%75%65",
            "K&#228;sefondue",
            "K&#xE4;sefondue",
            "KÄSEFONDUE",
            r"Zo\u00eb M\u00fcller",
            "Zo%C3%AB+M%C3%BCller",
            "%2B%36%35%39%31%32%33%34%35%36%37",
            "&#54;&#53;&#57;&#49;&#50;&#51;&#52;&#53;&#54;&#55;",
            "4BC3A47365666f6e647565",
        ] {
            let scrubbed = request.scrub(text);
            assert!(
                scrubbed.chars().filter(|c| c.is_alphanumeric()).count() == 0,
                "{text} became {scrubbed}"
            );
        }
        // In the middle of something encoded, wherever it begins there.
        for before in ["", "a", "ab", "abc"] {
            let encoded = BASE64_STANDARD.encode(format!("{before}Käsefondue and"));
            assert!(!request.is_clean(&encoded), "{encoded}");
            let shown = request.scrub(&encoded);
            assert!(
                !shown.contains("c2Vmb25kdW")
                    && !shown.contains("NlZm9uZHVl")
                    && !shown.contains("zZWZvbmR1Z"),
                "{shown}"
            );
        }
        assert_eq!(request.scrub("100% of %dx, ab&bc, \\u and %zz"), "100% of %dx, ab&bc, \\u and %zz");
    }

    #[test]
    fn any_separator_may_stand_in_a_number() {
        for number in [
            "398\u{A0}210",
            "39\u{2009}82\u{2009}10",
            "398–210",
            "39*82*10",
            "39\u{200B}82\u{200B}10",
            "398&nbsp;210",
        ] {
            let scrubbed = Redactor::default().scrub(number);
            assert!(!scrubbed.contains(|c: char| c.is_ascii_digit()), "{number} became {scrubbed}");
        }
    }

    #[test]
    fn an_excerpt_changes_nothing_where_it_is_shown() {
        let text = "a\u{1b}[mred\u{7} \u{202E}fed\u{200B}c\u{9b}d\r\n\te";
        assert_eq!(
            Redactor::default().excerpt(text),
            "a\u{FFFD}[mred\u{FFFD} \u{FFFD}fed\u{FFFD}c\u{FFFD}d e"
        );
    }

    #[test]
    fn the_end_of_what_is_looked_at_hides_nothing_half() {
        let request = Redactor::of(Some(br#"{"code":"SENTcode7"}"#), &[]);
        for padding in WINDOW - 12..WINDOW {
            let text = "x ".repeat(padding)[..padding].to_owned() + "SENTcode7";
            assert!(!request.scrub(&text).contains("SENT"), "{padding}");
        }
    }

    #[test]
    fn excerpts_are_bounded_and_on_one_line() {
        let long = "word\r\n".repeat(1000);
        let excerpt = Redactor::default().excerpt(&long);
        assert_eq!(excerpt.chars().count(), EXCERPT + 1);
        assert!(!excerpt.contains('\n'));
    }
}
