//! Which parts of a condition hold.

use crate::check::program::{Id, Memory, Part, Program};
use crate::condition::Printed;
use crate::condition::ast::{Expr, Node};
use crate::fields::Record;

/// A part of a condition, and whether it holds for a record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// A comparison, or `and`, `or` or `not` for the parts below.
    pub text: String,
    /// Whether it holds.
    pub holds: bool,
    /// The parts that it joins. All of them are checked, also those that cannot change the result.
    pub parts: Vec<Self>,
}

pub(super) fn explain(program: &Program, part: Id, tree: &Node, record: &mut dyn Record) -> Explanation {
    let mut memory = Memory::default();
    memory.begin(program);
    walk(program, part, tree, record, &mut memory)
}

fn walk(program: &Program, part: Id, tree: &Node, record: &mut dyn Record, memory: &mut Memory) -> Explanation {
    let holds = program.holds(part, record, memory);
    let own = usize::try_from(part).ok().and_then(|part| program.parts.get(part));
    let (text, parts) = match (&tree.expr, own) {
        (Expr::And(nodes), Some(Part::And(ids))) => ("and", ids.iter().copied().zip(nodes).collect()),
        (Expr::Or(nodes), Some(Part::Or(ids))) => ("or", ids.iter().copied().zip(nodes).collect()),
        (Expr::Not(node), Some(Part::Not(id))) => ("not", vec![(*id, node)]),
        _ => return Explanation { text: Printed(tree).to_string(), holds, parts: Vec::new() },
    };
    let parts = parts.into_iter().map(|(id, node)| walk(program, id, node, record, memory)).collect();
    Explanation { text: text.to_owned(), holds, parts }
}
