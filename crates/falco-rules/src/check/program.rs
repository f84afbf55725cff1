//! Conditions of many rules as one graph, in which equal parts exist once and are checked once for each record.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::condition::Printed;
use crate::condition::ast::{Expr, Node};
use crate::fields::{Record, Schema, Value};
use crate::value::buffer::Pool;

use super::BindError;
use super::bind::{self, BoundCheck};
use super::extract::FieldRef;
use super::test::compare_values;

/// The number of a part.
pub(crate) type Id = u32;

/// A part of a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    And(Box<[Id]>),
    Or(Box<[Id]>),
    Not(Id),
    Check(Id),
}

/// All parts, each after those that it uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Program {
    pub(crate) parts: Vec<Part>,
    pub(crate) checks: Vec<BoundCheck>,
}

/// Adds conditions to a program.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    program: Program,
    parts: HashMap<Part, Id>,
    checks: HashMap<String, Id>,
    /// Trees that were added, by their address; the tree is kept so that the address stays its own.
    trees: HashMap<usize, (Arc<Node>, Id)>,
    /// The addresses of the trees in the current condition whose errors are known: macros may share a tree many times.
    failed: HashSet<usize>,
    /// Whether names of macros are skipped, to find the errors beside macros that are not known.
    skips_macros: bool,
}

impl Builder {
    /// Returns the errors of a condition besides its macros.
    pub(crate) fn errors_beside_macros(schema: &dyn Schema, node: &Arc<Node>) -> Vec<BindError> {
        Self { skips_macros: true, ..Self::default() }.add(schema, node).err().unwrap_or_default()
    }

    /// Adds a condition without macros, and returns its part, or all errors in it in their order.
    pub(crate) fn add(&mut self, schema: &dyn Schema, node: &Arc<Node>) -> Result<Id, Vec<BindError>> {
        self.failed.clear();
        self.add_tree(schema, node)
    }

    fn add_tree(&mut self, schema: &dyn Schema, node: &Arc<Node>) -> Result<Id, Vec<BindError>> {
        let address = Arc::as_ptr(node).addr();
        if let Some((_, id)) = self.trees.get(&address) {
            return Ok(*id);
        }
        if self.failed.contains(&address) {
            return Err(Vec::new());
        }
        let part = match &node.expr {
            Expr::And(nodes) => self.add_all(schema, nodes).map(Part::And),
            Expr::Or(nodes) => self.add_all(schema, nodes).map(Part::Or),
            Expr::Not(inner) => self.add_tree(schema, inner).map(Part::Not),
            Expr::Exists(_) | Expr::Check(_) => {
                self.add_check(schema, node).map(Part::Check).map_err(|error| vec![error])
            }
            Expr::Macro(_) if self.skips_macros => Err(Vec::new()),
            Expr::Macro(name) => {
                Err(vec![BindError::new(node.at, format!("filter error: unexpected identifier '{name}'"))])
            }
        };
        if part.is_err() {
            self.failed.insert(address);
        }
        let part = part?;
        let id = self.add_part(part);
        self.trees.insert(address, (Arc::clone(node), id));
        Ok(id)
    }

    fn add_all(&mut self, schema: &dyn Schema, nodes: &[Arc<Node>]) -> Result<Box<[Id]>, Vec<BindError>> {
        let results: Vec<_> = nodes.iter().map(|node| self.add_tree(schema, node)).collect();
        all_or_errors(results).map(Into::into)
    }

    fn add_part(&mut self, part: Part) -> Id {
        let next = Id::try_from(self.program.parts.len()).unwrap_or(Id::MAX);
        *self.parts.entry(part).or_insert_with_key(|part| {
            self.program.parts.push(part.clone());
            next
        })
    }

    fn add_check(&mut self, schema: &dyn Schema, node: &Node) -> Result<Id, BindError> {
        let text = Printed(node).to_string();
        if let Some(id) = self.checks.get(&text) {
            return Ok(*id);
        }
        let bound = match &node.expr {
            Expr::Exists(left) => bind::exists(schema, left, node.at)?,
            Expr::Check(check) => bind::check(schema, check, node.at)?,
            _ => return Err(BindError::new(node.at, "filter error: not a check")),
        };
        let id = Id::try_from(self.program.checks.len()).unwrap_or(Id::MAX);
        self.program.checks.push(bound);
        self.checks.insert(text, id);
        Ok(id)
    }

    pub(crate) fn finish(self) -> Program {
        self.program
    }
}

/// Returns all values, or all errors.
pub(super) fn all_or_errors<T>(results: Vec<Result<T, Vec<BindError>>>) -> Result<Vec<T>, Vec<BindError>> {
    let (mut values, mut errors, mut has_failed) = (Vec::with_capacity(results.len()), Vec::new(), false);
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(more) => {
                has_failed = true;
                errors.extend(more);
            }
        }
    }
    if has_failed { Err(errors) } else { Ok(values) }
}

/// The answers for the current record, and memory that serves the next one.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Twice the number of the record for which the answer holds, plus the answer.
    answers: Vec<u64>,
    record: u64,
    pool: Pool,
}

impl Memory {
    /// Forgets the last record.
    pub(crate) fn begin(&mut self, program: &Program) {
        self.record += 1;
        self.answers.resize(program.parts.len(), 0);
    }
}

impl Program {
    /// Whether a part holds for the current record.
    pub(crate) fn holds(&self, id: Id, record: &mut dyn Record, memory: &mut Memory) -> bool {
        let slot = usize::try_from(id).unwrap_or(usize::MAX);
        if let Some(answer) = memory.answers.get(slot).filter(|answer| **answer >> 1 == memory.record) {
            return answer & 1 == 1;
        }
        let answer = match self.parts.get(slot) {
            Some(Part::And(ids)) => ids.iter().all(|id| self.holds(*id, record, memory)),
            Some(Part::Or(ids)) => ids.iter().any(|id| self.holds(*id, record, memory)),
            Some(Part::Not(id)) => !self.holds(*id, record, memory),
            Some(Part::Check(id)) => {
                let check = usize::try_from(*id).ok().and_then(|id| self.checks.get(id));
                check.is_some_and(|check| check.holds(record, &mut memory.pool))
            }
            None => false,
        };
        if let Some(place) = memory.answers.get_mut(slot) {
            *place = (memory.record << 1) | u64::from(answer);
        }
        answer
    }
}

impl BoundCheck {
    fn holds(&self, record: &mut dyn Record, pool: &mut Pool) -> bool {
        match self {
            Self::Exists(left) => match left.plain_field() {
                Some(field) => exists(field, record),
                None => left.with(record, pool, |_| true),
            },
            Self::Constants(left, test) => match left.plain_field() {
                Some(field) => field.read(record).is_some_and(|value| test.holds_for_value(&value)),
                None => left.with(record, pool, |values| test.holds_for(values)),
            },
            Self::Operands(left, operator, right) => left.with_buffer(record, pool, |left_values, record, pool| {
                let is_list = left.result.is_list;
                right.with(record, pool, |right| compare_values(*operator, left_values, right, is_list))
            }),
        }
    }
}

fn exists(field: &FieldRef, record: &mut dyn Record) -> bool {
    match field.read(record) {
        Some(Value::List(values)) => !values.is_empty(),
        Some(_) => true,
        None => false,
    }
}
