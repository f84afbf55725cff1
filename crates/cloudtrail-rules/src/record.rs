//! A record as rules see it.

use crate::load::SOURCE;
use falco_rules::{Argument, Event, Record, Value};
use std::borrow::Cow;

/// The name of the plugin for `evt.pluginname`.
const PLUGIN: &str = "cloudtrail";

/// The fields that differ with the place of a record in a run.
const PLACES: [&str; 2] = ["evt.num", "evt.reltime"];

/// Returns the field in a condition or an output that differs with the place of a record in a run. A text that only looks
/// like one counts as well.
pub(crate) fn find_place(text: &str) -> Option<&'static str> {
    PLACES.into_iter().find(|place| text.contains(place))
}

/// A record, whose fields are read when a rule asks for them.
pub(crate) struct RuleRecord<'s, 'r> {
    record: field_extract::Record<'s, 'r>,
    event: Event<'r>,
    /// The summary, once it was asked for.
    info: Option<Vec<u8>>,
}

impl<'s, 'r> RuleRecord<'s, 'r> {
    pub(crate) const fn new(record: field_extract::Record<'s, 'r>, event: Event<'r>) -> Self {
        Self { record, event: Event { source: SOURCE, plugin: PLUGIN, ..event }, info: None }
    }

    /// Returns the text of a field for people.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.record.get(field_extract::field(name)?, None)? {
            field_extract::Value::Text(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
            _ => None,
        }
    }
}

/// Replaces control characters and noncharacters by U+FFFD, as Falco does in summaries.
fn printable(line: &[u8]) -> Vec<u8> {
    let is_character = |code: u32| !(0xFDD0..=0xFDEF).contains(&code) && code & 0xFFFE != 0xFFFE;
    let shown = |char: char| !char.is_control() && is_character(u32::from(char));
    let line = String::from_utf8_lossy(line);
    line.chars()
        .map(|char| if shown(char) { char } else { char::REPLACEMENT_CHARACTER })
        .collect::<String>()
        .into_bytes()
}

fn text(text: field_extract::Text<'_>) -> Value<'_> {
    Value::Text(text.into_bytes())
}

impl Record for RuleRecord<'_, '_> {
    fn value(&mut self, field: u32, argument: Option<Argument<'_>>) -> Option<Value<'_>> {
        let field = field_extract::fields().get(usize::try_from(field).ok()?)?;
        let index = argument.and_then(|argument| argument.index);
        Some(match self.record.get(field, index)? {
            field_extract::Value::Text(one) => text(one),
            field_extract::Value::Number(number) => Value::Number(number),
            field_extract::Value::List(list) => Value::List(list.into_iter().map(text).collect()),
        })
    }

    fn event(&self) -> Event<'_> {
        self.event
    }

    fn info(&mut self) -> Option<Cow<'_, [u8]>> {
        let record = &mut self.record;
        let info = self.info.get_or_insert_with(|| {
            let mut line = Vec::new();
            // The plugin gives the error as the summary.
            match record.info(&mut line) {
                Ok(()) => printable(&line),
                Err(error) => error.to_string().into_bytes(),
            }
        });
        Some(Cow::Borrowed(info.as_slice()))
    }

    fn json(&self) -> Option<&[u8]> {
        Some(self.record.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Falco 0.44.1 gives the same.
    #[test]
    fn a_summary_has_only_what_can_be_printed() {
        let line = b"A\nB\x1bC\x7fD\xc2\x85E\xffF\xc3(G\xe2\x82H\xc3\xa9I\xe2\x80\x8bJ\xef\xbf\xbeK";
        let expected = "A\u{fffd}B\u{fffd}C\u{fffd}D\u{fffd}E\u{fffd}F\u{fffd}(G\u{fffd}H\u{e9}I\u{200b}J\u{fffd}K";
        assert_eq!(String::from_utf8(printable(line)).unwrap(), expected);
    }

    #[test]
    fn a_record_without_a_summary_has_the_reason() {
        let mut scratch = field_extract::Scratch::new();
        let mut record = RuleRecord::new(scratch.record(b"{}", None), Event::default());
        assert_eq!(record.info().as_deref(), Some(&b"<invalid JSON: event did not contain a source>"[..]));
    }
}
