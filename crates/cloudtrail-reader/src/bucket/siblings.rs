//! Prefixes that match more than the folder that was meant.

/// Finds out whether a prefix without a slash at its end is the whole name of a folder and the beginning of another
/// name: `logs` is both where a bucket has `logs/` and `logs-old/`.
#[derive(Clone, Debug, Default)]
pub struct Siblings {
    prefix: String,
    has_folder: bool,
    beside: Option<String>,
    is_done: bool,
}

impl Siblings {
    /// Looks at keys below this prefix.
    #[must_use]
    pub fn of(prefix: &str) -> Self {
        let is_done = prefix.is_empty() || prefix.ends_with('/');
        Self { prefix: prefix.to_owned(), is_done, ..Self::default() }
    }

    /// Takes in a key that was found. Returns the folder or key beside the folder, once, when both are known.
    pub fn add(&mut self, key: &str) -> Option<String> {
        if self.is_done {
            return None;
        }
        let rest = key.strip_prefix(&self.prefix)?;
        match rest.split_once('/') {
            Some(("", _)) => self.has_folder = true,
            // The key itself, which may have been meant.
            None if rest.is_empty() => {}
            _ if self.beside.is_some() => {}
            Some((name, _)) => self.beside = Some(format!("{}{name}/", self.prefix)),
            None => self.beside = Some(key.to_owned()),
        }
        self.is_done = self.has_folder && self.beside.is_some();
        if self.is_done { self.beside.take() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(prefix: &str, keys: &[&str], expected: &[&str]) {
        let mut siblings = Siblings::of(prefix);
        assert_eq!(keys.iter().filter_map(|key| siblings.add(key)).collect::<Vec<_>>(), expected, "{prefix} {keys:?}");
    }

    #[test]
    fn what_lies_beside_the_folder_is_named_once() {
        check("logs", &["logs-old/a", "logs-old/b", "logs/a", "logs2/a"], &["logs-old/"]);
        check("logs", &["logs/a", "logs.txt", "logs2/a"], &["logs.txt"]);
        check("a/logs", &["a/logs", "a/logs/x"], &[]);
        check("logs", &["logs-1/a", "logs-2/a"], &[]);
        check("logs/", &["logs/a", "logs/b/c"], &[]);
        check("", &["logs/a", "b"], &[]);
    }
}
