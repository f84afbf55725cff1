//! Log files on disk: one file, or all files of a folder.

use crate::pool::{BufferPool, Use};
use crate::records::Records;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Largest file that is read into memory as it is, in bytes. What is larger, or is no plain file, is read in pieces.
const MAX_IN_MEMORY: u64 = 16 << 20;

/// What the folders of macOS and Windows keep for themselves.
const SYSTEM_FILES: [&str; 4] = [".DS_Store", ".localized", "Thumbs.db", "desktop.ini"];
/// How `AppleDouble` files begin, which macOS puts beside each file that it copies to a foreign file system.
const APPLE_DOUBLE: &str = "._";
/// The folder in which zip archives of macOS keep `AppleDouble` files.
const APPLE_FOLDER: &str = "__MACOSX";

/// A file or folder that could not be looked at. Its text is the path; the reason is its
/// [source](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[error("{}", path.display())]
#[non_exhaustive]
pub struct PathError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

impl PathError {
    fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }
}

/// The files of a folder and of the folders in it, by name within each folder, as they are found; for a path that is
/// no folder, that path. Links are followed. What is neither file nor folder (a socket, a device) is left out, unless
/// it is `root` itself.
///
/// Yields an error for each folder that cannot be read and each link that leads nowhere or back to its own folder; the
/// others come all the same.
pub fn files(root: &Path) -> impl Iterator<Item = Result<PathBuf, PathError>> + use<> {
    let top = root.to_owned();
    WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter().filter_map(move |entry| match entry {
        Ok(entry) if entry.file_type().is_file() => Some(Ok(entry.into_path())),
        Ok(entry) if entry.depth() == 0 && !entry.file_type().is_dir() => Some(Ok(entry.into_path())),
        Ok(_) => None,
        Err(error) => {
            let path = error.path().unwrap_or(&top).to_owned();
            let looped = io::Error::other("a link that leads back to a folder above it");
            Some(Err(PathError { path, source: error.into_io_error().unwrap_or(looped) }))
        }
    })
}

/// Whether a file is one of those that systems leave in folders, by its name: `AppleDouble` files (`._name`, and all of
/// `__MACOSX`), `.DS_Store`, `Thumbs.db` and the like. Such a name says nothing about what is in the file: only where that
/// is no log, its mention helps nobody.
#[must_use]
pub fn is_system_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_in = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
    name.starts_with(APPLE_DOUBLE) || is_in(APPLE_FOLDER) || SYSTEM_FILES.contains(&name.as_ref())
}

/// A log file that has been read, and not been inflated yet: for who reads one file while another thread inflates the one
/// before. One that is larger than 16 MiB is only opened.
pub struct LogFile(Content);

enum Content {
    Whole(Bytes),
    Pieces(Box<dyn io::Read + Send>),
}

impl std::fmt::Debug for LogFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogFile").finish_non_exhaustive()
    }
}

impl LogFile {
    /// Reads a log file, as it is.
    ///
    /// # Errors
    /// Where the file cannot be opened or read.
    pub fn open(path: &Path, pool: &BufferPool) -> Result<Self, PathError> {
        let located = |source| PathError::new(path, source);
        let mut file = File::open(path).map_err(located)?;
        let metadata = file.metadata().map_err(located)?;
        if metadata.is_dir() {
            return Err(located(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() || metadata.len() > MAX_IN_MEMORY {
            return Ok(Self(Content::Pieces(Box::new(file))));
        }
        // One byte more than the file had: if it has grown meanwhile, the rest is read too.
        let mut buffer = pool.buffer(metadata.len() as usize + 1, Use::File);
        let mut filled = 0;
        loop {
            match file.read(buffer.space().get_mut(filled..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(located(error)),
            }
        }
        let full = filled == buffer.space().len();
        let bytes = buffer.share(filled);
        Ok(Self(if full {
            Content::Pieces(Box::new(io::Cursor::new(bytes).chain(file)))
        } else {
            Content::Whole(bytes)
        }))
    }

    /// Its records.
    #[must_use]
    pub fn records(self, pool: &BufferPool) -> Records<'static> {
        match self.0 {
            Content::Whole(bytes) => Records::from_bytes(bytes, pool),
            Content::Pieces(file) => Records::from_read(file, pool),
        }
    }
}

impl Records<'static> {
    /// Opens a log file.
    ///
    /// # Errors
    /// Where the file cannot be opened or read.
    pub fn open(path: &Path, pool: &BufferPool) -> Result<Self, PathError> {
        LogFile::open(path, pool).map(|file| file.records(pool))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_come_sorted_and_links_that_lead_nowhere_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["b/2.json", "b/1.json", "a.json", "c/d/e.json"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "{}").unwrap();
        }
        std::os::unix::fs::symlink("nowhere", folder.path().join("b/0.json")).unwrap();
        std::os::unix::fs::symlink("..", folder.path().join("c/up")).unwrap();
        let show = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
        let found: Vec<_> = files(folder.path())
            .map(|file| match file {
                Ok(path) => show(&path),
                Err(error) => format!("! {}", show(&error.path)),
            })
            .collect();
        assert_eq!(found, ["a.json", "! b/0.json", "b/1.json", "b/2.json", "c/d/e.json", "! c/up"]);
    }

    #[test]
    fn files_of_systems_are_told_by_their_names() {
        for (path, expected) in [
            ("logs/._a.json.gz", true),
            ("logs/__MACOSX/a.json", true),
            ("logs/.DS_Store", true),
            ("logs/Thumbs.db", true),
            ("logs/a._json", false),
            ("logs/.hidden", false),
            ("", false),
        ] {
            assert_eq!(is_system_file(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn one_file_is_itself_and_a_missing_one_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.json");
        fs::write(&path, r#"{"Records":[{"a":1}]}"#).unwrap();
        assert_eq!(files(&path).map(Result::unwrap).collect::<Vec<_>>(), std::slice::from_ref(&path));
        let records = Records::open(&path, &BufferPool::default()).unwrap();
        assert_eq!(records.map(|record| record.unwrap().bytes).collect::<Vec<_>>(), [r#"{"a":1}"#]);
        let none = folder.path().join("none");
        let error = files(&none).next().unwrap().unwrap_err();
        assert_eq!(error.to_string(), none.display().to_string());
        assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "No such file or directory (os error 2)");
        assert!(Records::open(folder.path(), &BufferPool::default()).is_err());
    }
}
