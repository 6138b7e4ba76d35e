//! Keeps the values of a response's head out of ureq's debug records.
//!
//! ureq shows the values of some header fields, and a server or a proxy may put anything into them. Which fields those
//! are cannot be configured, but ureq hides the fields that it does not know. So while a logger takes debug records,
//! such fields get another name on their way up, of the same length, and their own back behind ureq.

use http::HeaderMap;
use http::header::HeaderName;

/// Renames the fields in `input`, if the whole head is there. Says whether it was.
pub(super) fn hide_names(mut input: &mut [u8]) -> bool {
    while let Some(end) = end_of_head(input) {
        let (head, rest) = input.split_at_mut(end);
        for line in head.split_mut(|octet| *octet == b'\n') {
            let Some(colon) = line.iter().position(|octet| *octet == b':') else { continue };
            if SHOWN.iter().any(|name| line[..colon].eq_ignore_ascii_case(name.as_bytes())) {
                line[colon - 1] = MARK;
            }
        }
        if !head.starts_with(b"HTTP/1.1 1") {
            return true;
        }
        // A provisional response: another head follows.
        input = rest;
    }
    false
}

/// Gives fields that were renamed their own names back.
pub(super) fn restore_names(headers: &mut HeaderMap) {
    if !headers.keys().any(|name| name.as_str().as_bytes().ends_with(&[MARK])) {
        return;
    }
    for name in SHOWN {
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

fn end_of_head(input: &[u8]) -> Option<usize> {
    let ends = |window: &[u8]| window == b"\r\n\r\n" || window.ends_with(b"\n\n");
    input.windows(4).position(ends).map(|start| start + 4)
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
