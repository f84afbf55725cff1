//! Versions of the engine and of plugins.

use std::fmt;

/// A version such as `0.62.0`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    major: u32,
    minor: u32,
    patch: u32,
}

/// The version of Falco 0.44's engine, whose rules this crate reads.
pub(super) const ENGINE: Version = Version { major: 0, minor: 62, patch: 0 };

impl Version {
    /// The version that a single number stands for.
    pub(super) const fn engine(number: u32) -> Self {
        Self { major: 0, minor: number, patch: 0 }
    }

    /// Reads the version that a text begins with.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next()?.parse().ok();
        let (major, minor) = (number()?, number()?);
        let rest = parts.next()?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let patch = rest.get(..digits)?.parse().ok()?;
        Some(Self { major, minor, patch })
    }

    /// Whether this version does what the required one does.
    pub(super) fn satisfies(self, required: Self) -> bool {
        self.major == required.major && self >= required
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
