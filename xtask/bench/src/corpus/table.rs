//! Reads tables: blocks of lines `key: value`, separated by empty lines. A line that begins with `#` is a comment.

use anyhow::{Context, Result, ensure};

/// A block of a table.
pub(crate) struct Row(Vec<(&'static str, &'static str)>);

/// Reads each block with `item`, which must take all of its values.
pub(crate) fn read<T>(text: &'static str, item: impl Fn(&mut Row) -> Result<T>) -> Result<Vec<T>> {
    let mut items = Vec::new();
    for block in text.split("\n\n") {
        let lines = block.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs = lines.map(|line| line.split_once(": ").with_context(|| format!("no key in {line:?}")));
        let mut row = Row(pairs.collect::<Result<_>>()?);
        if !row.0.is_empty() {
            items.push(item(&mut row)?);
            ensure!(row.0.is_empty(), "unknown keys: {:?}", row.0);
        }
    }
    Ok(items)
}

impl Row {
    /// Takes the first value of a key.
    pub(crate) fn optional(&mut self, key: &str) -> Option<&'static str> {
        let at = self.0.iter().position(|(found, _)| *found == key)?;
        Some(self.0.remove(at).1)
    }

    /// Takes the value of a key that every row has.
    pub(crate) fn required(&mut self, key: &str) -> Result<&'static str> {
        self.optional(key).with_context(|| format!("{key} is missing in {:?}", self.0))
    }

    /// Takes all values of a key.
    pub(crate) fn all(&mut self, key: &str) -> Vec<&'static str> {
        std::iter::from_fn(|| self.optional(key)).collect()
    }

    /// Takes a value that is yes or missing.
    pub(crate) fn is_set(&mut self, key: &str) -> Result<bool> {
        let value = self.optional(key);
        ensure!(value.is_none_or(|value| value == "yes"), "{key} is yes or missing");
        Ok(value.is_some())
    }
}
