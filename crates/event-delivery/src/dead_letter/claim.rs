//! Takes the file of letters away from a running program, and puts the remaining letters back.
//!
//! The file is moved to a name next to it, under the lock that each append takes; a running program goes on in a new
//! file. At the end the remaining letters are appended there, and synced before the moved file is removed. A crash in
//! between leaves letters twice, and never removes one: the next replay goes on with the moved file. An error does the
//! same: a claim that is dropped leaves the moved file as it is.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufReader, BufWriter, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::file::{LetterFile, replay_path, sync_folder};
use super::stored::{StoredLetters, StoredLine};
use crate::error::DeadLetterError;
use crate::private_file;

/// A file of letters that this replay owns.
#[derive(Debug)]
pub(crate) struct Claim {
    /// The original path: new letters are written there meanwhile, and the remaining ones are put back there.
    back: LetterFile,
    working: PathBuf,
    /// Locked.
    file: File,
    lines: StoredLetters<BufReader<File>>,
    /// The remaining letters so far, in a file without a name. It vanishes with the program.
    left: BufWriter<File>,
    has_left: bool,
}

impl Claim {
    /// Takes over the file, or the one that an earlier replay has left next to it. Returns `None` if there are no
    /// letters.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub(crate) fn take(path: &Path) -> Result<Option<Self>, DeadLetterError> {
        let working = replay_path(path);
        let file = match adopt(&working)? {
            Some(file) => file,
            None => match move_away(path, &working).map_err(in_file(path))? {
                Some(file) => file,
                None => return Ok(None),
            },
        };
        let lines = StoredLetters::new(BufReader::new(file.try_clone().map_err(in_file(&working))?));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let left = tempfile::tempfile_in(folder).map_err(in_file(&working))?;
        let back = LetterFile::at(path);
        Ok(Some(Self { back, working, file, lines, left: BufWriter::new(left), has_left: false }))
    }

    /// Returns the next line.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub(crate) fn next_line(&mut self) -> Result<Option<StoredLine>, DeadLetterError> {
        self.lines.next_line().map_err(in_file(&self.working))
    }

    /// Returns the path of the file while the replay owns it.
    pub(crate) fn path(&self) -> &Path {
        &self.working
    }

    /// Keeps the line as a letter.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub(crate) fn leave(&mut self, bytes: &[u8]) -> Result<(), DeadLetterError> {
        self.has_left = true;
        let end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
        let written = self.left.write_all(bytes).and_then(|()| self.left.write_all(end));
        written.map_err(in_file(&self.working))
    }

    /// Puts back the remaining letters, and all that were not read.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub(crate) fn put_back(mut self) -> Result<(), DeadLetterError> {
        let done = self.put_back_all();
        done.map_err(|source| DeadLetterError::NotPutBack { path: self.working.clone(), source })
    }

    fn put_back_all(&mut self) -> io::Result<()> {
        self.left.flush()?;
        let left = self.left.get_mut();
        left.seek(SeekFrom::Start(0))?;
        if self.has_left {
            self.back.append_from(left)?;
        }
        // Letters that were not read, and those that a program without locks has written since.
        let length = self.file.metadata()?.len();
        if length > self.lines.read {
            self.file.seek(SeekFrom::Start(self.lines.read))?;
            self.back.append_from(&mut self.file)?;
        }
        std::fs::remove_file(&self.working)?;
        sync_folder(&self.working)
    }
}

/// Returns the error of the file for an error of the system.
pub(super) fn in_file(path: &Path) -> impl Fn(io::Error) -> DeadLetterError + use<> {
    let path = path.to_owned();
    move |source| DeadLetterError::File { path: path.clone(), source }
}

/// Opens the file of an earlier replay that did not finish.
fn adopt(working: &Path) -> Result<Option<File>, DeadLetterError> {
    let file = match private_file::open(working, OpenOptions::new().read(true).write(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(in_file(working)(error)),
    };
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        return Err(DeadLetterError::Busy { path: working.to_owned() });
    }
    tracing::info!(file = %working.display(), "continuing an earlier replay that did not finish");
    Ok(Some(file))
}

fn move_away(path: &Path, working: &Path) -> io::Result<Option<File>> {
    let file = match LetterFile::at(path).locked(OpenOptions::new().read(true).write(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if file.metadata()?.len() == 0 {
        return Ok(None);
    }
    // An earlier version made files that everybody could read. The remaining letters go into a new file.
    file.set_permissions(Permissions::from_mode(private_file::MODE))?;
    std::fs::rename(path, working)?;
    sync_folder(path)?;
    Ok(Some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letters.jsonl");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn what_is_left_is_put_back_behind_what_came_meanwhile() {
        let (_folder, path) = folder("1\n2\n3\n4");
        let mut claim = Claim::take(&path).unwrap().unwrap();
        assert!(!path.exists());
        LetterFile::open(&path).unwrap().append(b"5\n").unwrap();
        claim.next_line().unwrap();
        let second = claim.next_line().unwrap().unwrap();
        claim.leave(&second.bytes).unwrap();
        assert!(Claim::take(&path).is_err(), "another replay does not work on the same letters");
        // The third and the fourth are not read.
        claim.put_back().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "5\n2\n3\n4");
        assert!(!replay_path(&path).exists());
        LetterFile::open(&path).unwrap().append(b"6\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "5\n2\n3\n4\n6\n");
    }

    #[test]
    fn a_replay_that_crashed_loses_nothing() {
        let (_folder, path) = folder("1\n2\n");
        let mut claim = Claim::take(&path).unwrap().unwrap();
        claim.next_line().unwrap();
        drop(claim);
        LetterFile::open(&path).unwrap().append(b"3\n").unwrap();
        let mut claim = Claim::take(&path).unwrap().unwrap();
        assert_eq!(claim.next_line().unwrap().unwrap().bytes, b"1\n", "it begins again with what was moved away");
        claim.put_back().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "3\n2\n");
    }

    #[test]
    fn there_may_be_nothing_to_do() {
        let (_folder, path) = folder("");
        assert!(Claim::take(&path).unwrap().is_none());
        std::fs::remove_file(&path).unwrap();
        assert!(Claim::take(&path).unwrap().is_none());
    }
}
