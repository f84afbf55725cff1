//! The task of one partition: its feed, its refreshing, its reconnecting.

use crate::api::Api;
use crate::backoff::Backoff;
use crate::counters::add;
use crate::descriptor::Descriptor;
use crate::error::{Call, Error, ErrorKind};
use crate::http;
use crate::item::{Event, Item, Partition, Reason, Unreadable};
use crate::lines::{Line, Lines};
use crate::place::Verdict;
use crate::position::position;
use crate::status::{Feed, PartitionState, Shared, lock};
use crate::stream::{Batch, Outlet};
use bytes::Bytes;
use reqwest::Response;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

/// A partition needs to be listed.
pub(crate) struct Need {
    pub(crate) partition: Partition,
    /// What it was read with before, where that may still count: for when the list is empty.
    pub(crate) previous: Option<Descriptor>,
    pub(crate) answer: oneshot::Sender<Descriptor>,
}

/// One partition's task.
pub(crate) struct Reader {
    pub(crate) shared: Arc<Shared>,
    pub(crate) api: Arc<Api>,
    pub(crate) partition: Partition,
    pub(crate) feed: Arc<Feed>,
    pub(crate) needs: mpsc::Sender<Need>,
    pub(crate) outlet: Outlet,
    /// Changes when all feeds are to be given up.
    pub(crate) epoch: watch::Receiver<u64>,
}

impl Reader {
    /// Reads until it is told to stop.
    pub(crate) async fn run(mut self, first: Descriptor) {
        let stop = self.shared.stop.clone();
        // Whatever is being waited for, this ends it.
        stop.run_until_cancelled(self.read_for_ever(first)).await;
        self.shared.set_partition(self.partition, PartitionState::Stopped);
    }

    async fn read_for_ever(&mut self, first: Descriptor) {
        let mut backoff = Backoff::new(&self.shared.config.timing);
        let mut descriptor = first;
        loop {
            // While this is in the future, the service has been told that the session goes on.
            let alive_until = Mutex::new(None);
            let error = self.connect(&descriptor, &mut backoff, &alive_until).await;
            self.shared.count(&error);
            let wait = backoff.failed(Instant::now(), error.least_wait());
            let retry_at = SystemTime::now() + wait;
            self.shared.set_partition(self.partition, PartitionState::BackingOff { retry_at, reason: error.clone() });
            sleep(wait).await;
            let alive = lock(&alive_until).is_some_and(|until| Instant::now() < until);
            let reusable = alive && matches!(error.kind, ErrorKind::Ended | ErrorKind::Network(_) | ErrorKind::Idle(_));
            match self.ask(reusable.then_some(descriptor)).await {
                Some(next) => descriptor = next,
                // Whoever lists has gone, and with it the stream.
                None => return,
            }
        }
    }

    /// Waits until the partition is listed.
    async fn ask(&self, previous: Option<Descriptor>) -> Option<Descriptor> {
        self.shared.set_partition(self.partition, PartitionState::Waiting);
        let (answer, answered) = oneshot::channel();
        let need = Need { partition: self.partition, previous, answer };
        self.needs.send(need).await.ok()?;
        answered.await.ok()
    }

    /// One connection, from its opening to its end.
    async fn connect(
        &mut self,
        descriptor: &Descriptor,
        backoff: &mut Backoff,
        alive_until: &Mutex<Option<Instant>>,
    ) -> Error {
        self.shared.set_partition(self.partition, PartitionState::Connecting);
        self.epoch.borrow_and_update();
        let asked = SystemTime::now();
        let listed = Instant::now();
        let from = lock(&self.feed.place).next();
        let response = match self.api.open(descriptor, from).await {
            Ok(response) => response,
            Err(error) => return error,
        };
        lock(&self.feed.place).opened(asked);
        backoff.well(Instant::now());
        add(&self.feed.tally.connections, 1);
        *lock(alive_until) = Some(listed + descriptor.interval);
        self.shared.set_partition(self.partition, PartitionState::Streaming);

        let mut epoch = self.epoch.clone();
        tokio::select! {
            error = self.read(response) => error,
            error = self.refresh_for_ever(descriptor, alive_until) => error,
            _ = epoch.changed() => Error::new(Call::Feed(self.partition), ErrorKind::StartOver),
        }
    }

