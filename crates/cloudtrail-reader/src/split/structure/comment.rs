//! Comments between records. JSON does not allow them, but people write them.

/// A text that every record contains, and few comments do.
const RECORD: &[u8] = b"\"event";

/// A comment that has begun and not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    /// The offset of its start.
    pub(super) start: u64,
    /// The offset after its mark.
    pub(super) from: u64,
    /// Whether it ends at `*/`, and not at the end of the line.
    block: bool,
    /// Whether the last byte was a `*`.
    star: bool,
    /// The number of bytes of [`RECORD`] that the last bytes match.
    matched: usize,
    /// Whether the comment contains [`RECORD`].
    pub(super) like_record: bool,
}

impl Comment {
    pub(super) fn new(start: u64, from: u64, block: bool) -> Self {
        Self { start, from, block, star: false, matched: 0, like_record: false }
    }

    pub(super) fn is_block(&self) -> bool {
        self.block
    }

    /// Reads a byte, and returns whether the comment ends after it.
    pub(super) fn read(&mut self, byte: u8) -> bool {
        if RECORD.get(self.matched) == Some(&byte) {
            self.matched += 1;
        } else {
            // The pattern begins with a quote, which does not occur again in it.
            self.matched = usize::from(RECORD.first() == Some(&byte));
        }
        self.like_record |= self.matched == RECORD.len();
        let ends = if self.block { self.star && byte == b'/' } else { matches!(byte, b'\n' | b'\r') };
        self.star = byte == b'*';
        ends
    }
}
