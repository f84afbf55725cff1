//! The tree of the members that fields are read from.
//!
//! The compiler builds it from the paths in the [rows](super::rows).
#![expect(clippy::indexing_slicing, clippy::expect_used, reason = "all functions here run when the crate is compiled")]

use super::node::{Node, NodeId};
use super::rows::ROWS;

/// Members that are read in addition to those in the rows: they decide whether the plugin emits a record, and where its
/// fields are.
const ALSO_READ: &[&str] = &["eventTime", "eventType", "eventData"];

/// Objects of rare kinds of records, whose members are searched one by one when they are asked for. Each member of the
/// tree costs a little for each record; these cost nothing until such a record comes.
pub(crate) const RARE: &[&str] = &["timeWindow", "summary", "insightDetails", "eventContext", "eventData", "metadata"];

/// The largest number of members. If it is too small, compilation fails.
const CAPACITY: usize = 250;

pub(crate) struct Tree {
    pub(crate) nodes: [Node; CAPACITY],
    pub(crate) len: usize,
    objects: [NodeId; CAPACITY],
    object_count: usize,
}

pub(crate) const TREE: Tree = Tree::build();

const _: () = assert!(TREE.len + TREE.object_count <= u8::MAX as usize, "members and objects are numbered in one u8");

/// The members of the tree; the first is the record itself.
pub(crate) static NODES: [Node; TREE.len] =
    *TREE.nodes.split_at(TREE.len).0.first_chunk().expect("CAPACITY is large enough");

/// The members that are objects whose own members are in the tree; the first is the record itself.
pub(crate) static OBJECTS: [NodeId; TREE.object_count] =
    *TREE.objects.split_at(TREE.object_count).0.first_chunk().expect("CAPACITY is large enough");

/// The level of the members of each of these objects: the record's own members are on level 1.
pub(crate) static LEVELS: [u8; TREE.object_count] = {
    let (mut levels, mut object) = ([1; TREE.object_count], 1);
    while object < TREE.object_count {
        // An object comes after the object that holds it.
        levels[object] = levels[TREE.nodes[TREE.objects[object].0 as usize].object as usize] + 1;
        object += 1;
    }
    levels
};

impl Tree {
    const fn build() -> Self {
        let root = Node::new("", u8::MAX);
        let mut tree = Self { nodes: [root; CAPACITY], len: 1, objects: [NodeId::ROOT; CAPACITY], object_count: 1 };
        let mut row = 0;
        while row < ROWS.len() {
            tree.add_all(ROWS[row].from);
            row += 1;
        }
        tree.add_all(ALSO_READ);
        tree
    }

    const fn add_all(&mut self, paths: &[&'static str]) {
        let mut i = 0;
        while i < paths.len() {
            self.add(paths[i]);
            i += 1;
        }
    }

    const fn add(&mut self, path: &'static str) {
        let (mut rest, mut parent) = (path, NodeId::ROOT);
        while !rest.is_empty() {
            let (key, after) = split(rest);
            let object = self.open(parent);
            parent = match self.member(object, key) {
                Some(known) => known,
                None => {
                    self.nodes[self.len] = Node::new(key, object);
                    self.len += 1;
                    NodeId((self.len - 1) as u8)
                }
            };
            rest = if is_rare(key) { "" } else { after };
        }
    }

    /// Returns the object that is the value of `node`, and adds it if it is new.
    const fn open(&mut self, node: NodeId) -> u8 {
        match self.object(node) {
            Some(object) => object,
            None => {
                self.objects[self.object_count] = node;
                self.object_count += 1;
                (self.object_count - 1) as u8
            }
        }
    }

    const fn object(&self, node: NodeId) -> Option<u8> {
        let mut i = 0;
        while i < self.object_count {
            if self.objects[i].0 == node.0 {
                return Some(i as u8);
            }
            i += 1;
        }
        None
    }

    const fn member(&self, object: u8, key: &str) -> Option<NodeId> {
        let mut i = 1;
        while i < self.len {
            if self.nodes[i].object == object && same(self.nodes[i].key, key) {
                return Some(NodeId(i as u8));
            }
            i += 1;
        }
        None
    }
}

/// Returns the member at `path`, with nested names joined by dots; for a path into a [rare object](RARE), that object. For
/// constants: a path that no row names does not compile.
pub(crate) const fn node(path: &str) -> NodeId {
    let (mut rest, mut at) = (path, NodeId::ROOT);
    while !rest.is_empty() {
        let (key, after) = split(rest);
        at = TREE.member(TREE.object(at).expect("a row names a member of it"), key).expect("a row names it");
        rest = if is_rare(key) { "" } else { after };
    }
    at
}

const fn is_rare(key: &str) -> bool {
    let mut i = 0;
    while i < RARE.len() {
        if same(RARE[i], key) {
            return true;
        }
        i += 1;
    }
    false
}

/// Splits a path into its first name and the rest.
const fn split(path: &str) -> (&str, &str) {
    let mut i = 0;
    while i < path.len() {
        if path.as_bytes()[i] == b'.' {
            return (path.split_at(i).0, path.split_at(i + 1).1);
        }
        i += 1;
    }
    (path, "")
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}
