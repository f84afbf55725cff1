//! The facts about one record that have been found so far.

use super::absent::Guess;
use super::inner::Inner;
use super::members::Members;
use super::walk::Walk;
use crate::table::tree::{NODES, OBJECTS};
use json_scan::{Depth, Kernel, LayoutFinder, LayoutView};
use std::fmt;

/// Memory for reading records, one after another. [`record`](Self::record) starts a record.
///
/// It keeps offsets of the last record, and statistics of earlier records that make the next one faster. Once it has seen a
/// few records, most fields cost no allocation.
#[derive(Clone)]
pub struct Scratch {
    /// The masks and the layout of the record, as far as they are known.
    pub(crate) finder: LayoutFinder,
    pub(super) members: Members,
    /// How far each object has been walked.
    pub(super) walks: [Walk; OBJECTS.len()],
    pub(super) known: Known,
    pub(super) guess: Guess,
    /// The layout says that all strings of the record can be returned as they are: it has no escapes and no control bytes.
    pub(crate) is_plain: bool,
    /// The length of the record in bytes.
    pub(crate) length: usize,
    /// The finder has been lent, and no record has been read since.
    pub(crate) is_lent: bool,
    /// A member of a nested object has been asked for, in any record.
    pub(super) nested_asked: bool,
    /// Where the event inside of the record is.
    pub(crate) inner: Inner,
    /// Memory for reading that event.
    pub(crate) for_inner: Option<Box<Self>>,
}

/// How much is known about the offsets of a record's own members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing: a walk along the record finds them.
    #[default]
    Nothing,
    /// The layout has all colons; no key has been read.
    Colons,
    /// All members have been noted.
    Members,
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no contents: offsets and masks help nobody who reads a log.
impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}

impl Scratch {
    /// Creates memory for a first record.
    #[must_use]
    pub fn new() -> Self {
        Self::with_kernel(Kernel::best())
    }

    /// Creates memory for a first record that is scanned with `kernel`, for tests and measurements.
    #[must_use]
    pub fn with_kernel(kernel: Kernel) -> Self {
        Self {
            finder: LayoutFinder::new(kernel),
            members: Members::new(),
            walks: [Walk::New; OBJECTS.len()],
            known: Known::Nothing,
            guess: Guess::default(),
            is_plain: false,
            length: 0,
            is_lent: false,
            nested_asked: false,
            inner: Inner::Unknown,
            for_inner: None,
        }
    }

    /// Whether a member of a nested object, such as `userIdentity.type`, has been asked for in any record. Until then a
    /// layout with [`Depth::Own`] is enough, and is found faster.
    #[must_use]
    pub fn has_read_nested(&self) -> bool {
        self.nested_asked
    }

    /// Removes the record and keeps the memory.
    #[inline]
    pub(crate) fn reset(&mut self) {
        self.finder.clear();
        self.members.offsets = [0; NODES.len()];
        self.walks = [Walk::New; OBJECTS.len()];
        self.guess.next();
        self.known = Known::Nothing;
        self.is_plain = false;
        self.is_lent = false;
        self.inner = Inner::Unknown;
    }

    /// Finds the layout of the record that `text` begins with, and returns the record's length.
    pub(crate) fn find_layout(&mut self, text: &[u8], depth: Depth) -> Option<usize> {
        let Some(length) = self.finder.find(text, depth) else {
            self.finder.layout.clear();
            return None;
        };
        self.know_colons();
        Some(length)
    }

    /// Copies the layout of the record.
    pub(crate) fn use_layout(&mut self, layout: LayoutView<'_>) {
        self.finder.layout.copy_from(layout);
        self.know_colons();
    }

    /// Returns the layout if it is known and helps to find members.
    pub(crate) fn known_layout(&self) -> Option<LayoutView<'_>> {
        let is_known = self.known == Known::Colons && !self.finder.layout.has_escapes();
        self.finder.layout.view().filter(|_| is_known)
    }

    /// Whether the record is known to be without backslashes.
    #[inline(always)]
    pub(crate) fn has_no_escapes(&self) -> bool {
        self.known != Known::Nothing && !self.finder.layout.has_escapes()
    }

    pub(crate) fn know_colons(&mut self) {
        self.known = Known::Colons;
        if let Some(root) = self.walks.first_mut() {
            *root = Walk::Done;
        }
        self.is_plain = !self.finder.layout.has_escapes() && !self.finder.layout.has_unprintable();
    }
}
