//! A node of the tree of members.

use super::signature::Signature;

/// A member of a record, as its index in [`NODES`](super::tree::NODES).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NodeId(pub(crate) u8);

impl NodeId {
    /// The record itself.
    pub(crate) const ROOT: Self = Self(0);
}

/// A member that a field is read from, or an object that holds such a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) key: &'static str,
    /// The object that has this member, as its index in [`OBJECTS`](super::tree::OBJECTS).
    pub(crate) object: u8,
    pub(crate) signature: Signature,
}

impl Node {
    pub(super) const fn new(key: &'static str, object: u8) -> Self {
        Self { key, object, signature: Signature::of(key, object) }
    }
}
