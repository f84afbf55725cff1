//! A rule that is ready.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::check::program::Id;
use crate::condition::ast::Node;
use crate::output::Output;

use super::Priority;

/// A rule whose condition is compiled.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) source: String,
    pub(super) priority: Priority,
    pub(super) tags: BTreeSet<String>,
    pub(super) is_enabled: bool,
    pub(super) output: Output,
    pub(super) condition: String,
    pub(super) file: String,
    pub(super) line: usize,
    pub(crate) tree: Arc<Node>,
    pub(crate) part: Id,
}

impl Rule {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the description.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the source whose records the rule is for.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns how grave an alert is.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        self.priority
    }

    /// Returns the tags in alphabetical order.
    pub fn tags(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(String::as_str)
    }

    /// Returns whether the files enable the rule.
    #[must_use]
    pub const fn is_enabled(&self) -> bool {
        self.is_enabled
    }

    /// Returns the output.
    #[must_use]
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// Returns the condition with its exceptions, lists and macros put in.
    #[must_use]
    pub fn condition(&self) -> &str {
        &self.condition
    }

    /// Returns the file and the line of the rule's definition.
    #[must_use]
    pub fn place(&self) -> (&str, usize) {
        (&self.file, self.line)
    }
}
