//! Quoted strings and their escapes.

/// Replaces the escapes of a string between quotes. `Err` is what is wrong.
pub(super) fn unescape(text: &str, quote: char) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            out.push(char);
            continue;
        }
        out.push(match chars.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            // Falco reads a backslash before a space as a backslash without the space: old rules depend on it.
            Some(' ' | '\\') => '\\',
            Some('/') => '/',
            Some(escaped @ ('"' | '\'')) if escaped == quote => escaped,
            Some(escaped @ ('"' | '\'')) => return Err(format!("invalid \\{escaped} escape in {quote}-quoted string")),
            Some(other) => return Err(format!("unsupported string escape sequence: \\{other}")),
            None => return Err("string ends with a lone backslash".to_owned()),
        });
    }
    Ok(out)
}

/// Writes a string between quotes such that the parser reads it back.
pub(super) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The parser takes a quote after any backslash for an escaped one, so the last one is written in another way.
            '\\' if chars.peek().is_none() => out.push_str("\\ "),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
