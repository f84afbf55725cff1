//! The members of a record that any field needs, as a tree.
//!
//! It is worked out when the crate is compiled, from the paths in the table ([`crate::table`]).
#![expect(clippy::indexing_slicing, clippy::expect_used, reason = "all functions here run when the crate is compiled")]

use crate::keys::Signature;
use crate::table::ROWS;

/// A member of the tree, by its place in [`NODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u8);

impl NodeId {
    /// The record itself.
    pub(crate) const ROOT: Self = Self(0);
}

/// A member that a field is read from, or that holds such a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) key: &'static str,
    /// The object that it is a member of, by its place in [`OBJECTS`].
    pub(crate) object: u8,
    pub(crate) signature: Signature,
}

impl Node {
    const fn new(key: &'static str, object: u8) -> Self {
        Self { key, object, signature: Signature::of(key, object) }
    }
}

/// Read besides what the rows name: what decides whether the plugin hands a record on.
const ALSO_READ: &[&str] = &["eventTime", "eventType"];

/// Room while building; compilation fails where it does not suffice.
const ROOM: usize = 250;

pub(crate) struct Tree {
    pub(crate) nodes: [Node; ROOM],
    pub(crate) len: usize,
    /// The members whose own members are in the tree.
    objects: [NodeId; ROOM],
    object_count: usize,
}

pub(crate) const TREE: Tree = Tree::build();

/// The tree's members; the first is the record itself.
pub(crate) static NODES: [Node; TREE.len] = *TREE.nodes.split_at(TREE.len).0.first_chunk().expect("ROOM suffices");

/// The members whose own members are wanted; the first is the record itself.
pub(crate) static OBJECTS: [NodeId; TREE.object_count] =
    *TREE.objects.split_at(TREE.object_count).0.first_chunk().expect("ROOM suffices");

/// How deep the members of each of these objects stand: the record's own are on level 1.
pub(crate) static LEVELS: [u8; TREE.object_count] = {
    let (mut levels, mut object) = ([1; TREE.object_count], 1);
    while object < TREE.object_count {
        // An object comes after the one that it is in.
        levels[object] = levels[TREE.nodes[TREE.objects[object].0 as usize].object as usize] + 1;
        object += 1;
    }
    levels
};

impl Tree {
    const fn build() -> Self {
        let root = Node::new("", u8::MAX);
        let mut tree = Self { nodes: [root; ROOM], len: 1, objects: [NodeId::ROOT; ROOM], object_count: 1 };
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
            rest = after;
        }
    }

    /// The object that is the value of `node`, which it becomes if it was not one.
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

/// The member at `path`, nested names joined by dots. For constants: a path that no row names does not compile.
pub(crate) const fn node(path: &str) -> NodeId {
    let (mut rest, mut at) = (path, NodeId::ROOT);
    while !rest.is_empty() {
        let (key, after) = split(rest);
        at = TREE.member(TREE.object(at).expect("a row names a member of it"), key).expect("a row names it");
        rest = after;
    }
    at
}

/// The first name of a path, and the rest.
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
