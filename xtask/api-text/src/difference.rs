//! What one text has and the other has not.

use std::collections::BTreeMap;

/// The lines that are in only one of them: with `-` what is gone, with `+` what is new, sorted by what they say. The
/// order of lines does not count, how often one stands there does.
pub(crate) fn lines(kept: &str, found: &str) -> Vec<String> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    kept.lines().for_each(|line| *counts.entry(line).or_default() -= 1);
    found.lines().for_each(|line| *counts.entry(line).or_default() += 1);
    let changed = counts.into_iter().filter(|(_, count)| *count != 0);
    changed.map(|(line, count)| format!("{}{line}", if count < 0 { '-' } else { '+' })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        for (kept, found, expected) in [
            ("", "", &[] as &[&str]),
            ("pub fn a()\npub fn b()\n", "pub fn b()\npub fn a()\n", &[]),
            ("pub fn a()\n", "pub fn a(u8)\n", &["-pub fn a()", "+pub fn a(u8)"]),
            ("impl A\nimpl A\n", "impl A\n", &["-impl A"]),
            ("", "pub mod m\n", &["+pub mod m"]),
        ] {
            assert_eq!(lines(kept, found), expected, "{kept:?} {found:?}");
        }
    }
}
