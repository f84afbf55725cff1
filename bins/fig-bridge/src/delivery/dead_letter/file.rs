//! Dead letters in a file: one JSON object a line, on the disk before they count.
//!
//! Programs that write or take over the file lock it against each other. A replay keeps the lock of the file that it has
//! moved away; a program that finds it locked opens the path again, where a new file is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;

use crate::private_file;

/// Between two attempts at a file that another program has locked, and how many there are: an append and its sync take
/// tens of milliseconds, on a slow disk.
const LOCKED_PAUSE: Duration = Duration::from_millis(20);
const LOCKED_TRIES: u32 = 100;

/// A file that dead letters are appended to. It is opened for every append, so that it can be moved away at any time;
/// appends are rare.
#[derive(Clone, Debug)]
pub(super) struct LetterFile {
    path: PathBuf,
}

impl LetterFile {
    /// Makes sure that the file can be written, and creates it.
    ///
    /// # Errors
    /// Names the file and why it cannot be written.
    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let file = Self::at(path);
        file.append(b"").with_context(|| format!("dead letter: {} cannot be written", path.display()))?;
        // Where it is somebody else's file its owner decides.
        drop(private_file::hide(path));
        Ok(file)
    }

    /// The file, which need not be there.
    pub(super) fn at(path: &Path) -> Self {
        Self { path: path.to_path_buf() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines; when this returns they are on the disk. On an error none of them counts, and what was
    /// written of them is taken back as far as that is possible.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        self.append_from(&mut &*lines)
    }

    /// The same with all that `lines` gives.
    pub(super) fn append_from(&self, lines: &mut impl Read) -> io::Result<()> {
        let is_new = !self.path.try_exists()?;
        let mut file = self.locked(OpenOptions::new().read(true).append(true).create(true))?;
        let length = file.metadata()?.len();
        if let Err(error) = write(&mut file, length, lines) {
            // The disk may be full: half a letter would spoil the next one. That is mended there, too.
            drop(file.set_len(length));
            return Err(error);
        }
        if is_new {
            sync_folder(&self.path)?;
        }
        Ok(())
    }

    /// Opens and locks the file that is at the path while it is locked.
    pub(super) fn locked(&self, how: &OpenOptions) -> io::Result<File> {
        for _ in 0..LOCKED_TRIES {
            let file = private_file::open(&self.path, how)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &self.path)? => return Ok(file),
                // It was moved away in between.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => sleep(LOCKED_PAUSE),
                // There are file systems without locks.
                Err(TryLockError::Error(error)) if is_unsupported(&error) => return Ok(file),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::WouldBlock, "another program keeps it locked"))
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    /// `ENOLCK`, as of a network file system without its lock daemon.
    const NO_LOCKS: i32 = 37;
    error.kind() == ErrorKind::Unsupported || error.raw_os_error() == Some(NO_LOCKS)
}

/// Whether the path still leads to this file.
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
        // The program was killed, or the machine, in the middle of a letter. It was not confirmed and will come again.
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

/// A new file is there after a power cut only if its folder is on the disk, too.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
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
