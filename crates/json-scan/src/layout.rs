//! The layout of an object: where it ends and where its colons are.

pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod own;

/// The levels of an object on which colons are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Only the object's own colons.
    #[default]
    Own,
    /// The colons of nested objects too, down to [`MAX_LEVEL`].
    Nested,
}

/// The deepest level on which colons are listed. The object's own colons are on level 1.
pub const MAX_LEVEL: u8 = 4;

/// A colon of a nested object or array, or a bracket that closes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nested(u32);

impl Nested {
    /// The flag of a bracket, among the three bits below the offset.
    pub(crate) const BRACKET: u8 = 1 << 2;

    /// Packs an offset and three bits: the level less one, and [`BRACKET`](Self::BRACKET).
    #[inline(always)]
    pub(crate) fn new(offset: u32, bits: u8) -> Self {
        Self(offset << 3 | u32::from(bits))
    }

    /// The offset in the text.
    #[must_use]
    #[inline(always)]
    pub fn offset(self) -> u32 {
        self.0 >> 3
    }

    /// Whether it is a closing bracket.
    #[must_use]
    #[inline(always)]
    pub fn is_bracket(self) -> bool {
        self.0 as u8 & Self::BRACKET != 0
    }

    /// The number of brackets that are open behind it, with the object's own.
    #[must_use]
    #[inline(always)]
    pub fn level(self) -> u8 {
        (self.0 as u8 & (MAX_LEVEL - 1)) + 1
    }
}

/// The end of an object, its colons, and two facts about its bytes. Keeps its memory for the next object.
///
/// Every kernel gives the same layout for the same text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    pub(crate) colons: Vec<u32>,
    pub(crate) nested: Vec<Nested>,
    pub(crate) end: Option<u32>,
    pub(crate) escapes: bool,
    pub(crate) unprintable: bool,
}

impl Layout {
    /// Removes everything and keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        (self.end, self.escapes, self.unprintable) = (None, false, false);
        self.colons.clear();
        self.nested.clear();
    }

    /// The offsets of the object's own colons, in the order of the text.
    #[must_use]
    #[inline(always)]
    pub fn colons(&self) -> &[u32] {
        &self.colons
    }

    /// The colons of nested objects and arrays on levels 2 to [`MAX_LEVEL`], and the brackets that close these objects and
    /// arrays, in the order of the text. Empty with [`Depth::Own`].
    #[must_use]
    #[inline(always)]
    pub fn nested(&self) -> &[Nested] {
        &self.nested
    }

    /// The length of the object in bytes, with both brackets; `None` if its end is not known.
    #[must_use]
    #[inline(always)]
    pub fn length(&self) -> Option<usize> {
        self.end.map(|end| end as usize + 1)
    }

    /// Whether there is a backslash in the object.
    #[must_use]
    #[inline(always)]
    pub fn has_escapes(&self) -> bool {
        self.escapes
    }

    /// Whether there is an [unprintable](crate::Block::unprintable) byte in the object.
    #[must_use]
    #[inline(always)]
    pub fn has_unprintable(&self) -> bool {
        self.unprintable
    }
}

#[cfg(test)]
mod tests;
