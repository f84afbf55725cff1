//! Shell patterns, as glibc's `fnmatch` without flags matches them in the C locale: `*` also matches slashes and dots.

/// A pattern that is ready to match.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    tokens: Vec<Token>,
    folds: bool,
}

#[derive(Clone, Debug)]
enum Token {
    Byte(u8),
    Any,
    Star,
    Set(Box<[bool; 256]>),
    /// A backslash at the end, which nothing matches.
    Never,
}

impl Glob {
    /// Compiles a pattern; with `folds`, ASCII letters match in both cases.
    pub(crate) fn new(pattern: &[u8], folds: bool) -> Self {
        let fold = |byte: u8| if folds { byte.to_ascii_lowercase() } else { byte };
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(byte) = pattern.get(at) {
            at += 1;
            tokens.push(match byte {
                b'*' => Token::Star,
                b'?' => Token::Any,
                b'\\' => match pattern.get(at) {
                    Some(escaped) => {
                        at += 1;
                        Token::Byte(fold(*escaped))
                    }
                    None => Token::Never,
                },
                b'[' => match set(pattern, at, folds) {
                    Some((set, end)) => {
                        at = end;
                        Token::Set(set)
                    }
                    None => Token::Byte(b'['),
                },
                other => Token::Byte(fold(*other)),
            });
        }
        Self { tokens, folds }
    }

    /// Whether the whole text matches. It goes back to the last star only, so the time is at most the product of both
    /// lengths.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while let Some(byte) = text.get(at) {
            match self.tokens.get(token) {
                Some(Token::Star) => {
                    star = Some((token + 1, at));
                    token += 1;
                }
                Some(one) if self.is_match(one, *byte) => {
                    token += 1;
                    at += 1;
                }
                _ => match &mut star {
                    Some((after, from)) => {
                        *from += 1;
                        (token, at) = (*after, *from);
                    }
                    None => return false,
                },
            }
        }
        self.tokens.iter().skip(token).all(|token| matches!(token, Token::Star))
    }

    fn is_match(&self, token: &Token, byte: u8) -> bool {
        match token {
            Token::Byte(one) => *one == if self.folds { byte.to_ascii_lowercase() } else { byte },
            Token::Any => true,
            Token::Set(set) => set.get(usize::from(byte)).copied().unwrap_or(false),
            Token::Star | Token::Never => false,
        }
    }
}

/// Reads a set after its bracket, and returns it with the offset of its end. `None` if it has no end: then the bracket is
/// an ordinary byte.
fn set(pattern: &[u8], start: usize, folds: bool) -> Option<(Box<[bool; 256]>, usize)> {
    let fold = |byte: u8| if folds { byte.to_ascii_lowercase() } else { byte };
    let mut at = start;
    let negated = matches!(pattern.get(at), Some(b'!' | b'^'));
    at += usize::from(negated);
    let mut set = Box::new([false; 256]);
    let mut add = |wanted: &dyn Fn(u8) -> bool| {
        for (byte, slot) in (0_u8..=255).zip(set.iter_mut()) {
            *slot |= wanted(byte);
        }
    };
    let first = at;
    loop {
        let byte = *pattern.get(at)?;
        if byte == b']' && at > first {
            break;
        }
        if let Some((name, end)) = named(pattern, at, b':') {
            // glibc matches nothing with a pattern that has an unknown class; here the class has no bytes.
            if let Some(class) = class(name) {
                add(&class);
            }
            at = end;
            continue;
        }
        let (low, next) = member(pattern, at)?;
        at = next;
        if pattern.get(at) == Some(&b'-') && !matches!(pattern.get(at + 1), Some(b']') | None) {
            let (high, next) = member(pattern, at + 1)?;
            at = next;
            let (low, high) = (fold(low), fold(high));
            add(&|byte| (low..=high).contains(&fold(byte)));
        } else {
            add(&|byte| fold(byte) == fold(low));
        }
    }
    if negated {
        set.iter_mut().for_each(|slot| *slot = !*slot);
    }
    Some((set, at + 1))
}

/// Reads one byte of a set: escaped, as `[.x.]` or `[=x=]`, or itself.
fn member(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    for mark in [b'.', b'='] {
        if let Some(([byte], end)) = named(pattern, at, mark) {
            return Some((*byte, end));
        }
    }
    match *pattern.get(at)? {
        b'\\' => Some((*pattern.get(at + 1)?, at + 2)),
        byte => Some((byte, at + 1)),
    }
}

/// Reads `[:name:]`, with any of the marks `:`, `.` and `=`.
fn named(pattern: &[u8], at: usize, mark: u8) -> Option<(&[u8], usize)> {
    let rest = pattern.get(at..)?.strip_prefix(&[b'[', mark])?;
    let length = rest.windows(2).position(|two| two == [mark, b']'])?;
    Some((rest.get(..length)?, at + 2 + length + 2))
}

fn class(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"digit" => |byte| byte.is_ascii_digit(),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"print" => |byte| byte == b' ' || byte.is_ascii_graphic(),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"space" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return None,
    })
}
