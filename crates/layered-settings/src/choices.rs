//! Words of which a setting has one.

/// Defines an enum whose variants are words of a configuration, with `WORDS`, `as_str`, `from_word` and `Display`. Case
/// matters.
///
/// ```
/// use layered_settings::{Rule, choices};
///
/// choices! {
///     /// Where the log goes.
///     pub(crate) enum Log {
///         /// To standard output.
///         Stdout = "stdout",
///         /// To a file.
///         File = "file",
///     }
/// }
/// assert_eq!(Log::from_word("file"), Some(Log::File));
/// assert_eq!(Log::from_word("File"), None);
/// assert_eq!(Log::Stdout.to_string(), "stdout");
/// assert_eq!(Rule::OneOf(Log::WORDS).to_string(), "one of stdout, file");
/// ```
#[macro_export]
macro_rules! choices {
    ($(#[$about:meta])* $visible:vis enum $name:ident {
        $($(#[$each:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        $visible enum $name {
            $($(#[$each])* $variant),+
        }

        impl $name {
            /// All words, as in a configuration.
            $visible const WORDS: &[&str] = &[$($word),+];

            /// Returns the word, as in a configuration.
            #[must_use]
            $visible fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Returns the variant of a word. Case matters.
            #[must_use]
            $visible fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
