//! What the threads of an open source know of each other.

use anyhow::Context;
use std::ffi::CString;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// Bytes of a megabyte, as the progress counts.
const MEGABYTE: f64 = 1e6;

/// How far reading has come, and whether it is to end.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Files or objects that are known to be there; there may be more.
    pub(super) files: AtomicU64,
    pub(super) files_done: AtomicU64,
    /// Bytes of them, packed where they are; 0 where that is not known before they are there.
    pub(super) bytes: AtomicU64,
    pub(super) bytes_done: AtomicU64,
    pub(super) stop: AtomicBool,
    /// Falco asks for members of objects in records: then these are listed too. For rules that look at few events more
    /// closely, that would be in vain.
    pub(super) looks_inside: AtomicBool,
    /// Why the source has ended where that is a failure.
    pub(super) failure: OnceLock<String>,
}

impl State {
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Relaxed)
    }

    /// In percent, and as text. By bytes where they are known, so that one large file moves it too, else by files.
    pub(super) fn progress(&self) -> Result<(f64, CString), anyhow::Error> {
        let [files, files_done, bytes, bytes_done] =
            [&self.files, &self.files_done, &self.bytes, &self.bytes_done].map(|it| it.load(Relaxed));
        let (done, all) = if bytes > 0 { (bytes_done, bytes) } else { (files_done, files) };
        // A file that grows while it is read must not make it more than all.
        let value = if all == 0 { 0.0 } else { (100.0 * done as f64 / all as f64).min(100.0) };
        let read = bytes_done as f64 / MEGABYTE;
        let read =
            if bytes > 0 { format!("{read:.1}/{:.1} MB", bytes as f64 / MEGABYTE) } else { format!("{read:.1} MB") };
        let text = CString::new(format!("{value:.2}% - {files_done}/{files} files, {read}"));
        Ok((value, text.context("the progress as text")?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_by_bytes_or_by_files() {
        let state = State::default();
        let text = |state: &State| state.progress().unwrap().1.into_string().unwrap();
        assert_eq!(text(&state), "0.00% - 0/0 files, 0.0 MB");
        state.files.store(8, Relaxed);
        state.files_done.store(2, Relaxed);
        state.bytes_done.store(1_240_000, Relaxed);
        assert_eq!(text(&state), "25.00% - 2/8 files, 1.2 MB");
        state.bytes.store(2_480_000, Relaxed);
        assert_eq!(text(&state), "50.00% - 2/8 files, 1.2/2.5 MB");
        state.bytes_done.store(9_000_000, Relaxed);
        assert!(state.progress().unwrap().0 <= 100.0);
    }
}
