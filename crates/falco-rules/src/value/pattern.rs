//! `regex`: RE2's POSIX syntax, written again in the syntax of the crate `regex`.
//!
//! libs matches the whole text with `RE2::POSIX`, which has the classes `[[:alpha:]]`, but not `\d`, `\b`, `(?i)` and
//! `(?:…)`. What RE2 refuses is refused here too; what both accept but read differently is written such that it means what
//! it means in RE2.

use regex::bytes::{Regex, RegexBuilder};

/// The memory that one compiled expression may take; RE2's limit is 8 MiB.
const MAX_PROGRAM: usize = 8 << 20;

/// How often a part may be repeated; RE2's own limit.
const MAX_REPEAT: u32 = 1_000;

/// Compiles an expression that must match the whole text.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let invalid = |reason: String| format!("invalid regex pattern: {reason}");
    let own = Translator::new(pattern).translate().map_err(invalid)?;
    let anchored = format!(r"\A(?:{own})\z");
    let built = RegexBuilder::new(&anchored).multi_line(true).size_limit(MAX_PROGRAM).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => invalid("pattern too large - compile failed".to_owned()),
        other => invalid(other.to_string().lines().last().unwrap_or_default().trim().to_owned()),
    })
}

struct Translator<'p> {
    rest: std::str::Chars<'p>,
    out: String,
    /// Where in `out` the last part begins to which a repetition can apply.
    last: Option<usize>,
    /// Whether that part is repeated already.
    is_repeated: bool,
    /// Where the open groups begin in `out`.
    groups: Vec<usize>,
}

impl<'p> Translator<'p> {
    fn new(pattern: &'p str) -> Self {
        Self { rest: pattern.chars(), out: String::new(), last: None, is_repeated: false, groups: Vec::new() }
    }

    fn peek(&self) -> Option<char> {
        self.rest.clone().next()
    }

    fn translate(mut self) -> Result<String, String> {
        while let Some(char) = self.rest.next() {
            match char {
                '(' => {
                    self.groups.push(self.out.len());
                    self.out.push_str("(?:");
                    self.last = None;
                }
                ')' => {
                    let start = self.groups.pop().ok_or("unexpected )")?;
                    self.out.push(')');
                    self.atom_from(start);
                }
                '|' => {
                    self.out.push('|');
                    self.last = None;
                }
                '*' | '+' | '?' => self.repeat(&char.to_string())?,
                '{' => match self.counts() {
                    Some((text, counts)) => {
                        self.rest = counts;
                        let is_too_large = |part: &str| part.parse::<u32>().is_ok_and(|count| count > MAX_REPEAT);
                        if text.trim_matches(['{', '}']).split(',').any(is_too_large) {
                            return Err(format!("bad repetition operator: {text}"));
                        }
                        self.repeat(&text)?;
                    }
                    None => self.literal('{'),
                },
                '[' => self.class()?,
                '\\' => {
                    let escaped = self.escape()?;
                    self.literal(escaped);
                }
                '.' | '^' | '$' => {
                    let start = self.out.len();
                    self.out.push(char);
                    self.atom_from(start);
                }
                other => self.literal(other),
            }
        }
        if self.groups.is_empty() { Ok(self.out) } else { Err("missing )".to_owned()) }
    }

    fn atom_from(&mut self, start: usize) {
        self.last = Some(start);
        self.is_repeated = false;
    }

    fn literal(&mut self, char: char) {
        let start = self.out.len();
        push_escaped(char, &mut self.out);
        self.atom_from(start);
    }

    /// Repeats the last part. In POSIX `a+?` is `(a+)?`, not a lazy `a+`.
    fn repeat(&mut self, operator: &str) -> Result<(), String> {
        let Some(start) = self.last else {
            return Err(format!("no argument for repetition operator: {operator}"));
        };
        if self.is_repeated {
            self.out.insert_str(start, "(?:");
            self.out.push(')');
        }
        self.out.push_str(operator);
        self.is_repeated = true;
        Ok(())
    }

