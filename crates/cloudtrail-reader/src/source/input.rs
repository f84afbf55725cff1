//! Inputs, before and after they are opened.

use super::outcome::Outcome;
use super::reading::{Check, Reading};
use crate::aws::{Body, Call, InputName, Loss, Object, SourceItem};
use crate::bucket::is_of_cloudtrail;
use crate::{BufferPool, LogFile, Origin, PathError, Records, is_system_file};
use std::io::Read;
use std::path::{Path, PathBuf};

/// An input of a source that has not been opened, or the reason why it cannot be read.
#[derive(Debug)]
pub struct Input {
    name: String,
    origin: Origin,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Stdin,
    File(PathBuf),
    Object(Box<Object>),
    LostPath(PathError),
    Lost(Box<Loss>),
}

impl Kind {
    /// Returns whether CloudTrail gives its logs such a name, or writes them to such a place.
    fn is_expected(&self) -> bool {
        match self {
            Self::File(path) => is_of_cloudtrail(&path.to_string_lossy()) && !is_system_file(path),
            Self::Object(object) => matches!(&object.what, InputName::Object(it) if is_of_cloudtrail(&it.key)),
            Self::Stdin | Self::LostPath(_) | Self::Lost(_) => false,
        }
    }
}

impl Input {
    /// Returns standard input, with this name in reports.
    #[must_use]
    pub fn stdin(name: &str) -> Self {
        Self { name: name.to_owned(), origin: Origin::Named, kind: Kind::Stdin }
    }

    /// Returns a file, which is not opened yet.
    #[must_use]
    pub fn file(path: &Path, origin: Origin) -> Self {
        Self { name: path.display().to_string(), origin, kind: Kind::File(path.to_owned()) }
    }

    /// Returns an item of [`files`](crate::files).
    #[must_use]
    pub fn found(file: Result<PathBuf, PathError>, origin: Origin) -> Self {
        match file {
            Ok(path) => Self { name: path.display().to_string(), origin, kind: Kind::File(path) },
            Err(error) => Self { name: error.to_string(), origin, kind: Kind::LostPath(error) },
        }
    }

    pub(super) fn remote(item: SourceItem, origin: Origin) -> Self {
        match item {
            SourceItem::Object(object) => {
                Self { name: object.what.to_string(), origin, kind: Kind::Object(Box::new(object)) }
            }
            SourceItem::Lost(lost) => Self { name: lost.what.to_string(), origin, kind: Kind::Lost(Box::new(lost)) },
        }
    }

    /// Returns the name for reports: a path, or an address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns why a part of a bucket or a queue cannot be read, if this is such a part.
    #[must_use]
    pub fn loss(&self) -> Option<&Loss> {
        match &self.kind {
            Kind::Lost(lost) => Some(lost),
            _ => None,
        }
    }

    /// Opens the input. A file of up to 16 MiB is read, and not inflated yet: one thread can open inputs while another
    /// one reads logs.
    ///
    /// # Errors
    /// Returns the outcome to report if the input cannot be read at all.
    pub fn open(self, pool: &BufferPool) -> Result<Log, Box<Outcome>> {
        let Self { name, origin, kind } = self;
        let mut outcome = Outcome::new(name, origin);
        outcome.findings.is_expected = kind.is_expected();
        let path_error = |outcome: &mut Outcome, error: &PathError| outcome.set_lost(error.source.to_string(), false);
        let (content, size, call) = match kind {
            Kind::Stdin => (LogContent::Read(Box::new(std::io::stdin())), 0, None),
            Kind::File(path) => match LogFile::open(&path, pool) {
                Ok(file) => {
                    let size = file.size();
                    (LogContent::File(file), size, None)
                }
                Err(error) => {
                    path_error(&mut outcome, &error);
                    return Err(Box::new(outcome));
                }
            },
            Kind::Object(object) => {
                let Object { size, modified, body, receipt, call, .. } = *object;
                outcome.modified = modified;
                outcome.receipt = Some(receipt);
                (LogContent::Object(body), size, call)
            }
            Kind::LostPath(error) => {
                path_error(&mut outcome, &error);
                return Err(Box::new(outcome));
            }
            Kind::Lost(lost) => {
                outcome.set_lost(lost.error.to_string(), lost.fatal);
                return Err(Box::new(outcome));
            }
        };
        Ok(Log { size, content, call, outcome })
    }
}

/// An open log.
#[derive(Debug)]
pub struct Log {
    size: u64,
    content: LogContent,
    call: Option<Call>,
    outcome: Outcome,
}

enum LogContent {
    Read(Box<dyn Read + Send>),
    File(LogFile),
    Object(Body),
}

impl std::fmt::Debug for LogContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogContent").finish_non_exhaustive()
    }
}

impl Log {
    /// Returns the size in bytes, as stored. Zero if it is not known.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads the log to its end. `read` must take all records and add each record and damage to the reading.
    ///
    /// If an API call announced the object, and the object is not certainly a log, `read` is called again for the
    /// call's record. That record takes the place of an object that is not CloudTrail's.
    ///
    /// Reading a large object waits for the network: do not call this in an asynchronous task.
    ///
    /// # Errors
    /// Returns the error of `read`. The receipt is then dropped, so the log counts as unread.
    pub fn read<E>(
        self,
        pool: &BufferPool,
        check: Check,
        mut read: impl FnMut(&mut Records<'static>, &mut Reading) -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let Self { size, content, call, outcome } = self;
        let records = match content {
            LogContent::Read(input) => Records::from_read(input, pool),
            LogContent::File(file) => file.records(pool),
            LogContent::Object(body) => body.records(pool),
        };
        let mut reading = Reading::new(outcome, size, call);
        let mut records = check.apply(records);
        read(&mut records, &mut reading)?;
        if let Some(record) = reading.end(&records, pool) {
            drop(records);
            let mut records = check.apply(record);
            read(&mut records, &mut reading)?;
            reading.end(&records, pool);
        }
        Ok(reading.outcome)
    }
}
