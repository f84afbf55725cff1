//! Conditions: text to a tree and back.

pub(crate) mod ast;
pub(crate) mod depth;
mod escape;
mod lexer;
pub(crate) mod parser;
mod print;

use std::fmt;
use std::sync::Arc;

use ast::Node;

/// A place in the text of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The offset in bytes.
    pub offset: usize,
    /// The line; the first one is 1.
    pub line: usize,
    /// The column in bytes; the first one is 1.
    pub column: usize,
}

impl Position {
    /// Finds line and column of an offset. Both `\r` and `\n` end a line, as in Falco.
    pub(crate) fn find(text: &str, offset: usize) -> Self {
        let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let line = 1 + before.iter().filter(|byte| is_end(byte)).count();
        let column = 1 + before.iter().rev().take_while(|byte| !is_end(byte)).count();
        Self { offset, line, column }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Text that is not a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
#[non_exhaustive]
pub struct ParseError {
    /// Where the parser stopped.
    pub position: Position,
    /// The message; it says what was expected.
    pub message: String,
}

/// A condition of Falco's rule language, parsed but not yet bound to fields.
///
/// Printing gives text that parses to an equal condition.
///
/// ```
/// use falco_rules::Condition;
///
/// let condition = Condition::parse("ct.name=ConsoleLogin and not ct.error exists")?;
/// assert_eq!(condition.to_string(), "(ct.name = ConsoleLogin and not ct.error exists)");
/// assert!(Condition::parse("ct.name =").is_err());
/// # Ok::<(), falco_rules::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Condition {
    text: Arc<str>,
    root: Arc<Node>,
}

impl Condition {
    /// Parses a condition. Macros stay names until [`Ruleset::filter`](crate::Ruleset::filter) replaces them.
    ///
    /// # Errors
    ///
    /// [`ParseError`] names the place and what is expected there, or the limit that the text exceeds.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let root = parser::parse(text, &|at| at)?;
        Ok(Self { text: text.into(), root: Arc::new(root) })
    }

    /// Returns the names that are neither fields nor values: the macros that the condition uses.
    #[must_use]
    pub fn macros(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.collect_macros(&mut names);
        names.into_iter().map(|(name, _)| name).collect()
    }

    /// Returns the text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn root(&self) -> &Arc<Node> {
        &self.root
    }
}

/// Conditions are equal if they mean the same: spaces, needless parentheses and the place in the text do not count.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for Condition {}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::node(&self.root, f)
    }
}

/// Prints a tree.
pub(crate) struct Printed<'n>(pub(crate) &'n Node);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print::node(self.0, f)
    }
}

impl std::str::FromStr for Condition {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}
