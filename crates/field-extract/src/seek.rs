//! How a member that has not been seen yet is found: by searching, by looking it up in a list, or by walking.

use crate::absent::{ABSENT, is_absent};
use crate::colons::Colon;
use crate::index::Index;
use crate::masks::{Masks, skip_blanks};
use crate::members::{is_key, may_be_key};
use crate::reader::Reader;
use crate::tree::{NODES, Node, NodeId, OBJECTS};
use crate::walk::{Walk, begin, walk};
use json_scan::Task;

impl Reader<'_, '_> {
    /// Goes on walking along the object that the member is in.
    #[inline(never)]
    pub(crate) fn seek(&mut self, node: NodeId) -> Option<usize> {
        let object = NODES.get(usize::from(node.0))?.object;
        if object == 0 && !self.index.followed.colons.is_empty() {
            return self.look_up(node);
        }
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
        let Index { masks, members, .. } = &mut *self.index;
        walk(&mut walked, record, masks, object, node, members);
        *self.index.walks.get_mut(usize::from(object))? = walked;
        let found = self.known(node).filter(|place| *place != 0);
        if object == 0 {
            self.index.guess.learn(node, found.is_none());
        }
        found
    }

    /// Looks a member up among the record's listed colons. For a few that is quicker than to recognise all of them.
    fn look_up(&mut self, id: NodeId) -> Option<usize> {
        const FEW: u8 = 3;
        let record = self.record;
        let Index { masks, members, followed, looked_up, .. } = &mut *self.index;
        let listed = &mut followed.colons;
        let node = NODES.get(usize::from(id.0))?;
        *looked_up += 1;
        if masks.has_escapes() {
            *looked_up = FEW + 1;
        } else if *looked_up <= FEW {
            match masks.kernel().run(LookUp { record, masks, listed, node }) {
                Looked::At(place) => *members.places.get_mut(usize::from(id.0))? = place,
                Looked::Absent => return None,
                Looked::Unsure => *looked_up = FEW + 1,
            }
        }
        if *looked_up > FEW {
            members.restart(0);
            listed.drain(..).for_each(|place| members.note(record, masks, 0, Colon::at(place, masks)));
        }
        self.known(id).filter(|place| *place != 0)
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

/// Looks for the first colon with the key of a member before it, in a record without escapes.
struct LookUp<'a> {
    record: &'a [u8],
    masks: &'a Masks,
    listed: &'a [u32],
    node: &'a Node,
}

enum Looked {
    /// Where the member's value begins.
    At(u32),
    Absent,
    /// A key on the way is to be looked at more closely.
    Unsure,
}

impl Task for LookUp<'_> {
    type Answer = Looked;

    #[inline(always)]
    fn perform(self) -> Looked {
        let Self { record, masks, listed, node } = self;
        for place in listed {
            if may_be_key(record, *place, node) {
                match is_key(record, Colon::at(*place, masks), node) {
                    Some(true) => return Looked::At(place + 1),
                    Some(false) => {}
                    None => return Looked::Unsure,
                }
            }
        }
        Looked::Absent
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
