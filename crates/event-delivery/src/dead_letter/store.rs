//! The store that letters are written to.

use std::fmt;
use std::path::Path;

use super::file::LetterFile;
use super::letter::Letter;
#[cfg(feature = "sqs")]
use super::queue;
use super::record::whole;
use super::source::LetterSource;
#[cfg(feature = "sqs")]
use crate::backend::queue::Queue;
use crate::error::DeadLetterError;

/// The store of letters.
pub struct DeadLetterStore(Place);

enum Place {
    File(LetterFile),
    #[cfg(feature = "sqs")]
    Queue(Queue),
}

impl DeadLetterStore {
    /// Opens the place that letters can be read from, to write there.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn open(place: LetterSource) -> Result<Self, DeadLetterError> {
        match place {
            LetterSource::File(path) => Self::file(&path),
            #[cfg(feature = "sqs")]
            LetterSource::Queue(queue) => Ok(Self::queue(queue)),
        }
    }

    /// Returns a store that appends letters to a file, one JSON object per line. Creates the file if necessary.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn file(path: &Path) -> Result<Self, DeadLetterError> {
        LetterFile::open(path).map(|file| Self(Place::File(file)))
    }

    /// Returns a store that sends letters to a queue, one JSON object per message. A large line comes in parts.
    #[cfg(feature = "sqs")]
    #[must_use]
    pub fn queue(queue: Queue) -> Self {
        Self(Place::Queue(queue))
    }

    /// Writes at least the first of `letters`. Returns how many.
    pub(super) async fn write(&self, letters: &[Letter]) -> Result<usize, String> {
        match &self.0 {
            Place::File(file) => write_file(file, letters).await,
            #[cfg(feature = "sqs")]
            Place::Queue(queue) => match letters.first() {
                Some(letter) => queue::send(queue, letter).await.map(|()| 1),
                None => Ok(0),
            },
        }
    }
}

impl fmt::Debug for DeadLetterStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::File(file) => write!(f, "DeadLetterStore({})", file.path().display()),
            #[cfg(feature = "sqs")]
            Place::Queue(queue) => write!(f, "DeadLetterStore({queue:?})"),
        }
    }
}

/// Writes all letters with one append and one sync.
async fn write_file(file: &LetterFile, letters: &[Letter]) -> Result<usize, String> {
    let mut lines = String::new();
    for letter in letters {
        lines.push_str(&whole(&letter.about(), &letter.event.line));
        lines.push('\n');
    }
    let (file, path) = (file.clone(), file.path().display().to_string());
    let written = tokio::task::spawn_blocking(move || file.append(lines.as_bytes())).await;
    let written = written.map_err(|error| error.to_string())?;
    written.map(|()| letters.len()).map_err(|error| format!("{path}: {error}"))
}
