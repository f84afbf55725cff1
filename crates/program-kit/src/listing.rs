//! A list of files with their sizes on stdout, for people or for programs.

use crate::line_end::break_before;
use crate::progress::HumanBytes;
use crate::text::{one_line, printable};
use std::ffi::OsStr;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdout};

/// The width of a size on a terminal: `1023.99 KiB` is the longest.
const SIZE_WIDTH: usize = 11;

/// The list that has been written so far.
#[derive(Debug)]
pub struct Listing {
    out: BufWriter<Stdout>,
    for_people: bool,
    files: u64,
    bytes: u64,
}

impl Listing {
    /// Starts a list for people if stdout is a terminal, and for programs otherwise.
    #[must_use]
    pub fn on_stdout() -> Self {
        Self { out: BufWriter::new(stdout()), for_people: stdout().is_terminal(), files: 0, bytes: 0 }
    }

    /// Prints the name of a file and its size.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn print(&mut self, name: &OsStr, bytes: u64) -> io::Result<()> {
        if self.files == 0 {
            self.out.write_all(break_before(self.out.get_ref())).map_err(named)?;
        }
        self.files += 1;
        self.bytes += bytes;
        if self.for_people {
            let size = HumanBytes(bytes).to_string();
            let line = writeln!(self.out, "{size:>SIZE_WIDTH$}  {}", printable(&name.to_string_lossy()));
            return line.and_then(|()| self.out.flush()).map_err(named);
        }
        let line = [bytes.to_string().as_bytes(), b"\t", &one_line(name), b"\n"].concat();
        self.out.write_all(&line).map_err(named)
    }

    /// Prints the total for people, and returns the number of files and their bytes.
    ///
    /// # Errors
    /// If stdout cannot be written.
    pub fn finish(mut self) -> io::Result<(u64, u64)> {
        let Self { files, bytes, .. } = self;
        if self.for_people {
            let noun = if files == 1 { "file" } else { "files" };
            writeln!(self.out, "{:>SIZE_WIDTH$}  in {files} {noun}", HumanBytes(bytes).to_string()).map_err(named)?;
        }
        self.out.flush().map_err(named)?;
        Ok((files, bytes))
    }
}

/// Adds what has failed. The kind shows whether the reader has gone.
fn named(error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("writing stdout: {error}"))
}
