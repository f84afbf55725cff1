//! Reads a log file, or the log files of a folder.

use super::ahead::{Ahead, Gone};
use super::report::lost;
use super::state::State;
use crate::guard::guarded;
use anyhow::{Context, anyhow, bail};
use cloudtrail_reader::{BufferPool, LogFile, Origin, PathError, files};
use std::fs::{File, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::sync_channel;

/// Files that wait to be inflated. They are in memory as they are, 16 MiB of one at most.
const OPEN_AHEAD: usize = 1;

/// A file, or a folder of files.
pub(super) struct Folder {
    root: PathBuf,
}

/// A file that has been opened.
struct Opened {
    path: PathBuf,
    /// In bytes, as it is on disk.
    size: u64,
    file: LogFile,
}

fn open(file: Result<PathBuf, PathError>, pool: &BufferPool) -> Result<Opened, PathError> {
    let path = file?;
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    Ok(Opened { file: LogFile::open(&path, pool)?, path, size })
}

/// Returns what `root` is, once it is known that it can be read.
fn look(root: &Path) -> Result<FileType, anyhow::Error> {
    let kind = std::fs::metadata(root).and_then(|metadata| {
        let kind = metadata.file_type();
        if kind.is_dir() {
            std::fs::read_dir(root)?;
        } else if kind.is_file() {
            File::open(root)?;
        }
        Ok(kind)
    });
    kind.map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!(
            "{error}{}; name a file or folder that Falco can see (in a container, one that is mounted there), \
             s3://bucket/prefix or sqs://queue",
            full(root)
        ),
        ErrorKind::PermissionDenied => {
            anyhow!("{error}; the user that Falco runs as must be allowed to read it and to enter the folders above it")
        }
        _ => error.into(),
    })
}

/// Returns where a relative path was looked for, for a message.
fn full(root: &Path) -> String {
    let full = std::path::absolute(root).ok().filter(|full| full != root);
    full.map(|full| format!(" (looked for at {})", full.display())).unwrap_or_default()
}

impl Folder {
    pub(super) fn open(root: &Path) -> Result<Self, anyhow::Error> {
        let kind = look(root).with_context(|| format!("open_params {}", root.display()))?;
        // Reading a pipe or a terminal may take for ever, and nothing can end it when Falco wants to close.
        if !kind.is_file() && !kind.is_dir() {
            bail!(
                "open_params {}: is neither a file nor a folder; pipes and devices cannot be read, since Falco could not \
                 stop the reading",
                root.display()
            );
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Reads all files, each in its turn, until they are through or the other side has gone.
    ///
    /// Another thread reads them as they are on disk. It is to be the first that waits for a disk, and the last that is
    /// waited for.
    pub(super) fn read(self, mut ahead: Ahead) {
        self.survey(&ahead.state);
        let (state, counters, pool) = (Arc::clone(&ahead.state), Arc::clone(&ahead.counters), ahead.pool.clone());
        let (sender, opened) = sync_channel(OPEN_AHEAD);
        let open = || {
            for file in files(&self.root).take_while(|_| !state.is_stopped()) {
                let file = guarded(&counters, "opening a file", || Ok(open(file, &pool)));
                // A panic has been logged, and the file counts as done.
                if sender.send(file.ok()).is_err() {
                    break;
                }
            }
            drop(sender);
        };
        std::thread::scope(|scope| {
            let opening = std::thread::Builder::new().name("cloudtrail-open".to_owned()).spawn_scoped(scope, open);
            if let Err(error) = opening {
                let _ = ahead.state.failure.set(format!("starting a thread: {error}"));
            }
            // Going out of scope, it tells the other thread that nobody takes files any more.
            let opened = opened;
            for file in opened {
                let file = file.map(|file| guarded(&counters, "reading a file", || Ok(self.file(file, &mut ahead))));
                if let Some(Ok(Err(Gone))) = file {
                    return;
                }
                ahead.state.files_done.fetch_add(1, Relaxed);
            }
        });
        let _ = ahead.send();
        self.say_if_nothing(&ahead);
    }

    /// Says that the source gave no event at all: it may be the wrong one.
    fn say_if_nothing(&self, ahead: &Ahead) {
        let root = self.root.display();
        match ahead.state.files_done.load(Relaxed) {
            _ if ahead.sent > 0 || ahead.state.is_stopped() => {}
            0 => log::warn!("cloudtrail: {root}: there are no files in this folder, so nothing was read"),
            files => log::warn!("cloudtrail: {root}: no event is in its files ({files}), so nothing was read"),
        }
    }

    /// Lists everything once before, which tells the progress without keeping the names of millions of files.
    fn survey(&self, state: &State) {
        let (mut count, mut bytes) = (0, 0);
        for file in files(&self.root).take_while(|_| !state.is_stopped()) {
            count += 1;
            bytes += file.ok().and_then(|path| path.metadata().ok()).map_or(0, |metadata| metadata.len());
        }
        state.files.store(count, Relaxed);
        state.bytes.store(bytes, Relaxed);
    }

    /// Reads one file to its end.
    fn file(&self, file: Result<Opened, PathError>, ahead: &mut Ahead) -> Result<(), Gone> {
        let Opened { path, size, file } = match file {
            Ok(opened) => opened,
            Err(error) => {
                lost(&error, &ahead.counters);
                return Ok(());
            }
        };
        let report = ahead.read(file.records(&ahead.pool), size, None)?;
        let origin = if path == self.root { Origin::Named } else { Origin::Listed };
        report.finish(&path.to_string_lossy(), origin, &ahead.counters);
        Ok(())
    }
}
