//! Comparisons with constants.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::net::IpAddr;

use memchr::memmem::Finder;
use regex::bytes::Regex;

use crate::condition::ast::{Modifier, Operator};
use crate::fields::Value;
use crate::value::buffer::{One, Values, c_string, trimmed};
use crate::value::glob::Glob;
use crate::value::network::Network;
use crate::value::path::Paths;

/// A set of texts.
pub(crate) type Texts = HashSet<Box<[u8]>, foldhash::fast::FixedState>;

/// A comparison of an operand's value with constants.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Text(TextTest),
    /// A single number, time, truth value or address.
    Scalar(ScalarTest),
    /// All values of a list (`in`) or one of them (`intersects`).
    List {
        operator: Operator,
        constants: Constants,
    },
}

#[derive(Clone, Debug)]
pub(crate) enum Constants {
    Texts(Texts),
    Others(Vec<Constant>),
}

/// A constant that is not text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    Number(u64),
    Bool(bool),
    Ip(IpAddr),
    Network(Network),
}

#[derive(Clone, Debug)]
pub(crate) struct ScalarTest {
    pub(crate) operator: Operator,
    pub(crate) modifier: Option<Modifier>,
    pub(crate) constants: Vec<Constant>,
}

#[derive(Clone, Debug)]
pub(crate) enum TextTest {
    Equal(Box<[u8]>),
    NotEqual(Box<[u8]>),
    Order(Operator, Box<[u8]>),
    Contains(Box<Finder<'static>>),
    /// In lower case.
    ContainsFolded(Box<[u8]>),
    StartsWith(Box<[u8]>),
    EndsWith(Box<[u8]>),
    Glob(Glob),
    Regex(Regex),
    In(Texts),
    NotIn(Texts),
    Paths(Paths),
    Modified(Modifier, Vec<TextTest>),
}

impl TextTest {
    /// Whether the text passes. A NUL ends it, except where libs compares by length.
    fn holds(&self, text: &[u8]) -> bool {
        let trimmed = trimmed(text);
        // These do not need the search for the first NUL.
        let is_whole = matches!(self, Self::Regex(_) | Self::In(_) | Self::NotIn(_) | Self::Paths(_));
        self.passes(if is_whole { trimmed } else { c_string(text) }, trimmed)
    }

    /// Whether a text passes: its bytes up to the first NUL, and those without the NULs at its end.
    fn passes(&self, text: &[u8], trimmed: &[u8]) -> bool {
        match self {
            Self::Equal(own) => *text == **own,
            Self::NotEqual(own) => *text != **own,
            Self::Order(operator, own) => is_in_order(*operator, text.cmp(own)),
            Self::Contains(finder) => finder.find(text).is_some(),
            Self::ContainsFolded(own) => contains_folded(text, own),
            Self::StartsWith(own) => text.starts_with(own),
            Self::EndsWith(own) => text.ends_with(own),
            Self::Glob(glob) => glob.matches(text),
            Self::Regex(regex) => regex.is_match(trimmed),
            Self::In(texts) => texts.contains(trimmed),
            Self::NotIn(texts) => !texts.contains(trimmed),
            Self::Paths(paths) => paths.matches(trimmed),
            Self::Modified(modifier, tests) => count(*modifier, tests, |test| test.passes(text, trimmed)),
        }
    }
}

impl ScalarTest {
    fn holds(&self, one: One<'_>) -> bool {
        match self.modifier {
            Some(modifier) => count(modifier, &self.constants, |constant| compare(self.operator, one, *constant)),
            None => match self.operator {
                Operator::In | Operator::Intersects => {
                    self.constants.iter().any(|constant| compare(Operator::Equal, one, *constant))
                }
                operator => self.constants.first().is_some_and(|constant| compare(operator, one, *constant)),
            },
        }
    }
}

impl Test {
    /// Whether the value of a field passes. A list without values counts as no value.
    pub(crate) fn holds_for_value(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Self::List { .. }, Value::List(values)) if values.is_empty() => false,
            (Self::List { operator, constants }, Value::List(values)) => {
                let known = |value| One::of(value).is_some_and(|one| constants.contains(one));
                holds_for_items(*operator, values.iter().map(known))
            }
            (Self::List { constants, .. }, value) => One::of(value).is_some_and(|one| constants.contains(one)),
            (Self::Scalar(test), value) => One::of(value).is_some_and(|one| test.holds(one)),
            (Self::Text(test), Value::Text(text)) => test.holds(text),
            (Self::Text(_), _) => false,
        }
    }

    /// Whether values that were computed pass.
    pub(crate) fn holds_for(&self, values: &Values) -> bool {
        match self {
            Self::Text(test) => values.get(0).and_then(One::text).is_some_and(|text| test.holds(text)),
            Self::Scalar(test) => values.get(0).is_some_and(|one| test.holds(one)),
            Self::List { operator, constants } => {
                holds_for_items(*operator, values.iter().map(|one| constants.contains(one)))
            }
        }
    }
}

