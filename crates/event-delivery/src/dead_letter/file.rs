//! Dead letters in a file: one JSON object per line, synced to disk before they count.
//!
//! Programs that write or take over the file lock it. A replay keeps the lock of the file that it has moved away. A
//! program that waits for the lock opens the path again after that, where a new file is.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::error::DeadLetterError;
use crate::private_file;

/// The pause between two tries to lock the file, and their number. An append with its sync takes tens of milliseconds
/// on a slow disk.
const LOCKED_PAUSE: Duration = Duration::from_millis(20);
const LOCKED_TRIES: u32 = 100;

/// A file that dead letters are appended to. It is opened for each append, so that it can be moved away at any time.
/// Appends are rare.
#[derive(Clone, Debug)]
pub(crate) struct LetterFile {
    path: PathBuf,
}

impl LetterFile {
    /// Creates the file if necessary, and checks that it can be written.
    ///
    /// # Errors
    /// Returns an error with the path if the file cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self, DeadLetterError> {
        let file = Self::at(path);
        file.append(b"").map_err(|source| DeadLetterError::NotWritable { path: path.to_owned(), source })?;
        // If the file belongs to another user, that user decides about its mode.
        drop(private_file::hide(path));
        Ok(file)
    }

    /// Returns the file without opening it. It need not exist.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines, and returns when they are on disk. After an error none of them counts, and the part that
    /// was written is removed if possible.
    pub(crate) fn append(&self, lines: &[u8]) -> io::Result<()> {
        self.append_from(&mut &*lines)
    }

    /// Appends everything that `lines` gives.
    pub(crate) fn append_from(&self, lines: &mut impl Read) -> io::Result<()> {
        let is_new = !self.path.try_exists()?;
        let mut file = self.locked(OpenOptions::new().read(true).append(true).create(true))?;
        let length = file.metadata()?.len();
        if let Err(error) = write(&mut file, length, lines) {
            // The disk may be full: half a letter would damage the next one. The next append repairs it if this fails.
            drop(file.set_len(length));
            return Err(error);
        }
        if is_new {
            sync_folder(&self.path)?;
        }
        Ok(())
    }

    /// Opens and locks the file at the path.
    pub(crate) fn locked(&self, how: &OpenOptions) -> io::Result<File> {
        for _ in 0..LOCKED_TRIES {
            let file = private_file::open(&self.path, how)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &self.path)? => return Ok(file),
                // It was moved away in between.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => sleep(LOCKED_PAUSE),
                // Some file systems have no locks.
                Err(TryLockError::Error(error)) if is_unsupported(&error) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::WouldBlock, "another program keeps it locked"))
    }
}

/// Returns the path for letters of a file while they are sent again: next to their file.
pub(crate) fn replay_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".replaying");
    name.into()
}

fn is_unsupported(error: &io::Error) -> bool {
    /// `ENOLCK`, as of a network file system without its lock daemon.
    const NO_LOCKS: i32 = 37;
    error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

/// Returns whether the path still leads to this file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (ours, there) = (file.metadata()?, std::fs::metadata(path));
    match there {
        Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn write(file: &mut File, length: u64, lines: &mut impl Read) -> io::Result<()> {
    if length > 0 && !ends_with_line_break(file)? {
        // The program or the machine was killed in the middle of a letter. It was not confirmed and comes again.
        file.write_all(b"\n")?;
    }
    io::copy(lines, file)?;
    file.sync_data()
}

fn ends_with_line_break(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Syncs the folder: without that, a power cut may remove a new file.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_appended_and_half_a_line_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.jsonl");
        let file = LetterFile::open(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, private_file::MODE, "nobody else reads letters");
        file.append(b"1\n2\n").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"half").unwrap();
        LetterFile::open(&path).unwrap().append(b"3\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n2\n{\"half\n3\n");
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        file.append(b"4\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"4\n");
    }

    #[test]
    fn a_file_that_is_being_moved_away_gets_no_letter() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("letters.jsonl"), folder.path().join("moved"));
        let file = LetterFile::open(&path).unwrap();
        let held = file.locked(OpenOptions::new().read(true).write(true)).unwrap();
        let appending = std::thread::spawn(move || file.append(b"1\n"));
        sleep(LOCKED_PAUSE * 3);
        std::fs::rename(&path, &moved).unwrap();
        appending.join().unwrap().unwrap();
        assert_eq!((std::fs::read(&path).unwrap(), std::fs::read(&moved).unwrap()), (b"1\n".to_vec(), vec![]));
        drop(held);
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().to_path_buf(), folder.path().join("missing/letters.jsonl")] {
            let error = LetterFile::open(&path).unwrap_err();
            assert_eq!(error.to_string(), format!("dead letter: {} cannot be written", path.display()));
        }
    }
}
