//! The tokens of a condition.

use super::ast::{Modifier, Operator, Transformer};
use super::escape;

/// A place in the text, from which tokens are read.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    pub(super) at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().as_bytes().first().copied()
    }

    /// Skips blanks; whether there were some.
    pub(super) fn blank(&mut self) -> bool {
        let blanks = count(self.rest(), |byte| matches!(byte, b' ' | b'\t' | 0x08 | b'\r' | b'\n'));
        self.at += blanks;
        blanks > 0
    }

    /// Takes a fixed text.
    pub(super) fn literal(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        self.at += if found { text.len() } else { 0 };
        found
    }

    fn take(&mut self, length: usize) -> Option<&'t str> {
        let token = self.rest().get(..length).filter(|token| !token.is_empty())?;
        self.at += length;
        Some(token)
    }

    /// Takes `not` and at least one white space.
    pub(super) fn not(&mut self) -> bool {
        let spaces = self.rest().strip_prefix("not").map_or(0, |rest| count(rest, is_space));
        self.at += if spaces > 0 { "not".len() + spaces } else { 0 };
        spaces > 0
    }

    /// Takes a letter and letters, digits and underscores after it.
    pub(super) fn identifier(&mut self) -> Option<&'t str> {
        let length = identifier_length(self.rest());
        self.take(length)
    }

    /// Takes identifiers with dots between them.
    pub(super) fn field_name(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let mut length = identifier_length(rest);
        let mut parts = usize::from(length > 0);
        while parts > 0 {
            let Some(next) = rest.get(length..).and_then(|rest| rest.strip_prefix('.')) else { break };
            let part = identifier_length(next);
            if part == 0 {
                break;
            }
            length += 1 + part;
            parts += 1;
        }
        if parts < 2 { None } else { self.take(length) }
    }

    /// Takes a value without quotes.
    pub(super) fn bare(&mut self) -> Option<&'t str> {
        let length = count(self.rest(), is_bare);
        self.take(length)
    }

    /// Takes the argument of a field without quotes.
    pub(super) fn bare_argument(&mut self) -> Option<&'t str> {
        let length = count(self.rest(), is_bare_argument);
        self.take(length)
    }

    /// Takes a hexadecimal or decimal number, the longest there is.
    pub(super) fn number(&mut self) -> Option<&'t str> {
        let length = number_length(self.rest());
        self.take(length)
    }

    /// Takes a string with quotes and replaces its escapes. Returns `None` if the next token is something else, or its end is missing.
    pub(super) fn quoted(&mut self) -> Result<Option<String>, String> {
        let rest = self.rest();
        let Some(quote) = rest.chars().next().filter(|char| matches!(char, '"' | '\'')) else { return Ok(None) };
        let bytes = rest.as_bytes();
        let closes = |at: usize| bytes.get(at).is_some_and(|byte| char::from(*byte) == quote);
        let is_escaped = |at: usize| at > 1 && bytes.get(at - 1) == Some(&b'\\');
        let Some(end) = (1..bytes.len()).find(|at| closes(*at) && !is_escaped(*at)) else { return Ok(None) };
        let value = escape::unescape(rest.get(1..end).unwrap_or_default(), quote)?;
        self.at += end + 1;
        Ok(Some(value))
    }

    /// Takes a word that a blank follows, and the blank.
    fn word(&mut self, word: &str) -> bool {
        let before = self.at;
        if self.literal(word) && self.blank() {
            return true;
        }
        self.at = before;
        false
    }

    /// Takes an operator for which `wanted` holds.
    fn operator_of(&mut self, wanted: impl Fn(Operator) -> bool) -> Option<Operator> {
        Operator::EACH.iter().copied().filter(|one| wanted(*one)).find(|one| {
            if one.is_word() {
                return self.word(one.word());
            }
            one.words().any(|word| self.literal(word))
        })
    }

    /// Takes an operator with two sides.
    pub(super) fn operator(&mut self) -> Option<Operator> {
        self.operator_of(Operator::takes_number)
            .or_else(|| self.operator_of(|one| !one.takes_number() && !one.takes_list()))
            .or_else(|| self.operator_of(Operator::takes_list))
    }

    /// Takes a modifier, if a list or its name follows.
    pub(super) fn modifier(&mut self) -> Option<Modifier> {
        let before = self.at;
        let modifier = Modifier::EACH.iter().copied().find(|one| self.word(one.word()));
        if modifier.is_some() && self.list_follows() && !self.keyword_follows() {
            return modifier;
        }
        self.at = before;
        None
    }

    fn list_follows(&self) -> bool {
        self.peek() == Some(b'(') || identifier_length(self.rest()) > 0
    }

    fn keyword_follows(&self) -> bool {
        ["and", "or", "not"].iter().any(|word| {
            let after = self.rest().strip_prefix(word);
            after.is_some_and(|rest| !rest.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric))
        })
    }

    /// Takes the name of a transformer other than `val`, and the parenthesis that opens it.
    pub(super) fn transformer(&mut self) -> Option<Transformer> {
        let opens =
            |rest: &str, one: Transformer| rest.strip_prefix(one.word()).is_some_and(|rest| rest.starts_with('('));
        let rest = self.rest();
        let found = Transformer::EACH.iter().copied().find(|one| *one != Transformer::Val && opens(rest, *one))?;
        self.at += found.word().len() + 1;
        Some(found)
    }
}

fn count(text: &str, wanted: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| wanted(*byte)).count()
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn is_bare(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'"' | b'\'' | b'=' | b',')
}

fn is_bare_argument(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'[' | b']' | b'"' | b'\'')
}

/// Whether the parser reads the text back as one value without quotes.
pub(super) fn is_bare_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| is_bare(byte) && byte != 0x08)
}

/// Whether the parser reads the text back as an argument without quotes.
pub(super) fn is_bare_field_argument(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_bare_argument)
}

/// Whether the text is one number.
pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && number_length(text) == text.len()
}

fn identifier_length(text: &str) -> usize {
    if !text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    count(text, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    if let [b'0', b'x' | b'X', rest @ ..] = bytes {
        let hex = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if hex > 0 {
            return 2 + hex;
        }
    }
    let sign = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = digits(sign);
    if whole == 0 {
        return 0;
    }
    let mut length = sign + whole;
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if let (Some(b'e' | b'E'), Some(b'+' | b'-')) = (bytes.get(length), bytes.get(length + 1)) {
        let exponent = digits(length + 2);
        length += if exponent > 0 { 2 + exponent } else { 0 };
    }
    length
}
