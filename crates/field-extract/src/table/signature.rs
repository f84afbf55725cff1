//! How the key before a colon is compared with a known key.
//!
//! Keys are compared eight bytes at a time, from both ends. Keys of nine to 32 bytes take overlapping or adjacent words.
#![expect(clippy::indexing_slicing, reason = "the functions that index run when the crate is compiled")]

/// The longest key in the tree: four words of [`WORD`] bytes.
pub(crate) const LONGEST: usize = 4 * WORD;

/// Bytes that are compared at once.
pub(super) const WORD: usize = 8;

/// The bytes, length and object that a key is recognised by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// Its last eight bytes; a shorter key is in the lowest bytes.
    pub(super) tail: u64,
    /// Its first eight bytes if it is longer than eight bytes, else 0.
    head: u64,
    /// The bytes between `head` and `tail`, from the ends inwards.
    inner: [u64; 2],
    pub(crate) len: u8,
    /// The object that has this key.
    pub(super) object: u8,
    /// The [`Tail`] of this key.
    wanted: Wanted,
}

/// The last eight bytes before a key's closing quote: of a shorter key, some bytes before it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tail(u64);

/// The bits that a [`Tail`] must have where `mask` is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    bits: u64,
    mask: u64,
}

impl Tail {
    /// Returns the tail of the key that ends right before a colon. `None` if no key ends there, or if it is too close to
    /// the start of the record.
    #[inline(always)]
    pub(crate) fn before(record: &[u8], colon: u32) -> Option<Self> {
        let start = (colon as usize).checked_sub(WORD + 1)?;
        let [tail @ .., quote]: &[u8; WORD + 1] = record.get(start..)?.first_chunk()?;
        (*quote == b'"').then(|| Self(u64::from_le_bytes(*tail)))
    }
}

impl Wanted {
    /// Takes the last bytes of the key; of a short key, all bytes and the opening quote.
    const fn of(key: &[u8]) -> Self {
        let len = key.len();
        if len >= WORD {
            return Self { bits: word(key, len - WORD, WORD), mask: !0 };
        }
        let unused = 8 * (WORD - 1 - len) as u32;
        Self { bits: ((b'"' as u64) | word(key, 0, len) << 8) << unused, mask: !0 << unused }
    }
}

impl Signature {
    pub(crate) const fn of(key: &str, object: u8) -> Self {
        let key = key.as_bytes();
        assert!(key.len() <= LONGEST, "LONGEST must be larger");
        let len = key.len();
        let tail = if len < WORD { word(key, 0, len) } else { word(key, len - WORD, WORD) };
        let head = if len > WORD { word(key, 0, WORD) } else { 0 };
        let inner = if len > 2 * WORD { [word(key, len - 2 * WORD, WORD), word(key, WORD, WORD)] } else { [0; 2] };
        Self { tail, head, inner, len: len as u8, object, wanted: Wanted::of(key) }
    }

    /// Whether the key before a colon, whose tail is given, is this one. Only for a record without escapes.
    #[inline(always)]
    pub(crate) fn is(&self, record: &[u8], tail: Tail, colon: u32) -> bool {
        let Wanted { bits, mask } = self.wanted;
        let (len, end) = (usize::from(self.len), (colon as usize).wrapping_sub(1));
        let opens = |open: usize| record.get(open) == Some(&b'"');
        tail.0 & mask == bits
            && (len < WORD || end.checked_sub(len + 1).is_some_and(opens) && same_start(record, end, self))
    }
}

const fn word(key: &[u8], from: usize, len: usize) -> u64 {
    let (mut word, mut i) = (0, 0);
    while i < len {
        word |= (key[from + i] as u64) << (8 * i);
        i += 1;
    }
    word
}

/// Whether the known key ends at `end`. The caller has checked the length.
#[inline(always)]
pub(crate) fn ends_at(record: &[u8], end: usize, known: &Signature) -> bool {
    tail(record, end, usize::from(known.len)) == Some(known.tail) && same_start(record, end, known)
}

/// Compares the bytes that are not in the tail.
#[inline(always)]
pub(super) fn same_start(record: &[u8], end: usize, known: &Signature) -> bool {
    let len = usize::from(known.len);
    if len <= WORD {
        return true;
    }
    let Some(start) = end.checked_sub(len) else { return false };
    let [before_tail, behind_head] = known.inner;
    load(record, start) == Some(known.head)
        && (len <= 2 * WORD
            || load(record, end - 2 * WORD) == Some(before_tail) && load(record, start + WORD) == Some(behind_head))
}

/// Returns the tail of the `len` bytes before `end`.
#[inline(always)]
pub(super) fn tail(record: &[u8], end: usize, len: usize) -> Option<u64> {
    cut(load(record, end.checked_sub(WORD)?)?, len)
}

/// Returns the last `len` bytes of a word, or the whole word if `len` is not smaller.
#[inline(always)]
fn cut(word: u64, len: usize) -> Option<u64> {
    word.checked_shr(8 * WORD.saturating_sub(len) as u32)
}

#[inline(always)]
fn load(record: &[u8], at: usize) -> Option<u64> {
    record.get(at..)?.first_chunk().map(|word| u64::from_le_bytes(*word))
}
