//! The masks of 64 bytes, and the arithmetic that all kernels share.

/// Bytes in a block: one for each bit of a `u64` mask.
pub const BLOCK: usize = 64;

/// The masks of 64 bytes of JSON text. Bit `i` of a mask stands for byte `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Quotes that open or close a string, without the escaped ones.
    pub quote: u64,
    /// Bytes of strings: the opening quote and the bytes up to, but without, the closing quote.
    pub string: u64,
    /// `{` and `[` outside of strings.
    pub open: u64,
    /// `}` and `]` outside of strings.
    pub close: u64,
    /// `:` outside of strings.
    pub colon: u64,
    /// Bytes that are not printable ASCII, inside and outside of strings: below 0x20 (line breaks, control bytes) or above
    /// 0x7F.
    pub unprintable: u64,
    /// The number of bits in `open`.
    pub opens: u8,
    /// The number of bits in `close`.
    pub closes: u8,
    /// Whether there is a backslash in the block.
    pub escapes: bool,
}

/// The bytes of a block that belong to an object itself, not to a value nested in it and not to the text after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnBytes {
    /// A bit for each of these bytes.
    pub bytes: u64,
    /// The bit of the bracket that closes the object, if it is in this block.
    pub end: Option<u32>,
}

impl Block {
    /// Returns the bytes at depth 1, where depth 1 is inside the object that is followed. `depth` is the depth at the start
    /// of the block, at least 1, and becomes the depth at its end. Bytes outside of `live` are ignored.
    #[inline(always)]
    #[must_use]
    pub fn own_bytes(&self, live: u64, depth: &mut u32) -> OwnBytes {
        own_bytes(self.open, self.close, live, depth)
    }
}

/// Returns the bytes at depth 1 of a block with these brackets: [`Block::own_bytes`].
#[inline(always)]
pub(crate) fn own_bytes(open: u64, close: u64, live: u64, depth: &mut u32) -> OwnBytes {
    let mut own = if *depth == 1 { live } else { 0 };
    let mut brackets = (open | close) & live;
    while brackets != 0 {
        let bit = brackets & brackets.wrapping_neg();
        brackets ^= bit;
        let opens = open & bit != 0;
        // A bracket that leads from depth 1 or back to it changes the side of all bytes behind it.
        let crosses = *depth == if opens { 1 } else { 2 };
        *depth = if opens { *depth + 1 } else { *depth - 1 };
        if *depth == 0 {
            return OwnBytes { bytes: own & (bit - 1), end: Some(bit.trailing_zeros()) };
        }
        own ^= if crosses { bit.wrapping_neg() } else { 0 };
    }
    OwnBytes { bytes: own, end: None }
}

/// The part of a block that a caller stores. Kernels are compiled for each implementation, so the compiler removes the
/// work for the parts that an implementation drops.
pub(crate) trait FromBlock {
    fn from_block(block: Block, comma: u64) -> Self;
}

impl FromBlock for Block {
    #[inline(always)]
    fn from_block(block: Block, _: u64) -> Self {
        block
    }
}

/// The comparisons of one block with each character, before strings are known.
pub(crate) struct Comparisons {
    pub(crate) quote: u64,
    pub(crate) backslash: u64,
    pub(crate) open: u64,
    pub(crate) close: u64,
    pub(crate) colon: u64,
    pub(crate) comma: u64,
    pub(crate) unprintable: u64,
}

/// The state that one block hands to the next.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    /// All ones while a string is open, else 0.
    string: u64,
    /// 1 if the first byte of the next block is escaped, else 0.
    escaped: u64,
    /// The `unprintable` masks of all blocks, combined with OR.
    unprintable: u64,
    /// The backslashes of all blocks, combined with OR.
    backslash: u64,
}

impl Carry {
    pub(crate) fn is_neutral(&self) -> bool {
        self.string | self.escaped == 0
    }

    pub(crate) fn has_unprintable(&self) -> bool {
        self.unprintable != 0
    }

    pub(crate) fn has_escapes(&self) -> bool {
        self.backslash != 0
    }

    /// Corrects the carry after a block in which only `rest` was text: the spaces behind it must not use up an escape.
    pub(crate) fn ends_with(&mut self, rest: &[u8], before: Self) {
        let run = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
        let escaped_start = u64::from(run == rest.len()) & before.escaped;
        self.escaped = (run as u64 ^ escaped_start) & 1;
    }

    /// Returns the bytes that follow an escaping backslash.
    #[inline(always)]
    fn escaped(&mut self, backslash: u64) -> u64 {
        /// Every second bit, from bit 1 on.
        const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        if backslash == 0 {
            return std::mem::take(&mut self.escaped);
        }
        // A backslash escapes the next byte unless it is escaped itself: in a run of backslashes every second one counts.
        // Subtracting the start of a run from the odd bits makes the borrow pass through the run and leaves the
        // alternating bits.
        let potential = backslash & !self.escaped;
        let maybe = potential << 1;
        let alternating = (maybe | ODD).wrapping_sub(potential) ^ ODD;
        let escaped = alternating ^ (backslash | self.escaped);
        self.escaped = (alternating & backslash) >> 63;
        escaped
    }
}

/// The structure of a block: its brackets and colons outside of strings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Structure {
    pub(crate) open: u64,
    pub(crate) close: u64,
    pub(crate) colon: u64,
}

impl FromBlock for Structure {
    #[inline(always)]
    fn from_block(Block { open, close, colon, .. }: Block, _: u64) -> Self {
        Self { open, close, colon }
    }
}

impl Comparisons {
    /// Returns the quotes that are not escaped.
    #[inline(always)]
    pub(crate) fn quotes(&self, carry: &mut Carry) -> u64 {
        self.quote & !carry.escaped(self.backslash)
    }

    /// Returns the finished block, given the unescaped quotes and their running parity (bit `i` is set if there is an odd
    /// number of quotes up to byte `i`).
    #[inline(always)]
    pub(crate) fn block<B: FromBlock>(&self, quote: u64, parity: u64, carry: &mut Carry) -> B {
        let string = parity ^ carry.string;
        carry.string = 0u64.wrapping_sub(string >> 63);
        carry.unprintable |= self.unprintable;
        carry.backslash |= self.backslash;
        let (open, close) = (self.open & !string, self.close & !string);
        let block = Block {
            quote,
            string,
            open,
            close,
            colon: self.colon & !string,
            unprintable: self.unprintable,
            opens: open.count_ones() as u8,
            closes: close.count_ones() as u8,
            escapes: self.backslash != 0,
        };
        B::from_block(block, self.comma & !string)
    }
}

/// Iterates over the positions of the set bits of `mask`, lowest first.
#[inline]
pub fn bits(mask: u64) -> impl Iterator<Item = usize> {
    let mut rest = mask;
    std::iter::from_fn(move || {
        if rest == 0 {
            return None;
        }
        let at = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        Some(at)
    })
}
