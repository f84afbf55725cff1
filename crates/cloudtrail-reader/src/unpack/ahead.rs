//! Unpacks a large file on a thread of its own, ahead of its records.

use super::faults::SharedFaults;
use super::stack::{PackedState, Unpack};
use crate::damage::DamageReason;
use crate::pool::{BufferPool, Use};
use bytes::Bytes;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// The text of one piece, in bytes. Handing over a piece wakes a thread, which costs as much as unpacking some kB.
const PIECE: usize = 512 << 10;
/// The pieces that may wait for the records.
const PIECES_AHEAD: usize = 2;

/// The text of a file that another thread unpacks.
pub(crate) struct UnpackAhead {
    pieces: Option<Receiver<Piece>>,
    thread: Option<JoinHandle<()>>,
    /// The last piece, without the text that has been read.
    piece: Piece,
}

/// A piece of text.
#[derive(Default)]
struct Piece {
    text: Bytes,
    /// The state of the packed file after this piece.
    state: PackedState,
    /// How the text ends after it, if it is the last piece.
    end: Option<Result<(), DamageReason>>,
}

impl UnpackAhead {
    /// Starts the thread. Returns the file if the machine has one core or the thread cannot be started. A read of `file`
    /// must not wait for long, since a dropped value waits for the thread.
    pub(crate) fn start<R: Read + Send + 'static>(
        file: R,
        pool: &BufferPool,
        faults: &SharedFaults,
    ) -> Result<Self, R> {
        if std::thread::available_parallelism().map_or(1, usize::from) == 1 {
            return Err(file);
        }
        let ((sender, pieces), (give, take)) = (sync_channel(PIECES_AHEAD), sync_channel(1));
        let (pool, faults) = (pool.clone(), SharedFaults::clone(faults));
        let work = move || {
            if let Ok(file) = take.recv() {
                unpack(Unpack::noting(Box::new(file), faults), &pool, &sender);
            }
        };
        let Ok(thread) = std::thread::Builder::new().name("unpack".to_owned()).spawn(work) else { return Err(file) };
        let _ = give.send(file);
        Ok(Self { pieces: Some(pieces), thread: Some(thread), piece: Piece::default() })
    }

    /// Does the same as [`Unpack::read`].
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, DamageReason> {
        while self.piece.text.is_empty() && self.piece.end.is_none() {
            self.receive();
        }
        let text = self.piece.text.split_to(self.piece.text.len().min(out.len()));
        out.iter_mut().zip(&text).for_each(|(to, from)| *to = *from);
        match &mut self.piece.end {
            Some(end) if text.is_empty() => std::mem::replace(end, Ok(())).map(|()| 0),
            _ => Ok(text.len()),
        }
    }

    /// Returns what is known of the file after the last piece.
    pub(crate) fn state(&self) -> PackedState {
        self.piece.state
    }

    fn receive(&mut self) {
        match self.pieces.as_ref().and_then(|pieces| pieces.recv().ok()) {
            Some(piece) => self.piece = piece,
            // It sends an end, unless it panics.
            None => {
                let reason = DamageReason::Io("the thread that unpacks the file failed".to_owned());
                self.piece.end = Some(Err(reason));
            }
        }
    }
}

impl Drop for UnpackAhead {
    fn drop(&mut self) {
        // A plugin may be unloaded after this, so no thread of it may still run.
        self.pieces = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Sends pieces until the end of the text, or until nobody receives them.
fn unpack(mut source: Unpack<'_>, pool: &BufferPool, pieces: &SyncSender<Piece>) {
    loop {
        let mut buffer = pool.buffer(PIECE, Use::Text);
        let (mut filled, mut end) = (0, None);
        while end.is_none() && filled < PIECE {
            match source.read(buffer.space().get_mut(filled..PIECE).unwrap_or_default()) {
                Ok(0) => end = Some(Ok(())),
                Ok(written) => filled += written,
                Err(reason) => end = Some(Err(reason)),
            }
        }
        let is_last = end.is_some();
        let piece = Piece { text: buffer.share(filled), state: source.state(), end };
        if pieces.send(piece).is_err() || is_last {
            return;
        }
    }
}
