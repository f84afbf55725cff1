//! The zstd format (RFC 8878), frame by frame.

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, get_error_name};

/// How the format is called in reports.
pub(super) const NAME: &str = "zstd";

/// Largest window, as a power of two: 128 MiB, which zstd itself allows by default. A frame says how much of its text must
/// be kept; what needs more is refused, and memory stays bounded.
const WINDOW_LOG: u32 = 27;

/// A frame that is being unpacked.
pub(super) struct Frame {
    context: DCtx<'static>,
    /// Bytes up to the end of the next block. Where a block is damaged, zstd gives nothing of what it was handed with it.
    wanted: usize,
}

/// What a step has come to.
pub(super) struct Step {
    pub(super) consumed: usize,
    pub(super) written: usize,
    pub(super) is_end: bool,
}

impl Frame {
    /// # Errors
    /// What zstd says where there is no memory for it.
    pub(super) fn new() -> Result<Self, &'static str> {
        let mut context = DCtx::try_create().ok_or("no memory")?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(get_error_name)?;
        Ok(Self { context, wanted: 1 })
    }

    /// Unpacks a block of `packed`, or a part of one.
    ///
    /// # Errors
    /// What zstd says where the data are damaged.
    pub(super) fn step(&mut self, packed: &[u8], out: &mut [u8]) -> Result<Step, &'static str> {
        let mut input = InBuffer::around(packed.get(..self.wanted).unwrap_or(packed));
        let mut output = OutBuffer::around(out);
        let wanted = self.context.decompress_stream(&mut output, &mut input).map_err(get_error_name)?;
        self.wanted = wanted.max(1);
        Ok(Step { consumed: input.pos(), written: output.pos(), is_end: wanted == 0 })
    }
}
