//! What a value must look like. The check and its description are one.

use super::kinds::{Backend, ChannelArn, Cloud, DeadLetterKind, OffsetStoreKind, Region};
use std::fmt;

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A whole number from the first to the second.
    Number(u64, u64),
    /// `true` or `false`, and nothing else, as in FIG.
    Flag,
    /// One of these words, in their own case.
    OneOf(&'static [&'static str]),
    /// Some of these words, with commas between them.
    ListOf(&'static [&'static str]),
    /// Names with commas between them, or ALL.
    Names,
    /// The same of event types.
    Types,
    /// Anything.
    Text,
    /// Something of this shape.
    Shape(&'static str),
}

impl Rule {
    pub(super) const BACKENDS: Self = Self::ListOf(Backend::WORDS);
    pub(super) const REGION: Self = Self::OneOf(Region::WORDS);
    pub(super) const CLOUDS: Self = Self::ListOf(Cloud::WORDS);
    pub(super) const CHANNEL: Self = Self::Shape(ChannelArn::SHAPE);
    pub(super) const OFFSET_STORE: Self = Self::Shape(OffsetStoreKind::SHAPE);
    pub(super) const DEAD_LETTER: Self = Self::Shape(DeadLetterKind::SHAPE);
    pub(super) const AWS_REGION: Self = Self::Shape("an AWS region such as eu-west-1");
    pub(super) const PARAMETER: Self = Self::Shape("a parameter's name such as /falcon/client_id");
    pub(super) const QUEUE: Self = Self::Shape("a queue's name, URL or ARN");
    pub(super) const ADDRESS: Self = Self::Shape("ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090");
    pub(super) const URL: Self = Self::Shape("https://HOST[:PORT], or http:// with a loopback address");
    pub(super) const LEVEL: Self = Self::Shape(program_kit::logging::LEVELS);
    pub(super) const APPLICATION: Self = Self::Shape("1 to 32 letters, digits, -, _ or .");

    /// The number that `text` is, if it is within the rule's range.
    pub(super) fn number(self, text: &str) -> Option<u64> {
        let Self::Number(least, most) = self else { return None };
        text.parse().ok().filter(|number| (least..=most).contains(number))
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
            Self::Types => f.write_str("event types (letters, digits, _) separated by commas, or ALL"),
            Self::Names => f.write_str("names separated by commas, or ALL"),
            Self::Text => f.write_str("any text"),
            Self::Shape(shape) => f.write_str(shape),
        }
    }
}
