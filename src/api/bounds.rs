//! A smallest and a greatest amount, as the document gives them.

use std::fmt;

/// From how much to how much something may be, both ends allowed. It shows itself as `1 to 32`, `at least 3` or
/// `at most 255`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    min: Option<i64>,
    max: Option<i64>,
}

impl Bounds {
    pub(crate) const fn new(min: Option<i64>, max: Option<i64>) -> Self {
        Self { min, max }
    }

    /// The smallest amount, if there is one.
    pub const fn min(self) -> Option<i64> {
        self.min
    }

    /// The greatest amount, if there is one.
    pub const fn max(self) -> Option<i64> {
        self.max
    }

    /// Whether a number is neither too small nor too great.
    pub fn contains(self, number: i64) -> bool {
        self.min.is_none_or(|min| min <= number) && self.max.is_none_or(|max| number <= max)
    }

    /// Whether a text is neither too short nor too long. Lengths are counted in characters, as OpenAPI says.
    pub fn contains_length(self, text: &str) -> bool {
        self.contains_count(text.chars().count())
    }

    /// `1 to 32 characters`.
    pub(crate) fn characters(self) -> String {
        let one = self.max.or(self.min) == Some(1);
        format!("{self} character{}", if one { "" } else { "s" })
    }

    /// Whether there are neither too few nor too many.
    pub fn contains_count(self, count: usize) -> bool {
        self.contains(i64::try_from(count).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min == max => write!(f, "{min}"),
            (Some(min), Some(max)) => write!(f, "{min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("any"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_their_ends_and_say_what_they_are() {
        let both = Bounds::new(Some(1), Some(3));
        assert_eq!([0, 1, 3, 4].map(|number| both.contains(number)), [false, true, true, false]);
        assert!(both.contains_length("ééé") && !both.contains_length("éééé"), "characters, not octets");
        let shown =
            [both, Bounds::new(Some(3), None), Bounds::new(None, Some(255)), Bounds::new(Some(1), Some(1))];
        assert_eq!(shown.map(|bounds| bounds.to_string()), ["1 to 3", "at least 3", "at most 255", "1"]);
    }
}
