//! Local sources: checks that they can be opened, and finds their files.

use crate::path::{PathError, files, files_and_others};
use std::fs::{File, FileType, Metadata, metadata, read_dir};
use std::io::{self, ErrorKind, IsTerminal, stdin};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// A local source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// Standard input.
    Stdin,
    /// A file or a folder.
    Path(PathBuf),
}

/// A file to read, or the error for a path that cannot be read.
#[derive(Debug)]
pub struct LocalFile {
    /// The file.
    pub file: Result<PathBuf, PathError>,
    /// Whether it was found in a folder, rather than named by the user.
    pub in_folder: bool,
    /// Whether reading may wait for a writer: it is a pipe or a terminal.
    pub may_wait: bool,
}

/// Returns a reason for each source if no source can be opened, and nothing otherwise: the others are reported when
/// their turn comes. With `is_read`, files are opened, not only listed.
#[must_use]
pub fn none_to_open(locals: &[Local], is_read: bool) -> Vec<PathError> {
    let mut reasons = Vec::new();
    for local in locals {
        let Local::Path(path) = local else { return Vec::new() };
        let Err(error) = open(path, is_read) else { return Vec::new() };
        reasons.push(PathError { path: path.clone(), source: explained(path, error) });
    }
    reasons
}

fn open(path: &Path, is_read: bool) -> io::Result<()> {
    let kind = metadata(path)?.file_type();
    if kind.is_dir() {
        read_dir(path).map(drop)
    } else if is_read && !may_wait(kind) {
        File::open(path).map(drop)
    } else {
        Ok(())
    }
}

/// Returns whether opening or reading may wait for a writer.
fn may_wait(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_char_device()
}

/// Returns whether the path looks like a pattern that a shell would expand.
#[must_use]
pub fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[', '{'])
}

/// Adds advice to the error if the path looks like something that a shell has not expanded.
fn explained(path: &Path, error: io::Error) -> io::Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let Some(text) = path.to_str() else { return error };
    let trimmed = text.trim();
    let advice = if is_pattern(path) {
        "the shell has not expanded the pattern: it is in quotes, or no file matches; name the folder to read all files in it"
    } else if text.starts_with("~/") || text.starts_with('$') {
        "the shell has not expanded it, as it is in quotes"
    } else if trimmed != text && Path::new(trimmed).exists() {
        "the path exists without the blanks around it"
    } else if text.split_once(',').is_some_and(|(first, _)| !first.is_empty() && Path::new(first).exists()) {
        "several sources are separated by blanks, not by commas"
    } else {
        return error;
    };
    io::Error::new(ErrorKind::NotFound, format!("{error}; {advice}"))
}

/// Returns the files of a path, in the order of reading. Logs a warning if the folder is empty, and a note if reading
/// will wait.
pub fn local_files(path: &Path) -> impl Iterator<Item = LocalFile> + use<> {
    let kind = metadata(path).ok().as_ref().map(Metadata::file_type);
    let (in_folder, may_wait) = (kind.is_some_and(|kind| kind.is_dir()), kind.is_some_and(may_wait));
    if let Some(kind) = kind {
        log_that_it_waits(path, kind);
    }
    let (root, mut is_empty, mut files) = (path.to_owned(), in_folder, found_files(path));
    std::iter::from_fn(move || {
        let Some(file) = files.next() else {
            if std::mem::take(&mut is_empty) {
                tracing::warn!(folder = %root.display(), "the folder contains no files");
            }
            return None;
        };
        is_empty = false;
        let file = file.map_err(|mut error| {
            error.source = explained(&error.path, error.source);
            error
        });
        Some(LocalFile { file, in_folder, may_wait })
    })
}

/// Returns the [`files`] of a path. Logs a warning if a folder has pipes, sockets or devices, which are not read.
pub fn found_files(path: &Path) -> impl Iterator<Item = Result<PathBuf, PathError>> + use<> {
    let mut others = Others { count: 0, first: None };
    files_and_others(path, move |path| others.add(path))
}

/// The pipes, sockets and devices of a folder. They are logged once, when the folder has been read.
struct Others {
    count: u64,
    first: Option<PathBuf>,
}

impl Others {
    fn add(&mut self, path: &Path) {
        self.count += 1;
        self.first.get_or_insert_with(|| path.to_owned());
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        let (count, Some(first)) = (self.count, &self.first) else { return };
        tracing::warn!(
            first = %first.display(),
            count,
            "pipes, sockets or devices in the folder are not read, since that may never end: to read their data, write them \
             to a file in the folder"
        );
    }
}

/// Returns an item for each file that will be read, to count them.
pub fn count_local_files(locals: &[Local]) -> impl Iterator<Item = ()> + '_ {
    locals.iter().flat_map(|local| match local {
        Local::Stdin => Box::new(std::iter::once(())) as Box<dyn Iterator<Item = ()>>,
        Local::Path(path) => Box::new(files(path).map(drop)),
    })
}

/// Logs a note if standard input is a terminal, because nothing happens until somebody types.
pub fn log_that_stdin_waits() {
    if stdin().is_terminal() {
        tracing::info!("reading standard input, which is this terminal: paste or type records, then press Ctrl-D");
    }
}

/// Logs a note if reading waits: for a program at a named pipe, for a person at a terminal. The shell's own pipes
/// (`<(command)`) do not have a path, and have a writer.
fn log_that_it_waits(path: &Path, kind: FileType) {
    let file = path.display();
    if kind.is_fifo() && path.canonicalize().is_ok() {
        tracing::info!(%file, "reading a named pipe, which waits until a program writes to it");
    } else if kind.is_char_device() && File::open(path).is_ok_and(|it| it.is_terminal()) {
        tracing::info!(%file, "reading a terminal: paste or type records, then press Ctrl-D");
    }
}
