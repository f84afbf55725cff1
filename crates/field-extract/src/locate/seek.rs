//! How a member is found that has not been found before: by a search, in the layout, or by a walk.

use super::absent::{ABSENT, is_absent};
use super::masks::skip_blanks;
use super::scratch::{Known, Scratch};
use super::walk::{Walk, begin, walk};
use crate::table::node::NodeId;
use crate::table::signature::ends_at;
use crate::table::tree::{NODES, OBJECTS};

impl Scratch {
    /// Returns the offset of a member's value, or of white space before it.
    #[inline(always)]
    pub(crate) fn find(&mut self, record: &[u8], node: NodeId) -> Option<usize> {
        match self.found(node) {
            Some(0) if self.is_absent(node) => None,
            Some(0) => self.seek(record, node),
            found => found,
        }
    }

    /// Whether the member is absent because its object, which is not the record itself, has been walked to its end or is absent.
    /// Most members that are asked for are.
    #[inline(always)]
    fn is_absent(&self, node: NodeId) -> bool {
        let object = NODES.get(usize::from(node.0)).map_or(0, |node| usize::from(node.object));
        object != 0 && self.walks.get(object) == Some(&Walk::Done)
    }

    /// Continues the walk along the object that holds the member.
    #[inline(never)]
    fn seek(&mut self, record: &[u8], node: NodeId) -> Option<usize> {
        let object = NODES.get(usize::from(node.0))?.object;
        if object == 0 && self.known == Known::Colons {
            return self.find_own(record, node);
        }
        self.nested_asked |= object != 0;
        let mut walked = *self.walks.get(usize::from(object))?;
        if object == 0 {
            if walked == Walk::Done {
                self.guess.learn(node, true);
                return None;
            }
            if self.guess.is_worth_searching(node) && is_absent(record, &self.finder.blocks, walked, node) {
                *self.members.offsets.get_mut(usize::from(node.0))? = ABSENT;
                self.guess.learn(node, true);
                return None;
            }
        }
        if walked == Walk::New {
            walked = self.begin(record, object);
            if walked == Walk::Done && object != 0 {
                *self.walks.get_mut(usize::from(object))? = walked;
                return None;
            }
            if let Walk::At { offset: first, .. } = walked
                && let Some(offset) = value_after_key(record, first as usize, node)
            {
                *self.walks.get_mut(usize::from(object))? = walked;
                *self.members.offsets.get_mut(usize::from(node.0))? = u32::try_from(offset).ok()?;
                return Some(offset);
            }
        }
        if !self.finder.layout.nested().is_empty() {
            if let Some(listed) = self.list_of(object, walked) {
                *self.walks.get_mut(usize::from(object))? = listed;
                walked = listed;
            }
            if let Walk::Listed { from } = walked {
                if let Ok(found) = self.find_nested(record, node, from) {
                    return found;
                }
                // An object with a key that is written in an unusual way is walked.
                walked = self.begin(record, object);
            }
        }
        walk(&mut walked, record, &mut self.finder.blocks, object, node, &mut self.members);
        *self.walks.get_mut(usize::from(object))? = walked;
        let found = self.found(node).filter(|offset| *offset != 0);
        if object == 0 {
            self.guess.learn(node, found.is_none());
        }
        found
    }

    /// Starts the walk along an object. The object is a member itself and is found like one. The recursion is as deep as
    /// the tree of members, not as the record.
    fn begin(&mut self, record: &[u8], object: u8) -> Walk {
        let holder = OBJECTS.get(usize::from(object)).copied();
        let start = match holder {
            None => None,
            // The original trims NUL from both ends of a record (cloudtrail.go:225).
            Some(NodeId::ROOT) => Some(record.iter().take_while(|byte| **byte == 0).count()),
            Some(holder) => self.find(record, holder),
        };
        let start = start.map(|start| skip_blanks(record, start));
        start.filter(|start| record.get(*start) == Some(&b'{')).map_or(Walk::Done, begin)
    }
}

/// Returns the offset behind the colon of a member whose key begins at `at`, if it is written in the usual way. The first
/// member of an object, such as `userIdentity.type`, is asked for most often.
#[inline(always)]
fn value_after_key(record: &[u8], at: usize, node: NodeId) -> Option<usize> {
    let signature = &NODES.get(usize::from(node.0))?.signature;
    let end = at + 1 + usize::from(signature.len);
    let is_usual = record.get(at) == Some(&b'"') && record.get(end..end + 2) == Some(b"\":");
    (is_usual && ends_at(record, end, signature)).then_some(end + 2)
}
