//! The table of settings. Reading, messages and reference texts follow from it.

use crate::{Rule, closest, copying_slip};

/// One setting. Write tables with [`table!`](crate::table).
#[derive(Debug)]
pub struct Setting {
    /// The section of the INI file.
    pub section: &'static str,
    /// The key in the section, in lower case.
    pub key: &'static str,
    /// The environment variable that sets it.
    pub variable: Option<&'static str>,
    /// A second key and a second variable, which set it too.
    pub also: Option<(&'static str, &'static str)>,
    /// The value if nothing sets it. An empty text means that it is not set.
    pub default: &'static str,
    /// The form of the value.
    pub rule: Rule,
    /// The description, in Markdown, without a full stop at the end.
    pub about: &'static str,
    /// Whether the value is a secret: it never appears in a message, and a flag cannot set it.
    pub secret: bool,
    /// A note for the reference in Markdown, such as "new"; empty for none.
    pub note: &'static str,
    /// Returns a mistake of copying in a value, without the value itself. It is checked before the rule.
    pub slip: fn(&str) -> Option<String>,
    /// Returns a hint for a value that breaks the rule, such as "write eu-west-1".
    pub hint: fn(&str) -> Option<String>,
}

impl Setting {
    /// The values for the optional parts of [`table!`](crate::table).
    #[doc(hidden)]
    pub const BASE: Self = Self {
        section: "",
        key: "",
        variable: None,
        also: None,
        default: "",
        rule: Rule::Text,
        about: "",
        secret: false,
        note: "",
        slip: copying_slip,
        hint: no_hint,
    };

    /// Returns the settings of several tables, in their order. `N` is the number of all.
    ///
    /// ```
    /// use layered_settings::{Rule, Setting, table};
    ///
    /// table! { const SERVER; PORT = "server" "port", None, "80", Rule::Number(1, 65535), "The port"; }
    /// table! { const LOG; LEVEL = "log" "level", None, "info", Rule::Text, "The level"; }
    /// const ALL: &[&Setting] = &Setting::joined::<{ SERVER.len() + LOG.len() }>(&[SERVER, LOG]);
    /// assert_eq!(ALL.iter().map(|setting| setting.key).collect::<Vec<_>>(), ["port", "level"]);
    /// # let _ = (PORT, LEVEL);
    /// ```
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a wrong number fails at compile time")]
    pub const fn joined<const N: usize>(tables: &[&[&'static Self]]) -> [&'static Self; N] {
        let mut all = [&Self::BASE; N];
        let (mut table, mut row, mut at) = (0, 0, 0);
        while table < tables.len() {
            while row < tables[table].len() {
                all[at] = tables[table][row];
                (row, at) = (row + 1, at + 1);
            }
            (table, row) = (table + 1, 0);
        }
        all
    }

    /// Returns the setting's name, `section.key`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }

    /// Returns the environment variables that set it.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.variable.into_iter().chain(self.also.map(|(_, variable)| variable))
    }

    /// Returns whether this key, in any case, is one of its keys.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key) || self.also.is_some_and(|(other, _)| other.eq_ignore_ascii_case(key))
    }
}

fn no_hint(_: &str) -> Option<String> {
    None
}

/// Defines settings as constants, and a constant with all of them.
///
/// Each one is `NAME = "section" "key", variable, default, rule, description;`. Optional parts come last:
/// `, also: Some(("key", "VARIABLE"))`, `, secret: true`, `, note: "new"`, `, slip: function`, `, hint: function`.
///
/// ```
/// use layered_settings::{Rule, Setting, table};
///
/// table! {
///     pub(crate) const SETTINGS;
///     PORT = "server" "port", Some("PORT"), "8080", Rule::Number(1, 65535), "The port to listen on";
///     TOKEN = "server" "token", Some("TOKEN"), "", Rule::Text, "The token that clients send", secret: true;
/// }
/// assert_eq!(SETTINGS.len(), 2);
/// assert_eq!(PORT.name(), "server.port");
/// ```
#[macro_export]
macro_rules! table {
    ($(#[$about_all:meta])* $visible:vis const $all:ident;
     $($name:ident = $section:literal $key:literal, $variable:expr, $default:expr, $rule:expr, $about:literal
       $(, $field:ident: $value:expr)*;)+) => {
        $(#[doc = $about]
        $visible const $name: &$crate::Setting = &$crate::Setting {
            section: $section,
            key: $key,
            variable: $variable,
            default: $default,
            rule: $rule,
            about: $about,
            $($field: $value,)*
            ..$crate::Setting::BASE
        };)+

        $(#[$about_all])*
        $visible const $all: &[&$crate::Setting] = &[$($name),+];
    };
}

/// All settings of a program.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The settings, section by section.
    pub settings: &'static [&'static Setting],
    /// Sections of other programs: they are allowed in a file, and their contents are ignored.
    pub other_sections: &'static [&'static str],
    /// The flag that names a file, for messages.
    pub file_flag: &'static str,
    /// First words of variables that other programs use too, such as `AWS`: names with them are not searched for
    /// misspelt ones.
    pub shared_words: &'static [&'static str],
}

impl Table {
    /// Returns the setting with this key, whatever the key's case.
    #[must_use]
    pub fn find(&self, section: &str, key: &str) -> Option<&'static Setting> {
        let mut settings = self.settings.iter().copied();
        settings.find(|setting| setting.section == section && setting.has_key(key))
    }

    pub(crate) fn has_section(&self, section: &str) -> bool {
        self.settings.iter().any(|setting| setting.section == section)
    }

    /// Returns the section that was probably meant.
    pub(crate) fn closest_section(&self, name: &str) -> Option<&'static str> {
        let known = self.settings.iter().map(|setting| setting.section).chain(self.other_sections.iter().copied());
        closest(name, known.map(|section| (section, section)))
    }

    /// Returns the setting that was probably meant: one in the same section, the same key of another section, or the
    /// same key of a section with a similar name.
    pub fn closest(&self, section: &str, key: &str) -> Option<&'static Setting> {
        let same_section = self.settings.iter().copied().filter(|setting| setting.section == section);
        let same_key = || self.settings.iter().copied().find(|setting| setting.key.eq_ignore_ascii_case(key));
        let similar_section = || self.closest_section(section).and_then(|section| self.find(section, key));
        closest(key, same_section.map(|setting| (setting.key, setting))).or_else(same_key).or_else(similar_section)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::TABLE;

    #[test]
    fn typos_are_recognised() {
        assert_eq!(TABLE.closest_section("sevrer"), Some("server"));
        assert_eq!(TABLE.closest_section("Otehr"), Some("other"));
        assert_eq!(TABLE.closest_section("nonsense"), None);
        for (section, key, expected) in [
            ("server", "prot", Some("server.port")),
            ("log", "token", Some("server.token")),
            ("srever", "region", Some("server.region")),
            ("server", "nonsense", None),
        ] {
            let found = TABLE.closest(section, key).map(Setting::name);
            assert_eq!(found.as_deref(), expected, "{section}.{key}");
        }
    }
}
