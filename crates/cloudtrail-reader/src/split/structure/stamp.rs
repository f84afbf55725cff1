//! The times in front of records, as export tasks of CloudWatch Logs write them: `2026-03-04T05:06:01.000Z {…}`.

/// A part of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u8,
    /// Whether the `Z` has been read.
    is_complete: bool,
}

/// The time up to the seconds. `0` stands for any digit.
const SECONDS: &[u8] = b"0000-00-00T00:00:00";
/// The longest time: RFC 3339 with nanoseconds and a `Z`.
const LONGEST: u8 = 30;

impl Stamp {
    /// Reads the next byte. Returns the time with it, or `None` if it is not part of a time.
    pub(super) fn read(mut self, byte: u8) -> Option<Self> {
        let is_part = match SECONDS.get(usize::from(self.length)) {
            Some(b'0') => byte.is_ascii_digit(),
            Some(expected) => byte == *expected,
            None => !self.is_complete && self.length < LONGEST && matches!(byte, b'.' | b'0'..=b'9' | b'Z'),
        };
        self.length += 1;
        self.is_complete |= byte == b'Z';
        is_part.then_some(self)
    }

    /// Returns whether `byte` is the blank after a complete time.
    pub(super) fn ends_with(self, byte: u8) -> bool {
        self.is_complete && matches!(byte, b' ' | b'\t')
    }

    /// Returns the offset of the first byte, given that of the byte after the last one.
    pub(super) fn start(self, end: u64) -> u64 {
        end - u64::from(self.length)
    }
}
