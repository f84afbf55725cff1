//! Detects prefixes that match more than the intended folder.

/// Detects whether a prefix without a slash at its end is both the name of a folder and the beginning of another name,
/// such as `logs` in a bucket with `logs/` and `logs-old/`.
#[derive(Clone, Debug, Default)]
pub struct Siblings {
    prefix: String,
    has_folder: bool,
    beside: Option<String>,
    is_done: bool,
}

impl Siblings {
    /// Checks keys with this prefix.
    #[must_use]
    pub fn of(prefix: &str) -> Self {
        let is_done = prefix.is_empty() || prefix.ends_with('/');
        Self { prefix: prefix.to_owned(), is_done, ..Self::default() }
    }

    /// Checks a key. Returns the other folder or key, once, when both are known.
    pub fn add(&mut self, key: &str) -> Option<String> {
        if self.is_done {
            return None;
        }
        let rest = key.strip_prefix(&self.prefix)?;
        match rest.split_once('/') {
            Some(("", _)) => self.has_folder = true,
            // The key itself, which may be the intended one.
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
