//! One packed member or frame of a layer.

use super::zstd::{self, Frame, Step};
use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::Crc;

/// The name of zlib in error messages.
const ZLIB: &str = "zlib";

pub(super) enum Member {
    Gzip(Decompress, Sums),
    Zlib(Decompress),
    Zstd(Frame),
}

/// The checksum and the length of a member's text, as its trailer has them.
#[derive(Default)]
pub(super) struct Sums {
    /// libdeflate's takes a tenth of the time of flate2's.
    crc: Crc,
    length: u32,
}

impl Sums {
    fn add(&mut self, text: &[u8]) {
        self.crc.update(text);
        // RFC 1952: ISIZE is the length modulo 2^32.
        self.length = self.length.wrapping_add(text.len() as u32);
    }

    /// Returns the trailer, as a number with the lowest byte first.
    pub(super) fn trailer(&self) -> u64 {
        u64::from(self.crc.sum()) | (u64::from(self.length) << 32)
    }
}

impl Member {
    /// Returns a gzip member before its first byte of data.
    pub(super) fn gzip() -> Self {
        Self::Gzip(Decompress::new(false), Sums::default())
    }

    pub(super) fn format(&self) -> &'static str {
        match self {
            Self::Gzip(..) => crate::looks::GZIP,
            Self::Zlib(_) => ZLIB,
            Self::Zstd(_) => zstd::NAME,
        }
    }

    /// Unpacks a piece, or returns the message of the decoder.
    pub(super) fn step(&mut self, packed: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let decompress = match self {
            Self::Zstd(frame) => return frame.step(packed, out),
            Self::Gzip(decompress, _) | Self::Zlib(decompress) => decompress,
        };
        let (before_in, before_out) = (decompress.total_in(), decompress.total_out());
        let status = decompress.decompress(packed, out, FlushDecompress::None);
        let consumed = (decompress.total_in() - before_in) as usize;
        let written = (decompress.total_out() - before_out) as usize;
        if let Self::Gzip(_, sums) = self {
            sums.add(out.get(..written).unwrap_or_default());
        }
        match status {
            // The text before the damage is returned first; the next call meets the damage again.
            Err(_) if written == 0 => Err("no deflate data, or a wrong checksum"),
            status => Ok(Step { consumed, written, is_end: matches!(status, Ok(Status::StreamEnd)) && written == 0 }),
        }
    }
}
