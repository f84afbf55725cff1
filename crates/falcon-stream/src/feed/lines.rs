//! Splits the bytes of a feed into lines.

use bytes::{Buf, Bytes, BytesMut};

/// The longest line, in bytes without its line break. The largest events seen have tens of kilobytes (SAML envelopes in
/// audit values); goFIG takes 4 MiB as well. Without a limit, a feed without line breaks would fill the memory.
pub const MAX_LINE: usize = 4 << 20;

/// The part that is kept of a line that is too long, in bytes: enough to recognise it.
const BEGINNING: usize = 64 << 10;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// An empty line, or only white space: a keep-alive of the service.
    Blank,
    /// The line, without its line break.
    Text(Bytes),
    /// A line longer than the limit.
    TooLong {
        /// The beginning of the line.
        beginning: Bytes,
        /// Its length in bytes, without its line break.
        length: u64,
    },
}

/// Splits a feed into lines at `\n` or `\r\n`. A line within one chunk is a slice of it. A line that is spread over
/// several chunks is joined, up to the limit.
///
/// ```
/// use falcon_stream::{Bytes, Line, Lines};
///
/// let mut lines = Lines::new(100);
/// lines.push(Bytes::from_static(b"{\"a\":1}\r\n\r\n{\"b\""));
/// assert_eq!(lines.next_line(), Some(Line::Text(Bytes::from_static(b"{\"a\":1}"))));
/// assert_eq!(lines.next_line(), Some(Line::Blank));
/// assert_eq!(lines.next_line(), None);
/// lines.push(Bytes::from_static(b":2}\n"));
/// assert_eq!(lines.next_line(), Some(Line::Text(Bytes::from_static(b"{\"b\":2}"))));
/// ```
pub struct Lines {
    most: usize,
    /// Bytes that have not been split yet.
    chunk: Bytes,
    /// The beginning of a line whose end has not arrived.
    open: BytesMut,
    /// The length of a line that is too long, of which `open` holds only the beginning.
    skipped: Option<u64>,
    /// The last byte of such a line was a carriage return.
    return_last: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let held = self.open.len() + self.chunk.len();
        f.debug_struct("Lines").field("most", &self.most).field("held", &held).finish_non_exhaustive()
    }
}

impl Default for Lines {
    fn default() -> Self {
        Self::new(MAX_LINE)
    }
}

