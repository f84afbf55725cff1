//! The text of a file that is not in memory as a whole.

use super::ahead::UnpackAhead;
use super::faults::SharedFaults;
use super::stack::{PackedState, Unpack};
use crate::damage::DamageReason;
use crate::pool::BufferPool;
use std::io::Read;

/// Reads the text of a file, however it is packed.
pub(crate) enum TextSource<'a> {
    /// Unpacked when it is read.
    Here(Unpack<'a>),
    /// Unpacked by another thread.
    Ahead(UnpackAhead),
}

impl<'a> TextSource<'a> {
    pub(crate) fn new(file: impl Read + Send + 'a, faults: SharedFaults) -> Self {
        Self::Here(Unpack::noting(Box::new(file), faults))
    }

    /// Unpacks on another thread, if there is a core for it.
    pub(crate) fn ahead(file: impl Read + Send + 'static, pool: &BufferPool, faults: SharedFaults) -> Self {
        let ahead = UnpackAhead::start(file, pool, &faults);
        ahead.map_or_else(|file| Self::new(file, faults), Self::Ahead)
    }

    /// Writes the next piece of text to `out`. Returns 0 at the end. All text before a damage is returned before the error,
    /// and nothing after it.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, DamageReason> {
        match self {
            Self::Here(unpack) => unpack.read(out),
            Self::Ahead(unpack) => unpack.read(out),
        }
    }

    /// Returns what is known of the file, up to the text that has been read.
    pub(crate) fn state(&self) -> PackedState {
        match self {
            Self::Here(unpack) => unpack.state(),
            Self::Ahead(unpack) => unpack.state(),
        }
    }
}