/// Whether all items of a list are known, for `in`, or one of them.
fn holds_for_items(operator: Operator, mut known: impl Iterator<Item = bool>) -> bool {
    match operator {
        Operator::In => known.all(|is| is),
        _ => known.any(|is| is),
    }
}

impl Constants {
    fn contains(&self, one: One<'_>) -> bool {
        match self {
            Self::Texts(texts) => one.text().is_some_and(|text| texts.contains(text)),
            Self::Others(constants) => constants.iter().any(|constant| compare(Operator::Equal, one, *constant)),
        }
    }
}

/// Counts as the modifier says. A list without values never holds.
fn count<T>(modifier: Modifier, items: &[T], mut holds: impl FnMut(&T) -> bool) -> bool {
    match modifier {
        Modifier::Any => items.iter().any(holds),
        Modifier::All => !items.is_empty() && items.iter().all(holds),
        Modifier::One => items.iter().filter(|item| holds(item)).take(2).count() == 1,
    }
}

fn compare(operator: Operator, one: One<'_>, constant: Constant) -> bool {
    match (one, constant) {
        (One::Number(left), Constant::Number(right)) => is_in_order(operator, left.cmp(&right)),
        (One::Bool(left), Constant::Bool(right)) => is_in_order(operator, left.cmp(&right)),
        (One::Ip(left), Constant::Ip(right)) => is_in_order(operator, left.cmp(&right)),
        (One::Ip(left), Constant::Network(right)) if !right.is_comparable(left) => operator == Operator::NotEqual,
        (One::Ip(left), Constant::Network(right)) => right.contains(left) == (operator != Operator::NotEqual),
        // A value of another type than the schema says.
        _ => false,
    }
}

/// Whether an order is what an operator wants. Operators of equality want equality.
const fn is_in_order(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterEqual => order.is_ge(),
        Operator::NotEqual => order.is_ne(),
        _ => order.is_eq(),
    }
}

/// Whether a text contains another that is in lower case.
fn contains_folded(text: &[u8], wanted: &[u8]) -> bool {
    let Some(first) = wanted.first() else { return true };
    let starts = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    starts.into_iter().any(|at| {
        let found = text.get(at..).and_then(|rest| rest.get(..wanted.len()));
        found.is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    })
}

/// Compares two values that were computed.
pub(crate) fn compare_values(operator: Operator, left: &Values, right: &Values, is_list: bool) -> bool {
    let is_known = |one: One<'_>| right.iter().any(|other| other == one);
    if is_list {
        return holds_for_items(operator, left.iter().map(is_known));
    }
    let (Some(left), Some(other)) = (left.get(0), right.get(0)) else { return false };
    match (operator, left, other) {
        // libs compares these by length: the NUL of a transformed right side counts.
        (Operator::In | Operator::Intersects, One::Text(text), _) => is_known(One::Text(trimmed(text))),
        (_, One::Text(text), One::Text(other)) => compare_texts(operator, c_string(text), c_string(other)),
        (_, One::Number(left), One::Number(right)) => is_in_order(operator, left.cmp(&right)),
        (_, One::Bool(left), One::Bool(right)) => is_in_order(operator, left.cmp(&right)),
        (_, One::Ip(left), One::Ip(right)) => is_in_order(operator, left.cmp(&right)),
        _ => false,
    }
}

fn compare_texts(operator: Operator, left: &[u8], right: &[u8]) -> bool {
    match operator {
        Operator::Contains => memchr::memmem::find(left, right).is_some(),
        Operator::IContains => contains_folded(left, &right.to_ascii_lowercase()),
        Operator::StartsWith => left.starts_with(right),
        Operator::EndsWith => left.ends_with(right),
        Operator::Glob => Glob::new(right, false).matches(left),
        Operator::IGlob => Glob::new(right, true).matches(left),
        _ => is_in_order(operator, left.cmp(right)),
    }
}
