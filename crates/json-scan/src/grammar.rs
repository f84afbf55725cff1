//! The grammar of JSON (RFC 8259), a byte at a time: the final decision on text that the fast check does not accept.

/// The first byte of a text that is not allowed where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The offset in the text; the length of the text if it ends too early.
    pub at: usize,
    /// The token that was expected there.
    pub expected: &'static str,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} expected at byte {}", self.expected, self.at)
    }
}

impl std::error::Error for SyntaxError {}

/// The tokens that may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

impl Next {
    fn expected(self, in_object: bool) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::ValueOrEnd => "a value or ']'",
            Self::Key => "a key",
            Self::KeyOrEnd => "a key or '}'",
            Self::Colon => "':'",
            Self::CommaOrEnd if in_object => "',' or '}'",
            Self::CommaOrEnd => "',' or ']'",
            Self::Nothing => "nothing more",
        }
    }
}

/// Reads one value. The nesting is on the heap, so no depth can overflow the stack.
pub(crate) fn check(text: &[u8]) -> Result<(), SyntaxError> {
    let mut nesting: Vec<bool> = Vec::new();
    let mut next = Next::Value;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let in_object = nesting.last().copied().unwrap_or(false);
        let rest = text.get(at..).unwrap_or_default();
        let mut length = 1;
        next = match (byte, next) {
            (b' ' | b'\t' | b'\n' | b'\r', next) => next,
            (b'{', Next::Value | Next::ValueOrEnd) => {
                nesting.push(true);
                Next::KeyOrEnd
            }
            (b'[', Next::Value | Next::ValueOrEnd) => {
                nesting.push(false);
                Next::ValueOrEnd
            }
            (b'}', Next::KeyOrEnd | Next::CommaOrEnd) if in_object => close(&mut nesting),
            (b']', Next::ValueOrEnd | Next::CommaOrEnd) if !in_object => close(&mut nesting),
            (b',', Next::CommaOrEnd) if in_object => Next::Key,
            (b',', Next::CommaOrEnd) => Next::Value,
            (b':', Next::Colon) => Next::Value,
            (b'"', Next::Value | Next::ValueOrEnd | Next::Key | Next::KeyOrEnd) => {
                let end = string(rest).ok_or(SyntaxError { at: text.len(), expected: "'\"'" })?;
                if let Some(bad) = bad_escape(rest.get(..end).unwrap_or_default()) {
                    return Err(SyntaxError { at: at + bad, expected: "an escape that JSON has" });
                }
                length = end;
                if matches!(next, Next::Key | Next::KeyOrEnd) { Next::Colon } else { after_value(&nesting) }
            }
            (_, Next::Value | Next::ValueOrEnd) => {
                length = scalar(rest).ok_or(SyntaxError { at, expected: next.expected(in_object) })?;
                after_value(&nesting)
            }
            (_, next) => return Err(SyntaxError { at, expected: next.expected(in_object) }),
        };
        at += length;
    }
    let in_object = nesting.last().copied().unwrap_or(false);
    if next == Next::Nothing { Ok(()) } else { Err(SyntaxError { at, expected: next.expected(in_object) }) }
}

fn close(nesting: &mut Vec<bool>) -> Next {
    nesting.pop();
    after_value(nesting)
}

fn after_value(nesting: &[bool]) -> Next {
    if nesting.is_empty() { Next::Nothing } else { Next::CommaOrEnd }
}

/// Returns the length of the string that `text` starts with, with its quotes.
fn string(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    let closing = text.iter().skip(1).position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    })?;
    Some(closing + 2)
}

/// Returns the offset of the first escape that JSON does not have. `text` starts outside of an escape.
pub(crate) fn bad_escape(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text.get(at..)?.iter().position(|byte| *byte == b'\\') {
        at += found;
        at += match text.get(at + 1..).unwrap_or_default() {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()) => 6,
            _ => return Some(at),
        };
    }
    None
}

/// Returns the length of the number or word that `text` starts with, if a token ends there.
#[inline]
pub(crate) fn scalar(text: &[u8]) -> Option<usize> {
    let length = word(text).or_else(|| number(text))?;
    let ends = matches!(text.get(length), None | Some(b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
    ends.then_some(length)
}

/// Returns the length of the word that `text` starts with. The processor cannot predict which of the three it is, so all
/// are compared.
#[inline(always)]
fn word(text: &[u8]) -> Option<usize> {
    let Some(bytes) = text.first_chunk::<8>() else {
        return [&b"true"[..], b"null", b"false"].iter().find(|word| text.starts_with(word)).map(|word| word.len());
    };
    let bytes = u64::from_le_bytes(*bytes);
    let is = |word: [u8; 8], length: usize| {
        let mask = u64::MAX >> (64 - 8 * length);
        usize::from((bytes ^ u64::from_le_bytes(word)) & mask == 0) * length
    };
    let length = is(*b"true\0\0\0\0", 4) | is(*b"null\0\0\0\0", 4) | is(*b"false\0\0\0", 5);
    (length > 0).then_some(length)
}

/// Returns the length of the number that `text` starts with.
fn number(text: &[u8]) -> Option<usize> {
    let digits = |at: usize| text.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count();
    let some = |count: usize| (count > 0).then_some(count);
    let mut at = usize::from(text.first() == Some(&b'-'));
    at += if text.get(at) == Some(&b'0') { 1 } else { some(digits(at))? };
    if text.get(at) == Some(&b'.') {
        at += 1 + some(digits(at + 1))?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at += some(digits(at))?;
    }
    Some(at)
}
