//! Where values end in text that need not be JSON to the letter: brackets and strings are followed, and what stands
//! between them is not looked at. What a row has of octets or words that JSON does not know stays in that row.

/// Why no end was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The text ends first.
    Cut,
    /// A bracket does not match, or there is no value.
    Malformed,
}

/// The first position from `at` that is no space.
pub(super) fn skip_space(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| !is_space(*byte)).unwrap_or(rest.len())
}

/// Where the value ends that begins at `at`.
pub(super) fn value_end(text: &[u8], at: usize) -> Result<usize, Flaw> {
    match text.get(at).ok_or(Flaw::Cut)? {
        b'"' => string_end(text, at),
        b'{' | b'[' => container_end(text, at),
        _ => {
            let rest = &text[at..];
            let ends =
                |byte: &u8| is_space(*byte) || matches!(byte, b',' | b':' | b'"' | b'{' | b'}' | b'[' | b']');
            match rest.iter().position(ends) {
                Some(0) => Err(Flaw::Malformed),
                Some(length) => Ok(at + length),
                None => Err(Flaw::Cut),
            }
        }
    }
}

/// Where the string ends whose first quote is at `at`.
pub(super) fn string_end(text: &[u8], at: usize) -> Result<usize, Flaw> {
    let mut at = at + 1;
    loop {
        let rest = text.get(at..).ok_or(Flaw::Cut)?;
        let stop = rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(Flaw::Cut)?;
        at += stop;
        if text[at] == b'"' {
            return Ok(at + 1);
        }
        at += 2;
    }
}

fn container_end(text: &[u8], start: usize) -> Result<usize, Flaw> {
    let mut open = Vec::new();
    let mut at = start;
    loop {
        match *text.get(at).ok_or(Flaw::Cut)? {
            b'"' => {
                at = string_end(text, at)?;
                continue;
            }
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            byte @ (b'}' | b']') if open.pop() != Some(byte) => return Err(Flaw::Malformed),
            _ => {}
        }
        at += 1;
        if open.is_empty() {
            return Ok(at);
        }
    }
}

/// Whether text whose brackets match has more than `most` levels of them.
pub(super) fn nested_deeper_than(json: &[u8], most: usize) -> bool {
    // Nothing is deeper than it has opening brackets. Counting them takes a fraction of the time that following them takes,
    // and settles it for every row that the service is known to send.
    // In steps, so that each count fits an octet and many are made at once. `{` and `[` differ in one bit.
    let opening =
        |step: &[u8]| usize::from(step.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>());
    if json.chunks(255).map(opening).sum::<usize>() <= most {
        return false;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_their_brackets_and_quotes_do() {
        for value in [
            "{}",
            "[]",
            "\"\"",
            r#""\"}""#,
            r#""\\""#,
            r#"{"a":"}\"","b":[{"c":[]}]}"#,
            "NaN",
            "1e5",
            "{'a':\u{7}}",
        ] {
            let text = format!(" {value} ,x");
            assert_eq!(value_end(text.as_bytes(), 1), Ok(1 + value.len()), "{value}");
        }
        for cut in ["", "\"", "\"\\", "\"\\\"", "{", "[[]", "{\"a\":\"}", "tru"] {
            assert_eq!(value_end(cut.as_bytes(), 0), Err(Flaw::Cut), "{cut}");
        }
        for malformed in ["[}", "{]", "{[}]", ",", ":", "]"] {
            assert_eq!(value_end(malformed.as_bytes(), 0), Err(Flaw::Malformed), "{malformed}");
        }
    }

    #[test]
    fn brackets_in_strings_are_no_levels() {
        let quoted = format!(r#"{{"a":"{}","b":"\"{}"}}"#, "[".repeat(100), "{".repeat(100));
        assert!(!nested_deeper_than(quoted.as_bytes(), 1));
        let side_by_side = format!("[{}]", ["[]"; 1000].join(","));
        assert!(!nested_deeper_than(side_by_side.as_bytes(), 2));
        assert!(nested_deeper_than(side_by_side.as_bytes(), 1));
    }
}
