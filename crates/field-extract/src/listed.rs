//! Members found among colons that were listed when the record was followed to its end.
//!
//! In a record without escapes a key is what its bytes say. The last bytes of all keys, side by side, tell which one to
//! look at: a word each, and no branch depends on what else the record has.

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
use json_scan::{BLOCK, DEEPEST, Inner, Reach, Task};

/// Members that are looked up in a record's list as it is. For more it is worth while to collect the ends of all keys.
const FEW: u8 = 3;

impl Reader<'_, '_> {
    /// Looks a member of the record itself up.
    #[inline(never)]
    pub(crate) fn look_up(&mut self, id: NodeId) -> Option<usize> {
        let record = self.record;
        let Index { masks, members, followed, tails: [tails, _], looked_up, .. } = &mut *self.index;
        let (signature, colons) = (&NODES.get(usize::from(id.0))?.signature, &mut followed.colons);
        *looked_up = looked_up.saturating_add(1);
        let found = if tails.is_empty() && *looked_up <= FEW && !followed.escapes {
            look_along(record, colons, signature)
        } else if !tails.is_empty() || !followed.escapes && collect(colons, tails, |colon| Tail::before(record, *colon))
        {
            let mut all = tails.iter().zip(&*colons);
            Ok(all.find(|(tail, colon)| signature.is(record, **tail, **colon)).map(|(_, colon)| *colon))
        } else {
            Err(Unusual)
        };
        match found {
            Ok(colon) => self.found(id, colon),
            Err(Unusual) => {
                masks.reach(record, colons.last().map_or(0, |last| *last as usize / BLOCK));
                masks.kernel().run(Note { record, masks, colons, members });
                colons.clear();
                self.known(id).filter(|place| *place != 0)
            }
        }
    }

    /// Where the members of `object` are listed, if they are, and if it has not been walked yet.
    #[inline(never)]
    pub(crate) fn list_of(&mut self, object: u8, walked: Walk) -> Option<Walk> {
        let Walk::At { place: start, .. } = walked else { return None };
        let Index { followed, tails: [_, tails], .. } = &mut *self.index;
        let (inner, level) = (&mut followed.inner, *LEVELS.get(usize::from(object))?);
        if !(2..=DEEPEST).contains(&level) {
            return None;
        }
        let tail = |it: &Inner| if it.closes() { Some(Tail::NONE) } else { Tail::before(self.record, it.place()) };
        if tails.is_empty() && (followed.escapes || !collect(inner, tails, tail)) {
            inner.clear();
            return None;
        }
        let from = inner.partition_point(|it| it.place() < start);
        let to = inner.get(from..)?.iter().position(|it| it.closes() && it.level() < level);
        // Of an object that is open at the record's own end there would be no bracket.
        let to = from + to.unwrap_or(inner.len() - from);
        Some(Walk::Listed { from: u32::try_from(from).ok()?, to: u32::try_from(to).ok()? })
    }

    /// Finds a member in the part of the list that its object has.
    #[inline(never)]
    pub(crate) fn find_inner(&mut self, id: NodeId, from: u32, to: u32) -> Option<usize> {
        let Index { followed, tails: [_, tails], .. } = &*self.index;
        let node = NODES.get(usize::from(id.0))?;
        let (part, level) = (from as usize..to as usize, *LEVELS.get(usize::from(node.object))?);
        let mut all = tails.get(part.clone())?.iter().zip(followed.inner.get(part)?);
        let found = all.find(|(tail, it)| it.level() == level && node.signature.is(self.record, **tail, it.place()));
        let colon = found.map(|(_, it)| it.place());
        self.found(id, colon)
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
        let Self { masks, walks: [root, ..], followed, looked_up, .. } = self;
        *looked_up = (*looked_up).max(FEW);
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
struct Unusual;

/// The first colon with this key before it.
fn look_along(record: &[u8], colons: &[u32], signature: &Signature) -> Result<Option<u32>, Unusual> {
    for colon in colons {
        let tail = Tail::before(record, *colon).ok_or(Unusual)?;
        if signature.is(record, tail, *colon) {
            return Ok(Some(*colon));
        }
    }
    Ok(None)
}

/// Collects the ends of the keys before colons, and [`Tail::NONE`] for what is none. False where a key is unusual: then
/// `tails` stays empty.
fn collect<T>(listed: &[T], tails: &mut Vec<Tail>, tail: impl Fn(&T) -> Option<Tail>) -> bool {
    tails.extend(listed.iter().map_while(tail));
    let usual = tails.len() == listed.len();
    if !usual {
        tails.clear();
    }
    usual
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
