//! The blocking side of a bucket or a queue.

use super::input::Input;
use crate::Origin;
use crate::aws::{Monitor, SourceItem};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{Thread, current, park_timeout};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// The inputs of a bucket or a queue, for one thread that may block.
#[derive(Debug)]
pub struct RemoteSource {
    items: Receiver<SourceItem>,
    origin: Origin,
    monitor: Monitor,
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
    pub(super) fn new(items: Receiver<SourceItem>, origin: Origin, monitor: Monitor) -> Self {
        Self { items, origin, monitor }
    }

    /// Returns the source's counts, which other threads may keep. After a restart they are those of the first start.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// Returns the next input, and waits for it no longer than `wait`. It must not be called in an asynchronous task.
    pub fn next(&mut self, wait: Duration) -> Next {
        let until = Instant::now().checked_add(wait);
        let waker = Waker::from(Arc::new(Unpark(current())));
        loop {
            match self.items.poll_recv(&mut Context::from_waker(&waker)) {
                Poll::Ready(Some(item)) => return Next::Input(Input::remote(item, self.origin)),
                Poll::Ready(None) => return Next::End,
                Poll::Pending => {}
            }
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Next::Waiting;
            }
            park_timeout(left);
        }
    }
}