    /// Refreshes the session, whatever comes over the feed, until it is gone.
    async fn refresh_for_ever(&self, descriptor: &Descriptor, alive_until: &Mutex<Option<Instant>>) -> Error {
        let timing = &self.shared.config.timing;
        let pause = descriptor.interval.mul_f64(timing.refresh_fraction);
        let mut backoff = Backoff::new(timing);
        let mut wait = pause;
        loop {
            sleep(wait).await;
            let asked = Instant::now();
            match self.api.refresh(descriptor).await {
                Ok(()) => {
                    *lock(alive_until) = Some(asked + descriptor.interval);
                    add(&self.feed.tally.refreshes, 1);
                    backoff.well(asked);
                    tracing::debug!(partition = %self.partition, "session refreshed");
                    wait = pause;
                }
                // The feed is about to end; what comes next must be listed.
                Err(error) if error.kind == ErrorKind::NotFound => {
                    *lock(alive_until) = None;
                    return error;
                }
                // The feed goes on for as long as the service lets it.
                Err(error) => {
                    self.shared.count(&error);
                    wait = backoff.failed(Instant::now(), error.least_wait());
                    tracing::warn!(partition = %self.partition, %error, wait_s = wait.as_secs_f32(), "session not refreshed");
                }
            }
        }
    }

    /// Reads the feed to its end.
    async fn read(&self, mut response: Response) -> Error {
        let call = Call::Feed(self.partition);
        let idle = self.shared.config.timing.idle;
        let mut lines = Lines::default();
        let error = loop {
            match timeout(idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    add(&self.feed.tally.bytes, chunk.len() as u64);
                    lines.push(chunk);
                    if self.hand_on(&mut lines).await.is_none() {
                        break Error::new(call, ErrorKind::Ended);
                    }
                }
                Ok(Ok(None)) => break Error::new(call, ErrorKind::Ended),
                Ok(Err(error)) => break http::network(call, error),
                Err(_) => break Error::new(call, ErrorKind::Idle(idle)),
            }
        };
        self.hand_on_rest(lines).await;
        error
    }

    /// Hands on every line that is there, and waits while the stream's reader has enough. None: it has gone.
    async fn hand_on(&self, lines: &mut Lines) -> Option<()> {
        let received = SystemTime::now();
        loop {
            let mut place = *lock(&self.feed.place);
            let mut batch = Batch::default();
            while !batch.is_full() {
                match lines.next_line() {
                    Some(line) => batch.extend(self.judge(line, received, &mut place)),
                    None => break,
                }
            }
            let more = batch.is_full();
            let events = batch.events();
            if !batch.is_empty() {
                self.outlet.send(batch).await?;
            }
            // Only now: what was not handed on is to be read again.
            *lock(&self.feed.place) = place;
            add(&self.feed.tally.events, events);
            if !more {
                return Some(());
            }
        }
    }

    /// The last line may have no line break. If it is whole, it is an event; if not, it will come again.
    async fn hand_on_rest(&self, lines: Lines) {
        let Some(Line::Text(text)) = lines.rest() else { return };
        if position(&text).is_err() {
            add(&self.feed.tally.cut_lines, 1);
            return;
        }
        let mut whole = Lines::default();
        whole.push([&text, &b"\n"[..]].concat().into());
        let _ = self.hand_on(&mut whole).await;
    }

    /// What a line is, and moves over it.
    fn judge(&self, line: Line, received: SystemTime, place: &mut crate::place::Place) -> Option<Item> {
        let tally = &self.feed.tally;
        let unreadable = |reason, line: Bytes, length| {
            add(&tally.unreadable, 1);
            let after = place.last();
            Some(Item::Unreadable(Unreadable { partition: self.partition, after, reason, line, length, received }))
        };
        let line = match line {
            Line::Blank => {
                add(&tally.keep_alives, 1);
                return None;
            }
            Line::TooLong { beginning, length } => return unreadable(Reason::TooLong, beginning, length),
            Line::Text(line) => line,
        };
        let position = match position(&line) {
            Ok(position) => position,
            Err(reason) => {
                let length = line.len() as u64;
                return unreadable(reason, line, length);
            }
        };
        match place.pass(position) {
            Verdict::New => {
                Some(Item::Event(Event { partition: self.partition, offset: position.offset, line, received }))
            }
            Verdict::Repeated => {
                add(&tally.repeated, 1);
                None
            }
            Verdict::Old => {
                add(&tally.passed_over, 1);
                None
            }
        }
    }
}
