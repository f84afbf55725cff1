//! The sources of settings.

use std::{ffi::OsString, path::PathBuf};

/// The sources of settings.
pub struct Sources<'a> {
    /// The files; the later one wins. All of them must exist.
    pub files: Vec<PathBuf>,
    /// Returns an environment variable. An empty one counts as not set.
    pub env: &'a dyn Fn(&str) -> Option<OsString>,
    /// The names of all environment variables, which are searched for misspelt ones. An empty list turns the search off.
    pub variables: Vec<String>,
    /// The flags on the command line; the last one wins.
    pub flags: Vec<Flag>,
}

/// A setting on the command line. It may be a secret, so there is no `Debug`.
pub struct Flag {
    /// The setting's name as it was typed: `section.key`.
    pub name: String,
    /// The value as it was typed.
    pub value: String,
    /// The flag that sets it, for messages.
    pub flag: &'static str,
}