impl Lines {
    /// Creates a splitter for lines of at most `most` bytes.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, chunk: Bytes::new(), open: BytesMut::new(), skipped: None, return_last: false }
    }

    /// Adds bytes. Take all lines first, to avoid a copy; bytes of the previous chunk are kept in any case.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            self.chunk = [std::mem::take(&mut self.chunk), chunk].concat().into();
        }
    }

    /// Returns the next complete line.
    pub fn next_line(&mut self) -> Option<Line> {
        if let Some(at) = memchr::memchr(b'\n', &self.chunk) {
            let piece = self.chunk.split_to(at);
            self.chunk.advance(1);
            return Some(self.finish(piece));
        }
        let piece = std::mem::take(&mut self.chunk);
        self.keep(&piece);
        None
    }

    /// Returns the text after the last line break, once the feed has ended, or `None` if it is empty.
    #[must_use]
    pub fn rest(mut self) -> Option<Line> {
        let piece = std::mem::take(&mut self.chunk);
        let nothing = piece.is_empty() && self.open.is_empty() && self.skipped.is_none();
        (!nothing).then(|| self.finish(piece))
    }

    fn keep(&mut self, piece: &[u8]) {
        // One more byte may be a carriage return.
        if self.skipped.is_none() && self.open.len() + piece.len() > self.most + 1 {
            self.skipped = Some(self.open.len() as u64);
            let missing = BEGINNING.min(self.most).saturating_sub(self.open.len()).min(piece.len());
            self.open.extend_from_slice(piece.get(..missing).unwrap_or_default());
            self.open.truncate(BEGINNING.min(self.most));
        } else if self.skipped.is_none() {
            self.open.extend_from_slice(piece);
        }
        if let Some(length) = &mut self.skipped {
            *length += piece.len() as u64;
            self.return_last = piece.last().map_or(self.return_last, |last| *last == b'\r');
        }
    }

    fn finish(&mut self, piece: Bytes) -> Line {
        if self.open.is_empty() && self.skipped.is_none() && piece.len() <= self.most + 1 {
            return self.classify(piece);
        }
        self.keep(&piece);
        if let Some(length) = self.skipped.take() {
            let length = length - u64::from(std::mem::take(&mut self.return_last));
            // The buffer of a large line is freed, not kept for the next line.
            let open = std::mem::take(&mut self.open);
            return Line::TooLong { beginning: Bytes::copy_from_slice(&open), length };
        }
        let line = self.open.split().freeze();
        self.classify(line)
    }

    fn classify(&self, mut line: Bytes) -> Line {
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > self.most {
            let length = line.len() as u64;
            return Line::TooLong { beginning: line.slice(..BEGINNING.min(self.most)), length };
        }
        if line.iter().all(u8::is_ascii_whitespace) { Line::Blank } else { Line::Text(line) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Splits the whole text at once.
    fn naive(text: &[u8], most: usize) -> Vec<Line> {
        let mut pieces: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        if pieces.last().is_some_and(|last| last.is_empty()) {
            pieces.pop();
        }
        let line = |piece: &[u8]| {
            let line = piece.strip_suffix(b"\r").unwrap_or(piece);
            if line.len() > most {
                let beginning = Bytes::copy_from_slice(&line[..BEGINNING.min(most)]);
                Line::TooLong { beginning, length: line.len() as u64 }
            } else if line.iter().all(u8::is_ascii_whitespace) {
                Line::Blank
            } else {
                Line::Text(Bytes::copy_from_slice(line))
            }
        };
        pieces.into_iter().map(line).collect()
    }

    fn chunked(text: &[u8], cuts: &[usize], most: usize) -> Vec<Line> {
        let mut lines = Lines::new(most);
        let mut found = Vec::new();
        let mut from = 0;
        for cut in cuts.iter().copied().chain([text.len()]) {
            let to = cut.min(text.len()).max(from);
            lines.push(Bytes::copy_from_slice(&text[from..to]));
            while let Some(line) = lines.next_line() {
                found.push(line);
            }
            from = to;
        }
        found.extend(lines.rest());
        found
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_naive_lines(
            text in prop::collection::vec(prop::sample::select(b"ab \r\n{".to_vec()), 0..80),
            mut cuts in prop::collection::vec(0_usize..80, 0..12),
            most in 0_usize..9,
        ) {
            cuts.sort_unstable();
            prop_assert_eq!(chunked(&text, &cuts, most), naive(&text, most));
        }
    }

    #[test]
    fn every_cut_of_a_feed_gives_the_same() {
        let text = b"{\"a\":1}\r\n\n{\"long\":\"0123456789\"}\n \r\n{\"b\":2}\n{\"c";
        for most in [4, 8, 100] {
            for cut in 0..text.len() {
                for other in cut..text.len() {
                    assert_eq!(chunked(text, &[cut, other], most), naive(text, most), "{cut} {other} {most}");
                }
            }
        }
    }

    #[test]
    fn a_line_within_a_chunk_is_not_copied() {
        let chunk = Bytes::from(b"{\"a\":1}\n{\"b\":2}\n".to_vec());
        let inside = chunk.as_ptr_range();
        let mut lines = Lines::default();
        lines.push(chunk.clone());
        while let Some(Line::Text(line)) = lines.next_line() {
            assert!(inside.contains(&line.as_ptr()));
        }
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut lines = Lines::new(1 << 20);
        let chunk = Bytes::from(vec![b'x'; 1 << 16]);
        for _ in 0..1000 {
            lines.push(chunk.clone());
            assert_eq!(lines.next_line(), None);
            assert!(lines.open.len() <= (1 << 20) + 1);
        }
        lines.push(Bytes::from_static(b"\r\n{}\n"));
        let Some(Line::TooLong { beginning, length }) = lines.next_line() else { panic!("not too long") };
        assert_eq!((beginning.len(), length), (BEGINNING, 1000 << 16));
        assert_eq!(lines.next_line(), Some(Line::Text(Bytes::from_static(b"{}"))));
    }
}
