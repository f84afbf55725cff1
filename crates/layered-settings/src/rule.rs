//! The form of a value. The check and its description are in one place.

use std::fmt;

/// The form of a setting's value. Its text completes the sentence "The value must be ...".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A whole number from the first to the second one.
    Number(u64, u64),
    /// `true` or `false`.
    Flag,
    /// One of these words, in their own case.
    OneOf(&'static [&'static str]),
    /// Some of these words, separated by commas.
    ListOf(&'static [&'static str]),
    /// Any text.
    Text,
    /// A form that the program checks, described in words.
    Described(&'static str),
    /// A form that the program checks, shown as it is typed, such as `file:PATH`.
    Typed(&'static str),
}

impl Rule {
    /// Returns the number that `text` stands for, if it is in the rule's range.
    #[must_use]
    pub fn number(self, text: &str) -> Option<u64> {
        let Self::Number(least, most) = self else { return None };
        text.parse().ok().filter(|number| (least..=most).contains(number))
    }

    /// Returns the words that the rule allows; none if it allows other values.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::ListOf(words) | Self::OneOf(words) => words,
            _ => &[],
        }
    }

    /// Returns the rule as a sentence.
    pub(crate) fn sentence(self) -> String {
        let text = self.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(char::to_uppercase).into_iter().flatten();
        let sentence: String = match self {
            Self::Typed(_) | Self::Flag => text,
            _ => first.chain(letters).collect(),
        };
        // A rule may end with the full stop that it allows.
        if sentence.ends_with('.') { sentence } else { sentence + "." }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(least, u64::MAX) => write!(f, "a whole number from {least}"),
            Self::Number(least, most) => write!(f, "a whole number from {least} to {most}"),
            Self::Flag => f.write_str("true or false"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
            Self::ListOf(words) => write!(f, "one or more of {}, separated by commas", words.join(", ")),
            Self::Text => f.write_str("any text"),
            Self::Described(form) | Self::Typed(form) => f.write_str(form),
        }
    }
}
