//! Stops at lines inside an object, and goes on behind a damaged one.

use super::item::SplitItem;
use super::lines::{Abandoned, Landing};
use super::{BEHIND_STOP, Splitter};
use json_scan::Scanner;
use std::collections::VecDeque;

impl Splitter {
    /// Returns whether an object or string is open.
    pub(super) fn is_inside(&self) -> bool {
        self.depth > self.structure.depth() || self.structure.is_inside()
    }

    /// Returns whether reading stopped at the start of a line, which may begin a record.
    pub(crate) fn is_at_line(&self) -> bool {
        self.at_line
    }

    /// Goes on inside the object.
    pub(crate) fn pass_line(&mut self) {
        if std::mem::take(&mut self.at_line) {
            self.most = Some(BEHIND_STOP);
        }
    }

    /// Returns whether an object is allowed here.
    pub(crate) fn takes_object(&self) -> bool {
        self.depth > self.structure.depth() || self.structure.takes_object()
    }

    /// Gives up what is open at offset `at`, to read on at a place where a record begins.
    pub(crate) fn abandon(&mut self, landing: Landing, at: u64, items: &mut VecDeque<SplitItem>) -> Abandoned {
        let abandoned = self.structure.abandon(landing, at, items);
        (self.depth, self.scanner, self.at_line) = (self.structure.depth(), Scanner::default(), false);
        self.most = Some(BEHIND_STOP);
        abandoned
    }

    /// Returns the offset of text between records that is not JSON, if reading has stopped behind it.
    pub(crate) fn take_lost(&mut self) -> Option<u64> {
        self.structure.lost.take()
    }

    /// Returns the brackets that end the document, from the innermost array on.
    pub(crate) fn closers(&self) -> Vec<u8> {
        self.structure.closers()
    }

    /// Returns whether no record and at most one bracket precedes this place.
    pub(crate) fn is_at_start(&self) -> bool {
        self.structure.is_at_start()
    }

    /// Makes `saved` the current place, to read from there again.
    pub(crate) fn save_to(&self, saved: &mut Self) {
        (saved.scanner, saved.depth, saved.at_line, saved.most) = (self.scanner, self.depth, self.at_line, self.most);
        saved.structure.clone_from(&self.structure);
    }
}
