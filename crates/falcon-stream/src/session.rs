//! The task that lists the feeds and starts a task for each partition.

pub(crate) mod connection;
pub(crate) mod counters;
mod deal;
pub(crate) mod monitor;
pub(crate) mod queue;
pub(crate) mod shared;
pub(crate) mod status;
pub(crate) mod task;

use crate::api::Api;
use crate::api::error::{Call, Error, ErrorKind};
use crate::backoff::Backoff;
use crate::partition::Partition;
use crate::session::queue::Outlet;
use crate::session::shared::Shared;
use crate::session::status::{PartitionState, SessionState};
use crate::session::task::Need;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

/// The capacity of the queue of partitions that wait to be listed. Each waits once; if the queue is full, senders wait.
const NEEDS: usize = 64;

/// Lists the feeds and starts a task for each.
pub(crate) struct Session {
    shared: Arc<Shared>,
    api: Arc<Api>,
    outlet: Outlet,
    readers: JoinSet<()>,
    tasks: HashMap<Id, Partition>,
    known: BTreeSet<Partition>,
    /// Partitions that wait to be listed.
    waiting: BTreeMap<Partition, Need>,
    /// Waiting partitions that were missing in a list with others: closing all feeds would not help them.
    missing: BTreeSet<Partition>,
    needs: mpsc::Receiver<Need>,
    need: mpsc::Sender<Need>,
    epoch: watch::Sender<u64>,
    backoff: Backoff,
    /// The earliest time of the next request.
    not_before: Instant,
    starving_since: Option<Instant>,
    patience: Duration,
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>, api: Arc<Api>, outlet: Outlet) -> Self {
        let timing = &shared.config.timing;
        let (backoff, patience) = (Backoff::new(timing), timing.start_over);
        let (need, needs) = mpsc::channel(NEEDS);
        Self {
            shared,
            api,
            outlet,
            readers: JoinSet::new(),
            tasks: HashMap::new(),
            known: BTreeSet::new(),
            waiting: BTreeMap::new(),
            missing: BTreeSet::new(),
            needs,
            need,
            epoch: watch::Sender::new(0),
            backoff,
            not_before: Instant::now(),
            starving_since: None,
            patience,
        }
    }

    /// Runs until the stream is stopped and all its tasks have ended.
    pub(crate) async fn run(mut self) {
        let quiet = self.shared.quiet.clone();
        quiet.run_until_cancelled(self.work()).await;
        // The tasks that read a feed watch for the stop, and the others the same token.
        while self.readers.join_next().await.is_some() {}
        self.shared.set_session(SessionState::Stopped);
    }

    async fn work(&mut self) {
        let mut next = Instant::now();
        loop {
            tokio::select! {
                () = sleep_until(next) => next = self.list().await,
                Some(need) = self.needs.recv() => {
                    self.waiting.insert(need.partition, need);
                    next = next.min(Instant::now()).max(self.not_before);
                }
                Some(ended) = self.readers.join_next_with_id(), if !self.readers.is_empty() => {
                    if let Err(error) = ended {
                        next = self.lost(&error);
                    }
                }
            }
        }
    }

    /// Handles a panicked task. Its partition counts as never listed, but its resume point is kept.
    fn lost(&mut self, error: &JoinError) -> Instant {
        let now = Instant::now();
        let Some(partition) = self.tasks.remove(&error.id()) else { return now };
        let error = Error::new(Call::Feed(partition), ErrorKind::Panicked);
        self.shared.count(&error);
        self.known.remove(&partition);
        let wait = self.backoff.failed(now, None);
        tracing::error!(%partition, "reading the feed has panicked, which is a bug of this program: starting it again where it was");
        let retry_at = SystemTime::now() + wait;
        self.shared.set_partition(partition, PartitionState::BackingOff { retry_at, reason: error });
        now + wait
    }

    /// Requests the list and hands its feeds to the partitions. Returns the time of the next request.
    async fn list(&mut self) -> Instant {
        if self.api.tokens.is_cold().await {
            self.shared.set_session(SessionState::Authenticating);
            if let Err(error) = self.api.tokens.get().await {
                return self.failed(error);
            }
        }
        let needed = self.known.is_empty() || !self.waiting.is_empty();
        if needed {
            self.shared.set_session(SessionState::Listing);
        }
        match self.api.list().await {
            Ok(listing) => self.deal(listing),
            Err(error) => self.failed(error),
        }
    }

    fn failed(&mut self, error: Error) -> Instant {
        self.shared.count(&error);
        let wait = self.backoff.failed(Instant::now(), error.least_wait());
        let retry_at = SystemTime::now() + wait;
        self.shared.set_session(SessionState::BackingOff { retry_at, reason: error });
        self.not_before = Instant::now() + wait;
        self.not_before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use stand_ins::falcon::{Falcon, Setup};
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn a_task_that_panics_is_started_again() {
        let falcon = Falcon::start(Setup::default()).await.unwrap();
        let builder = Config::builder("client-of-the-tests", "secret-of-the-tests").base_url(falcon.url());
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared::new(Arc::new(builder.build().unwrap()), stop.clone()));
        let api = Arc::new(Api::new(Arc::clone(&shared.config)).unwrap());
        let mut session = Session::new(Arc::clone(&shared), api, Outlet::new().0);
        let task = session.readers.spawn(async { panic!("on purpose") });
        session.tasks.insert(task.id(), Partition(0));
        session.known.insert(Partition(0));
        let running = tokio::spawn(session.run());
        let connected = async {
            while falcon.connected() != [0] {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), connected).await.unwrap();
        assert_eq!(shared.errors.lock().unwrap().get(&("feed", "panicked")), Some(&1));
        stop.cancel();
        running.await.unwrap();
    }
}
