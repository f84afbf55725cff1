//! `%(key)s` and `%%` in the values of INI files, as Python's `BasicInterpolation` has them.

/// Python's limit; a value that names itself would go on for ever.
const DEEPEST: usize = 10;

/// A value that another one names.
pub(super) struct Named {
    pub(super) text: String,
    /// It stands for itself: it comes from the environment or a flag, where a `%` has no meaning.
    pub(super) literal: bool,
}

/// `value` with all that it names put in. `look_up` knows the keys, in lower case, of the value's own section and of
/// `[DEFAULT]`.
///
/// # Errors
/// Says what is wrong and what would be right, without the value, which may be a secret.
pub(super) fn interpolate(value: &str, look_up: &dyn Fn(&str) -> Option<Named>) -> Result<String, String> {
    let mut text = String::new();
    append(&mut text, value, look_up, 1)?;
    Ok(text)
}

fn append(text: &mut String, value: &str, look_up: &dyn Fn(&str) -> Option<Named>, depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("names other keys more than {DEEPEST} deep; does it name itself?"));
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
            return Err("has a % that is neither %% nor %(key)s; write %% for a percent sign".to_owned());
        };
        let key = key.to_lowercase();
        match look_up(&key) {
            Some(Named { text: found, literal: true }) => text.push_str(&found),
            Some(Named { text: found, literal: false }) => append(text, &found, look_up, depth + 1)?,
            None => {
                return Err(format!(
                    "names %({key})s, but neither its section nor [DEFAULT] has a key {key}; write %% for a percent sign"
                ));
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
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, _) => panic!("{found:?}"),
        }
    }

    #[test]
    fn keys_are_put_in() {
        check("plain", Ok("plain"));
        check("%(host)s and %(HOST)s", Ok("a.example and a.example"));
        check("%(url)s", Ok("https://a.example/%"));
        check("100%%", Ok("100%"));
        check("%%(host)s", Ok("%(host)s"));
        check("%(raw)s", Ok("50%"));
    }

    #[test]
    fn what_cannot_be_put_in_is_told() {
        check("100%", Err("write %% for"));
        check("%d", Err("neither %% nor %(key)s"));
        check("%(host)", Err("neither %% nor %(key)s"));
        check("%(other)s", Err("names %(other)s, but neither"));
        check("%(self)s", Err("more than 10 deep"));
    }
}
