//! Reads a log file, or the log files of a folder.

use super::ahead::{Ahead, Gone};
use super::report::lost;
use super::state::State;
use crate::guard::guarded;
use anyhow::{Context, bail};
use cloudtrail_reader::{PathError, Records, files};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// A file, or a folder of files.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn open(root: &Path) -> Result<Self, anyhow::Error> {
        let kind = std::fs::metadata(root).with_context(|| format!("open_params {}", root.display()))?.file_type();
        // Reading a pipe or a terminal may take for ever, and nothing can end it when Falco wants to close.
        if !kind.is_file() && !kind.is_dir() {
            bail!("open_params {}: is neither a file nor a folder", root.display());
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Reads all files, each in its turn, until they are through or the other side has gone.
    pub(super) fn read(self, mut ahead: Ahead) {
        self.survey(&ahead.state);
        for file in files(&self.root) {
            if ahead.state.is_stopped() {
                return;
            }
            let counters = Arc::clone(&ahead.counters);
            let read = guarded(&counters, "reading a file", || Ok(self.file(file, &mut ahead)));
            if let Ok(Err(Gone)) = read {
                return;
            }
            ahead.state.files_done.fetch_add(1, Relaxed);
        }
        if ahead.state.files.load(Relaxed) == 0 {
            log::warn!("cloudtrail: {}: there are no files", self.root.display());
        }
        let _ = ahead.send();
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
    fn file(&self, file: Result<PathBuf, PathError>, ahead: &mut Ahead) -> Result<(), Gone> {
        let opened = file.and_then(|path| {
            let size = path.metadata().map_or(0, |metadata| metadata.len());
            Ok((Records::open(&path, &ahead.pool)?, path, size))
        });
        let (records, path, size) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                lost(&error, &ahead.counters);
                return Ok(());
            }
        };
        let report = ahead.read(records, size)?;
        report.finish(&path.to_string_lossy(), path != self.root, &ahead.counters);
        Ok(())
    }
}
