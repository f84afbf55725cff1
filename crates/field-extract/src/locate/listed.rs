//! How members are found among the colons of a layout.
//!
//! In a record without escapes, the bytes of a key are its text, and the last eight bytes are enough to tell most keys
//! apart: one comparison for each colon.

use super::absent::ABSENT;
use super::colons::Colon;
use super::members::Members;
use super::scratch::{Known, Scratch};
use super::walk::Walk;
use crate::table::node::NodeId;
use crate::table::signature::{Signature, Tail};
use crate::table::tree::{LEVELS, NODES};
use json_scan::{BLOCK, Blocks, Depth, LayoutFinder, MAX_LEVEL, Task};

impl Scratch {
    /// Finds one of the record's own members.
    #[inline(never)]
    pub(super) fn find_own(&mut self, record: &[u8], id: NodeId) -> Option<usize> {
        let Self { finder: LayoutFinder { layout, blocks: masks, .. }, members, .. } = self;
        let (signature, colons) = (&NODES.get(usize::from(id.0))?.signature, layout.colons());
        let usual = !layout.has_escapes();
        match if usual { find_key(record, colons.iter().copied(), signature) } else { Err(UnusualKey) } {
            Ok(colon) => self.note(id, colon),
            Err(UnusualKey) => {
                masks.block(record, colons.last().map_or(0, |last| *last as usize / BLOCK));
                masks.kernel().run(NoteAll { record, masks, colons, members });
                self.known = Known::Members;
                self.found(id).filter(|offset| *offset != 0)
            }
        }
    }

    /// Returns where the members of `object` begin in the layout, if they are in it and have not been walked yet.
    #[inline(never)]
    pub(super) fn list_of(&self, object: u8, walked: Walk) -> Option<Walk> {
        let Walk::At { offset: start, .. } = walked else { return None };
        let level = *LEVELS.get(usize::from(object))?;
        if self.finder.layout.has_escapes() || !(2..=MAX_LEVEL).contains(&level) {
            return None;
        }
        // The first object that is asked for is most often the first one in the record.
        let nested = self.finder.layout.nested();
        let is_first = nested.first().is_some_and(|it| it.offset() >= start);
        let from = if is_first { 0 } else { nested.partition_point(|it| it.offset() < start) };
        Some(Walk::Listed { from: u32::try_from(from).ok()? })
    }

    /// Finds a member of the nested object whose colons begin at the index `from` of the layout.
    #[inline(never)]
    pub(super) fn find_nested(&mut self, record: &[u8], id: NodeId, from: u32) -> Result<Option<usize>, UnusualKey> {
        let Some(node) = NODES.get(usize::from(id.0)) else { return Ok(None) };
        let (Some(level), Some(list)) =
            (LEVELS.get(usize::from(node.object)), self.finder.layout.nested().get(from as usize..))
        else {
            return Ok(None);
        };
        // The bracket that closes the object has a lower level.
        let inside = list.iter().take_while(|it| it.level() >= *level);
        let colons = inside.filter(|it| it.level() == *level && !it.is_bracket()).map(|it| it.offset());
        let found = find_key(record, colons, &node.signature)?;
        Ok(self.note(id, found))
    }

    /// Notes the offset of a member, or that it is absent.
    fn note(&mut self, id: NodeId, colon: Option<u32>) -> Option<usize> {
        let offset = colon.map(|colon| colon + 1);
        *self.members.offsets.get_mut(usize::from(id.0))? = offset.unwrap_or(ABSENT);
        offset.map(|offset| offset as usize)
    }

    /// Returns the noted offset of a member: 0 if it has not been looked for.
    #[inline(always)]
    pub(super) fn found(&self, node: NodeId) -> Option<usize> {
        self.members.offsets.get(usize::from(node.0)).map(|offset| *offset as usize)
    }

    /// Finds the layout of a record of which nothing is known yet, for a caller that needs many members. Does nothing if the
    /// kernel has no fast way.
    pub(crate) fn list_members(&mut self, record: &[u8]) {
        let is_new = self.walks.first() == Some(&Walk::New);
        if is_new && self.finder.blocks.kernel().has_fast_layout() {
            self.find_layout(record, Depth::Nested);
        }
    }
}

/// There may be a key that is written in an unusual way.
pub(super) struct UnusualKey;

/// Returns the first colon that has this key before it.
#[inline(always)]
fn find_key(
    record: &[u8],
    colons: impl Iterator<Item = u32>,
    signature: &Signature,
) -> Result<Option<u32>, UnusualKey> {
    for colon in colons {
        let tail = Tail::before(record, colon).ok_or(UnusualKey)?;
        if signature.is(record, tail, colon) {
            return Ok(Some(colon));
        }
    }
    Ok(None)
}

/// Notes the members before all of a record's own colons, in whatever way they are written. A task for a kernel.
struct NoteAll<'a> {
    record: &'a [u8],
    masks: &'a Blocks,
    colons: &'a [u32],
    members: &'a mut Members,
}

impl Task for NoteAll<'_> {
    type Answer = ();

    #[inline(always)]
    fn perform(self) {
        let Self { record, masks, colons, members } = self;
        members.restart(0);
        for colon in colons {
            members.note(record, masks, 0, Colon::at(*colon, masks));
        }
    }
}
