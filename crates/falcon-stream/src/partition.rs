//! The task of one partition: its feed, its refreshing, its reconnecting.

use crate::api::Api;
use crate::backoff::Backoff;
use crate::counters::add;
use crate::descriptor::Descriptor;
use crate::error::{Call, Error, ErrorKind};
use crate::item::Partition;
use crate::shared::{Feed, Shared, lock};
use crate::status::PartitionState;
use crate::stream::Outlet;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

/// A partition needs to be listed.
pub(crate) struct Need {
    pub(crate) partition: Partition,
    /// What it was read with before, where that may still count: for when the list is empty.
    pub(crate) previous: Option<Descriptor>,
    /// A list has come without it: another program may hold it.
    pub(crate) left_out: bool,
    pub(crate) answer: oneshot::Sender<Listed>,
}

/// A partition that can be opened.
pub(crate) struct Listed {
    pub(crate) descriptor: Descriptor,
    /// Lists came without it before: another program may have read it meanwhile.
    pub(crate) was_left_out: bool,
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
        let mut may_have_moved = true;
        loop {
            self.shared.set_partition(self.partition, PartitionState::Connecting);
            if may_have_moved {
                self.find_start().await;
            }
            // While this is in the future, the service has been told that the session goes on.
            let alive_until = Mutex::new(None);
            let error = self.connect(&descriptor, &mut backoff, &alive_until).await;
            // Only a connection of our own keeps others away.
            may_have_moved &= lock(&alive_until).is_none();
            self.shared.count(&error);
            let ended = Instant::now();
            let wait = backoff.failed(ended, error.least_wait());
            let retry_at = SystemTime::now() + wait;
            self.shared.set_partition(self.partition, PartitionState::BackingOff { retry_at, reason: error.clone() });
            sleep(wait).await;
            let alive = lock(&alive_until).is_some_and(|until| Instant::now() < until);
            let reusable = alive && matches!(error.kind, ErrorKind::Ended | ErrorKind::Network(_) | ErrorKind::Idle(_));
            // Whoever lists has gone, and with it the stream.
            let Some(listed) = self.ask(reusable.then_some(descriptor)).await else { return };
            descriptor = listed.descriptor;
            // Another instance that waits asks once in `standby` whether the feed is free.
            may_have_moved |= listed.was_left_out || ended.elapsed() >= self.shared.config.timing.standby / 2;
        }
    }

    /// Waits until the partition is listed.
    async fn ask(&self, previous: Option<Descriptor>) -> Option<Listed> {
        self.shared.set_partition(self.partition, PartitionState::Waiting);
        let (answer, answered) = oneshot::channel();
        let need = Need { partition: self.partition, previous, left_out: false, answer };
        self.needs.send(need).await.ok()?;
        answered.await.ok()
    }

    /// Asks where the partition is to be read from.
    async fn find_start(&self) {
        let start = (self.shared.config.starts)(self.partition).await;
        if let Some(offset) = lock(&self.feed.place).start(start) {
            tracing::info!(
                partition = %self.partition, offset,
                "another program has read this feed meanwhile; reading goes on behind its last stored offset"
            );
        }
    }

    /// One connection, from its opening to its end.
    async fn connect(
        &mut self,
        descriptor: &Descriptor,
        backoff: &mut Backoff,
        alive_until: &Mutex<Option<Instant>>,
    ) -> Error {
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
}
