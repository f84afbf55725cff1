//! "Did you mean": the known name that is closest to a mistyped one.

/// The highest number of wrong letters. A guess beyond that does not help.
const MOST_WRONG: usize = 3;

/// Returns the value of the known name that is closest to `name`, whatever the case of the letters; the first one of
/// several. At most a third of the letters may be wrong, and at most three.
///
/// ```
/// use layered_settings::closest;
///
/// let known = [("timeout", 1), ("retries", 2)];
/// assert_eq!(closest("timeuot", known), Some(1));
/// assert_eq!(closest("colour", known), None);
/// ```
pub fn closest<N: AsRef<str>, T>(name: &str, known: impl IntoIterator<Item = (N, T)>) -> Option<T> {
    let name = name.to_lowercase();
    let distances =
        known.into_iter().map(|(known, value)| (strsim::osa_distance(&name, &known.as_ref().to_lowercase()), value));
    let (distance, value) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= (name.chars().count() / 3).min(MOST_WRONG)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_recognised_and_other_words_are_not() {
        let find = |name| closest(name, ["falcon", "main", "Region", "regions"].map(|known| (known, known)));
        for (name, expected) in [
            ("flacon", Some("falcon")),
            ("Main", Some("main")),
            ("REGOIN", Some("Region")),
            ("region", Some("Region")),
            ("nonsense", None),
            ("man", Some("main")),
            ("mn", None),
            ("", None),
        ] {
            assert_eq!(find(name), expected, "{name}");
        }
    }
}
