//! The errors of the library.

use std::io;
use std::path::PathBuf;

use tokio::task::JoinError;

/// Letters cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeadLetterError {
    /// The file for letters cannot be written.
    #[error("dead letter: {} cannot be written", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file of letters cannot be read or moved.
    #[error("dead letter: {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another replay has locked the letters.
    #[error("dead letter: another replay works on {}", path.display())]
    Busy {
        /// The locked file.
        path: PathBuf,
    },
    /// Letters that remain after a replay cannot be written back.
    #[error(
        "dead letter: the remaining letters cannot be put back: {} has all letters; the next replay goes on with it",
        path.display()
    )]
    NotPutBack {
        /// The file that has all letters.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Messages of a queue of letters cannot be received.
    #[cfg(feature = "sqs")]
    #[error("dead letter: receiving messages")]
    Receive(#[source] Box<aws_sdk_sqs::Error>),
}

/// A lane has ended with a failure.
#[derive(Debug, thiserror::Error)]
#[error("a call to the backend {backend} has panicked; only a restart brings its events again")]
pub struct LaneError {
    /// The name of the backend.
    pub backend: &'static str,
    /// The panic.
    pub source: JoinError,
}
