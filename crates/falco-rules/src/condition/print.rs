//! Conditions as text that parses to the same tree.

use std::fmt::{Formatter, Result};
use std::sync::Arc;

use super::ast::{Check, Expr, Modifier, Node, Operand, Right};
use super::{escape, lexer};

pub(crate) fn node(node: &Node, f: &mut Formatter<'_>) -> Result {
    match &node.expr {
        Expr::And(nodes) => chain(nodes, " and ", f),
        Expr::Or(nodes) => chain(nodes, " or ", f),
        // The parser counts `not not` as nothing.
        Expr::Not(inner) if matches!(inner.expr, Expr::Not(_)) => {
            f.write_str("not(")?;
            self::node(inner, f)?;
            f.write_str(")")
        }
        Expr::Not(inner) => {
            f.write_str("not ")?;
            self::node(inner, f)
        }
        Expr::Macro(name) => f.write_str(name),
        Expr::Exists(left) => {
            operand(left, f)?;
            f.write_str(" exists")
        }
        Expr::Check(one) => check(one, f),
    }
}

fn chain(nodes: &[Arc<Node>], word: &str, f: &mut Formatter<'_>) -> Result {
    f.write_str("(")?;
    for (index, one) in nodes.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { word })?;
        node(one, f)?;
    }
    f.write_str(")")
}

pub(crate) fn check(check: &Check, f: &mut Formatter<'_>) -> Result {
    operand(&check.left, f)?;
    write!(f, " {} ", check.operator.word())?;
    if let Some(modifier) = check.modifier {
        write!(f, "{} ", modifier.word())?;
    }
    match &check.right {
        // A name for a list, or a number.
        Right::Value(text)
            if check.modifier.is_some() || check.operator.takes_list() || check.operator.takes_number() =>
        {
            f.write_str(text)
        }
        Right::Value(text) => f.write_str(&value(text)),
        Right::List(values) => {
            let values: Vec<_> = values.iter().map(|text| value(text)).collect();
            write!(f, "({})", values.join(", "))
        }
        Right::Operand(right) => operand(right, f),
    }
}

pub(crate) fn operand(one: &Operand, f: &mut Formatter<'_>) -> Result {
    let argument = match one {
        Operand::Field { name, argument } => {
            f.write_str(name)?;
            argument
        }
        Operand::Transformer { name, arguments, argument } => {
            write!(f, "{}(", name.word())?;
            items(arguments, f)?;
            f.write_str(")")?;
            argument
        }
        Operand::Value(text) if lexer::is_number(text) => return f.write_str(text),
        Operand::Value(text) => return f.write_str(&escape::quote(text)),
        Operand::List(list) => {
            f.write_str("(")?;
            items(list, f)?;
            return f.write_str(")");
        }
    };
    match argument {
        Some(text) if lexer::is_bare_field_argument(text) => write!(f, "[{text}]"),
        Some(text) => write!(f, "[{}]", escape::quote(text)),
        None => Ok(()),
    }
}

fn items(items: &[Operand], f: &mut Formatter<'_>) -> Result {
    for (index, item) in items.iter().enumerate() {
        f.write_str(if index == 0 { "" } else { ", " })?;
        operand(item, f)?;
    }
    Ok(())
}

fn value(text: &str) -> String {
    let is_word = Modifier::find(text).is_some();
    if lexer::is_bare_value(text) && !is_word { text.to_owned() } else { escape::quote(text) }
}
