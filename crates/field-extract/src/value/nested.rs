//! Arrays, and objects whose members are not in the tree.

use super::reader::{Raw, Reader};
use super::text::Text;
use crate::locate::masks::skip_blanks;
use crate::table::node::NodeId;

/// Reads arrays and the objects in them. They are small and rare, so nothing is kept for the next question.
impl<'r> Reader<'_, 'r> {
    /// Returns the first `Some` that `visit` returns for an element of an array. A `null` is an element without a value.
    pub(crate) fn elements<T>(
        &mut self,
        array: &Raw,
        mut visit: impl FnMut(&mut Self, Option<Raw>) -> Option<T>,
    ) -> Option<T> {
        let Raw::Array(open) = *array else { return None };
        let mut at = open;
        loop {
            let (element, end) = self.value_and_end(at + 1)?;
            if let Some(found) = visit(self, element) {
                return Some(found);
            }
            at = self.comma(end)?;
        }
    }

    /// Returns the record itself. The original trims NUL from both ends of it (cloudtrail.go:225).
    pub(crate) fn root(&mut self) -> Option<Raw> {
        self.raw_at(self.record.iter().take_while(|byte| **byte == 0).count())
    }

    pub(crate) fn element(&mut self, array: &Raw, index: u64) -> Option<Raw> {
        let mut number = 0;
        let found = self.elements(array, |_, element| {
            let found = number == index;
            number += 1;
            found.then_some(element)
        });
        found.flatten()
    }

    /// Returns the first member of an object with that key.
    pub(crate) fn member(&mut self, object: &Raw, key: &[u8]) -> Option<Raw> {
        let Raw::Object(open) = *object else { return None };
        let mut at = open;
        loop {
            let (name, end) = self.value_and_end(at + 1)?;
            let colon = skip_blanks(self.record, end);
            if self.record.get(colon) != Some(&b':') {
                return None;
            }
            let (value, end) = self.value_and_end(colon + 1)?;
            if self.string_of(&name?)?.as_ref() == key {
                return value;
            }
            at = self.comma(end)?;
        }
    }

    pub(crate) fn member_text(&mut self, object: &Raw, key: &[u8]) -> Option<Text<'r>> {
        let raw = self.member(object, key)?;
        self.text_of(&raw)
    }

    pub(crate) fn member_is(&mut self, object: &Raw, key: &[u8], text: &[u8]) -> bool {
        self.member(object, key).and_then(|raw| self.string_of(&raw)).is_some_and(|found| *found == *text)
    }

    /// Returns the value that begins at `at`, or after white space there, and the offset behind it.
    fn value_and_end(&mut self, at: usize) -> Option<(Option<Raw>, usize)> {
        if let Some(raw) = self.raw_at(at) {
            let end = self.end(&raw)?;
            return Some((Some(raw), end));
        }
        let start = skip_blanks(self.record, at);
        self.record.get(start..)?.starts_with(b"null").then_some((None, start + 4))
    }

    /// Returns the offset of the comma at `at`, or after white space there.
    fn comma(&self, at: usize) -> Option<usize> {
        let at = skip_blanks(self.record, at);
        (self.record.get(at) == Some(&b',')).then_some(at)
    }

    /// Returns the text of the member with that key of each object in an array, except empty ones. With an index, returns
    /// that of one object, even if it is empty.
    pub(crate) fn texts_of_each(&mut self, array: &Raw, key: &[u8], index: Option<u64>) -> Option<Vec<Text<'r>>> {
        if let Some(index) = index {
            let element = self.element(array, index)?;
            return self.member_text(&element, key).map(|text| vec![text]);
        }
        let mut texts = Vec::new();
        self.elements(array, |reader, element| {
            let text = element.and_then(|element| reader.member_text(&element, key));
            texts.extend(text.filter(|text| !text.as_bytes().is_empty()));
            None::<()>
        });
        (!texts.is_empty()).then_some(texts)
    }

    /// Returns the value at a path within the object `node`, with nested names joined by dots.
    pub(crate) fn raw_within(&mut self, node: NodeId, path: &str) -> Option<Raw> {
        let mut at = self.raw(node)?;
        for name in path.split('.') {
            at = self.member(&at, name.as_bytes())?;
        }
        Some(at)
    }

    /// The same, as text.
    pub(crate) fn text_within(&mut self, node: NodeId, path: &str) -> Option<Text<'r>> {
        let raw = self.raw_within(node, path)?;
        self.text_of(&raw)
    }
}
