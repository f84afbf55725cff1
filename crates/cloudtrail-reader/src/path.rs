//! Log files on disk: one file, or all files of a folder.

use crate::pool::{BufferPool, Use};
use crate::records::Records;
use bytes::Bytes;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// The largest file that is read into memory, in bytes. Larger files, and pipes and devices, are read in pieces.
const MAX_IN_MEMORY: u64 = 16 << 20;

/// Files that macOS and Windows create in folders for themselves.
const SYSTEM_FILES: [&str; 4] = [".DS_Store", ".localized", "Thumbs.db", "desktop.ini"];
/// The prefix of `AppleDouble` files. macOS creates one for each file that it copies to a foreign file system.
const APPLE_DOUBLE: &str = "._";
/// The folder for `AppleDouble` files in zip archives that macOS made.
const APPLE_FOLDER: &str = "__MACOSX";

/// The error for a file or folder that could not be read. Its text is the path; the reason is its
/// [source](std::error::Error::source).
#[derive(Debug, thiserror::Error)]
#[error("{}", path.display())]
#[non_exhaustive]
pub struct PathError {
    /// The file or folder.
    pub path: PathBuf,
    /// The error of the operating system.
    pub source: io::Error,
}

impl PathError {
    fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.to_owned(), source }
    }
}

/// Returns the files of a folder and its subfolders, sorted by name within each folder. If the path is not a folder,
/// returns that path. Links are followed. Sockets, devices and the like are skipped, except for `root` itself.
///
/// Yields an error for each folder that cannot be read and each link that leads nowhere or back to its own folder. The
/// iteration continues after an error.
pub fn files(root: &Path) -> impl Iterator<Item = Result<PathBuf, PathError>> + use<> {
    files_and_others(root, |_| ())
}

/// Does the same as [`files`], and passes each pipe, socket and device that it skips to `other`: reading one may never end.
pub fn files_and_others<F: FnMut(&Path)>(
    root: &Path,
    mut other: F,
) -> impl Iterator<Item = Result<PathBuf, PathError>> + use<F> {
    let top = root.to_owned();
    WalkDir::new(root).follow_links(true).sort_by_file_name().into_iter().filter_map(move |entry| match entry {
        Ok(entry) if entry.file_type().is_file() => Some(Ok(entry.into_path())),
        Ok(entry) if entry.file_type().is_dir() => None,
        Ok(entry) if entry.depth() == 0 => Some(Ok(entry.into_path())),
        Ok(entry) => {
            other(entry.path());
            None
        }
        Err(error) => {
            let path = error.path().unwrap_or(&top).to_owned();
            let looped = io::Error::other("a link that leads back to a folder above it");
            Some(Err(PathError { path, source: error.into_io_error().unwrap_or(looped) }))
        }
    })
}

/// Returns whether the file's name is one that operating systems create in folders: `AppleDouble` files (`._name`, and
/// all of `__MACOSX`), `.DS_Store`, `Thumbs.db` and the like. The name does not prove what the file contains. Use it only
/// to leave out a report about a file that is not a log.
#[must_use]
pub fn is_system_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_in = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
    name.starts_with(APPLE_DOUBLE) || is_in(APPLE_FOLDER) || SYSTEM_FILES.contains(&name.as_ref())
}

/// A log file that has been read and not yet inflated. One thread can read a file while another inflates the previous one.
/// A file larger than 16 MiB is only opened.
pub struct LogFile {
    content: Content,
    size: u64,
}

enum Content {
    Whole(Bytes),
    /// A regular file.
    Large(File),
    Pieces(Box<dyn io::Read + Send>),
}

impl std::fmt::Debug for LogFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogFile").finish_non_exhaustive()
    }
}

impl LogFile {
    /// Reads a log file without inflating it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened or read.
    pub fn open(path: &Path, pool: &BufferPool) -> Result<Self, PathError> {
        let located = |source| PathError::new(path, source);
        let mut file = File::open(path).map_err(located)?;
        let metadata = file.metadata().map_err(located)?;
        if metadata.is_dir() {
            return Err(located(io::ErrorKind::IsADirectory.into()));
        }
        if !metadata.is_file() {
            return Ok(Self { content: Content::Pieces(Box::new(file)), size: metadata.len() });
        } else if metadata.len() > MAX_IN_MEMORY {
            return Ok(Self { content: Content::Large(file), size: metadata.len() });
        }
        // One byte more than the file had. If the buffer gets full, the file has grown, and the rest is read too.
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
        let content =
            if full { Content::Pieces(Box::new(io::Cursor::new(bytes).chain(file))) } else { Content::Whole(bytes) };
        Ok(Self { content, size: metadata.len() })
    }

    /// Returns the size on disk, in bytes, at the time when it was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the records of the file. One that is larger than 16 MiB is unpacked on a thread of its own.
    #[must_use]
    pub fn records(self, pool: &BufferPool) -> Records<'static> {
        match self.content {
            Content::Whole(bytes) => Records::from_bytes(bytes, pool),
            Content::Large(file) => Records::from_read_ahead(file, pool),
            Content::Pieces(file) => Records::from_read(file, pool),
        }
    }
}

impl Records<'static> {
    /// Opens a log file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened or read.
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
    fn sockets_and_the_like_in_a_folder_are_passed_on() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.json"), "{}").unwrap();
        let socket = folder.path().join("s");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let mut others = Vec::new();
        let found = files_and_others(folder.path(), |path| others.push(path.to_owned())).count();
        assert_eq!((found, others), (1, vec![socket.clone()]));
        assert_eq!(files(&socket).count(), 1);
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
