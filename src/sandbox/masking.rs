//! What a request said, for people to read: codes are masked wherever they stand, and addresses where they have no
//! business to be, which is everywhere but in a body.
//!
//! It errs on the side of masking: a name that nobody meant for a code may be masked as well.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::TemplateId;
use crate::api::operations::GET_TEMPLATE;
use crate::input::is_invisible;

/// A path, of which each segment is masked that may hold an address or a code.
pub(crate) fn path(path: &str) -> String {
    // Ids of templates stand in a path by right, and often hold a few digits.
    let before_id = GET_TEMPLATE.path.split('{').next().unwrap_or_default();
    if let Some(id) = path.strip_prefix(before_id) {
        let has_letter = id.bytes().any(|byte| byte.is_ascii_alphabetic());
        if has_letter && id.parse::<TemplateId>().is_ok() && !id.contains(['@', '%']) {
            return path.to_owned();
        }
    }
    let mut follows_a_code = false;
    let shown = path.split('/').map(|segment| {
        let plain = decoded(segment);
        let is_masked = is_private(&plain) || follows_a_code && !segment.is_empty();
        follows_a_code = is_of_a_code(&plain);
        if is_masked { MASK } else { segment }
    });
    shown.collect::<Vec<_>>().join("/")
}

/// A query, of which each name and each value is masked that may be an address or a code.
pub(crate) fn query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| {
        let (name, value) = pair.split_once('=').map_or((pair, None), |(name, value)| (name, Some(value)));
        let plain = decoded(name);
        let shown_name = if is_private(&plain) { MASK } else { name };
        match value {
            None => shown_name.to_owned(),
            Some(value) if !value.is_empty() && (is_of_a_code(&plain) || is_private(&decoded(value))) => {
                format!("{shown_name}={MASK}")
            }
            Some(value) => format!("{shown_name}={value}"),
        }
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// A word that whoever calls chooses freely, such as a method.
pub(crate) fn word(word: &str) -> &str {
    if is_private(word) { MASK } else { word }
}

/// The name of a field, `template.params.name`, of which a part may be a name that somebody chose: one that is an address or
/// a code, or that would steer a terminal, is masked. A long one is cut: it is remembered, and may be as long as a body.
pub(crate) fn field(field: &str) -> String {
    let shown = |part: &str| {
        let (name, index) = part.split_once('[').unwrap_or((part, "]"));
        let is_index = index
            .strip_suffix(']')
            .is_some_and(|index| index.len() <= 4 && index.bytes().all(|byte| byte.is_ascii_digit()));
        let steers = |c: char| c.is_control() || is_invisible(c) || c.is_whitespace() && c != ' ';
        let is_private = name.contains('@') || digits(name) >= FEWEST_DIGITS;
        let is_plain = is_index && !is_private && !name.contains(steers);
        if is_plain { part.to_owned() } else { MASK.to_owned() }
    };
    let shown = field.split('.').map(shown).collect::<Vec<_>>().join(".");
    match shown.char_indices().nth(LONGEST_FIELD) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

/// A body, with codes masked. A number is masked with a mask of its own, so that the type can still be seen.
pub(crate) fn body(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            let place = if value.is_object() { Place::Named } else { Place::Free };
            mask(&mut value, place);
            value.to_string()
        }
        // What is no JSON cannot be masked field by field, and may hold anything.
        Err(_) if body.is_empty() => String::new(),
        Err(_) => format!("{} octets that are not JSON", body.len()),
    }
}

/// A text without percent-encoding, of which a second layer is no hiding place.
fn decoded(text: &str) -> String {
    let once = percent_decode_str(text).decode_utf8_lossy();
    percent_decode_str(&once).decode_utf8_lossy().into_owned()
}

/// Whether a text may hold an address or a code. The id of a message is neither.
fn is_private(text: &str) -> bool {
    let is_message_id = text.len() == 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    let has_number = digits(text) >= FEWEST_DIGITS_OF_A_NUMBER && !is_message_id;
    text.contains('@') || has_number || looks_like_a_code(text)
}

fn digits(text: &str) -> usize {
    text.chars().filter(|character| character.is_numeric()).count()
}