    /// Reads `{n}`, `{n,}` or `{n,m}` after the brace; anything else is an ordinary brace.
    fn counts(&self) -> Option<(String, std::str::Chars<'p>)> {
        let text = self.rest.as_str();
        let end = text.find('}')?;
        let inside = text.get(..end)?;
        let is_number =
            |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_counts = match inside.split_once(',') {
            Some((from, to)) => is_number(from) && (to.is_empty() || is_number(to)),
            None => is_number(inside),
        };
        is_counts.then(|| (format!("{{{inside}}}"), text.get(end + 1..).unwrap_or_default().chars()))
    }

    /// Reads an escape after its backslash.
    fn escape(&mut self) -> Result<char, String> {
        let bad = |char: char| Err(format!("invalid escape sequence: \\{char}"));
        let Some(char) = self.rest.next() else { return Err("trailing \\".to_owned()) };
        match char {
            '1'..='7' if !matches!(self.peek(), Some('0'..='7')) => bad(char),
            '0'..='7' => {
                let mut code = char.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    self.rest.next();
                }
                char::from_u32(code).map_or_else(|| bad(char), Ok)
            }
            'x' => self.hexadecimal(),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'a' => Ok('\u{7}'),
            'f' => Ok('\u{c}'),
            'v' => Ok('\u{b}'),
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => Ok(other),
            other => bad(other),
        }
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let bad = || "invalid escape sequence: \\x".to_owned();
        let text = self.rest.as_str();
        let (digits, length) = match text.strip_prefix('{') {
            Some(inside) => {
                let end = inside.find('}').ok_or_else(bad)?;
                (inside.get(..end).unwrap_or_default(), end + 2)
            }
            None => (text.get(..2).ok_or_else(bad)?, 2),
        };
        let is_hex = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let code = u32::from_str_radix(digits, 16).ok().filter(|_| is_hex).and_then(char::from_u32);
        self.rest = text.get(length..).unwrap_or_default().chars();
        code.ok_or_else(bad)
    }

    /// Reads a class after its bracket.
    fn class(&mut self) -> Result<(), String> {
        let start = self.out.len();
        self.out.push('[');
        if self.peek() == Some('^') {
            self.rest.next();
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            match self.peek() {
                None => return Err("missing ]".to_owned()),
                Some(']') if !is_first => break,
                Some('[') if self.named_class()? => {}
                Some('-') if !is_first && !self.rest.as_str().starts_with("-]") => {
                    return Err(format!("bad character range: {}", self.rest.as_str()));
                }
                Some(_) => self.range()?,
            }
            is_first = false;
        }
        self.rest.next();
        self.out.push(']');
        self.atom_from(start);
        Ok(())
    }

    /// Reads `[:alpha:]`; false if the bracket is an ordinary one.
    fn named_class(&mut self) -> Result<bool, String> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        let text = self.rest.as_str();
        let Some(inside) = text.strip_prefix("[:") else { return Ok(false) };
        let Some(end) = inside.find(":]") else { return Ok(false) };
        let name = inside.get(..end).unwrap_or_default();
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err(format!("invalid character class: [:{name}:]"));
        }
        self.out.push_str(&format!("[:{name}:]"));
        self.rest = inside.get(end + 2..).unwrap_or_default().chars();
        Ok(true)
    }

    /// Reads a character of a class, or two with a hyphen between them.
    fn range(&mut self) -> Result<(), String> {
        let low = self.class_char()?;
        let text = self.rest.as_str();
        push_escaped(low, &mut self.out);
        if text.starts_with('-') && !text.starts_with("-]") && text.len() > 1 {
            self.rest.next();
            let high = self.class_char()?;
            if high < low {
                return Err(format!("bad character range: {low}-{high}"));
            }
            self.out.push('-');
            push_escaped(high, &mut self.out);
        }
        Ok(())
    }

    fn class_char(&mut self) -> Result<char, String> {
        match self.rest.next() {
            Some('\\') => self.escape(),
            Some(char) => Ok(char),
            None => Err("missing ]".to_owned()),
        }
    }
}

/// Appends a character that stands for itself, in a class or outside.
fn push_escaped(char: char, out: &mut String) {
    if regex_meta(char) {
        out.push('\\');
    }
    out.push(char);
}

/// Whether the crate `regex` gives a character a meaning, in a class or outside.
const fn regex_meta(char: char) -> bool {
    matches!(
        char,
        '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' | '#' | '&' | '-' | '~'
    )
}
