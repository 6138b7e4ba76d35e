//! What is wrong with a document: where, and what to do about it.

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

    /// The line of the last key that can be found, going down the keys by indentation. Good for block-style
    /// YAML, which the document is written in; inside a flow-style value it names the line where that begins.
    fn line(&self, text: &str) -> usize {
        let mut found = 0;
        let mut lines = text.lines().enumerate().peekable();
        let mut outer: Option<usize> = None;
        for key in &self.0 {
            let quoted = [format!("{key}:"), format!("'{key}':"), format!("\"{key}\":")];
            let mut item = key.parse::<usize>().ok();
            let hit = lines.by_ref().find_map(|(number, line)| {
                let indent = line.len() - line.trim_start().len();
                let inside = outer.is_none_or(|outer| indent > outer);
                let content = line.trim_start();
                if let (Some(left), true) = (item, inside && content.starts_with("- ")) {
                    item = left.checked_sub(1);
                    return (left == 0).then_some((number, indent));
                }
                (inside && quoted.iter().any(|quoted| content.starts_with(quoted.as_str())))
                    .then_some((number, indent))
            });
            let Some((number, indent)) = hit else { break };
            found = number;
            outer = Some(indent);
        }
        found + 1
    }
}

/// One thing that keeps the document from becoming code.
#[derive(Clone, Debug)]
pub(crate) struct Defect {
    place: Place,
    line: Option<usize>,
    what: String,
}

impl Defect {
    /// `what` says what is wrong and, after a semicolon, what to do.
    pub(crate) fn new(place: Place, what: impl Into<String>) -> Self {
        Self { place, line: None, what: what.into() }
    }

    /// A defect whose line the YAML parser knows.
    pub(crate) fn on_line(line: Option<usize>, what: impl Into<String>) -> Self {
        Self { place: Place::default(), line, what: what.into() }
    }

    /// `file:line: place: what`.
    pub(crate) fn located(&self, file: &str, text: &str) -> String {
        match (self.line, self.place.0.is_empty()) {
            (Some(line), _) => format!("{file}:{line}: {}", self.what),
            (None, true) => format!("{file}: {}", self.what),
            (None, false) => {
                format!("{file}:{}: {}: {}", self.place.line(text), self.place.0.join(" > "), self.what)
            }
        }
    }
}