/// Masks what may be a code: below a name that codes have, whatever stands there; and by its looks among a template's
/// parameters, whose names are free, and where no name says what it is.
fn mask(value: &mut Value, place: Place) {
    match value {
        Value::Object(fields) => {
            // The number of an error stands beside its message, has four digits at most, and is no secret.
            let is_error = fields.contains_key("message");
            for (name, value) in fields.iter_mut() {
                let place = match place {
                    Place::OfACode => Place::OfACode,
                    _ if is_error && name == "code" && value.as_u64().is_some_and(|code| code < 10_000) => {
                        continue;
                    }
                    _ if is_setting(name) => Place::Named,
                    _ if is_of_a_code(name) => Place::OfACode,
                    Place::Free => Place::Free,
                    Place::Named if name == "params" => Place::Free,
                    Place::Named => Place::Named,
                };
                mask(value, place);
            }
            if fields.keys().any(|name| is_private(name)) {
                let shown = |name: String| if is_private(&name) { MASK.to_owned() } else { name };
                let taken = std::mem::take(fields).into_iter();
                *fields = taken.map(|(name, value)| (shown(name), value)).collect();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, place)),
        Value::String(text) if place == Place::OfACode || place == Place::Free && looks_like_a_code(text) => {
            *value = Value::from(MASK);
        }
        Value::Number(_) if place != Place::Named => *value = Value::from(MASK_OF_A_NUMBER),
        _ => {}
    }
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Below a name that says what it is.
    Named,
    /// Below a name that says nothing, or without any.
    Free,
    /// Below a name that codes have.
    OfACode,
}

/// Names of the document that speak of codes, and hold none.
fn is_setting(name: &str) -> bool {
    name.starts_with("verify_code_") || matches!(name, "custom_country_codes" | "error_code")
}

