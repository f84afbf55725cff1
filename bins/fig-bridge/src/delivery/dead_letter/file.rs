//! Dead letters in a file: one JSON object a line, on the disk before they count.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A file that dead letters are appended to. It is opened anew for every append, so that it can be moved away at any
/// time; appends are rare.
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
        let file = Self { path: path.to_path_buf() };
        file.append(b"").with_context(|| format!("dead letter: {} cannot be written", path.display()))?;
        Ok(file)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends whole lines; when this returns they are on the disk. On an error none of them counts, and what was
    /// written of them is taken back as far as that is possible.
    pub(super) fn append(&self, lines: &[u8]) -> io::Result<()> {
        let is_new = !self.path.try_exists()?;
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
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
}

fn write(file: &mut File, length: u64, lines: &[u8]) -> io::Result<()> {
    if length > 0 && !ends_with_line_break(file)? {
        // The program was killed, or the machine, in the middle of a letter. It was not confirmed and will come again.
        file.write_all(b"\n")?;
    }
    file.write_all(lines)?;
    file.sync_data()
}

fn ends_with_line_break(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// A new file is there after a power cut only if its folder is on the disk, too.
fn sync_folder(path: &Path) -> io::Result<()> {
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
        file.append(b"1\n2\n").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"half").unwrap();
        LetterFile::open(&path).unwrap().append(b"3\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"1\n2\n{\"half\n3\n");
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        file.append(b"4\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"4\n");
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
