//! Macros: each name in a condition is replaced by the macro's own tree.
//!
//! Trees are shared, not copied, so that macros that use each other twice do not grow without end.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::condition::ast::{Expr, Node};
use crate::condition::depth::{MAX_DEPTH, MAX_PARTS};

use super::BindError;
use super::program::all_or_errors;

/// A condition without names of macros.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) root: Arc<Node>,
    pub(crate) depth: usize,
    /// How many parts it would have if trees were copied.
    size: usize,
}

/// The meaning of a name.
pub(crate) enum Definition {
    /// A macro whose own names are not replaced yet.
    Raw(Arc<Node>),
    Resolved(Resolved),
    /// It has an error that was reported; what uses it fails without a message.
    Broken,
}

/// Replaces names.
pub(crate) struct Resolver<'d> {
    find: &'d dyn Fn(&str) -> Option<Definition>,
    known: HashMap<String, Resolved>,
    /// The macros whose errors are known.
    failed: BTreeSet<String>,
    path: Vec<String>,
    level: usize,
    /// The macros that were used.
    pub(crate) used: BTreeSet<String>,
}

impl<'d> Resolver<'d> {
    pub(crate) fn new(find: &'d dyn Fn(&str) -> Option<Definition>) -> Self {
        Self { find, known: HashMap::new(), failed: BTreeSet::new(), path: Vec::new(), level: 0, used: BTreeSet::new() }
    }

    /// Returns the tree without names, or all errors in it.
    pub(crate) fn resolve(&mut self, node: &Arc<Node>) -> Result<Resolved, Vec<BindError>> {
        if self.level == MAX_DEPTH {
            return Err(vec![too_deep(node.at)]);
        }
        self.level += 1;
        let result = self.resolve_node(node);
        self.level -= 1;
        match result {
            Ok(resolved) if resolved.depth > MAX_DEPTH => Err(vec![too_deep(node.at)]),
            Ok(resolved) if resolved.size > MAX_PARTS => {
                let message = format!("with its macros, the condition has more than {MAX_PARTS} parts");
                Err(vec![BindError::new(node.at, message)])
            }
            other => other,
        }
    }

    fn resolve_node(&mut self, node: &Arc<Node>) -> Result<Resolved, Vec<BindError>> {
        match &node.expr {
            Expr::And(nodes) => self.chain(node, nodes, Expr::And),
            Expr::Or(nodes) => self.chain(node, nodes, Expr::Or),
            Expr::Not(inner) => {
                let one = self.resolve(inner)?;
                let root = if Arc::ptr_eq(&one.root, inner) {
                    Arc::clone(node)
                } else {
                    Arc::new(Node { at: node.at, expr: Expr::Not(one.root) })
                };
                Ok(Resolved { root, depth: one.depth + 1, size: one.size + 1 })
            }
            Expr::Macro(name) => self.macro_named(name, node.at),
            Expr::Exists(_) | Expr::Check(_) => Ok(Resolved { root: Arc::clone(node), depth: 1, size: 1 }),
        }
    }

    fn chain(
        &mut self,
        node: &Arc<Node>,
        nodes: &[Arc<Node>],
        join: fn(Vec<Arc<Node>>) -> Expr,
    ) -> Result<Resolved, Vec<BindError>> {
        let (mut depth, mut size) = (0, 1_usize);
        let mut own = Vec::with_capacity(nodes.len());
        let results: Vec<_> = nodes.iter().map(|one| self.resolve(one)).collect();
        for resolved in all_or_errors(results)? {
            depth = depth.max(resolved.depth);
            size = size.saturating_add(resolved.size);
            own.push(resolved.root);
        }
        let is_same = own.iter().zip(nodes).all(|(new, old)| Arc::ptr_eq(new, old));
        let root = if is_same { Arc::clone(node) } else { Arc::new(Node { at: node.at, expr: join(own) }) };
        Ok(Resolved { root, depth: depth + 1, size })
    }

    fn macro_named(&mut self, name: &str, at: usize) -> Result<Resolved, Vec<BindError>> {
        if self.path.iter().any(|one| one == name) {
            return Err(vec![BindError::new(at, format!("reference loop in macro '{name}'"))]);
        }
        if self.failed.contains(name) {
            return Err(Vec::new());
        }
        if let Some(known) = self.known.get(name) {
            return Ok(known.clone());
        }
        let undefined = || vec![BindError::new(at, format!("Undefined macro '{name}' used in filter."))];
        let resolved = match (self.find)(name).ok_or_else(undefined)? {
            Definition::Resolved(resolved) => resolved,
            Definition::Broken => return Err(Vec::new()),
            Definition::Raw(root) => {
                self.path.push(name.to_owned());
                let resolved = self.resolve(&root);
                self.path.pop();
                if resolved.is_err() {
                    self.failed.insert(name.to_owned());
                }
                resolved?
            }
        };
        self.used.insert(name.to_owned());
        self.known.insert(name.to_owned(), resolved.clone());
        Ok(resolved)
    }
}

fn too_deep(at: usize) -> BindError {
    BindError::new(at, format!("with its macros, the condition is nested deeper than {MAX_DEPTH}"))
}
