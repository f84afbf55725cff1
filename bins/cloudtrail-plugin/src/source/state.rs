//! The state that the threads of an open source share.

use anyhow::Context;
use std::ffi::CString;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// The bytes of a megabyte in the progress.
const MEGABYTE: f64 = 1e6;

/// The progress of reading, and whether it must end.
#[derive(Debug, Default)]
pub(super) struct SourceState {
    /// The files or objects found so far. There may be more.
    pub(super) files: AtomicU64,
    pub(super) files_done: AtomicU64,
    /// The share of the current file that has been read, in percent.
    pub(super) percent: AtomicU64,
    /// The bytes that have been read, as stored.
    pub(super) bytes_done: AtomicU64,
    pub(super) stop: AtomicBool,
    /// Whether Falco asks for members of objects in records. Only then layouts list them, because it would be wasted
    /// for rules that look closely at few events.
    pub(super) looks_inside: AtomicBool,
    /// The failure that ended the source, if any.
    pub(super) failure: OnceLock<String>,
}

impl SourceState {
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// Counts a file as read, however that ended.
    pub(super) fn end_file(&self) {
        self.percent.store(0, Relaxed);
        self.files_done.fetch_add(1, Relaxed);
    }

    /// Returns the progress in percent and as text. It counts files, and the share of the current file that was read.
    pub(super) fn progress(&self) -> Result<(f64, CString), anyhow::Error> {
        let [files, files_done, percent, bytes_done] =
            [&self.files, &self.files_done, &self.percent, &self.bytes_done].map(|it| it.load(Relaxed));
        // A file that appears while the others are read must not give more than 100 %.
        let done = 100.0 * files_done as f64 + percent as f64;
        let value = if files == 0 { 0.0 } else { (done / files as f64).min(100.0) };
        let text = format!("{value:.2}% - {files_done}/{files} files, {:.1} MB", bytes_done as f64 / MEGABYTE);
        Ok((value, CString::new(text).context("the progress as text")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_by_files_and_within_a_file() {
        let state = SourceState::default();
        let text = |state: &SourceState| state.progress().unwrap().1.into_string().unwrap();
        assert_eq!(text(&state), "0.00% - 0/0 files, 0.0 MB");
        state.files.store(8, Relaxed);
        state.files_done.store(2, Relaxed);
        state.bytes_done.store(1_240_000, Relaxed);
        assert_eq!(text(&state), "25.00% - 2/8 files, 1.2 MB");
        state.percent.store(50, Relaxed);
        assert_eq!(text(&state), "31.25% - 2/8 files, 1.2 MB");
        state.end_file();
        assert_eq!(text(&state), "37.50% - 3/8 files, 1.2 MB");
        state.files_done.store(9, Relaxed);
        assert!(state.progress().unwrap().0 <= 100.0);
    }
}
