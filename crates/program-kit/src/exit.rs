//! The exit codes that scripts rely on.

use std::process::ExitCode;

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was read and delivered, or the program was asked to stop.
    Done = 0,
    /// It could not do its work.
    Failed = 1,
    /// The arguments or the configuration are wrong.
    Usage = 2,
    /// It finished, but some input could not be read or delivered; each is named on stderr.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
