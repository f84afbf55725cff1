//! Packed data that hold packed data: layers, up to the text.

use super::faults::SharedFaults;
use super::layer::{Carried, Layer, truncated};
use crate::damage::{DamageReason, MAX_INFLATED, PackedError, most_text};
use crate::looks::{First, LONG, SHORT, first, is_plain_json};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// The largest number of layers. Two occur in practice (an object that is packed and served with `Content-Encoding: gzip`).
/// The limit is needed because a gzip file exists that unpacks to itself.
const MOST_LAYERS: usize = 4;

type Source<'a> = Box<dyn Read + Send + 'a>;

/// Reads a file's text, however it is packed.
pub(crate) struct Unpack<'a> {
    /// The uppermost layer. It is `None` only while another layer is added.
    layer: Option<Layer<Source<'a>>>,
    layers: usize,
    /// Whether the content of the uppermost layer is known.
    is_known: bool,
    /// The beginning of the text, which has been examined and not yet returned.
    head: Vec<u8>,
    given: usize,
    /// The damage after the head.
    met: Option<DamageReason>,
    /// The position of the lowest layer, if it is not the uppermost.
    lowest: Option<Arc<Lowest>>,
    faults: SharedFaults,
    /// The largest text of a layer below the uppermost: [`MAX_INFLATED`].
    limit: u64,
}

/// The state of a packed file while it is read.
#[derive(Clone, Copy, Default)]
pub(crate) struct PackedState {
    /// The bytes of the file that have been unpacked or passed through.
    pub(crate) consumed: u64,
    /// The offset of the padding after the packed data.
    pub(crate) padding: Option<u64>,
    /// The first hole between packed data, of all layers.
    pub(crate) hole: Option<PackedError>,
}

/// The position of the lowest layer, and the offset of its padding.
struct Lowest {
    consumed: AtomicU64,
    padding: AtomicU64,
}

/// The value of [`Lowest::padding`] without padding.
const NO_PADDING: u64 = u64::MAX;

impl<'a> Unpack<'a> {
    #[cfg(test)]
    pub(crate) fn new(source: Source<'a>) -> Self {
        Self::noting(source, SharedFaults::default())
    }

    /// Reads a file, and notes the damage after which it goes on.
    pub(crate) fn noting(source: Source<'a>, faults: SharedFaults) -> Self {
        let layer = Some(Layer::new(source, Arc::clone(&faults)));
        Self {
            layer,
            layers: 0,
            is_known: false,
            head: Vec::new(),
            given: 0,
            met: None,
            lowest: None,
            faults,
            limit: MAX_INFLATED,
        }
    }

    #[cfg(test)]
    pub(super) fn limited(source: Source<'a>, limit: u64) -> Self {
        Self { limit, ..Self::new(source) }
    }

    /// Returns what is known of the file, up to the text that has been read.
    pub(crate) fn state(&self) -> PackedState {
        let hole = self.faults.hole();
        if let Some(lowest) = &self.lowest {
            let padding = Some(lowest.padding.load(Relaxed)).filter(|at| *at != NO_PADDING);
            return PackedState { consumed: lowest.consumed.load(Relaxed), padding, hole };
        }
        let layer = self.layer.as_ref();
        PackedState { consumed: layer.map_or(0, Layer::consumed), padding: layer.and_then(Layer::padding), hole }
    }

