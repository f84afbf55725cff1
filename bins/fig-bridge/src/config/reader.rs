//! Settings out of the layers, each by its row's rule. What is wrong is noted, and reading goes on.

use super::kinds::is_region;
use super::layers::Layers;
use super::mistake::{Mistake, Place};
use super::rows::Row;
use super::rules::Rule;
use super::{bundle, slips};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

/// Reads settings, and keeps what is wrong with them.
pub(super) struct Reader {
    layers: Layers,
    pub(super) mistakes: Vec<Mistake>,
}

impl Reader {
    pub(super) fn new(mut layers: Layers) -> Self {
        Self { mistakes: std::mem::take(&mut layers.mistakes), layers }
    }

    /// Notes something to look at that is no mistake.
    pub(super) fn warn(&mut self, warning: String) {
        self.layers.warnings.push(warning);
    }

    /// What is wrong, and what is to be looked at.
    pub(super) fn finish(self) -> (Vec<Mistake>, Vec<String>) {
        let mut mistakes: Vec<Mistake> = Vec::new();
        for mistake in self.mistakes {
            // A row that several settings depend on is read more than once.
            if !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        (mistakes, self.layers.warnings)
    }

    /// The root certificates that the environment names.
    pub(super) fn ca_bundle(&mut self, env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
        let found = bundle::find(env);
        found.map_err(|mistake| self.mistakes.push(mistake)).ok().flatten()
    }

    /// Folders for the dead letter where none is named.
    pub(super) fn letter_folders(&self) -> &[PathBuf] {
        &self.layers.letter_folders
    }

    /// Notes that what `row` is set to is wrong.
    pub(super) fn wrong(&mut self, row: &Row, place: &Place, text: &str, wrong: &str) {
        self.mistakes.push(Mistake::of(row, place, text, wrong));
    }

    /// Notes that what `row` is set to is not as its rule wants it.
    fn against_rule(&mut self, row: &Row, place: &Place, text: &str) {
        let hint = match (text, row.default) {
            ("", default) if !default.is_empty() => format!("; leave it out for {default}"),
            _ => String::new(),
        };
        let meant = slips::meant(row, text).map(|meant| format!("; {meant}")).unwrap_or_default();
        self.wrong(row, place, text, &format!("must be {}{hint}{meant}", row.rule));
    }

    /// The text and its place; none where it is noted as wrong.
    pub(super) fn text(&mut self, row: &Row) -> Option<(String, Place)> {
        self.layers.get(row).map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    /// The text; none where it is empty.
    pub(super) fn optional(&mut self, row: &Row) -> Option<String> {
        self.text(row).map(|(text, _)| text).filter(|text| !text.is_empty())
    }

    /// The text; where it is empty that is a mistake, because of `why`.
    pub(super) fn required(&mut self, row: &Row, why: &str) -> Option<String> {
        self.required_as(row, why, |text| Some(text.to_owned()))
    }

    /// What `parse` makes of the text; where that is empty it is a mistake, because of `why`.
    pub(super) fn required_as<T>(&mut self, row: &Row, why: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (text, place) = self.text(row)?;
        if text.is_empty() {
            self.mistakes.push(Mistake::missing(row, why));
            return None;
        }
        self.parsed(row, &text, &place, parse)
    }

    /// What `parse` makes of the text; none where that is empty.
    pub(super) fn optional_as<T>(&mut self, row: &Row, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (text, place) = self.text(row).filter(|(text, _)| !text.is_empty())?;
        self.parsed(row, &text, &place, parse)
    }

    /// What `parse` makes of the text, which may not be empty.
    pub(super) fn always_as<T>(&mut self, row: &Row, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (text, place) = self.text(row)?;
        self.parsed(row, &text, &place, parse)
    }

    fn parsed<T>(&mut self, row: &Row, text: &str, place: &Place, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = parse(text);
        if found.is_none() {
            self.against_rule(row, place, text);
        }
        found
    }

    /// A whole number within the row's range.
    pub(super) fn number<T: TryFrom<u64>>(&mut self, row: &Row) -> Option<T> {
        self.always_as(row, |text| row.rule.number(text)?.try_into().ok())
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, row: &Row) -> Option<bool> {
        self.always_as(row, |text| text.parse().ok())
    }

    /// An AWS region; none where nothing is set.
    pub(super) fn aws_region(&mut self, row: &Row) -> Option<String> {
        self.optional_as(row, parse_region)
    }

    /// The words of a list that `parse` knows; each of the others is a mistake, of which `refuse` may say something of
    /// its own. The known ones come back all the same: what they ask for is to be looked at, too.
    pub(super) fn words<T: Ord>(
        &mut self,
        row: &Row,
        parse: impl Fn(&str) -> Option<T>,
        refuse: impl Fn(&str) -> Option<String>,
    ) -> Option<BTreeSet<T>> {
        let (text, place) = self.text(row)?;
        let mut found = BTreeSet::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if let Some(known) = parse(word) {
                found.insert(known);
                continue;
            }
            let wrong = refuse(word).unwrap_or_else(|| not_among(word, row.rule));
            self.wrong(row, &place, &text, &wrong);
        }
        Some(found)
    }
}

/// `text` if it can be an AWS region.
pub(super) fn parse_region(text: &str) -> Option<String> {
    is_region(text).then(|| text.to_owned())
}

fn not_among(word: &str, rule: Rule) -> String {
    let words = match rule {
        Rule::ListOf(words) | Rule::OneOf(words) => words,
        _ => &[],
    };
    match words.iter().find(|known| known.eq_ignore_ascii_case(word)) {
        Some(known) => format!("write {known}, not {word}"),
        None => format!("{word} is unknown; must be {rule}"),
    }
}
