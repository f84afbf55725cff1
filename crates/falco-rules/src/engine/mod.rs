//! Rules and filters that are run over records.

mod explain;
mod index;

use std::sync::Arc;

use crate::check::program::{Id, Memory, Program};
use crate::condition::Printed;
use crate::condition::ast::Node;
use crate::fields::Record;
use crate::rules::rule::Rule;

pub use explain::Explanation;
use index::Index;

/// How many rules may match one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RuleMatching {
    /// Only the first rule that matches; Falco's default.
    #[default]
    First,
    /// Each rule that matches.
    All,
}

/// Memory for one thread that runs engines and filters. Keep it: it serves the next record.
#[derive(Debug, Default)]
pub struct Scratch {
    memory: Memory,
    matched: Vec<usize>,
}

impl Scratch {
    /// Creates memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Rules of one source, ready to run.
///
/// Rules whose conditions want a field to have one of some values are found by the record's value; conditions that
/// several rules share are checked once. A record that matches no rule costs no allocation by this crate, unless it is
/// asked for computed values.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    rules: Vec<Arc<Rule>>,
    program: Arc<Program>,
    index: Index,
}

impl Engine {
    pub(crate) fn new(rules: Vec<Arc<Rule>>, program: Arc<Program>) -> Self {
        let index = Index::new(&rules, &program);
        Self { rules, program, index }
    }

    /// Returns the rules in the order in which they are tried.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(AsRef::as_ref)
    }

    /// Returns the rules that match a record.
    pub fn check<'e>(
        &'e self,
        record: &mut dyn Record,
        scratch: &'e mut Scratch,
        matching: RuleMatching,
    ) -> impl Iterator<Item = &'e Rule> + use<'e> {
        let Scratch { memory, matched } = scratch;
        matched.clear();
        memory.begin(&self.program);
        self.index.candidates(record, |rule, record| {
            let part = self.rules.get(rule).map(|rule| rule.part);
            if part.is_some_and(|part| self.program.holds(part, record, memory)) {
                matched.push(rule);
            }
            matching == RuleMatching::All || matched.is_empty()
        });
        matched.iter().filter_map(|rule| self.rules.get(*rule)).map(AsRef::as_ref)
    }

    /// Returns which parts of a rule's condition hold for a record.
    pub fn explain(&self, rule: &Rule, record: &mut dyn Record) -> Explanation {
        explain::explain(&self.program, rule.part, &rule.tree, record)
    }
}

/// One condition, ready to run.
#[derive(Clone, Debug)]
pub struct Filter {
    program: Program,
    part: Id,
    tree: Arc<Node>,
}

impl Filter {
    pub(crate) const fn new(program: Program, part: Id, tree: Arc<Node>) -> Self {
        Self { program, part, tree }
    }

    /// Returns whether the condition holds for a record.
    pub fn matches(&self, record: &mut dyn Record, scratch: &mut Scratch) -> bool {
        scratch.memory.begin(&self.program);
        self.program.holds(self.part, record, &mut scratch.memory)
    }

    /// Returns the condition with its lists and macros put in.
    #[must_use]
    pub fn condition(&self) -> String {
        Printed(&self.tree).to_string()
    }

    /// Returns which parts of the condition hold for a record.
    pub fn explain(&self, record: &mut dyn Record) -> Explanation {
        explain::explain(&self.program, self.part, &self.tree, record)
    }
}