/// Whether a name is one that codes and secrets have: `otp`, `verify_code`, `loginPin`, `OTPCode`.
fn is_of_a_code(name: &str) -> bool {
    const WORDS: [&str; 11] =
        ["code", "otp", "pin", "tan", "passcode", "password", "passwd", "pwd", "secret", "token", "verify"];
    // Nearly all names are none of these, and are done with here.
    let lower_case = name.to_lowercase();
    if !WORDS.iter().any(|word| lower_case.contains(word)) {
        return false;
    }
    let mut words = vec![String::new()];
    let mut after_lower_case = false;
    for character in name.chars() {
        if !character.is_alphabetic() || after_lower_case && character.is_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (character.is_alphabetic(), words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        after_lower_case = character.is_lowercase();
    }
    // Capitals alone run together.
    let ends = |word: &String| ["code", "otp"].iter().any(|end| word.ends_with(end) || word.starts_with(end));
    words.iter().any(|word| WORDS.contains(&word.as_str()) || ends(word))
}

/// Whether a value is one that a code could be: short, without white space, and with at least three digits.
fn looks_like_a_code(text: &str) -> bool {
    text.len() <= 16 && !text.contains(char::is_whitespace) && digits(text) >= FEWEST_DIGITS
}

/// What stands where a code or an address was.
const MASK: &str = "••••••";

/// What stands where a number was that may be a code.
const MASK_OF_A_NUMBER: &str = "•••••• (a number)";

/// The most characters of a field's name.
const LONGEST_FIELD: usize = 200;

/// The fewest digits that make a code of a word.
const FEWEST_DIGITS: usize = 3;

/// The fewest digits of a phone number.
const FEWEST_DIGITS_OF_A_NUMBER: usize = 7;

#[cfg(test)]
mod tests {
    use super::body as masked;
    use super::*;

    #[test]
    fn codes_are_masked_whatever_name_and_type_they_have() {
        let body = br#"{"to":"+6591234567","code":"398210","template":{"params":{"code":"1","n":"2"}}}"#;
        let shown = masked(body);
        assert!(
            !shown.contains("398210") && !shown.contains(r#""1""#) && shown.contains("+6591234567"),
            "{shown}"
        );
        let error = r#"{"code":3002,"message":"invalid"}"#;
        assert_eq!(masked(error.as_bytes()), error, "the number of an error is no secret");
        for body in [
            r#"{"verify_code":398210}"#,
            r#"{"code":398210}"#,
            r#"{"message_id":"1","verifyCode":398210}"#,
            r#"{"verifycode":398210}"#,
            r#"{"pincode":398210}"#,
            r#"{"passcode":398210}"#,
            r#"{"verify_code":["398210"]}"#,
            r#"{"verify_code":{"v":"398210"}}"#,
            r#"{"params":"398210"}"#,
            r#"{"params":["398210"]}"#,
            r#"{"params":{"k":["398210"]}}"#,
            r#"{"message":"x","code":398210,"to":"+6591234567"}"#,
            r#"{"message":"x","code":"398210"}"#,
            r#"{"verify":"398210"}"#,
            r#""398210""#,
            "398210",
            r#"["398210"]"#,
            r#"{"template":{"params":{"398210":""}}}"#,
            r#"{"398210":true}"#,
        ] {
            assert!(!masked(body.as_bytes()).contains("398210"), "{body}");
        }
        for params in [
            r#"{"otp":"398210"}"#,
            r#"{"otp":398210}"#,
            r#"{"OTPCode":"x7"}"#,
            r#"{"loginPin":"ab"}"#,
            r#"{"one-time-password":"sesame"}"#,
            r#"{"n":"398210"}"#,
            r#"{"n":"398-210"}"#,
        ] {
            let body = format!(r#"{{"template":{{"id":"t","params":{params}}}}}"#);
            assert!(masked(body.as_bytes()).contains("••••••"), "{params}");
        }
        let names = r#"{"template":{"id":"login-2024","params":{"name":"Anna","shipping":"by sea","amount":"12 EUR"}}}"#;
        let template =
            r#"{"template_id":"t","verify_code_config":{"verify_code_len":6,"verify_code_ttl":5}}"#;
        for kept in [names, template] {
            let value = |text: &str| serde_json::from_str::<Value>(text).ok();
            assert_eq!(value(&masked(kept.as_bytes())), value(kept), "no code is in it");
        }
        assert_eq!(masked(b"code=398210"), "11 octets that are not JSON");
    }
    #[test]
    fn a_number_is_masked_as_one() {
        let masked = |text: &str| serde_json::from_str::<Value>(&masked(text.as_bytes())).expect("JSON");
        let shown = masked(r#"{"verify_code":398210,"code":"398210"}"#);
        assert_eq!(shown["code"], MASK);
        assert_eq!(shown["verify_code"], MASK_OF_A_NUMBER);
    }

    #[test]
    fn addresses_and_codes_in_a_path_are_masked_and_ids_are_kept() {
        for (given, shown) in [
            ("/v1/messages/+6591234567", "/v1/messages/••••••"),
            ("/v1/messages/%2B6591234567/x", "/v1/messages/••••••/x"),
            ("/v1/messages/%252B6591234567", "/v1/messages/••••••"),
            ("/v1/messages/+65%209123%204567", "/v1/messages/••••••"),
            ("/v1/to=+65-9123-4567", "/v1/••••••"),
            ("/v1/messages/someone@example.com", "/v1/messages/••••••"),
            ("/v1/messages/someone%40example.com", "/v1/messages/••••••"),
            ("/v1/messages/someone%2540example.com", "/v1/messages/••••••"),
            ("/v1/verifications/1725407449772531712/398210", "/v1/verifications/1725407449772531712/••••••"),
            ("/v1/codes/abcd", "/v1/codes/••••••"),
            ("/v1/verify/abcd/x", "/v1/verify/••••••/x"),
            ("/v1/template-configs/+6591234567", "/v1/template-configs/••••••"),
            ("/v1/template-configs/398210", "/v1/template-configs/••••••"),
            ("/v1/template-configs/a@6591234567", "/v1/template-configs/••••••"),
            ("/\u{ff16}\u{ff15}\u{ff19}\u{ff11}\u{ff12}\u{ff13}\u{ff14}", "/••••••"),
        ] {
            assert_eq!(path(given), shown);
        }
        for kept in [
            "",
            "/",
            "*",
            "/v1/messages",
            "/v1/codes",
            "/v1/codes/",
            "/v1/template-configs/login-2024",
            "/v1/template-configs/sandbox-otp-tpl",
            "/v1/messages/1725407449772531712",
            "/sandbox/messages/1725407449772531712/events",
            "/apple-touch-icon-120x120.png",
        ] {
            assert_eq!(path(kept), kept);
        }
    }

    #[test]
    fn addresses_and_codes_in_a_query_are_masked_with_their_names_kept() {
        for (given, shown) in [
            ("to=+6591234567&wait=20", "to=••••••&wait=20"),
            ("to=%2B65%209123%204567", "to=••••••"),
            ("to=someone%40example.com", "to=••••••"),
            ("code=abcd&pin=1", "code=••••••&pin=••••••"),
            ("verify%5Fcode=x", "verify%5Fcode=••••••"),
            ("q=398210", "q=••••••"),
            ("+6591234567", "••••••"),
            ("398210=x", "••••••=x"),
        ] {
            assert_eq!(query(given), shown);
        }
        for kept in ["", "a=b&c", "code=", "refused=true&limit=50", "after=1725407449772531712"] {
            assert_eq!(query(kept), kept);
        }
    }

    #[test]
    fn names_that_somebody_chose_are_masked_where_they_are_numbers_or_addresses() {
        for (given, shown) in [
            ("template.params.+6591234567", "template.params.••••••"),
            ("template.params.398210", "template.params.••••••"),
            ("template.params.a@b", "template.params.••••••"),
            ("template.params.[6591234567]", "template.params.••••••"),
            ("template.params.\u{1b}[2J", "template.params.••••••"),
            ("template.params.a\u{202e}b", "template.params.••••••"),
            ("template.params.a\nb", "template.params.••••••"),
        ] {
            assert_eq!(field(given), shown);
        }
        let template = "templates[1].email_config.template_name";
        for kept in ["to", "to[999]", "the path", "template.params.name", template] {
            assert_eq!(field(kept), kept);
        }
        assert_eq!(field(&"é.".repeat(1_000)), format!("{}…", "é.".repeat(LONGEST_FIELD / 2)));
        assert_eq!((word("POST"), word("+6591234567")), ("POST", MASK));
    }
}
