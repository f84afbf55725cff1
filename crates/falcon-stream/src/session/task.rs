//! The task of one partition: it reads the feed, refreshes the session and reconnects.

use crate::api::Api;
use crate::api::error::{Call, Error, ErrorKind};
use crate::api::listing::Descriptor;
use crate::backoff::Backoff;
use crate::lock::lock;
use crate::partition::Partition;
use crate::session::counters::add;
use crate::session::queue::Outlet;
use crate::session::shared::{PartitionRecord, Shared};
use crate::session::status::PartitionState;
use reqwest::Response;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep};

/// A partition that needs to be listed.
pub(crate) struct Need {
    pub(crate) partition: Partition,
    /// The descriptor it was read with before, if its session may still be open. It is used when the list is empty.
    pub(crate) previous: Option<Descriptor>,
    /// A list did not have the partition: another program may hold it.
    pub(crate) left_out: bool,
    pub(crate) answer: oneshot::Sender<Listed>,
}

/// A partition that can be opened.
pub(crate) struct Listed {
    pub(crate) descriptor: Descriptor,
    /// Earlier lists did not have it: another program may have read it meanwhile.
    pub(crate) was_left_out: bool,
}

/// The task of one partition.
pub(crate) struct PartitionTask {
    pub(crate) shared: Arc<Shared>,
    pub(crate) api: Arc<Api>,
    pub(crate) partition: Partition,
    pub(crate) record: Arc<PartitionRecord>,
    pub(crate) needs: mpsc::Sender<Need>,
    pub(crate) outlet: Outlet,
    /// Changes when all feeds must be closed.
    pub(crate) epoch: watch::Receiver<u64>,
}

impl PartitionTask {
    /// Reads until the stream is stopped.
    pub(crate) async fn run(mut self, first: Descriptor) {
        let stop = self.shared.stop.clone();
        // A stop ends every wait.
        stop.run_until_cancelled(self.read_for_ever(first)).await;
        self.shared.set_partition(self.partition, PartitionState::Stopped);
    }

    async fn read_for_ever(&mut self, first: Descriptor) {
        let quiet = self.shared.quiet.clone();
        let mut backoff = Backoff::new(&self.shared.config.timing);
        let mut descriptor = first;
        let mut may_have_moved = true;
        loop {
            self.shared.set_partition(self.partition, PartitionState::Connecting);
            // The session is open until this time, unless it is refreshed.
            let alive_until = Mutex::new(None);
            let opening = self.open(&descriptor, may_have_moved, &mut backoff, &alive_until);
            let Some(opened) = quiet.run_until_cancelled(opening).await else { return };
            let error = match opened {
                Ok(response) => self.stay(response, &descriptor, &alive_until).await,
                Err(error) => error,
            };
            // Other programs are kept away only while our own connection is open.
            may_have_moved &= lock(&alive_until).is_none();
            self.shared.count(&error);
            if quiet.is_cancelled() {
                return;
            }
            let ended = Instant::now();
            let wait = backoff.failed(ended, error.least_wait());
            let retry_at = SystemTime::now() + wait;
            self.shared.set_partition(self.partition, PartitionState::BackingOff { retry_at, reason: error.clone() });
            quiet.run_until_cancelled(sleep(wait)).await;
            let alive = lock(&alive_until).is_some_and(|until| Instant::now() < until);
            let reusable = alive && matches!(error.kind, ErrorKind::Ended | ErrorKind::Network(_) | ErrorKind::Idle(_));
            // The session task has ended, and with it the opening of feeds.
            let asking = self.ask(reusable.then_some(descriptor));
            let Some(Some(listed)) = quiet.run_until_cancelled(asking).await else { return };
            descriptor = listed.descriptor;
            // A waiting instance asks once in `standby` whether the feed is free.
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

    /// Asks the caller where the partition starts.
    async fn find_start(&self) {
        let start = (self.shared.config.starts)(self.partition).await;
        if let Some(offset) = lock(&self.record.resume_point).start(start) {
            tracing::info!(
                partition = %self.partition, offset,
                "another program has read this feed meanwhile; continuing after its last stored offset"
            );
        }
    }

    /// Opens one connection.
    async fn open(
        &mut self,
        descriptor: &Descriptor,
        may_have_moved: bool,
        backoff: &mut Backoff,
        alive_until: &Mutex<Option<Instant>>,
    ) -> Result<Response, Error> {
        if may_have_moved {
            self.find_start().await;
        }
        self.epoch.borrow_and_update();
        let asked = SystemTime::now();
        let listed = Instant::now();
        let from = lock(&self.record.resume_point).next();
        let response = self.api.open(descriptor, from).await?;
        lock(&self.record.resume_point).opened(asked);
        backoff.well(Instant::now());
        add(&self.record.counters.connections, 1);
        *lock(alive_until) = Some(listed + descriptor.interval);
        self.shared.set_partition(self.partition, PartitionState::Streaming);
        Ok(response)
    }

    /// Reads one connection to its end.
    async fn stay(&self, response: Response, descriptor: &Descriptor, alive_until: &Mutex<Option<Instant>>) -> Error {
        let mut epoch = self.epoch.clone();
        tokio::select! {
            error = self.read(response) => error,
            error = self.refresh_for_ever(descriptor, alive_until) => error,
            _ = epoch.changed() => Error::new(Call::Feed(self.partition), ErrorKind::StartOver),
        }
    }

    /// Refreshes the session until the service no longer knows it.
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
                    add(&self.record.counters.refreshes, 1);
                    backoff.well(asked);
                    tracing::debug!(partition = %self.partition, "session refreshed");
                    wait = pause;
                }
                // The feed is about to end, and the partition must be listed again.
                Err(error) if error.kind == ErrorKind::NotFound => {
                    *lock(alive_until) = None;
                    return error;
                }
                // The feed continues until the service ends it.
                Err(error) => {
                    self.shared.count(&error);
                    wait = backoff.failed(Instant::now(), error.least_wait());
                    tracing::warn!(partition = %self.partition, %error, wait_s = wait.as_secs_f32(), "the feed's \
                         session was not refreshed: trying again; the service ends the feed if no refresh succeeds in \
                         time");
                }
            }
        }
    }
}
