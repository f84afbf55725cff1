//! The damage to packed data after which reading went on.

use crate::damage::{DamageReason, PackedError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The number of damaged places after which reading goes on. A file with more of them is made up.
const MOST: usize = 1000;

/// The damage of all layers of a file, which is reported at its end.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// The first hole between packed data.
    hole: OnceLock<PackedError>,
    others: Mutex<Vec<Fault>>,
    /// Whether the file has several layers, so that the text of one layer is not that of the file.
    nested: AtomicBool,
}

/// A damage, and the text of its layer that came before it, in bytes.
type Fault = (u64, DamageReason);

pub(crate) type SharedFaults = Arc<Faults>;

impl Faults {
    /// Returns the first hole.
    pub(super) fn hole(&self) -> Option<PackedError> {
        self.hole.get().copied()
    }

    pub(super) fn note_hole(&self, at: u64, length: u64) {
        let _ = self.hole.set(PackedError::Hole { at, length });
    }

    pub(super) fn note_nested(&self) {
        self.nested.store(true, Ordering::Relaxed);
    }

    /// Notes a damage behind `text` bytes of the layer's text, after which reading goes on. Returns it if there are too many.
    pub(super) fn note(&self, text: u64, reason: DamageReason) -> Result<(), DamageReason> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.len() >= MOST {
            return Err(reason);
        }
        others.push((text, reason));
        Ok(())
    }

    /// Returns the damage that was noted, in the order of the file, each with its place in the text. In a file of several
    /// layers that is not known, and is the text's end.
    pub(crate) fn take(&self, end: u64) -> Vec<(u64, DamageReason)> {
        let mut faults = std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner));
        if self.nested.load(Ordering::Relaxed) {
            faults.iter_mut().for_each(|(text, _)| *text = end);
        }
        faults
    }
}