    /// Writes the next piece of text to `out`. Returns 0 at the end. All text before a damage is returned before the error,
    /// and nothing after it.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, DamageReason> {
        while !self.is_known {
            self.detect()?;
        }
        let rest = self.head.get(self.given..).unwrap_or_default();
        if !rest.is_empty() {
            let count = rest.len().min(out.len());
            out.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.given += count;
            return Ok(count);
        }
        match self.met.take() {
            Some(reason) => Err(reason),
            None => self.layer.as_mut().map_or(Ok(0), |layer| layer.read(out)),
        }
    }

    /// Detects the format of the uppermost layer's text, and adds another layer if that is packed.
    fn detect(&mut self) -> Result<(), DamageReason> {
        let Some(mut layer) = self.layer.take() else { return Ok(()) };
        let (mut head, mut format) = (vec![0; LONG], First::More);
        let mut filled = 0;
        let mut ended = false;
        while format == First::More && !ended && filled < LONG {
            match layer.read(head.get_mut(filled..).unwrap_or_default()) {
                Ok(read) => {
                    (filled, ended) = (filled + read, read == 0);
                    if !layer.is_packed() {
                        // It is text, and has been examined already.
                        format = First::Text;
                        break;
                    }
                }
                Err(reason) => (self.met, ended) = (Some(reason), true),
            }
            format = format_of(head.get(..filled).unwrap_or_default(), ended);
        }
        head.truncate(filled);
        match format {
            First::Text | First::More => {
                (self.head, self.layer, self.is_known) = (head, Some(layer), true);
                Ok(())
            }
            First::NotRead(kind) => Err(self.end(DamageReason::NotRead(kind))),
            First::Foreign(kind) => Err(self.end(DamageReason::Foreign(kind))),
            First::Begun(format) => Err(self.end(truncated(format, filled as u64))),
            First::Gzip | First::Zstd | First::Zlib if self.layers + 1 >= MOST_LAYERS => {
                Err(self.end(PackedError::TooDeep { most: MOST_LAYERS }.into()))
            }
            First::Gzip | First::Zstd | First::Zlib | First::Wide(_) => {
                self.add_layer(head, layer);
                Ok(())
            }
        }
    }

    /// Ends the text with `reason`.
    fn end(&mut self, reason: DamageReason) -> DamageReason {
        self.is_known = true;
        reason
    }

    fn add_layer(&mut self, head: Vec<u8>, layer: Layer<Source<'a>>) {
        let lowest = self.lowest.is_none().then(|| {
            let lowest = Lowest { consumed: AtomicU64::new(layer.consumed()), padding: AtomicU64::new(NO_PADDING) };
            Arc::new(lowest)
        });
        let below =
            Below { layer, met: self.met.take(), read: head.len() as u64, lowest: lowest.clone(), limit: self.limit };
        self.lowest = self.lowest.take().or(lowest);
        self.faults.note_nested();
        self.layers += 1;
        self.layer = Some(Layer::new(Box::new(io::Cursor::new(head).chain(below)), Arc::clone(&self.faults)));
    }
}

/// Returns the format of a packed layer's text, or [`First::More`] if more bytes are needed.
fn format_of(head: &[u8], ended: bool) -> First {
    if is_plain_json(head) {
        return First::Text;
    }
    if !ended && head.len() < SHORT {
        return First::More;
    }
    match first(head.get(..SHORT).unwrap_or(head)) {
        First::More if ended || head.len() >= LONG => first(head),
        format => format,
    }
}

/// A layer below another one.
struct Below<'a> {
    layer: Layer<Source<'a>>,
    /// The damage after the beginning that has been read already.
    met: Option<DamageReason>,
    read: u64,
    /// Set in the lowest layer.
    lowest: Option<Arc<Lowest>>,
    limit: u64,
}

impl Read for Below<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(reason) = self.met.take() {
            return Err(io::Error::other(Carried(reason)));
        }
        let result = self.layer.read(out);
        if let Some(lowest) = &self.lowest {
            lowest.consumed.store(self.layer.consumed(), Relaxed);
            lowest.padding.store(self.layer.padding().unwrap_or(NO_PADDING), Relaxed);
        }
        let read = result.map_err(|reason| io::Error::other(Carried(reason)))?;
        self.read += read as u64;
        // A layer may be large although the layer above it has no text.
        if self.read > most_text(self.limit, self.layer.consumed()) {
            return Err(io::Error::other(Carried(DamageReason::FileTooLarge)));
        }
        Ok(read)
    }
}
