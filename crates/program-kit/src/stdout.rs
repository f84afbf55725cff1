//! Data, on stdout.

use crate::exit::Exit;
use anyhow::anyhow;
use std::io::{ErrorKind, Write, stdout};

/// Prints `text`. A reader that has gone away (`| head`) is no failure.
///
/// # Errors
/// Where stdout cannot be written to, for example because the disk is full.
pub fn print(text: &[u8]) -> anyhow::Result<Exit> {
    match stdout().lock().write_all(text).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(anyhow!(error).context("writing stdout")),
        _ => Ok(Exit::Done),
    }
}
