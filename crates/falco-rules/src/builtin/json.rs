//! `json.…`: parts of a record's JSON text by a pointer, as Falco's json plugin gives them.
//!
//! The text is read without parsing all of it. Text that is not valid JSON gives what can be found in it; the plugin gives
//! nothing then.

use std::borrow::Cow;

/// Returns what a JSON pointer leads to: the text of a string, else the JSON text without white space. The first slash may
/// be missing, and an empty pointer means everything.
pub(super) fn value<'t>(text: &'t [u8], pointer: &str) -> Option<Cow<'t, [u8]>> {
    let mut at = Scanner { text, at: 0 };
    at.spaces();
    if !matches!(at.peek(), Some(b'{' | b'[')) {
        return None;
    }
    if pointer.is_empty() {
        return Some(compact(at.one()?));
    }
    for key in pointer.strip_prefix('/').unwrap_or(pointer).split('/') {
        let key =
            if key.contains('~') { Cow::Owned(key.replace("~1", "/").replace("~0", "~")) } else { Cow::Borrowed(key) };
        at.enter(&key)?;
    }
    let found = at.one()?;
    match found {
        [b'"', inside @ .., b'"'] => Some(unescape(inside)),
        other => Some(compact(other)),
    }
}

/// A place in JSON text.
struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Scanner<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Skips white space and takes one byte, if it is there.
    fn take(&mut self, byte: u8) -> bool {
        self.spaces();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes a string, and returns what is between its quotes.
    fn string(&mut self) -> Option<&'t [u8]> {
        self.spaces();
        let start = self.at + 1;
        self.text.get(self.at).filter(|byte| **byte == b'"')?;
        self.at = start;
        loop {
            let length = memchr::memchr2(b'"', b'\\', self.text.get(self.at..)?)?;
            let end = self.at + length;
            self.at = end + 1;
            if self.text.get(end) == Some(&b'"') {
                return self.text.get(start..end);
            }
            self.at += 1;
        }
    }

    /// Takes one value, however deep, and returns its text.
    fn one(&mut self) -> Option<&'t [u8]> {
        self.spaces();
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => {
                    let rest = self.text.get(self.at..)?;
                    let ends =
                        |byte: &u8| matches!(byte, b',' | b'}' | b']' | b':' | b' ' | b'\t' | b'\n' | b'\r' | b'"');
                    let length = rest.iter().position(ends).unwrap_or(rest.len());
                    self.at += length.max(1);
                }
            }
            if depth == 0 {
                return self.text.get(start..self.at);
            }
        }
    }

    /// Goes to the member or element that the key names.
    fn enter(&mut self, key: &str) -> Option<()> {
        if self.take(b'{') {
            while let Some(name) = self.string() {
                if !self.take(b':') {
                    return None;
                }
                if name == key.as_bytes() || (name.contains(&b'\\') && *unescape(name) == *key.as_bytes()) {
                    return Some(());
                }
                self.one()?;
                if !self.take(b',') {
                    return None;
                }
            }
            return None;
        }
        if !self.take(b'[') {
            return None;
        }
        let index = index(key)?;
        self.spaces();
        if self.peek() == Some(b']') {
            return None;
        }
        for _ in 0..index {
            self.one()?;
            if !self.take(b',') {
                return None;
            }
        }
        self.spaces();
        Some(())
    }
}

/// Reads an index as Go's `strconv.Atoi` does.
fn index(key: &str) -> Option<usize> {
    let digits = key.strip_prefix('+').unwrap_or(key);
    let digits = if digits.is_empty() { key } else { digits };
    match digits.strip_prefix('-') {
        Some(zero) if !zero.is_empty() && zero.bytes().all(|byte| byte == b'0') => Some(0),
        _ if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        _ => None,
    }
}

/// Removes the white space between tokens.
fn compact(text: &[u8]) -> Cow<'_, [u8]> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    if !text.iter().any(is_space) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    tokens(text, |token| {
        out.extend_from_slice(token);
        true
    });
    if out.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Calls a function with each token: a string, a mark, or a number or word.
fn tokens<'t>(text: &'t [u8], mut each: impl FnMut(&'t [u8]) -> bool) {
    let mut scanner = Scanner { text, at: 0 };
    loop {
        scanner.spaces();
        let start = scanner.at;
        match scanner.peek() {
            None => return,
            Some(b'"') => {
                if scanner.string().is_none() {
                    scanner.at = text.len();
                }
            }
            Some(b'{' | b'}' | b'[' | b']' | b',' | b':') => scanner.at += 1,
            Some(_) => {
                if scanner.one().is_none() {
                    return;
                }
            }
        }
        let end = scanner.at.min(text.len());
        if !text.get(start..end).is_some_and(&mut each) {
            return;
        }
    }
}

/// How deep JSON may be nested to be indented, as in fastjson, which Falco's plugin uses. Blanks grow with the square of it.
const MAX_DEPTH: usize = 300;

