//! Keeps the values of a response's head out of ureq's debug records.
//!
//! ureq shows the values of some header fields, and a server or a proxy may put anything into them. Which fields those
//! are cannot be configured, but ureq hides the fields that it does not know. So while a logger takes debug records,
//! such fields get another name on their way up, of the same length, and their own back behind ureq.

use http::HeaderMap;
use http::header::HeaderName;

/// Renames the fields in `input`, as far as the head is there. Says whether it was there whole.
///
/// What a line is and where a head ends is seen as ureq's parser sees it: a line ends with LF, there may be a CR before
/// that, and empty lines may come first.
pub(super) fn hide_names(input: &mut [u8]) -> bool {
    let mut within = None;
    for line in input.split_inclusive_mut(|octet| *octet == b'\n') {
        let Some(content) = line.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        else {
            return false;
        };
        match within {
            None if content.is_empty() => {}
            // A provisional response: another head follows.
            None => within = Some(content.starts_with(b"HTTP/1.") && content.get(9) == Some(&b'1')),
            Some(true) if content.is_empty() => within = None,
            Some(false) if content.is_empty() => return true,
            Some(_) => {
                let colon = content.iter().position(|octet| *octet == b':');
                if let Some(colon) = colon.filter(|colon| is_shown(&content[..*colon], &content[colon + 1..]))
                {
                    line[colon - 1] = MARK;
                }
            }
        }
    }
    false
}

/// Whether ureq would show this value, which may be anything.
fn is_shown(name: &[u8], value: &[u8]) -> bool {
    let is = |shown: &&str| name.eq_ignore_ascii_case(shown.as_bytes());
    let framing =
        |token: &[u8]| FRAMING.iter().any(|known| token.trim_ascii().eq_ignore_ascii_case(known.as_bytes()));
    SHOWN.iter().any(is) || FRAMED_BY.iter().any(is) && !value.split(|octet| *octet == b',').all(framing)
}

/// Gives fields that were renamed their own names back.
pub(super) fn restore_names(headers: &mut HeaderMap) {
    if !headers.keys().any(|name| name.as_str().as_bytes().ends_with(&[MARK])) {
        return;
    }
    for name in SHOWN.into_iter().chain(FRAMED_BY) {
        let mut hidden = name.as_bytes().to_vec();
        hidden.pop();
        hidden.push(MARK);
        let Ok(hidden) = HeaderName::from_bytes(&hidden) else { continue };
        let values: Vec<_> = headers.get_all(&hidden).iter().cloned().collect();
        headers.remove(&hidden);
        for value in values {
            headers.append(HeaderName::from_static(name), value);
        }
    }
}

/// The fields whose values ureq shows, but for those that say where a response ends.
const SHOWN: [&str; 9] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "content-encoding",
    "content-type",
    "date",
    "host",
    "server",
    "user-agent",
];

/// The fields that ureq shows and needs, and what they commonly say: that stays. A length is a number, or no response.
const FRAMED_BY: [&str; 2] = ["connection", "transfer-encoding"];
const FRAMING: [&str; 8] =
    ["chunked", "close", "compress", "deflate", "gzip", "identity", "keep-alive", "upgrade"];

/// Takes the place of a name's last letter. It may stand in a name, and does not in any of these.
const MARK: u8 = b'~';

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn names_are_hidden_in_the_head_alone_and_come_back() {
        let mut input = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-TYPE: a\r\nX-Date: b\r\nDate:c\r\n\r\nserver: d\r\n".to_vec();
        assert!(!hide_names(&mut input[..40]));
        assert!(hide_names(&mut input));
        let text = String::from_utf8(input).expect("UTF-8");
        assert!(text.ends_with("Content-TYP~: a\r\nX-Date: b\r\nDat~:c\r\n\r\nserver: d\r\n"), "{text}");

        for early in ["\r\n\nHTTP/1.1 103 Early\r\nServer: x\r\n\r\n", "HTTP/1.0 102 Wait\n\r\n", ""] {
            for end in ["\r\n\r\n", "\n\n", "\n\r\n", "\r\n\n"] {
                let head = format!("{early}HTTP/1.1 200 OK\r\nDate: secret\nServer: secret{end}");
                let mut input = format!("{head}date: body").into_bytes();
                assert!(!hide_names(&mut input[..head.len() - 1]), "{head:?}");
                assert!(hide_names(&mut input), "{head:?}");
                let text = String::from_utf8(input).expect("UTF-8");
                assert!(
                    text.contains("Dat~: secret\nServe~: secret") && text.ends_with("date: body"),
                    "{text:?}"
                );
            }
        }
    }

    #[test]
    fn fields_that_say_where_a_response_ends_are_hidden_if_they_say_something_else() {
        for (field, shown) in [
            ("Connection: keep-alive, Upgrade", true),
            ("Connection:close", true),
            ("Transfer-Encoding: gzip, Chunked ", true),
            ("Connection: secret", false),
            ("Transfer-Encoding: chunked, secret", false),
        ] {
            let mut input = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n").into_bytes();
            assert!(hide_names(&mut input));
            assert_eq!(!input.contains(&MARK), shown, "{field}");
        }
    }

    #[test]
    fn names_come_back() {
        let mut headers = HeaderMap::new();
        headers.append("content-typ~", HeaderValue::from_static("a"));
        headers.append("serve~", HeaderValue::from_static("b"));
        headers.append("serve~", HeaderValue::from_static("c"));
        restore_names(&mut headers);
        assert_eq!(headers.len(), 3);
        assert_eq!(headers.get("content-type").expect("restored"), "a");
        assert_eq!(headers.get_all("server").iter().collect::<Vec<_>>(), ["b", "c"]);
    }
}
