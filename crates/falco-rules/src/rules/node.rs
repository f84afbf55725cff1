//! The values of an item's keys, with the checks that Falco makes.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::budget::{Budget, MAX_TEXT};
use super::diagnostic::Code;
use super::problem::{Problem, Result};
use super::text::{Place, Scalar};
use super::yaml::{self, Yaml};

/// A mapping of a file, and how it is called in messages.
#[derive(Clone)]
pub(super) struct Node<'y> {
    pub(super) yaml: &'y Rc<Yaml>,
    pub(super) file: usize,
    pub(super) label: String,
}

impl<'y> Node<'y> {
    pub(super) fn at(&self) -> Place {
        self.place(self.yaml)
    }

    pub(super) const fn place(&self, node: &Yaml) -> Place {
        Place { file: self.file, mark: node.mark }
    }

    /// An error about the whole item.
    pub(super) fn error(&self, message: impl Into<String>) -> Problem {
        Problem::new(Code::YamlValidate, self.at(), &self.label, message)
    }

    /// An error at one of its nodes.
    pub(super) fn error_at(&self, node: &Yaml, message: impl Into<String>) -> Problem {
        Problem::new(Code::YamlValidate, self.place(node), &self.label, message)
    }

    pub(super) fn warning(&self, code: Code, message: impl Into<String>) -> Problem {
        Problem::new(code, self.at(), &self.label, message)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'y Rc<Yaml>> {
        self.yaml.get(key)
    }

    /// The same mapping under another name.
    pub(super) fn named(&self, label: String) -> Self {
        Self { label, ..self.clone() }
    }

    /// Another node of the same file.
    pub(super) fn child(&self, yaml: &'y Rc<Yaml>) -> Self {
        Self { yaml, file: self.file, label: self.label.clone() }
    }

    /// The scalar of a key that must be there.
    pub(super) fn required(&self, key: &str) -> Result<Rc<Scalar>> {
        let missing = || self.error(format!("Item has no mapping for key '{key}'"));
        self.optional(key)?.ok_or_else(missing)
    }

    /// The scalar of a key, if the key is there.
    pub(super) fn optional(&self, key: &str) -> Result<Option<Rc<Scalar>>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        if value.is_null() {
            return Err(self.error_at(value, format!("Mapping for key '{key}' is empty")));
        }
        let not_scalar = || self.error_at(value, format!("Value of '{key}' is not a scalar value"));
        let text = value.scalar().ok_or_else(not_scalar)?;
        if text.is_empty() {
            return Err(self.error_at(value, format!("Value of '{key}' must be non-empty")));
        }
        Ok(Scalar::new(value, self.file))
    }

    /// The text of a key whose value may be missing or empty.
    pub(super) fn optional_or_empty(&self, key: &str) -> Result<String> {
        match self.get(key) {
            None => Ok(String::new()),
            Some(value) if value.is_null() || value.scalar() == Some("") => Ok(String::new()),
            Some(_) => Ok(self.optional(key)?.map_or_else(String::new, |scalar| scalar.text.clone())),
        }
    }

    /// The value of a key, read by a function.
    fn decoded<T>(&self, key: &str, decode: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(scalar) = self.optional(key)? else { return Ok(None) };
        let cannot = || {
            let message = format!("Can't decode YAML scalar value of '{key}'");
            Problem::new(Code::YamlValidate, scalar.at, &self.label, message)
        };
        decode(&scalar.text).map(Some).ok_or_else(cannot)
    }

    pub(super) fn bool(&self, key: &str) -> Result<Option<bool>> {
        self.decoded(key, yaml::bool)
    }

    pub(super) fn u32(&self, key: &str) -> Result<Option<u32>> {
        self.decoded(key, yaml::u32)
    }

    /// The scalars of a sequence that must be there.
    pub(super) fn scalars(&self, key: &str, budget: &mut Budget) -> Result<Vec<Rc<Scalar>>> {
        let value = self.get(key).ok_or_else(|| self.error(format!("Item has no mapping for key '{key}'")))?;
        let not_sequence = || self.error_at(value, format!("Value of '{key}' is not a sequence"));
        let items = value.sequence().ok_or_else(not_sequence)?;
        let scalar = |item: &Rc<Yaml>| {
            let not_scalar = || self.error_at(item, "sequence value is not scalar");
            let text = item.scalar().ok_or_else(not_scalar)?;
            budget.take(text).map_err(|message| self.error_at(item, message))?;
            Scalar::new(item, self.file).ok_or_else(not_scalar)
        };
        items.iter().map(scalar).collect()
    }

    pub(super) fn tags(&self, budget: &mut Budget) -> Result<BTreeSet<String>> {
        if self.get("tags").is_none() {
            return Ok(BTreeSet::new());
        }
        Ok(self.scalars("tags", budget)?.iter().map(|scalar| scalar.text.clone()).collect())
    }

    /// Checks that a text does not grow too long when the value of a key is appended to it.
    pub(super) fn check_append(&self, key: &str, text: &str, more: Option<&Rc<Scalar>>) -> Result<()> {
        if more.is_some_and(|more| text.len().saturating_add(more.text.len()) > MAX_TEXT) {
            return Err(self.error(format!("with what is appended, '{key}' would be longer than {MAX_TEXT} bytes")));
        }
        Ok(())
    }

    /// A warning for each key that is not expected.
    pub(super) fn unknown_keys(&self, expected: &[&str]) -> Vec<Problem> {
        let pairs = self.yaml.mapping().unwrap_or_default().iter();
        let unknown = pairs.filter_map(|(key, _)| {
            let name = Scalar::new(key, self.file)?;
            let is_known = expected.contains(&name.text.as_str());
            let message = format!("Unknown key '{}'. The key will be ignored.", name.text);
            (!is_known).then(|| Problem::new(Code::UnknownKey, self.place(key), &self.label, message))
        });
        unknown.collect()
    }
}