/// Indents JSON text by two spaces, as Go's `json.Indent` does. `None` if its brackets do not fit or are too deep.
pub(super) fn indented(text: &[u8]) -> Option<Vec<u8>> {
    if !matches!(text.first(), Some(b'{' | b'[')) {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut is_new = false;
    let mut fits = true;
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.extend(std::iter::repeat_n(b' ', depth * 2));
    };
    tokens(text, |token| {
        let closes = matches!(token, b"}" | b"]");
        if closes {
            fits &= depth > 0;
            depth = depth.saturating_sub(1);
        }
        if closes != is_new {
            line(&mut out, depth);
        }
        is_new = matches!(token, b"{" | b"[");
        depth += usize::from(is_new);
        fits &= depth <= MAX_DEPTH;
        out.extend_from_slice(token);
        match token {
            b"," => line(&mut out, depth),
            b":" => out.push(b' '),
            _ => {}
        }
        fits
    });
    (fits && depth == 0).then_some(out)
}

/// Replaces the escapes of a string, as fastjson does: other backslashes stay as they are.
fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', text) else { return Cow::Borrowed(text) };
    let mut out = text.get(..first).unwrap_or_default().to_vec();
    let mut rest = text.get(first..).unwrap_or_default();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((escaped, after)) = rest.split_first() else {
            out.push(b'\\');
            break;
        };
        rest = after;
        match escaped {
            b'"' | b'\\' | b'/' => out.push(*escaped),
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => rest = unicode(rest, &mut out),
            other => out.extend_from_slice(&[b'\\', *other]),
        }
    }
    Cow::Owned(out)
}

/// Appends the character of `\uXXXX` after its `u`, and returns the text after it.
fn unicode<'t>(text: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let Some((code, rest)) = hex4(text) else {
        out.extend_from_slice(b"\\u");
        return text;
    };
    let mut push = |char: char| out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
    if let Some(char) = char::from_u32(code) {
        push(char);
        return rest;
    }
    let low = rest.strip_prefix(b"\\u").and_then(hex4);
    let Some((low, after)) = low else {
        // Half a pair stays as it is.
        out.extend_from_slice(b"\\u");
        out.extend_from_slice(text.get(..4).unwrap_or_default());
        return rest;
    };
    let is_pair = code < 0xdc00 && (0xdc00..0xe000).contains(&low);
    let joined = is_pair.then(|| 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00)).and_then(char::from_u32);
    push(joined.unwrap_or(char::REPLACEMENT_CHARACTER));
    after
}

fn hex4(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    let mut code = 0;
    for digit in digits {
        code = code * 16 + char::from(*digit).to_digit(16)?;
    }
    Some((code, rest))
}

#[cfg(test)]
mod tests {
    use super::{indented, value};

    #[track_caller]
    fn check(text: &str, pointer: &str, expected: Option<&str>) {
        let found = value(text.as_bytes(), pointer);
        assert_eq!(found.as_deref().map(String::from_utf8_lossy).as_deref(), expected, "{pointer} in {text}");
    }

    #[test]
    fn pointers_lead_to_values() {
        let text = r#"{"a": {"b" : [1, "two", {"c/d": null, "e~f": "x"}], "": true}, "g\u0041": "h\n", "n": -1.5e3 , "o": {}}"#;
        for (pointer, expected) in [
            ("/a/b/0", Some("1")),
            ("a/b/1", Some("two")),
            ("/a/b/2", Some(r#"{"c/d":null,"e~f":"x"}"#)),
            ("/a/b/2/c~1d", Some("null")),
            ("/a/b/2/e~0f", Some("x")),
            ("/a/b/3", None),
            ("/a/b/-1", None),
            ("/a/b/x", None),
            ("/a/", Some("true")),
            ("/gA", Some("h\n")),
            ("/n", Some("-1.5e3")),
            ("/o", Some("{}")),
            ("/o/p", None),
            ("/n/p", None),
            ("/q", None),
        ] {
            check(text, pointer, expected);
        }
        check(r#"{"a": [ ]}"#, "/a/0", None);
        check(r#"{"a" : 1 }"#, "", Some(r#"{"a":1}"#));
        check("[1,[2, 3]]", "/1", Some("[2,3]"));
        check("\"text\"", "", None);
        check("{\"a\":", "/a", None);
        check("{\"a", "/a", None);
        check("{\"a\":\"b", "/a", None);
    }

    #[test]
    fn escapes_are_replaced_as_fastjson_does() {
        for (escaped, expected) in [
            (r"\u00e9\ud83d\ude00", "\u{e9}\u{1f600}"),
            (r"\ud800x", r"\ud800x"),
            (r"\ud800\u0041", "\u{fffd}"),
            (r"\q\u12", r"\q\u12"),
            (r#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{c}\n\r\t"),
        ] {
            check(&format!(r#"{{"a":"{escaped}"}}"#), "/a", Some(expected));
        }
    }

    #[test]
    fn objects_are_indented_as_go_does() {
        let text = r#"{"a":[1,{"b":"c d"}],"e":{},"f":[],"g":{"h":null}}"#;
        let expected = "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"c d\"\n    }\n  ],\n  \"e\": {},\n  \"f\": [],\n  \"g\": {\n    \"h\": null\n  }\n}";
        assert_eq!(indented(text.as_bytes()).map(String::from_utf8).and_then(Result::ok).as_deref(), Some(expected));
        assert_eq!(indented(b"{"), None);
        assert_eq!(indented(b"}"), None);
        for (depth, is_known) in [(300, true), (301, false), (100_000, false)] {
            let text = "[".repeat(depth) + &"]".repeat(depth);
            assert_eq!(indented(text.as_bytes()).is_some(), is_known, "{depth}");
        }
    }
}
