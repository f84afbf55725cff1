//! Takes the file of letters away from a running fig-bridge, and puts back what is left.
//!
//! The file is moved to a name beside it, under the lock that every append takes; a running fig-bridge goes on in a new
//! file. What is left at the end is appended there, and on the disk before the moved file is removed. A crash in between
//! leaves letters twice, and never takes one away: the next replay goes on with the moved file. So does an error: a claim
//! that is dropped leaves the moved file as it is.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufReader, BufWriter, ErrorKind, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::super::file::{LetterFile, sync_folder};
use super::stored::{Line, Lines};
use super::working_path;
use crate::private_file;

/// A file of letters that is ours.
pub(super) struct Claim {
    /// Where letters are written to meanwhile, and what is left is put back.
    back: LetterFile,
    working: PathBuf,
    /// Locked.
    file: File,
    lines: Lines<BufReader<File>>,
    /// What is left so far. It has no name, and ends with the program.
    left: BufWriter<File>,
    has_left: bool,
}

impl Claim {
    /// Takes over the file, or what an earlier replay has left beside it; none where there are no letters.
    pub(super) fn take(path: &Path) -> anyhow::Result<Option<Self>> {
        let working = working_path(path);
        let file = match adopt(&working)? {
            Some(file) => file,
            None => match move_away(path, &working).with_context(|| format!("dead letter: {}", path.display()))? {
                Some(file) => file,
                None => return Ok(None),
            },
        };
        let named = || format!("dead letter: {}", working.display());
        let lines = Lines::new(BufReader::new(file.try_clone().with_context(named)?));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let left = tempfile::tempfile_in(folder).with_context(named)?;
        let back = LetterFile::at(path);
        Ok(Some(Self { back, working, file, lines, left: BufWriter::new(left), has_left: false }))
    }

    /// The next line.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Line>> {
        self.lines.next().with_context(|| format!("dead letter: {}", self.working.display()))
    }

    /// Names a line for people.
    pub(super) fn place(&self, number: u64) -> String {
        format!("{}:{number}", self.working.display())
    }

    /// The line stays a letter.
    pub(super) fn leave(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.has_left = true;
        let end: &[u8] = if bytes.ends_with(b"\n") { b"" } else { b"\n" };
        let written = self.left.write_all(bytes).and_then(|()| self.left.write_all(end));
        written.with_context(|| format!("dead letter: {}", self.working.display()))
    }

    /// Puts back what is left, and all that was not read.
    pub(super) fn put_back(mut self) -> anyhow::Result<()> {
        let done = self.put_back_all();
        let named = format!("{} has all letters; the next replay goes on with it", self.working.display());
        done.with_context(|| format!("dead letter: what is left cannot be put back: {named}"))
    }

    fn put_back_all(&mut self) -> io::Result<()> {
        self.left.flush()?;
        let left = self.left.get_mut();
        left.seek(SeekFrom::Start(0))?;
        if self.has_left {
            self.back.append_from(left)?;
        }
        // What was not read, and what a program that knows of no locks has written since.
        let length = self.file.metadata()?.len();
        if length > self.lines.read {
            self.file.seek(SeekFrom::Start(self.lines.read))?;
            self.back.append_from(&mut self.file)?;
        }
        std::fs::remove_file(&self.working)?;
        sync_folder(&self.working)
    }
}

/// The file that an earlier replay has moved away and not finished.
fn adopt(working: &Path) -> anyhow::Result<Option<File>> {
    let file = match private_file::open(working, OpenOptions::new().read(true).write(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("dead letter: {}", working.display())),
    };
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        anyhow::bail!("dead letter: another replay works on {}", working.display());
    }
    tracing::info!(file = %working.display(), "going on with what an earlier replay has not finished");
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
    // An earlier version made files that everybody could read. What is left goes into a new file.
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
        claim.next().unwrap();
        let second = claim.next().unwrap().unwrap();
        claim.leave(&second.bytes).unwrap();
        assert!(Claim::take(&path).is_err(), "another replay does not work on the same letters");
        // The third and the fourth are not read any more.
        claim.put_back().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "5\n2\n3\n4");
        assert!(!working_path(&path).exists());
        LetterFile::open(&path).unwrap().append(b"6\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "5\n2\n3\n4\n6\n");
    }

    #[test]
    fn a_replay_that_crashed_loses_nothing() {
        let (_folder, path) = folder("1\n2\n");
        let mut claim = Claim::take(&path).unwrap().unwrap();
        claim.next().unwrap();
        drop(claim);
        LetterFile::open(&path).unwrap().append(b"3\n").unwrap();
        let mut claim = Claim::take(&path).unwrap().unwrap();
        assert_eq!(claim.next().unwrap().unwrap().bytes, b"1\n", "it begins again with what was moved away");
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
