//! Temporary files for data that does not fit into memory. They have no name, and go with the process.

use std::fs::File;
use std::io::{self, BufWriter, IntoInnerError, Seek};

/// A temporary file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("a temporary file cannot be used: {0}; the variable TMPDIR names the folder of these files")]
pub struct SpillError(#[from] io::Error);

/// Creates a file in the folder of `TMPDIR`, writes to it, and returns it, to be read from its start.
pub(crate) fn spill(write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<File> {
    let mut out = BufWriter::new(tempfile::tempfile()?);
    write(&mut out)?;
    let mut file = out.into_inner().map_err(IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}
