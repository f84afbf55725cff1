//! All rules of the files, and what they share.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::BindError;
use crate::check::program::{Builder, Program};
use crate::check::resolve::{Definition, Resolved, Resolver};
use crate::condition::{Condition, Position};
use crate::engine::{Engine, Filter};
use crate::fields::Schema;

use super::lists::{self, List};
use super::rule::Rule;
use super::text::Text;

/// The rules of all files.
#[derive(Debug, Default)]
pub struct Ruleset {
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) programs: HashMap<String, Arc<Program>>,
    pub(super) lists: Vec<List>,
    pub(super) macros: HashMap<String, Resolved>,
}

/// A condition that cannot be used as a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
#[non_exhaustive]
pub struct FilterError {
    /// The place in the condition. An error in a macro or a list is at its name.
    pub position: Position,
    /// The message; it names the macro that the error is in.
    pub message: String,
}

impl Ruleset {
    /// Returns all rules, enabled or not, in the order of their definition.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(AsRef::as_ref)
    }

    /// Returns an engine for the enabled rules of a source.
    #[must_use]
    pub fn engine(&self, source: &str) -> Engine {
        self.engine_for(source, Rule::is_enabled)
    }

    /// Returns an engine for the rules of a source that a function selects, by tag or priority for example.
    #[must_use]
    pub fn engine_for(&self, source: &str, select: impl Fn(&Rule) -> bool) -> Engine {
        let rules = self.rules.iter().filter(|rule| rule.source == source && select(rule)).map(Arc::clone).collect();
        Engine::new(rules, self.programs.get(source).map(Arc::clone).unwrap_or_default())
    }

    /// Returns a filter for a condition, which may use the macros and lists of the files.
    ///
    /// # Errors
    ///
    /// Each [`FilterError`] says what cannot be parsed, which macro or field is unknown, or what cannot be compared. There is
    /// at least one. A condition that cannot be parsed has only one.
    pub fn filter(&self, condition: &str, schema: &dyn Schema) -> Result<Filter, Vec<FilterError>> {
        let mut text = Text::plain(condition);
        let start = Position { offset: 0, line: 1, column: 1 };
        let too_large = |message| vec![FilterError { position: start, message }];
        lists::replace_all(&mut text, &self.lists, |_| ()).map_err(too_large)?;
        let error = |at, message| FilterError { position: Position::find(condition, text.origin(at)), message };
        let all =
            |found: Vec<BindError>| found.into_iter().map(|found| error(found.at, found.message)).collect::<Vec<_>>();
        let parsed = Condition::parse(&text.text).map_err(|found| vec![error(found.position.offset, found.message)])?;
        let find = |name: &str| self.macros.get(name).cloned().map(Definition::Resolved);
        let resolved = Resolver::new(&find).resolve(parsed.root()).map_err(all)?;
        let (mut builder, mut errors) = (Builder::default(), Vec::new());
        // The places in a macro's tree are not places in this condition, so macros come first.
        let mut names = Vec::new();
        parsed.root().collect_macros(&mut names);
        for (name, at) in names {
            if let Some(Err(found)) = self.macros.get(name).map(|found| builder.add(schema, &found.root)) {
                errors.extend(found.into_iter().map(|found| error(at, format!("macro '{name}': {}", found.message))));
            }
        }
        if errors.is_empty() {
            let part = builder.add(schema, &resolved.root).map_err(all)?;
            return Ok(Filter::new(builder.finish(), part, resolved.root));
        }
        Err(errors)
    }
}

impl Filter {
    /// Compiles a condition without macros and lists; [`Ruleset::filter`] takes those of rules files.
    ///
    /// # Errors
    ///
    /// As those of [`Ruleset::filter`].
    pub fn parse(condition: &str, schema: &dyn Schema) -> Result<Self, Vec<FilterError>> {
        Ruleset::default().filter(condition, schema)
    }
}
