//! How a member that has not been seen yet is found: by searching, by looking it up in a list, or by walking.

use crate::absent::{ABSENT, is_absent};
use crate::index::Index;
use crate::masks::skip_blanks;
use crate::reader::Reader;
use crate::tree::{NODES, NodeId, OBJECTS};
use crate::walk::{Walk, begin, walk};

impl Reader<'_, '_> {
    /// Goes on walking along the object that the member is in.
    #[inline(never)]
    pub(crate) fn seek(&mut self, node: NodeId) -> Option<usize> {
        let object = NODES.get(usize::from(node.0))?.object;
        if object == 0 && !self.index.followed.colons.is_empty() {
            return self.look_up(node);
        }
        self.index.looked_inside |= object != 0;
        let mut walked = *self.index.walks.get(usize::from(object))?;
        let record = self.record;
        let Index { members, guess, .. } = &mut *self.index;
        if object == 0 {
            if walked == Walk::Done {
                guess.learn(node, true);
            } else if guess.is_worth_searching(node) && is_absent(record, walked, node) {
                *members.places.get_mut(usize::from(node.0))? = ABSENT;
                guess.learn(node, true);
                return None;
            }
        }
        if walked == Walk::Done {
            return None;
        }
        if walked == Walk::New {
            walked = self.begin(object);
            if let Walk::At { place: first, .. } = walked
                && let Some(place) = behind_key(record, first as usize, node)
            {
                *self.index.walks.get_mut(usize::from(object))? = walked;
                *self.index.members.places.get_mut(usize::from(node.0))? = u32::try_from(place).ok()?;
                return Some(place);
            }
        }
        if !self.index.followed.inner.is_empty() {
            if let Some(listed) = self.list_of(object, walked) {
                *self.index.walks.get_mut(usize::from(object))? = listed;
                walked = listed;
            }
            if let Walk::Listed { from } = walked {
                if let Ok(found) = self.find_inner(node, from) {
                    return found;
                }
                // An object that has an unusual key is walked.
                walked = self.begin(object);
            }
        }
        let Index { masks, members, .. } = &mut *self.index;
        walk(&mut walked, record, masks, object, node, members);
        *self.index.walks.get_mut(usize::from(object))? = walked;
        let found = self.known(node).filter(|place| *place != 0);
        if object == 0 {
            self.index.guess.learn(node, found.is_none());
        }
        found
    }

    /// The walk along an object, whose own place is found as that of any member: as deep as the table is, not the record.
    fn begin(&mut self, object: u8) -> Walk {
        let holder = OBJECTS.get(usize::from(object)).copied();
        let start = match holder {
            None => None,
            // The original trims NUL from a record's ends (cloudtrail.go:225).
            Some(NodeId::ROOT) => Some(self.record.iter().take_while(|byte| **byte == 0).count()),
            Some(holder) => self.place(holder),
        };
        let start = start.map(|start| skip_blanks(self.record, start));
        start.filter(|start| self.record.get(*start) == Some(&b'{')).map_or(Walk::Done, begin)
    }
}

/// The place behind the colon of a member that stands at `at`, written the usual way: most often it is asked for the
/// first of an object, such as `userIdentity.type`.
#[inline]
fn behind_key(record: &[u8], at: usize, node: NodeId) -> Option<usize> {
    let key = NODES.get(usize::from(node.0))?.key;
    let rest = record.get(at..)?.strip_prefix(b"\"")?.strip_prefix(key.as_bytes())?;
    rest.starts_with(b"\":").then_some(at + key.len() + 3)
}
