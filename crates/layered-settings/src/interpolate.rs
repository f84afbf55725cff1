//! Replaces `%(key)s` and `%%` in the values of INI files, like Python's `BasicInterpolation`.

/// Python's limit. Without it, a value that names itself would never end.
const DEEPEST: usize = 10;

/// A value that another value names.
pub(crate) struct Named {
    pub(crate) text: String,
    /// Whether `%` has no meaning in it: it comes from the environment or a flag.
    pub(crate) literal: bool,
}

/// Why a value cannot be completed, without the value, which may be a secret.
#[derive(Debug)]
pub(crate) struct Incomplete {
    /// The mistake and the correct form.
    pub(crate) wrong: String,
    /// Whether it names a key that does not exist.
    pub(crate) is_key_missing: bool,
}

impl Incomplete {
    fn new(wrong: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), is_key_missing: false }
    }
}

/// Returns `value` with all named values in place. `look_up` knows the keys, in lower case, of the value's own section
/// and of `[DEFAULT]`.
///
/// # Errors
/// Returns an error if a `%` has no meaning, or if a key is missing.
pub(crate) fn interpolate(value: &str, look_up: &dyn Fn(&str) -> Option<Named>) -> Result<String, Incomplete> {
    let mut text = String::new();
    append(&mut text, value, look_up, 1)?;
    Ok(text)
}

fn append(
    text: &mut String,
    value: &str,
    look_up: &dyn Fn(&str) -> Option<Named>,
    depth: usize,
) -> Result<(), Incomplete> {
    if depth > DEEPEST {
        let wrong = format!("refers to other keys more than {DEEPEST} deep; does it name itself?");
        return Err(Incomplete::new(wrong));
    }
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
            continue;
        }
        let Some((key, after)) = after.strip_prefix('(').and_then(|inner| inner.split_once(")s")) else {
            return Err(Incomplete::new("has a % that is neither %% nor %(key)s; write %% for a percent sign"));
        };
        let key = key.to_lowercase();
        match look_up(&key) {
            Some(Named { text: found, literal: true }) => text.push_str(&found),
            Some(Named { text: found, literal: false }) => append(text, &found, look_up, depth + 1)?,
            None => {
                let wrong = format!(
                    "names %({key})s, but neither its section nor [DEFAULT] has a key {key}; write %% for a percent sign"
                );
                return Err(Incomplete { is_key_missing: true, ..Incomplete::new(wrong) });
            }
        }
        rest = after;
    }
    text.push_str(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expected: Result<&str, &str>) {
        let keys = [("host", "a.example"), ("url", "https://%(host)s/%%"), ("self", "%(self)s"), ("raw", "50%")];
        let look_up = |name: &str| {
            let (key, text) = keys.iter().find(|(key, _)| *key == name)?;
            Some(Named { text: (*text).to_owned(), literal: *key == "raw" })
        };
        match (interpolate(value, &look_up), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(expected)) => {
                assert!(found.wrong.contains(expected), "{found:?}");
                assert_eq!(found.is_key_missing, expected.contains("names %("), "{found:?}");
            }
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn keys_are_replaced() {
        check("plain", Ok("plain"));
        check("%(host)s and %(HOST)s", Ok("a.example and a.example"));
        check("%(url)s", Ok("https://a.example/%"));
        check("100%%", Ok("100%"));
        check("%%(host)s", Ok("%(host)s"));
        check("%(raw)s", Ok("50%"));
    }

    #[test]
    fn mistakes_are_reported() {
        check("100%", Err("write %% for"));
        check("%d", Err("neither %% nor %(key)s"));
        check("%(host)", Err("neither %% nor %(key)s"));
        check("%(other)s", Err("names %(other)s, but neither"));
        check("%(self)s", Err("more than 10 deep"));
    }
}
