//! A second kind of record, which has nothing to do with CloudTrail: names and values, some of them typed.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by them")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use falco_rules::{Argument, ArgumentRule, Event, FieldInfo, FieldType, Filter, Record, Schema, Scratch, Value};

const NONE: ArgumentRule = ArgumentRule { index: false, key: false, required: false };
const KEY: ArgumentRule = ArgumentRule { index: false, key: true, required: true };
const INDEX: ArgumentRule = ArgumentRule { index: true, key: false, required: false };
const ANY: ArgumentRule = ArgumentRule { index: true, key: true, required: false };

/// Name, type, whether it is a list, and the rule for its argument.
pub(crate) const FIELDS: &[(&str, FieldType, bool, ArgumentRule)] = &[
    ("t.name", FieldType::Text, false, NONE),
    ("t.path", FieldType::Text, false, NONE),
    ("t.dir", FieldType::Text, false, NONE),
    ("t.source", FieldType::Text, false, NONE),
    ("t.coded", FieldType::Text, false, NONE),
    ("t.absent", FieldType::Text, false, NONE),
    ("t.num", FieldType::Number, false, NONE),
    ("t.span", FieldType::RelativeTime, false, NONE),
    ("t.time", FieldType::AbsoluteTime, false, NONE),
    ("t.bool", FieldType::Bool, false, NONE),
    ("t.ip", FieldType::IpAddr, false, NONE),
    ("t.ip6", FieldType::IpAddr, false, NONE),
    ("t.net", FieldType::IpNet, false, NONE),
    ("t.names", FieldType::Text, true, INDEX),
    ("t.nums", FieldType::Number, true, NONE),
    ("t.none", FieldType::Text, true, NONE),
    ("t.arg", FieldType::Text, false, KEY),
    ("t.any", FieldType::Text, false, ANY),
];

pub(crate) struct Fields;

impl Schema for Fields {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        let id = FIELDS.iter().position(|(own, ..)| *own == name)?;
        let (_, kind, is_list, argument) = FIELDS[id];
        Some(FieldInfo { id: u32::try_from(id).ok()?, kind, is_list, argument })
    }
}

#[derive(Clone, Default)]
pub(crate) struct Row {
    pub(crate) values: BTreeMap<&'static str, Value<'static>>,
    pub(crate) json: Option<&'static str>,
    pub(crate) info: Option<&'static str>,
    pub(crate) time: u64,
    /// How often a value was asked for.
    pub(crate) reads: usize,
}

impl Row {
    /// The record that most tests use.
    pub(crate) fn usual() -> Self {
        let texts = |list: &[&'static str]| Value::List(list.iter().map(|text| Value::text(*text)).collect());
        let ip = |text: &str| Value::Ip(text.parse::<IpAddr>().unwrap());
        let mut row = Self { info: Some("a row"), time: 1_767_323_045_000_000_006, ..Self::default() };
        row.values.extend([
            ("t.name", Value::text("GetObject")),
            ("t.path", Value::text("/tmp/file_to_run")),
            ("t.dir", Value::text("/tmp")),
            ("t.source", Value::text("syscall")),
            ("t.coded", Value::text("aGVsbG8=")),
            ("t.num", Value::Number(42)),
            ("t.span", Value::Number(7)),
            ("t.time", Value::Number(1_000)),
            ("t.bool", Value::Bool(true)),
            ("t.ip", ip("192.0.2.7")),
            ("t.ip6", ip("2001:db8::1")),
            ("t.net", ip("10.1.2.3")),
            ("t.names", texts(&["ami-1", "ami-2"])),
            ("t.nums", Value::List(vec![Value::Number(1), Value::Number(2)])),
            ("t.none", Value::List(Vec::new())),
            ("t.any", Value::text("any")),
        ]);
        row
    }
}

impl Record for Row {
    fn value(&mut self, field: u32, argument: Option<Argument<'_>>) -> Option<Value<'_>> {
        self.reads += 1;
        let name = FIELDS[usize::try_from(field).ok()?].0;
        match (name, argument) {
            ("t.arg", Some(argument)) => Some(Value::Text(Cow::Owned(argument.key.as_bytes().to_vec()))),
            ("t.names", Some(argument)) => match self.values.get(name)? {
                Value::List(values) => {
                    values.get(usize::try_from(argument.index?).ok()?).cloned().map(|one| Value::List(vec![one]))
                }
                _ => None,
            },
            _ => match self.values.get(name)? {
                Value::Text(text) => Some(Value::Text(Cow::Borrowed(text))),
                other => Some(other.clone()),
            },
        }
    }

    fn event(&self) -> Event<'_> {
        let (source, plugin, hostname) = ("tests", "rows", "host");
        Event { number: 3, time: self.time, first_time: self.time - 5, utc_offset: 3_600, source, plugin, hostname }
    }

    fn info(&mut self) -> Option<Cow<'_, [u8]>> {
        self.info.map(|info| Cow::Borrowed(info.as_bytes()))
    }

    fn json(&self) -> Option<&[u8]> {
        self.json.map(str::as_bytes)
    }
}

/// Runs a condition over the usual record: whether it holds, or the message.
pub(crate) fn run(condition: &str) -> Result<bool, String> {
    let filter = Filter::parse(condition, &Fields).map_err(|errors| errors[0].message.clone())?;
    Ok(filter.matches(&mut Row::usual(), &mut Scratch::new()))
}

#[track_caller]
pub(crate) fn holds(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(run(condition), Ok(true), "{condition}");
    }
}

#[track_caller]
pub(crate) fn fails(conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(run(condition), Ok(false), "{condition}");
    }
}

#[track_caller]
pub(crate) fn refused(conditions: &[&str]) {
    for condition in conditions {
        assert!(run(condition).is_err(), "{condition}");
    }
}
