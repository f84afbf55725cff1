//! The entry that is kept of a record, to recognize it again.

/// The 128 bits of an id, and those of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Entry {
    pub(crate) id: u128,
    pub(crate) content: u128,
}

/// Whether a record was seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// No record with this id was seen.
    New,
    /// The same record was seen.
    Duplicate,
    /// Records with this id were seen, each with another content.
    OtherContent,
    /// The record has no id.
    WithoutId,
}
