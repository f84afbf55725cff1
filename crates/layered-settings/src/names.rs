//! A list of names, or ALL.

use std::collections::BTreeSet;

use crate::copying_slip;

/// The names that a setting lets pass: `ALL`, or some.
///
/// ```
/// use layered_settings::Names;
///
/// assert_eq!(Names::parse("all"), Some(Names::All));
/// assert_eq!(Names::parse("Login, logout").map(|it| it.and(&Names::only(["LOGIN"]))), Some(Names::only(["login"])));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Every name, and things without a name.
    All,
    /// These names, in any case.
    Only(BTreeSet<Name>),
}

/// A name as it was written. Comparisons ignore case.
#[derive(Clone, Debug)]
pub struct Name {
    written: String,
    lower: String,
}

impl Name {
    fn new(written: &str) -> Self {
        Self { written: written.to_owned(), lower: written.to_lowercase() }
    }

    /// Returns the name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.lower == other.lower
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.lower.cmp(&other.lower)
    }
}

impl Default for Names {
    /// Lets no name pass.
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Names {
    /// Parses `ALL`, in any case, or names separated by commas. Returns `None` for an empty list.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim().eq_ignore_ascii_case("all") {
            return Some(Self::All);
        }
        let names: BTreeSet<Name> =
            text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(Name::new).collect();
        (!names.is_empty()).then_some(Self::Only(names))
    }

    /// Returns the mistake in a list of names, if any: one of copying, also in a single name, or `ALL` beside others. It
    /// is for [`Setting::slip`](crate::Setting::slip).
    ///
    /// ```
    /// use layered_settings::Names;
    ///
    /// assert!(Names::slip("Login, 'Log out'").is_some_and(|wrong| wrong.contains("quotes around it")));
    /// assert!(Names::slip("Login, ALL").is_some_and(|wrong| wrong.contains("write ALL")));
    /// assert_eq!(Names::slip("Login, Log out"), None);
    /// ```
    #[must_use]
    pub fn slip(text: &str) -> Option<String> {
        let names = || text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let in_one = || names().find_map(|name| Some(format!("in the list, {name} {}", copying_slip(name)?)));
        copying_slip(text).or_else(in_one).or_else(|| {
            let has_all = names().any(|name| name.eq_ignore_ascii_case("all")) && names().count() > 1;
            has_all
                .then(|| "has ALL beside other names; write ALL alone to take every name, or leave it out".to_owned())
        })
    }

    /// Returns a list of these names.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(names.into_iter().map(Name::new).collect())
    }

    /// Returns the names that pass both.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, other) => other.clone(),
            (own, Self::All) => own,
            (Self::Only(own), Self::Only(other)) => Self::Only(own.intersection(other).cloned().collect()),
        }
    }

    /// Returns the names that pass at least one of the two.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only(own), Self::Only(other)) => Self::Only(own.union(&other).cloned().collect()),
            _ => Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_names_or_all() {
        assert_eq!(Names::parse(" all "), Some(Names::All));
        assert_eq!(Names::parse("A, b ,,"), Some(Names::only(["a", "B"])));
        assert_eq!(Names::parse(" , "), None);
    }

    #[test]
    fn what_matches_nothing_is_a_slip() {
        for (text, part) in [
            ("\"a\"", "has quotes around it"),
            ("a,\"b c\"", "in the list, \"b c\" has quotes around it"),
            ("'a', b", "in the list, 'a' has quotes around it"),
            ("a, b\u{201D}, c", "U+201D"),
            ("ALL,a", "write ALL alone"),
            ("a, all", "write ALL alone"),
        ] {
            assert!(Names::slip(text).is_some_and(|wrong| wrong.contains(part)), "{text}: {:?}", Names::slip(text));
        }
        for right in ["", "ALL", " all ,", "a,b", "O'Neil, b", "a \"b\" c, d", "Allow, b"] {
            assert_eq!(Names::slip(right), None, "{right}");
        }
    }

    #[test]
    fn names_are_compared_without_case_and_kept_as_written() {
        let names = Names::only(["CrowdStrike Authentication"]);
        assert_eq!(names, Names::only(["Crowdstrike authentication"]));
        assert_ne!(names, Names::only(["Crowdstrike"]));
        let Names::Only(kept) = names else { panic!("a list is a list") };
        assert_eq!(kept.first().map(Name::as_str), Some("CrowdStrike Authentication"));
    }

    #[test]
    fn lists_are_combined() {
        let (ab, bc) = (Names::only(["a", "b"]), Names::only(["B", "C"]));
        assert_eq!(ab.clone().and(&bc), Names::only(["b"]));
        assert_eq!(ab.clone().or(bc), Names::only(["a", "b", "c"]));
        assert_eq!((Names::All.and(&ab), ab.clone().and(&Names::All)), (ab.clone(), ab.clone()));
        assert_eq!((Names::All.or(ab.clone()), ab.or(Names::All)), (Names::All, Names::All));
    }
}
