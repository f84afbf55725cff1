//! The layouts of many objects in shared memory.

use super::{Layout, Nested};

/// A borrowed layout of an object whose end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayoutView<'l> {
    colons: &'l [u32],
    nested: &'l [Nested],
    end: u32,
    escapes: bool,
    unprintable: bool,
}

impl LayoutView<'_> {
    /// The length of the object in bytes, with both brackets.
    #[must_use]
    #[inline(always)]
    pub fn length(&self) -> usize {
        self.end as usize + 1
    }

    /// Whether `text` may be the object with this layout: it has the same length, it begins and ends with a bracket, and
    /// there are colons and brackets where the layout has the object's own colons and the first and last nested ones.
    ///
    /// This finds most mistakes and proves nothing: another object of the same length may pass, although it has further
    /// members or escapes.
    #[must_use]
    #[inline]
    pub fn fits(&self, text: &[u8]) -> bool {
        let is = |at: u32, byte: u8| text.get(at as usize) == Some(&byte);
        let is_nested = |it: &Nested| match text.get(it.offset() as usize) {
            Some(b'}' | b']') => it.is_bracket(),
            Some(b':') => !it.is_bracket(),
            _ => false,
        };
        text.len() == self.length()
            && is(0, b'{')
            && is(self.end, b'}')
            && self.nested.first().is_none_or(is_nested)
            && self.nested.last().is_none_or(is_nested)
            && self.colons.iter().fold(true, |fits, colon| fits & is(*colon, b':'))
    }
}

impl Layout {
    /// Borrows the layout; `None` if the end of the object is not known.
    #[must_use]
    pub fn view(&self) -> Option<LayoutView<'_>> {
        let Self { colons, nested, escapes, unprintable, .. } = self;
        Some(LayoutView { colons, nested, end: self.end?, escapes: *escapes, unprintable: *unprintable })
    }

    /// Replaces this layout with a copy of another one.
    pub fn copy_from(&mut self, view: LayoutView<'_>) {
        self.clear();
        self.colons.extend_from_slice(view.colons);
        self.nested.extend_from_slice(view.nested);
        (self.end, self.escapes, self.unprintable) = (Some(view.end), view.escapes, view.unprintable);
    }
}

/// The layouts of several objects, a few bytes for each colon, in memory that is allocated once.
#[derive(Clone, Debug, Default)]
pub struct Layouts {
    colons: Vec<u32>,
    nested: Vec<Nested>,
    entries: Vec<Entry>,
}

/// The part of one object in the shared lists.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Where the object's colons end.
    colons: usize,
    /// Where its nested colons end.
    nested: usize,
    /// The last bracket; `None` if the layout is not known.
    end: Option<u32>,
    escapes: bool,
    unprintable: bool,
}

impl Layouts {
    /// Appends the layout of an object; `None` appends an object without a layout.
    pub fn push(&mut self, view: Option<LayoutView<'_>>) {
        if let Some(view) = view {
            self.colons.extend_from_slice(view.colons);
            self.nested.extend_from_slice(view.nested);
        }
        self.entries.push(Entry {
            colons: self.colons.len(),
            nested: self.nested.len(),
            end: view.map(|view| view.end),
            escapes: view.is_some_and(|view| view.escapes),
            unprintable: view.is_some_and(|view| view.unprintable),
        });
    }

    /// Returns the layout that was appended with that number, counted from 0.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<LayoutView<'_>> {
        let entry = self.entries.get(number)?;
        let before = number.checked_sub(1).and_then(|before| self.entries.get(before));
        let (colons, nested) = before.map_or((0, 0), |before| (before.colons, before.nested));
        Some(LayoutView {
            colons: self.colons.get(colons..entry.colons)?,
            nested: self.nested.get(nested..entry.nested)?,
            end: entry.end?,
            escapes: entry.escapes,
            unprintable: entry.unprintable,
        })
    }

    /// Removes all layouts and keeps the memory.
    pub fn clear(&mut self) {
        self.colons.clear();
        self.nested.clear();
        self.entries.clear();
    }
}
