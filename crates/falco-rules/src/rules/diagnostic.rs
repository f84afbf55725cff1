//! Errors and warnings about rules files, in one list.

use std::fmt;

/// Whether rules can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The rules cannot be used.
    Error,
    /// Something was ignored or may be meant otherwise.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $severity:ident $name:literal,)*) => {
        /// The subject of a message, with Falco's codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Returns Falco's name, such as `LOAD_ERR_YAML_PARSE`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Returns whether rules can be used in spite of it.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// The file is not YAML.
    YamlParse Error "LOAD_ERR_YAML_PARSE",
    /// A key is missing, or a value has the wrong type.
    YamlValidate Error "LOAD_ERR_YAML_VALIDATE",
    /// A condition cannot be parsed, or compares what cannot be compared.
    CompileCondition Error "LOAD_ERR_COMPILE_CONDITION",
    /// An output names a field that does not exist.
    CompileOutput Error "LOAD_ERR_COMPILE_OUTPUT",
    /// A rule, macro, list or exception contradicts another one or names one that does not exist.
    Validate Error "LOAD_ERR_VALIDATE",
    /// A rule is for a source that is not known, and is skipped.
    UnknownSource Warning "LOAD_UNKNOWN_SOURCE",
    /// A condition compares with `<NA>`.
    UnsafeNaCheck Warning "LOAD_UNSAFE_NA_CHECK",
    /// A rule uses an unknown field, and is skipped because it says so.
    UnknownFilter Warning "LOAD_UNKNOWN_FILTER",
    /// No rule or macro uses a macro.
    UnusedMacro Warning "LOAD_UNUSED_MACRO",
    /// No rule, macro or list uses a list.
    UnusedList Warning "LOAD_UNUSED_LIST",
    /// An item is neither rule, macro, list nor version, and is ignored.
    UnknownItem Warning "LOAD_UNKNOWN_ITEM",
    /// Something is deprecated.
    DeprecatedItem Warning "LOAD_DEPRECATED_ITEM",
    /// An exception without values is appended.
    AppendNoValues Warning "LOAD_APPEND_NO_VALUES",
    /// A rule has two exceptions of one name.
    ExceptionNameNotUnique Warning "LOAD_EXCEPTION_NAME_NOT_UNIQUE",
    /// A condition cannot use a macro of this name.
    InvalidMacroName Warning "LOAD_INVALID_MACRO_NAME",
    /// A condition cannot use a list of this name.
    InvalidListName Warning "LOAD_INVALID_LIST_NAME",
    /// A condition is right but perhaps not meant so.
    ConditionWarning Warning "LOAD_COMPILE_CONDITION",
    /// A key is unknown, and is ignored.
    UnknownKey Warning "LOAD_UNKNOWN_KEY",
}

/// An error or a warning at a place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The subject.
    pub code: Code,
    /// The message.
    pub message: String,
    /// The file.
    pub file: String,
    /// The line; the first one is 1.
    pub line: usize,
    /// The column in characters; the first one is 1.
    pub column: usize,
    /// The item, such as `rule 'Console Login Without MFA'`; empty if it is the file.
    pub item: String,
}

impl Diagnostic {
    /// Returns whether rules can be used in spite of it.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// Returns whether the rules cannot be used.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity(), Severity::Error)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error" } else { "warning" };
        write!(f, "{}:{}:{}: {severity}: ", self.file, self.line, self.column)?;
        if !self.item.is_empty() {
            write!(f, "{}: ", self.item)?;
        }
        write!(f, "{} ({})", self.message, self.code.name())
    }
}
