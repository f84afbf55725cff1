//! Members found among colons that were listed when the record was followed to its end.
//!
//! In a record without escapes a key is what its bytes say, and most are told apart by the last eight of them: one
//! comparison for each colon on the way.

use crate::absent::ABSENT;
use crate::colons::Colon;
use crate::follow::follow;
use crate::index::Index;
use crate::keys::{Signature, Tail};
use crate::masks::Masks;
use crate::members::Members;
use crate::reader::Reader;
use crate::tree::{LEVELS, NODES, NodeId};
use crate::walk::Walk;
use json_scan::{BLOCK, DEEPEST, Reach, Task};

impl Reader<'_, '_> {
    /// Looks a member of the record itself up.
    #[inline(never)]
    pub(crate) fn look_up(&mut self, id: NodeId) -> Option<usize> {
        let record = self.record;
        let Index { masks, members, followed, .. } = &mut *self.index;
        let (signature, colons) = (&NODES.get(usize::from(id.0))?.signature, &mut followed.colons);
        let usual = !followed.escapes;
        match if usual { look_along(record, colons.iter().copied(), signature) } else { Err(Unusual) } {
            Ok(colon) => self.found(id, colon),
            Err(Unusual) => {
                masks.reach(record, colons.last().map_or(0, |last| *last as usize / BLOCK));
                masks.kernel().run(Note { record, masks, colons, members });
                colons.clear();
                self.known(id).filter(|place| *place != 0)
            }
        }
    }

    /// Where the list of the members of `object` begins, if there is one, and if it has not been walked yet.
    #[inline(never)]
    pub(crate) fn list_of(&mut self, object: u8, walked: Walk) -> Option<Walk> {
        let Walk::At { place: start, .. } = walked else { return None };
        let (followed, level) = (&self.index.followed, *LEVELS.get(usize::from(object))?);
        if followed.escapes || !(2..=DEEPEST).contains(&level) {
            return None;
        }
        // The first object that is asked is most often the first that there is.
        let is_first = followed.inner.first().is_some_and(|it| it.place() >= start);
        let from = if is_first { 0 } else { followed.inner.partition_point(|it| it.place() < start) };
        Some(Walk::Listed { from: u32::try_from(from).ok()? })
    }

    /// Finds a member in the list that its object has from there on.
    #[inline(never)]
    pub(crate) fn find_inner(&mut self, id: NodeId, from: u32) -> Result<Option<usize>, Unusual> {
        let (Some(node), followed) = (NODES.get(usize::from(id.0)), &self.index.followed) else { return Ok(None) };
        let (Some(level), Some(list)) = (LEVELS.get(usize::from(node.object)), followed.inner.get(from as usize..))
        else {
            return Ok(None);
        };
        // The bracket that closes the object leads out of its level.
        let inside = list.iter().take_while(|it| it.level() >= *level);
        let colons = inside.filter(|it| it.level() == *level && !it.closes()).map(|it| it.place());
        let found = look_along(self.record, colons, &node.signature)?;
        Ok(self.found(id, found))
    }

    /// Notes where a member has been found, if it has.
    fn found(&mut self, id: NodeId, colon: Option<u32>) -> Option<usize> {
        let place = colon.map(|colon| colon + 1);
        *self.index.members.places.get_mut(usize::from(id.0))? = place.unwrap_or(ABSENT);
        place.map(|place| place as usize)
    }
}

impl Index {
    /// Lists all members of a record of which nothing is known yet, and those of the objects in it: for who asks for many of
    /// them. Without a kernel that follows, and where the record does not end, it does nothing.
    pub(crate) fn list_members(&mut self, record: &[u8]) {
        let Self { masks, walks: [root, ..], followed, .. } = self;
        if *root != Walk::New || !masks.kernel().follows() || record.first() != Some(&b'{') {
            return;
        }
        if follow(record, Reach::Inner, masks, followed).is_some() {
            *root = Walk::Done;
            self.is_plain = self.has_no_escapes() && !self.followed.odd;
        } else {
            followed.reset();
        }
    }
}

/// There may be a key that is written in an unusual way.
pub(crate) struct Unusual;

/// The first colon with this key before it.
#[inline(always)]
fn look_along(record: &[u8], colons: impl Iterator<Item = u32>, signature: &Signature) -> Result<Option<u32>, Unusual> {
    for colon in colons {
        let tail = Tail::before(record, colon).ok_or(Unusual)?;
        if signature.is(record, tail, colon) {
            return Ok(Some(colon));
        }
    }
    Ok(None)
}

/// Notes the members before a record's colons, however they are written.
struct Note<'a> {
    record: &'a [u8],
    masks: &'a Masks,
    colons: &'a [u32],
    members: &'a mut Members,
}

impl Task for Note<'_> {
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
