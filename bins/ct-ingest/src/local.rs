//! Sources on this machine: whether they can be opened, and the files in them.

use crate::source::Local;
use cloudtrail_reader::{PathError, files};
use std::fs::{File, FileType, Metadata, metadata, read_dir};
use std::io::{self, ErrorKind, IsTerminal, stdin};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// A file that is to be read, or what cannot be.
pub(crate) struct Found {
    pub(crate) file: Result<PathBuf, PathError>,
    /// Whether it was found in a folder, not named by the user.
    pub(crate) in_folder: bool,
    /// Whether reading it may wait for somebody to write: it is a pipe or a terminal.
    pub(crate) may_wait: bool,
}

/// Returns why nothing at all can be read, a reason for each source. Where one can be opened, there is nothing to say: the
/// others are named when their turn comes. `is_read` says that files are opened, not only listed.
pub(crate) fn none_to_open(locals: &[Local], is_read: bool) -> Vec<anyhow::Error> {
    let mut reasons = Vec::new();
    for local in locals {
        let Local::Path(path) = local else { return Vec::new() };
        let Err(error) = open(path, is_read) else { return Vec::new() };
        reasons.push(anyhow::Error::new(explained(path, error)).context(path.display().to_string()));
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

/// Whether opening or reading it may take until somebody writes.
fn may_wait(kind: FileType) -> bool {
    kind.is_fifo() || kind.is_char_device()
}

/// Returns the error with what was probably meant, where the path looks like something that a shell has not expanded.
fn explained(path: &Path, error: io::Error) -> io::Error {
    if error.kind() != ErrorKind::NotFound {
        return error;
    }
    let Some(text) = path.to_str() else { return error };
    let trimmed = text.trim();
    let advice = if text.contains(['*', '?', '[', '{']) {
        "the shell has not expanded the pattern: it is in quotes, or no file matches; name the folder to read all files in it"
    } else if text.starts_with("~/") || text.starts_with('$') {
        "the shell has not expanded it, as it is in quotes"
    } else if trimmed != text && Path::new(trimmed).exists() {
        "without the blanks around it, it is there"
    } else if text.split_once(',').is_some_and(|(first, _)| !first.is_empty() && Path::new(first).exists()) {
        "several sources are separated by blanks, not by commas"
    } else {
        return error;
    };
    io::Error::new(ErrorKind::NotFound, format!("{error}; {advice}"))
}

/// Returns the files of a path, in the order of reading. Says so where there are none, and where reading will wait.
pub(crate) fn found(path: &Path) -> impl Iterator<Item = Found> + use<> {
    let kind = metadata(path).ok().as_ref().map(Metadata::file_type);
    let (in_folder, may_wait) = (kind.is_some_and(|kind| kind.is_dir()), kind.is_some_and(may_wait));
    if let Some(kind) = kind {
        say_that_it_waits(path, kind);
    }
    let (root, mut is_empty, mut files) = (path.to_owned(), in_folder, files(path));
    std::iter::from_fn(move || {
        let Some(file) = files.next() else {
            if std::mem::take(&mut is_empty) {
                tracing::warn!(folder = %root.display(), "there are no files in the folder");
            }
            return None;
        };
        is_empty = false;
        let file = file.map_err(|mut error| {
            error.source = explained(&error.path, error.source);
            error
        });
        Some(Found { file, in_folder, may_wait })
    })
}

/// Returns an item for each file that will be read: a way to count them.
pub(crate) fn each(locals: &[Local]) -> impl Iterator<Item = ()> + '_ {
    locals.iter().flat_map(|local| match local {
        Local::Stdin => Box::new(std::iter::once(())) as Box<dyn Iterator<Item = ()>>,
        Local::Path(path) => Box::new(files(path).map(drop)),
    })
}

/// Says that nothing will happen until somebody types, where standard input is a terminal.
pub(crate) fn say_that_stdin_waits() {
    if stdin().is_terminal() {
        tracing::info!("reading standard input, which is this terminal: paste or type records, then press Ctrl-D");
    }
}

/// Says that reading waits: a named pipe for a program, a terminal for a person. The shell's own pipes (`<(command)`) have
/// no name of their own, and somebody writes to them.
fn say_that_it_waits(path: &Path, kind: FileType) {
    let file = path.display();
    if kind.is_fifo() && path.canonicalize().is_ok() {
        tracing::info!(%file, "reading a named pipe, which waits until a program writes to it");
    } else if kind.is_char_device() && File::open(path).is_ok_and(|it| it.is_terminal()) {
        tracing::info!(%file, "reading a terminal: paste or type records, then press Ctrl-D");
    }
}
