//! Lines that end between words where a terminal would end them within one.

#[cfg(unix)]
use std::os::fd::AsFd;

/// Each line of a text that is for this terminal; as it is where there is none.
#[cfg(unix)]
pub(crate) fn for_terminal(text: &str, terminal: impl AsFd, indent: usize) -> String {
    let Some(width) = columns(terminal) else { return text.to_owned() };
    let indent = indent.min(width / 4);
    let fitted = |one: &str| {
        let begins_at = one.len() - one.trim_start().len();
        // No column of its own where there is no room for one.
        line(&one[begins_at.saturating_sub(indent.max(2))..], width, "", indent)
    };
    text.lines().map(fitted).collect::<Vec<_>>().join("\n")
}

/// How many columns a terminal has.
#[cfg(unix)]
pub(crate) fn columns(terminal: impl AsFd) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(terminal).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// Elsewhere the width cannot be asked for.
#[cfg(not(unix))]
pub(crate) fn for_terminal<T>(text: &str, _: T, _: usize) -> String {
    text.to_owned()
}

#[cfg(not(unix))]
pub(crate) fn columns<T>(_: T) -> Option<usize> {
    None
}

/// A line that goes on in the next one behind so many spaces, with `end` at the end of those that go on.
pub(crate) fn line(line: &str, width: usize, end: &str, indent: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let start = line.len() - line.trim_start().len();
    let mut text = line[..start].to_owned();
    let mut column = start;
    let mut words = line[start..].split(' ').peekable();
    let mut is_first = true;
    while let Some(word) = words.next() {
        let length = word.chars().count();
        let room = if words.peek().is_some() { width.saturating_sub(end.len()) } else { width };
        if is_first {
            is_first = false;
        } else if column + 1 + length > room {
            text.truncate(text.trim_end_matches(' ').len());
            text += end;
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_ends_between_words_and_keeps_its_spaces() {
        assert_eq!(line("short  one", 10, "", 2), "short  one");
        assert_eq!(line("one two three", 8, "", 2), "one two\n  three");
        assert_eq!(line("  one two three", 9, " \\", 4), "  one \\\n    two \\\n    three");
        assert_eq!(line("good     proxy  none of these", 16, "", 3), "good     proxy\n   none of these");
        assert_eq!(line("a-word-that-is-too-long b", 10, "", 1), "a-word-that-is-too-long\n b");
    }
}
