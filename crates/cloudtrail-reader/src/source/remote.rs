//! The blocking side of a bucket or a queue.

use super::control::SourceControl;
use super::input::Input;
use crate::Origin;
use crate::aws::{Monitor, SourceItem};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// How long a stop waits for the other inputs of messages of which one was returned. Of the 10 s that a stop may take, the
/// rest is needed to read and write them, and to give back the other messages.
const BEGUN: Duration = Duration::from_secs(2);

/// The inputs of a bucket or a queue, for one thread that may block.
#[derive(Debug)]
pub struct RemoteSource {
    items: Receiver<SourceItem>,
    origin: Origin,
    monitor: Monitor,
    /// Whether a message that is only half delivered comes again.
    finishes_messages: bool,
    /// When [`Self::next_begun`] ends.
    until: Option<Instant>,
}

/// The answer to a request for an input.
#[derive(Debug)]
pub enum Next {
    /// An input.
    Input(Input),
    /// Nothing has come yet.
    Waiting,
    /// The source has ended, or is closed.
    End,
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl RemoteSource {
    pub(super) fn new(items: Receiver<SourceItem>, origin: Origin, monitor: Monitor, finishes_messages: bool) -> Self {
        Self { items, origin, monitor, finishes_messages, until: None }
    }

    /// Returns the source's counts, which other threads may keep. After a restart they are those of the first start.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Returns the next input, and waits for it no longer than `wait`. It must not be called in an asynchronous task.
    pub fn next(&mut self, wait: Duration) -> Next {
        match self.item(Instant::now().checked_add(wait)) {
            Poll::Ready(Some(item)) => {
                if let SourceItem::Object(object) = &item {
                    object.receipt.begin();
                }
                Next::Input(Input::remote(item, self.origin))
            }
            Poll::Ready(None) => Next::End,
            Poll::Pending => Next::Waiting,
        }
    }

    /// Returns the next input of a message of which an input was returned before, so that no message is left half delivered
    /// and delivered again later. The first call stops the source. `None` at the end, or after two seconds; then close the
    /// source. It must not be called in an asynchronous task.
    pub fn next_begun(&mut self, control: &SourceControl) -> Option<Input> {
        if !self.finishes_messages {
            return None;
        }
        let until = *self.until.get_or_insert_with(|| {
            control.stop_softly();
            Instant::now() + BEGUN
        });
        while let Poll::Ready(Some(item)) = self.item(Some(until)) {
            // Any other object is dropped, so that its message returns to the queue.
            if matches!(&item, SourceItem::Object(object) if object.receipt.is_begun()) {
                return Some(Input::remote(item, self.origin));
            }
        }
        None
    }

    /// Returns the next item, or `Pending` if none has come at that time.
    fn item(&mut self, until: Option<Instant>) -> Poll<Option<SourceItem>> {
        let waker = Waker::from(Arc::new(Unpark(current())));
        loop {
            if let Poll::Ready(item) = self.items.poll_recv(&mut Context::from_waker(&waker)) {
                return Poll::Ready(item);
            }
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Poll::Pending;
            }
            park_timeout(left);
        }
    }
}
