//! Reads texts as those would who know how they are written: with the escapes of JSON, URLs and HTML, and with the
//! digits and letters of other scripts.

/// The characters of a text, plain, each with where it ends there.
pub(super) fn as_written(text: &[char]) -> Vec<(char, usize)> {
    text.iter().enumerate().map(|(index, c)| (fold(*c), index + 1)).collect()
}

/// The characters that JSON, URLs and HTML write otherwise, plain, each with where it ends in the text.
pub(super) fn decoded(text: &[char]) -> Vec<(char, usize)> {
    let mut read = Vec::with_capacity(text.len());
    let mut index = 0;
    while index < text.len() {
        let (c, length) = escaped(&text[index..]).unwrap_or((text[index], 1));
        index += length;
        read.push((fold(c), index));
    }
    read
}

/// The character that an escape at the beginning of `text` stands for, and the length of that.
fn escaped(text: &[char]) -> Option<(char, usize)> {
    match text {
        ['\\', 'u', rest @ ..] => {
            let first = number(rest.get(..4)?, 16)?;
            // The second half of a pair, for what lies beyond 16 bits.
            let second = match rest.get(4..10) {
                Some(['\\', 'u', low @ ..]) => number(low, 16).filter(|low| (0xDC00..0xE000).contains(low)),
                _ => None,
            };
            match second {
                Some(low) if (0xD800..0xDC00).contains(&first) => {
                    Some((char::from_u32(0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00))?, 12))
                }
                _ => Some((char::from_u32(first)?, 6)),
            }
        }
        ['\\', c @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't'), ..] => {
            Some((if c.is_alphabetic() { ' ' } else { *c }, 2))
        }
        ['%', ..] => {
            let octets = text.chunks(3).map_while(|part| match part {
                ['%', digits @ ..] if digits.len() == 2 => u8::try_from(number(digits, 16)?).ok(),
                _ => None,
            });
            let octets: Vec<u8> = octets.take(4).collect();
            let length = (1..=octets.len()).find(|length| str::from_utf8(&octets[..*length]).is_ok())?;
            Some((str::from_utf8(&octets[..length]).ok()?.chars().next()?, 3 * length))
        }
        ['&', '#', 'x' | 'X', rest @ ..] => entity(rest, 16).map(|(c, length)| (c, length + 3)),
        ['&', '#', rest @ ..] => entity(rest, 10).map(|(c, length)| (c, length + 2)),
        ['&', 'n', 'b', 's', 'p', ';', ..] => Some((' ', 6)),
        ['&', 'a', 'm', 'p', ';', ..] => Some(('&', 5)),
        _ => None,
    }
}

/// The character of an HTML entity behind its `&#`, and its length with the semicolon.
fn entity(text: &[char], radix: u32) -> Option<(char, usize)> {
    let end = text.iter().take(8).position(|c| *c == ';')?;
    Some((char::from_u32(number(&text[..end], radix)?)?, end + 1))
}

fn number(digits: &[char], radix: u32) -> Option<u32> {
    let value = |number: u32, c: &char| Some(number.checked_mul(radix)? + c.to_digit(radix)?);
    digits.iter().try_fold(0, value).filter(|_| !digits.is_empty())
}

/// The plain lower-case form of a character: full-width forms and the digits of other scripts are another way to write
/// the same.
pub(super) fn fold(c: char) -> char {
    const ZEROS: [u32; 6] = [0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10];
    let code = u32::from(c);
    let plain = match code {
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0),
        0x1D7CE..=0x1D7FF => char::from_digit((code - 0x1D7CE) % 10, 10),
        _ => ZEROS
            .iter()
            .find(|&&zero| (zero..zero + 10).contains(&code))
            .and_then(|zero| char::from_digit(code - zero, 10)),
    };
    let plain = plain.unwrap_or(c);
    plain.to_lowercase().next().unwrap_or(plain)
}
