//! The damage to packed data after which reading went on.

use crate::damage::{DamageReason, PackedError};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The number of damaged places after which reading goes on. A file with more of them is made up.
const MOST: usize = 1000;

/// The damage of all layers of a file, which is reported at its end.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// The first hole between packed data.
    hole: OnceLock<PackedError>,
    others: Mutex<Vec<DamageReason>>,
}

pub(crate) type SharedFaults = Arc<Faults>;

impl Faults {
    /// Returns the first hole.
    pub(super) fn hole(&self) -> Option<PackedError> {
        self.hole.get().copied()
    }

    pub(super) fn note_hole(&self, at: u64, length: u64) {
        let _ = self.hole.set(PackedError::Hole { at, length });
    }

    /// Notes a damage, after which reading goes on. Returns it if there are too many.
    pub(super) fn note(&self, reason: DamageReason) -> Result<(), DamageReason> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if others.len() >= MOST {
            return Err(reason);
        }
        others.push(reason);
        Ok(())
    }

    /// Returns the damage that was noted, in the order of the file.
    pub(crate) fn take(&self) -> Vec<DamageReason> {
        std::mem::take(&mut self.others.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
