//! The zstd format (RFC 8878), frame by frame.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

/// The name of the format in error messages.
pub(super) const NAME: &str = "zstd";

/// The largest window, as a power of two: 128 MiB, the default limit of zstd. A frame states how much of its text must be
/// kept. A frame that needs more is refused, so memory stays bounded.
const WINDOW_LOG: u32 = 27;

/// A frame that is being unpacked.
pub(super) struct Frame {
    context: DCtx<'static>,
    /// The bytes up to the end of the next block. If a block is damaged, zstd discards all bytes passed together with it.
    wanted: usize,
}

/// The result of a step.
pub(super) struct Step {
    pub(super) consumed: usize,
    pub(super) written: usize,
    pub(super) is_end: bool,
}

impl Frame {
    /// # Errors
    /// Returns the message of zstd if memory is exhausted.
    pub(super) fn new() -> Result<Self, &'static str> {
        let mut context = DCtx::try_create().ok_or("no memory")?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(get_error_name)?;
        Ok(Self { context, wanted: 1 })
    }

    /// Unpacks a block of `packed`, or a part of one.
    ///
    /// # Errors
    /// Returns the message of zstd if the data are damaged.
    pub(super) fn step(&mut self, packed: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let mut input = InBuffer::around(packed.get(..self.wanted).unwrap_or(packed));
        let mut output = OutBuffer::around(out);
        let wanted = self.context.decompress_stream(&mut output, &mut input).map_err(get_error_name)?;
        self.wanted = wanted.max(1);
        Ok(Step { consumed: input.pos(), written: output.pos(), is_end: wanted == 0 })
    }
}
