//! A format that is known and not read.

use std::fmt;

/// A known format that is not a CloudTrail log. Its text names the format and says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    name: &'static str,
    advice: &'static str,
    may_be_log: bool,
    names_objects: bool,
}

impl Kind {
    pub(super) const fn new(name: &'static str, advice: &'static str) -> Self {
        Self { name, advice, may_be_log: false, names_objects: false }
    }

    /// Returns a format whose data name objects that are to be read.
    pub(super) const fn of_notice(name: &'static str, advice: &'static str) -> Self {
        Self { names_objects: true, ..Self::new(name, advice) }
    }

    /// Returns a format whose data are probably a log.
    pub(super) const fn of_log(name: &'static str, advice: &'static str) -> Self {
        Self { may_be_log: true, ..Self::new(name, advice) }
    }

    pub(crate) fn names_objects(&self) -> bool {
        self.names_objects
    }

    pub(crate) fn may_be_log(&self) -> bool {
        self.may_be_log
    }

    /// Returns the name of the format.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.advice.is_empty() { f.write_str(self.name) } else { write!(f, "{}: {}", self.name, self.advice) }
    }
}
