//! The files and the parts of their output that one thread hands to the next.

use cloudtrail_reader::source::{Input, Outcome};
use record_queries::{Chunk, LeftOut};
use std::sync::mpsc::{Receiver, SyncSender};

/// A part of one file's output, from a worker to the writer.
pub(super) enum OutputPart {
    Chunk(Chunk, PartRead),
    /// The last part.
    End(Box<Outcome>, LeftOut),
}

/// The part of a file that was read, up to the end of a chunk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PartRead {
    pub(super) records: u64,
    pub(super) bytes: u64,
    pub(super) left_out: LeftOut,
}

/// A file to write, and the channel of its parts.
pub(super) struct Listed {
    /// The number of its SOURCE.
    pub(super) source: usize,
    pub(super) name: String,
    /// Whether reading may wait for a writer.
    pub(super) may_wait: bool,
    pub(super) parts: Receiver<OutputPart>,
}

/// A file to read, and the channel for its parts.
pub(super) struct Job {
    pub(super) input: Input,
    /// Whether reading may wait for a writer.
    pub(super) may_wait: bool,
    pub(super) parts: SyncSender<OutputPart>,
}
