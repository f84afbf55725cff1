//! How an absent member is found to be absent without a walk along the record.
//!
//! Most records have no `errorCode`, and a walk knows that only at the end of the record. A text search for the key in the
//! rest of the record is many times faster. If the search finds nothing, the member is absent. If it finds something, that
//! may be the key of another object, and the walk goes on.

use super::walk::Walk;
use crate::table::node::NodeId;
use crate::table::tree::NODES;
use json_scan::{BLOCK, Blocks};
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// The offset of a member that is known to be absent. No record is that long.
pub(crate) const ABSENT: u32 = u32::MAX;

/// A search for the key of each member, with its quotes.
static KEYS: LazyLock<Vec<Finder<'static>>> =
    LazyLock::new(|| NODES.iter().map(|node| Finder::new(&format!("\"{}\"", node.key)).into_owned()).collect());

/// Absent members that are searched for in one record. One search costs about a third of a walk to the end of the
/// record, which finds all of them.
const MAX_SEARCHES: u8 = 1;

/// The members that earlier records did not have. This decides how an answer is found, never what the answer is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Guess {
    /// A bit for each member that was absent in the last record that was asked for it.
    absent: [u64; NODES.len().div_ceil(64)],
    /// Members of this record that were asked for and absent.
    missed: u8,
    /// The same, for the record before.
    missed_before: u8,
}

impl Guess {
    /// Moves on to the next record.
    #[inline(always)]
    pub(crate) fn next(&mut self) {
        self.missed_before = std::mem::take(&mut self.missed);
    }

    /// Whether to search for the member: it is probably absent, and few other absent members are asked for.
    #[inline(always)]
    pub(crate) fn is_worth_searching(&self, node: NodeId) -> bool {
        self.missed < MAX_SEARCHES
            && self.missed_before <= MAX_SEARCHES
            && self.absent.get(usize::from(node.0) / 64).is_some_and(|word| word >> (node.0 % 64) & 1 == 1)
    }

    /// Remembers whether a member that was asked for was absent.
    #[inline(always)]
    pub(crate) fn learn(&mut self, node: NodeId, absent: bool) {
        self.missed = self.missed.saturating_add(u8::from(absent));
        if let Some(word) = self.absent.get_mut(usize::from(node.0) / 64) {
            *word = *word & !(1 << (node.0 % 64)) | u64::from(absent) << (node.0 % 64);
        }
    }
}

/// Whether the part of the record that has not been walked certainly does not have the member. `masks` are those of the record,
/// as far as it has been scanned.
pub(crate) fn is_absent(record: &[u8], masks: &Blocks, walk: Walk, node: NodeId) -> bool {
    let walked = match walk {
        Walk::New => 0,
        Walk::At { offset, .. } => offset as usize,
        Walk::Listed { .. } | Walk::Done => return true,
    };
    // A walk stops at the end of the block in which it has found a member. The key of a later member begins at the
    // start of that block or after it.
    let start = walked.saturating_sub(BLOCK);
    let Some(rest) = record.get(start..) else { return false };
    // A key may be written with escapes. Few records have escapes, and those are walked.
    let unread = record.get(masks.scanned().max(start)..).unwrap_or_default();
    let has_escapes = || masks.has_escapes() || memchr::memchr(b'\\', unread).is_some();
    KEYS.get(usize::from(node.0)).is_some_and(|key| key.find(rest).is_none()) && !has_escapes()
}
