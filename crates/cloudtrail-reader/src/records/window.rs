//! The window through which a file is read that is not in memory as a whole.

use super::Records;
use crate::damage::{DamageReason, most_text};
use crate::pool::Use;
use bytes::Bytes;

/// The text that is read at a time from a file that is not in memory as a whole, in bytes. It is large enough that moving
/// the record at its end costs nothing, and small enough that many files can be read at once.
const WINDOW: usize = 1 << 20;

impl Records<'_> {
    /// Moves the text that is still needed into a new window and reads the next piece after it. The text from offset `held`
    /// on is needed although the splitter has read it.
    pub(super) fn refill(&mut self, held: Option<u64>) {
        let Some(mut source) = self.source.take() else { return };
        // Text in which an element is sought is not split.
        let fed = Self::position(self).max(if self.is_seeking() { held.unwrap_or(0) } else { 0 });
        let keep = held.or(self.splitter.keep_from()).unwrap_or(fed).clamp(self.origin, fed);
        let kept = self.text.slice((keep - self.origin) as usize..);
        let mut buffer = self.pool.buffer(WINDOW.max(kept.len() * 2), Use::Text);
        let space = buffer.space();
        space.iter_mut().zip(&kept).for_each(|(to, from)| *to = *from);
        let mut filled = kept.len();
        drop(kept);
        self.text = Bytes::new();

        // One byte beyond the limit shows whether the text is larger than the limit.
        let most = |consumed| most_text(self.limit, consumed).saturating_sub(keep);
        let end = usize::try_from(most(self.packed.consumed) + 1).unwrap_or(usize::MAX).min(space.len());
        let ended = match source.read(space.get_mut(filled..end).unwrap_or_default()) {
            Ok(written) => {
                filled += written;
                written == 0
            }
            Err(reason) => {
                self.cause = Some(reason);
                true
            }
        };
        let packed = source.state();
        let too_large = filled as u64 > most(packed.consumed);
        self.packed = packed;
        self.text = buffer.share(filled - usize::from(too_large));
        self.origin = keep;
        self.fed = (fed - keep) as usize;
        if too_large {
            self.cause = Some(DamageReason::FileTooLarge);
        } else if !ended {
            self.source = Some(source);
        }
    }
}
