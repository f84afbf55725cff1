//! The exit codes that scripts rely on.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All was read and delivered, or the program was asked to stop.
    Done = 0,
    /// It could not do its work.
    Failed = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// It finished, but some input could not be read; each is named on stderr.
    Damaged = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
