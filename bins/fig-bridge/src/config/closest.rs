//! "Did you mean": the known name that is closest to a mistyped one.

use super::rows::{OTHER_SECTIONS, ROWS, Row, row as exact};

/// The section that was probably meant.
pub(super) fn section(name: &str) -> Option<&'static str> {
    let known = ROWS.iter().map(|row| row.section).chain(OTHER_SECTIONS.iter().copied());
    nearest(name, known.map(|section| (section, section)))
}

/// The setting that was probably meant: in the same section, or the same key of another one.
pub(super) fn row(section: &str, key: &str) -> Option<&'static Row> {
    let own = ROWS.iter().filter(|row| row.section == section);
    let elsewhere = || ROWS.iter().copied().find(|row| row.key.eq_ignore_ascii_case(key));
    let typed = || self::section(section).and_then(|section| exact(section, key));
    nearest(key, own.map(|row| (row.key, *row))).or_else(elsewhere).or_else(typed)
}

fn nearest<T>(name: &str, known: impl Iterator<Item = (&'static str, T)>) -> Option<T> {
    let name = name.to_lowercase();
    let (distance, found) =
        known.map(|(word, what)| (strsim::osa_distance(&name, word), what)).min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may be wrong, but no more than three; beyond that a guess is no help.
    (distance <= (name.chars().count() / 3).min(3)).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_seen_through() {
        assert_eq!(section("flacon"), Some("falcon"));
        assert_eq!(section("Main"), Some("main"));
        assert_eq!(section("nonsense"), None);
        let name = |section, key| row(section, key).map(Row::name);
        assert_eq!(name("events", "ofset").as_deref(), Some("events.offset"));
        assert_eq!(name("cloudtrail_lake", "client_id").as_deref(), Some("falcon.client_id"));
        assert_eq!(name("falcn", "cloud_region").as_deref(), Some("falcon.cloud_region"));
        assert_eq!(name("events", "nonsense"), None);
    }
}
