//! UTF-16 and UTF-32, as Windows PowerShell writes them.

use crate::looks::Wide;

/// The largest number of bytes of a character in UTF-16 and UTF-32.
pub(super) const LONGEST: usize = 4;
/// The bytes that are decoded at a time.
const CHUNK: usize = 16 << 10;

/// Decodes wide text, and holds the decoded text until it is read.
#[derive(Debug)]
pub(super) struct Decoder {
    wide: Wide,
    text: Vec<u8>,
    given: usize,
}

impl Decoder {
    pub(super) fn new(wide: Wide) -> Self {
        Self { wide, text: Vec::new(), given: 0 }
    }

    /// Copies decoded text to `out`. Returns 0 if more must be [decoded](Self::decode) first.
    pub(super) fn give(&mut self, out: &mut [u8]) -> usize {
        let rest = self.text.get(self.given..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        self.given += count;
        count
    }

    /// Decodes bytes, and returns how many. The caller passes at least [`LONGEST`], except at the end of the file.
    ///
    /// Half of a surrogate pair becomes three bytes that are not UTF-8, so that the record is reported. Bytes at the end of
    /// the file that are less than a unit stay unchanged.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> usize {
        self.text.clear();
        self.given = 0;
        let bytes = bytes.get(..CHUNK).unwrap_or(bytes);
        let mut read = 0;
        while let Some(rest) = bytes.get(read..).filter(|rest| !rest.is_empty()) {
            if rest.len() < LONGEST && read > 0 {
                // The rest of the character may follow.
                break;
            }
            read += self.character(rest);
        }
        read
    }

    /// Decodes the first character of `bytes`, and returns its length.
    fn character(&mut self, bytes: &[u8]) -> usize {
        let Wide { unit, big } = self.wide;
        let Some(first) = number(bytes, unit, big) else {
            self.text.extend_from_slice(bytes);
            return bytes.len();
        };
        let second = bytes.get(unit..).and_then(|rest| number(rest, unit, big));
        if let (2, 0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (unit, first, second) {
            self.push(0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            return 2 * unit;
        }
        self.push(first);
        unit
    }

    fn push(&mut self, code: u32) {
        if let Some(character) = char::from_u32(code) {
            let mut buffer = [0; 4];
            self.text.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            return;
        }
        // Half of a pair, encoded by the rules of UTF-8. A number beyond Unicode loses its highest bits.
        let [_, _, high, low] = code.to_be_bytes();
        self.text.extend_from_slice(&[0xE0 | high >> 4, 0x80 | (high << 2 & 0x3C) | low >> 6, 0x80 | (low & 0x3F)]);
    }
}

/// Returns the first unit of `bytes`.
fn number(bytes: &[u8], unit: usize, big: bool) -> Option<u32> {
    let bytes = bytes.get(..unit)?;
    let join = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
    Some(if big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(wide: Wide, mut bytes: &[u8], piece: usize) -> Vec<u8> {
        let (mut decoder, mut text, mut out) = (Decoder::new(wide), Vec::new(), [0; 3]);
        while !bytes.is_empty() {
            let read = decoder.decode(bytes.get(..piece.max(LONGEST)).unwrap_or(bytes));
            assert!(read > 0, "it goes on");
            bytes = &bytes[read..];
            loop {
                let given = decoder.give(&mut out);
                if given == 0 {
                    break;
                }
                text.extend_from_slice(&out[..given]);
            }
        }
        text
    }

    #[test]
    fn text_comes_out_as_utf_8() {
        let text = "\u{feff}{\"a\":\"ü€😀\"}\r\n".repeat(5000);
        for big in [false, true] {
            let two = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            let four = |it: char| if big { (it as u32).to_be_bytes() } else { (it as u32).to_le_bytes() };
            let utf16: Vec<u8> = text.encode_utf16().flat_map(two).collect();
            let utf32: Vec<u8> = text.chars().flat_map(four).collect();
            for piece in [1, 5, 6, 7, 1 << 20] {
                assert_eq!(decode(Wide { unit: 2, big }, &utf16, piece), text.as_bytes(), "{big} {piece}");
                assert_eq!(decode(Wide { unit: 4, big }, &utf32, piece), text.as_bytes(), "{big} {piece}");
            }
        }
    }

    #[test]
    fn invalid_characters_are_not_utf_8() {
        let wide = Wide { unit: 2, big: true };
        for (bytes, expected) in [
            (&b"\xD8\x3D\0a"[..], &b"\xED\xA0\xBDa"[..]),
            (b"\0a\xDE\0", b"a\xED\xB8\x80"),
            (b"\0a\xD8\x3D", b"a\xED\xA0\xBD"),
            (b"\0a\n", b"a\n"),
        ] {
            assert_eq!(decode(wide, bytes, 4), expected, "{}", bytes.escape_ascii());
        }
        assert!(std::str::from_utf8(&decode(Wide { unit: 4, big: true }, b"\xFF\0\xD8\0", 4)).is_err());
    }
}
