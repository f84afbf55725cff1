//! Selects letters.

use super::stored::StoredLetter;

/// Selects letters. The default selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// The partition of the event.
    pub feed: Option<String>,
    /// The offset of the event.
    pub offset: Option<u64>,
    /// The codes of the refusal, in any case; empty for all.
    pub codes: Vec<String>,
    /// The backend that refused the event. Letters that name none are selected, too.
    pub backend: Option<String>,
}

impl LetterFilter {
    /// Returns whether the letter is selected.
    #[must_use]
    pub fn takes(&self, letter: &StoredLetter) -> bool {
        let is_feed = self.feed.as_ref().is_none_or(|feed| *feed == letter.feed);
        let is_offset = self.offset.is_none_or(|offset| letter.offset == Some(offset));
        let is_code = self.codes.is_empty() || self.codes.iter().any(|code| code.eq_ignore_ascii_case(&letter.code));
        let is_backend =
            self.backend.as_ref().is_none_or(|name| letter.backend.as_ref().is_none_or(|backend| backend == name));
        is_feed && is_offset && is_code && is_backend
    }
}
