//! The objects of one partition.

use std::sync::Arc;

use super::segment::{Sealed, Segment};
use crate::backend::Failure;
use crate::backend::objects::Object;
use crate::event::{PendingEvent, Written};
use crate::ledger::Epoch;

/// The objects of one partition: those that are filled, and those that are written.
#[derive(Default)]
pub(super) struct FeedObjects {
    pub(super) open: Option<Segment>,
    pub(super) writing: Option<Writing>,
    /// The epoch and the last offset of the segment before. No other may be written before that offset is stored.
    pub(super) boundary: Option<(Epoch, u64)>,
}

/// A segment that is written.
pub(super) struct Writing {
    pub(super) epoch: Epoch,
    pub(super) last: u64,
    pub(super) events: Vec<Written>,
    pub(super) cut: Vec<Arc<PendingEvent>>,
    /// How many of its objects are not written yet.
    pub(super) left: usize,
    /// The bytes of all its objects.
    pub(super) memory: usize,
}

/// A call that has ended.
pub(super) struct FinishedPut {
    pub(super) object: Object,
    pub(super) result: Result<(), Failure>,
    /// How many objects the lane had written when the call was made.
    pub(super) written: u64,
}

impl FeedObjects {
    /// Begins to write a segment. Returns its objects, which the caller writes.
    pub(super) fn write(&mut self, sealed: Sealed) -> Vec<Object> {
        let Sealed { epoch, last, events, cut, objects } = sealed;
        let memory = objects.iter().map(|object| object.body.len()).sum();
        self.writing = Some(Writing { epoch, last, events, cut, left: objects.len(), memory });
        objects
    }

    /// Counts an object that is written. The last one ends the segment.
    pub(super) fn wrote_one(&mut self) -> Option<Writing> {
        let writing = self.writing.as_mut()?;
        writing.left = writing.left.saturating_sub(1);
        if writing.left > 0 {
            return None;
        }
        let done = self.writing.take()?;
        self.boundary = Some((done.epoch, done.last));
        Some(done)
    }

    /// Returns the number of its events.
    pub(super) fn len(&self) -> usize {
        let writing = self.writing.as_ref().map_or(0, |writing| writing.events.len() + writing.cut.len());
        writing + self.open.as_ref().map_or(0, Segment::len)
    }

    /// Returns the bytes of its objects in memory.
    pub(super) fn memory(&self) -> usize {
        self.writing.as_ref().map_or(0, |writing| writing.memory) + self.open.as_ref().map_or(0, Segment::memory)
    }
}
