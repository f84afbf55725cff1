//! What a kernel sees in 64 bytes, and the arithmetic that all kernels share.

/// Bytes in a block: as many as a `u64` mask has bits.
pub const BLOCK: usize = 64;

/// What stands in 64 bytes of JSON text. Bit `i` of a mask speaks of byte `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Quotes that open or close a string; escaped ones are left out.
    pub quote: u64,
    /// Bytes of strings: the opening quote and all up to, but without, the closing one.
    pub string: u64,
    /// `{` and `[` outside of strings.
    pub open: u64,
    /// `}` and `]` outside of strings.
    pub close: u64,
    /// `:` outside of strings.
    pub colon: u64,
    /// Bytes below 0x20 or above 0x7F, wherever they stand: line breaks, control bytes and all that is not ASCII.
    pub odd: u64,
    /// How many bits `open` has.
    pub opens: u8,
    /// How many bits `close` has.
    pub closes: u8,
    /// Whether there is a backslash anywhere.
    pub escapes: bool,
}

/// What is kept of each block. What an implementation leaves out is not even looked for: kernels are compiled for each.
pub(crate) trait Kept {
    fn of(block: Block, comma: u64) -> Self;
}

impl Kept for Block {
    #[inline(always)]
    fn of(block: Block, _: u64) -> Self {
        block
    }
}

/// The raw comparisons of one block, before strings are known.
pub(crate) struct Seen {
    pub(crate) quote: u64,
    pub(crate) backslash: u64,
    pub(crate) open: u64,
    pub(crate) close: u64,
    pub(crate) colon: u64,
    pub(crate) comma: u64,
    pub(crate) odd: u64,
}

/// What one block means for the next.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    /// All ones while a string is open, else 0.
    string: u64,
    /// 1 where the next block's first byte is escaped, else 0.
    escaped: u64,
    /// What `odd` and the backslashes of all blocks come to.
    odd: u64,
    backslash: u64,
}

impl Carry {
    pub(crate) fn is_neutral(&self) -> bool {
        self.string | self.escaped == 0
    }

    pub(crate) fn has_odd(&self) -> bool {
        self.odd != 0
    }

    pub(crate) fn has_escapes(&self) -> bool {
        self.backslash != 0
    }

    /// Corrects the carry behind a block of which only `rest` was text: what filled it must not use up an escape.
    pub(crate) fn ends_with(&mut self, rest: &[u8], before: Self) {
        let run = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
        let escaped_start = u64::from(run == rest.len()) & before.escaped;
        self.escaped = (run as u64 ^ escaped_start) & 1;
    }

    /// The bytes that a backslash before them escapes.
    #[inline(always)]
    fn escaped(&mut self, backslash: u64) -> u64 {
        /// Every second bit, from bit 1 on.
        const ODD: u64 = 0xAAAA_AAAA_AAAA_AAAA;
        if backslash == 0 {
            return std::mem::take(&mut self.escaped);
        }
        // A backslash escapes what follows unless it is escaped itself: in a run of them every second one counts.
        // Subtracting a run's start from the odd bits makes the borrow run through it, which leaves the alternation.
        let potential = backslash & !self.escaped;
        let maybe = potential << 1;
        let alternating = (maybe | ODD).wrapping_sub(potential) ^ ODD;
        let escaped = alternating ^ (backslash | self.escaped);
        self.escaped = (alternating & backslash) >> 63;
        escaped
    }
}

impl Seen {
    /// The quotes that are not escaped.
    #[inline(always)]
    pub(crate) fn quotes(&self, carry: &mut Carry) -> u64 {
        self.quote & !carry.escaped(self.backslash)
    }

    /// The finished block, given the unescaped quotes and their running parity (bit `i`: an odd number up to byte `i`).
    #[inline(always)]
    pub(crate) fn block<B: Kept>(&self, quote: u64, parity: u64, carry: &mut Carry) -> B {
        let string = parity ^ carry.string;
        carry.string = 0u64.wrapping_sub(string >> 63);
        carry.odd |= self.odd;
        carry.backslash |= self.backslash;
        let (open, close) = (self.open & !string, self.close & !string);
        let block = Block {
            quote,
            string,
            open,
            close,
            colon: self.colon & !string,
            odd: self.odd,
            opens: open.count_ones() as u8,
            closes: close.count_ones() as u8,
            escapes: self.backslash != 0,
        };
        B::of(block, self.comma & !string)
    }
}

/// The positions of the set bits of `mask`, lowest first.
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
