//! What is wrong with a document: where, and what to do about it.

use yaml_serde::Value;

/// A place in the document: the keys that lead to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place(Vec<String>);

impl Place {
    pub(crate) fn at<const N: usize>(keys: [&str; N]) -> Self {
        Self(keys.iter().map(|&key| key.to_owned()).collect())
    }

    pub(crate) fn child(&self, key: &str) -> Self {
        let mut keys = self.0.clone();
        keys.push(key.to_owned());
        Self(keys)
    }

    pub(crate) fn ends_with(&self, key: &str) -> bool {
        self.0.last().is_some_and(|last| last == key)
    }

    /// Whether the last key is a name that the document gives, and no keyword: of a property or of a component.
    pub(crate) fn is_name(&self) -> bool {
        let above = self.0.split_last().map_or(&[][..], |(_, above)| above);
        // A property may have the name `properties`, and then what stands below it are keywords again.
        let properties = above.iter().rev().take_while(|key| *key == "properties").count();
        properties % 2 == 1 || above.len() == 2 && above[0] == "components"
    }

    /// How many arrays and maps stand around this place, without a name between them.
    pub(crate) fn nesting(&self) -> usize {
        self.0.iter().rev().take_while(|key| matches!(key.as_str(), "items" | "additionalProperties")).count()
    }

    /// How many keys stand where this one stands.
    pub(crate) fn siblings(&self, root: &Value) -> usize {
        let parent = self.0.split_last().map_or(&[][..], |(_, rest)| rest);
        let value = parent.iter().fold(root, |value, key| match key.parse::<usize>() {
            Ok(index) if value.is_sequence() => &value[index],
            _ => &value[key.as_str()],
        });
        value.as_mapping().map_or(0, yaml_serde::Mapping::len)
    }

    /// The line of the last key that can be found, going down the keys by indentation. Good for block-style
    /// YAML, which the document is written in; inside a flow-style value it names the line where that begins.
    fn line(&self, text: &str) -> usize {
        let mut lines: Vec<(usize, &str)> =
            text.lines().map(|line| (line.len() - line.trim_start().len(), line.trim_start())).collect();
        let blank = |content: &str| content.is_empty() || content.starts_with('#');
        let (mut found, mut begin, mut outer) = (0, 0, None);
        for key in &self.0 {
            let written = [format!("{key}:"), format!("'{key}':"), format!("\"{key}\":")];
            // The items of a list may stand as far to the left as its key does.
            let index = key.parse::<usize>().ok();
            let inside = |indent: usize, content: &str| {
                outer.is_none_or(|outer| {
                    indent > outer || indent == outer && index.is_some() && is_item(content)
                })
            };
            let mut children = lines[begin..]
                .iter()
                .zip(begin..)
                .filter(|((_, content), _)| !blank(content))
                .take_while(|((indent, content), _)| inside(*indent, content))
                .peekable();
            // Only the first child's indentation counts: what stands deeper belongs to somebody else.
            let Some(&&(level, _)) = children.peek().map(|(line, _)| line) else { break };
            let mut siblings = children.filter(|((indent, _), _)| *indent == level);
            let hit = match index {
                Some(index) => siblings.filter(|((_, content), _)| is_item(content)).nth(index),
                None => siblings
                    .find(|((_, content), _)| written.iter().any(|key| content.starts_with(key.as_str()))),
            };
            let Some((_, number)) = hit else { break };
            found = number;
            outer = Some(level);
            begin = number + 1;
            if index.is_some() {
                // The item's first key stands on the same line, behind the dash.
                let (indent, content) = lines[number];
                lines[number] = (indent + 2, content.trim_start_matches('-').trim_start());
                begin = number;
            }
        }
        found + 1
    }
}

fn is_item(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// One thing that keeps the document from becoming code.
#[derive(Clone, Debug)]
pub(crate) struct Diagnostic {
    place: Place,
    line: Option<usize>,
    what: String,
}

impl Diagnostic {
    /// `what` says what is wrong and, after a semicolon, what to do.
    pub(crate) fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, line: None, what: what.into() }
    }

    /// A diagnostic whose line the YAML parser knows.
    pub(crate) fn on_line(line: Option<usize>, what: impl Into<String>) -> Self {
        Self { place: Place::default(), line, what: what.into() }
    }

    /// `file:line: place: what`.
    pub(crate) fn located(&self, file: &str, text: &str) -> String {
        match (self.line, self.place.0.is_empty()) {
            (Some(line), _) => format!("{file}:{line}: {}", self.what),
            (None, true) => format!("{file}:1: {}", self.what),
            (None, false) => {
                format!("{file}:{}: {}: {}", self.place.line(text), self.place.0.join(" > "), self.what)
            }
        }
    }
}
