//! Characters beyond ASCII between records.

/// A character beyond ASCII, as far as it has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Character {
    bytes: [u8; 4],
    length: usize,
}

impl Character {
    pub(super) fn new(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    pub(super) fn first_byte(self) -> u8 {
        self.bytes[0]
    }

    /// Returns the offset of its first byte, if the next byte is at `at`.
    pub(super) fn start(self, at: u64) -> u64 {
        at.saturating_sub(self.length as u64)
    }

    pub(super) fn push(&mut self, byte: u8) {
        if let Some(next) = self.bytes.get_mut(self.length) {
            *next = byte;
            self.length += 1;
        }
    }

    /// Returns the character, `Ok(None)` if more bytes are needed, and an error if the bytes are not UTF-8.
    pub(super) fn decode(&self) -> Result<Option<char>, ()> {
        match std::str::from_utf8(self.bytes.get(..self.length).unwrap_or_default()) {
            Ok(text) => Ok(text.chars().next()),
            Err(error) => error.error_len().map_or(Ok(None), |_| Err(())),
        }
    }
}
