//! Packed data that hold packed data: a layer on a layer, until the text is reached.

use super::layer::{Carried, Layer};
use crate::damage::{MAX_INFLATED, PackedError, Reason};
use crate::looks::{First, LONG, SHORT, first, is_plain_json};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// How many times over a file may be packed: twice happens (an object that is packed and served with
/// `Content-Encoding: gzip`); there is a gzip file that is its own text.
const MOST_LAYERS: usize = 4;

type Source<'a> = Box<dyn Read + Send + 'a>;

/// Reads a file's text, however it is packed.
pub(crate) struct Unpack<'a> {
    /// The uppermost layer; none only while another one is put on it.
    layer: Option<Layer<Source<'a>>>,
    layers: usize,
    /// What is packed in the uppermost layer is known.
    is_known: bool,
    /// The beginning of the text, which has been looked at and not been handed out.
    head: Vec<u8>,
    given: usize,
    /// What was met behind the head.
    met: Option<Reason>,
    /// What the lowest layer says, where it is not the uppermost.
    lowest: Option<Arc<Lowest>>,
    /// Largest text of a layer below the uppermost: [`MAX_INFLATED`].
    limit: u64,
}

/// How far the lowest layer is, and where padding starts in it.
struct Lowest {
    consumed: AtomicU64,
    padding: AtomicU64,
}

/// Where there is no padding.
const NO_PADDING: u64 = u64::MAX;

impl<'a> Unpack<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        let layer = Some(Layer::new(source));
        Self {
            layer,
            layers: 0,
            is_known: false,
            head: Vec::new(),
            given: 0,
            met: None,
            lowest: None,
            limit: MAX_INFLATED,
        }
    }

    #[cfg(test)]
    pub(super) fn limited(source: Source<'a>, limit: u64) -> Self {
        Self { limit, ..Self::new(source) }
    }

    /// Bytes of the file that have been unpacked, or passed through.
    pub(crate) fn consumed(&self) -> u64 {
        let below = self.lowest.as_ref().map(|lowest| lowest.consumed.load(Relaxed));
        below.or(self.layer.as_ref().map(Layer::consumed)).unwrap_or(0)
    }

    /// Where padding starts behind the packed data of the file.
    pub(crate) fn padding(&self) -> Option<u64> {
        match &self.lowest {
            Some(lowest) => Some(lowest.padding.load(Relaxed)).filter(|at| *at != NO_PADDING),
            None => self.layer.as_ref().and_then(Layer::padding),
        }
    }

    /// Writes the next piece of text to `out`; 0 bytes mean that it has ended. After an error nothing more comes, but
    /// all text before the damage has been handed out.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, Reason> {
        while !self.is_known {
            self.look()?;
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

    /// Looks what the uppermost layer holds, and puts another one on it where that is packed.
    fn look(&mut self) -> Result<(), Reason> {
        let Some(mut layer) = self.layer.take() else { return Ok(()) };
        let (mut head, mut told) = (vec![0; LONG], First::More);
        let mut filled = 0;
        let mut ended = false;
        while told == First::More && !ended && filled < LONG {
            match layer.read(head.get_mut(filled..).unwrap_or_default()) {
                Ok(read) => {
                    (filled, ended) = (filled + read, read == 0);
                    if !layer.is_packed() {
                        // It is text, and has been looked at.
                        told = First::Text;
                        break;
                    }
                }
                Err(reason) => (self.met, ended) = (Some(reason), true),
            }
            told = look_at(head.get(..filled).unwrap_or_default(), ended);
        }
        head.truncate(filled);
        match told {
            First::Text | First::More => {
                (self.head, self.layer, self.is_known) = (head, Some(layer), true);
                Ok(())
            }
            First::NotRead(kind) => Err(self.end(Reason::NotRead(kind))),
            First::Foreign(kind) => Err(self.end(Reason::Foreign(kind))),
            First::Gzip | First::Zstd | First::Zlib if self.layers + 1 >= MOST_LAYERS => {
                Err(self.end(PackedError::TooDeep { most: MOST_LAYERS }.into()))
            }
            First::Gzip | First::Zstd | First::Zlib | First::Wide(_) => {
                self.put_on(head, layer);
                Ok(())
            }
        }
    }

    /// Nothing more comes.
    fn end(&mut self, reason: Reason) -> Reason {
        self.is_known = true;
        reason
    }

    fn put_on(&mut self, head: Vec<u8>, layer: Layer<Source<'a>>) {
        let lowest = self.lowest.is_none().then(|| {
            let lowest = Lowest { consumed: AtomicU64::new(layer.consumed()), padding: AtomicU64::new(NO_PADDING) };
            Arc::new(lowest)
        });
        let below =
            Below { layer, met: self.met.take(), read: head.len() as u64, lowest: lowest.clone(), limit: self.limit };
        self.lowest = self.lowest.take().or(lowest);
        self.layers += 1;
        self.layer = Some(Layer::new(Box::new(io::Cursor::new(head).chain(below))));
    }
}

/// What the text of a packed layer begins with; more is needed where it has not ended and could still be anything.
fn look_at(head: &[u8], ended: bool) -> First {
    if is_plain_json(head) {
        return First::Text;
    }
    if !ended && head.len() < SHORT {
        return First::More;
    }
    match first(head.get(..SHORT).unwrap_or(head)) {
        First::More if ended || head.len() >= LONG => first(head),
        told => told,
    }
}

/// A layer that another one is put on.
struct Below<'a> {
    layer: Layer<Source<'a>>,
    /// What was met behind the beginning that has been read already.
    met: Option<Reason>,
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
        // What is packed in it may be large without any text coming of it.
        if self.read > self.limit {
            return Err(io::Error::other(Carried(Reason::FileTooLarge)));
        }
        Ok(read)
    }
}
