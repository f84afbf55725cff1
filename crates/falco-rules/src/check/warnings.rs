//! Conditions that are right but perhaps not meant so.

use crate::condition::ast::{Check, Expr, Node, Operand, Operator, Right, Transformer};
use crate::fields::Schema;

use super::bind;

/// A warning at a place of a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BindWarning {
    pub(crate) at: usize,
    pub(crate) message: String,
    /// Whether it is about comparing with `<NA>`.
    pub(crate) is_unsafe_na: bool,
}

/// Appends the warnings for a condition without macros.
pub(crate) fn collect(node: &Node, schema: &dyn Schema, out: &mut Vec<BindWarning>) {
    match &node.expr {
        Expr::And(nodes) | Expr::Or(nodes) => nodes.iter().for_each(|one| collect(one, schema, out)),
        Expr::Not(inner) => collect(inner, schema, out),
        Expr::Check(check) => values(check, schema, out),
        Expr::Macro(_) | Expr::Exists(_) => {}
    }
}

fn values(check: &Check, schema: &dyn Schema, out: &mut Vec<BindWarning>) {
    let values = match &check.right {
        Right::Value(value) => std::slice::from_ref(value),
        Right::List(values) => values,
        Right::Operand(_) => return,
    };
    let mut warn = |message: String| out.push(BindWarning { at: check.right_at, message, is_unsafe_na: false });
    for value in values {
        if check.operator == Operator::Regex && is_simple(value) {
            warn(format!(
                "regex check with '{value}' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'"
            ));
        }
        let bare: String = value.chars().filter(|char| !char.is_ascii_whitespace()).collect();
        if is_field(schema, &bare) {
            warn(format!("'{value}' may be a valid field misused as a const string value"));
        }
        let is_call = |one: &Transformer| {
            bare.strip_prefix(one.word())
                .is_some_and(|rest| rest.starts_with('(') && rest.ends_with(')') && rest.len() > 1)
        };
        if Transformer::EACH.iter().any(is_call) {
            warn(format!("'{value}' may be a valid field transformer misused as a const string value"));
        }
    }
    let is_json =
        matches!(&check.left, Operand::Field { name, .. } if name.starts_with("jevt.") || name.starts_with("ka."));
    let is_equality = check.modifier.is_none()
        && matches!(
            check.operator,
            Operator::Equal | Operator::NotEqual | Operator::In | Operator::Intersects | Operator::PathMatch
        );
    if is_json && is_equality && values.iter().any(|value| value == "<NA>") {
        out.push(BindWarning {
            at: check.right_at,
            message: "comparison with <NA> is unsafe; use 'exists'".to_owned(),
            is_unsafe_na: true,
        });
    }
}

/// Whether a text is the name of a field, with an argument if the field takes one.
fn is_field(schema: &dyn Schema, text: &str) -> bool {
    let (name, argument) = match text.split_once('[') {
        Some((name, rest)) => match rest.split_once(']') {
            Some((argument, "")) => (name, Some(argument.to_owned())),
            _ => return false,
        },
        None => (text, None),
    };
    let operand = Operand::Field { name: name.to_owned(), argument };
    name.contains('.') && bind::operand(schema, &operand, 0).is_ok()
}

/// Whether an expression has no part for which one is needed: only text, and anchors or `.*` at its ends.
fn is_simple(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let is_last = at + 1 == bytes.len();
        let is_anchor = (at == 0 && *byte == b'^') || (is_last && *byte == b'$');
        let is_any = *byte == b'.'
            && ((at == 0 && bytes.len() > 1) || at + 2 == bytes.len())
            && matches!(bytes.get(at + 1), Some(b'+' | b'*' | b'?'));
        if !is_anchor && !is_any && b".+*?^$()[]{}|\\".contains(byte) {
            return false;
        }
        at += if is_any { 2 } else { 1 };
    }
    true
}
