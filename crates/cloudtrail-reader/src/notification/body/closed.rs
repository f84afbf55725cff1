//! Texts that are cut or damaged, up to there.

use json_scan::Checker;

/// Returns the part of a text in front of the first byte that is not JSON, up to its last whole object or array, with the
/// open brackets closed. `None` if there is none.
pub(super) fn closed(text: &str) -> Option<String> {
    let damage = Checker::default().check(text.as_bytes()).err()?.at;
    let text = text.get(..damage)?;
    let (mut open, mut in_string, mut is_escaped) = (Vec::new(), false, false);
    // The end of the last whole value, and the brackets that are open there. All later ones are above them.
    let (mut end, mut around) = (0, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !is_escaped => in_string = !in_string,
            b'{' if !in_string => open.push('}'),
            b'[' if !in_string => open.push(']'),
            b'}' | b']' if !in_string => {
                open.pop();
                (end, around) = (at + 1, open.len());
            }
            _ => {}
        }
        is_escaped = byte == b'\\' && in_string && !is_escaped;
    }
    let mut closed = text.get(..end).filter(|text| !text.is_empty())?.to_owned();
    closed.extend(open.get(..around)?.iter().rev());
    Checker::default().check(closed.as_bytes()).is_ok().then_some(closed)
}

#[cfg(test)]
mod tests {
    use super::closed;

    #[test]
    fn whole_values_in_front_of_the_damage_are_kept() {
        for (text, expected) in [
            (r#"{"a":[{"b":1},{"c":[2],"d":"x]\"}"#, Some(r#"{"a":[{"b":1},{"c":[2]}]}"#)),
            (r#"[{"b":"}]"},{"c""#, Some(r#"[{"b":"}]"}]"#)),
            (r#"{"a":[{"b":1},oops,{"c":2}]}"#, Some(r#"{"a":[{"b":1}]}"#)),
            (r#"{"a":[1,2"#, None),
            (r#"{"a":[1]}"#, None),
            ("oops", None),
            ("", None),
        ] {
            assert_eq!(closed(text).as_deref(), expected, "{text}");
        }
    }
}
