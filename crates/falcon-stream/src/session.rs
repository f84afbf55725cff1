//! The task that lists the feeds and gives each partition its own.

use crate::api::Api;
use crate::backoff::Backoff;
use crate::descriptor::{Descriptor, Listing};
use crate::error::{Call, Error, ErrorKind};
use crate::item::Partition;
use crate::partition::{Listed, Need, Reader};
use crate::shared::Shared;
use crate::status::{PartitionState, SessionState};
use crate::stream::Outlet;
use crate::timing::jitter;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

/// Partitions that wait to be listed; each waits once, and more than these wait to wait.
const NEEDS: usize = 64;
/// Starting over again and again helps nobody.
const MAX_START_OVER: Duration = Duration::from_secs(3600);

/// Finds the feeds and starts a task for each.
pub(crate) struct Session {
    shared: Arc<Shared>,
    api: Arc<Api>,
    outlet: Outlet,
    readers: JoinSet<()>,
    tasks: HashMap<Id, Partition>,
    known: BTreeSet<Partition>,
    /// Who waits to be listed.
    waiting: BTreeMap<Partition, Need>,
    /// Those of them that were not in a list that had others: starting over would not help.
    missing: BTreeSet<Partition>,
    needs: mpsc::Receiver<Need>,
    need: mpsc::Sender<Need>,
    epoch: watch::Sender<u64>,
    backoff: Backoff,
    /// Before this nothing is asked, whoever needs it.
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

    /// Works until it is told to stop; then all of its tasks have ended.
    pub(crate) async fn run(mut self) {
        let stop = self.shared.stop.clone();
        stop.run_until_cancelled(self.work()).await;
        // They watch the same token.
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

    /// A task has panicked. Its partition is as unknown as if it had never been listed; where it stands is kept.
    fn lost(&mut self, error: &JoinError) -> Instant {
        let now = Instant::now();
        let Some(partition) = self.tasks.remove(&error.id()) else { return now };
        let error = Error::new(Call::Feed(partition), ErrorKind::Panicked);
        self.shared.count(&error);
        self.known.remove(&partition);
        let wait = self.backoff.failed(now, None);
        tracing::error!(%partition, %error, "starting it again");
        let retry_at = SystemTime::now() + wait;
        self.shared.set_partition(partition, PartitionState::BackingOff { retry_at, reason: error });
        now + wait
    }

    /// Asks for the list and deals it out; gives the time of the next one.
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

    fn deal(&mut self, listing: Listing) -> Instant {
        // Who came while the list was on its way has its part in it.
        while let Ok(need) = self.needs.try_recv() {
            self.waiting.insert(need.partition, need);
        }
        let empty = listing.descriptors.is_empty() && listing.rejected.is_empty();
        let mut rejected = None;
        for kind in listing.rejected {
            let error = Error::new(Call::List, kind);
            tracing::warn!(%error, "a feed cannot be used as it is listed");
            self.shared.count(&error);
            rejected = Some(error);
        }
        for descriptor in listing.descriptors {
            self.serve(descriptor);
        }
        if !empty {
            self.missing.extend(self.waiting.keys());
        }
        self.serve_with_previous();
        self.waiting.values_mut().for_each(|need| need.left_out = true);
        // What is wrong with a list is a failure like any other, for those who are left without a feed.
        if let Some(error) = rejected {
            return self.failed_in_part(error);
        }
        let now = Instant::now();
        self.backoff.well(now);
        if !self.known.is_empty() && self.waiting.is_empty() {
            self.starving_since = None;
            self.patience = self.shared.config.timing.start_over;
            self.shared.set_session(SessionState::Running);
            return now + jitter(self.shared.config.timing.relist);
        }
        let wait = jitter(self.shared.config.timing.standby);
        self.shared.set_session(SessionState::Standby { retry_at: SystemTime::now() + wait });
        self.start_over_if_starving(empty);
        now + wait
    }

    /// A counted failure; others may have been served.
    fn failed_in_part(&mut self, reason: Error) -> Instant {
        let wait = self.backoff.failed(Instant::now(), None);
        let retry_at = SystemTime::now() + wait;
        self.shared.set_session(SessionState::BackingOff { retry_at, reason });
        self.not_before = Instant::now() + wait;
        self.not_before
    }

    fn serve(&mut self, descriptor: Descriptor) {
        let partition = descriptor.partition;
        self.missing.remove(&partition);
        if let Some(need) = self.waiting.remove(&partition) {
            // Whoever does not take it any more has panicked, and will be found missing.
            let _ = need.answer.send(Listed { descriptor, was_left_out: need.left_out });
        } else if self.known.insert(partition) {
            let reader = Reader {
                shared: Arc::clone(&self.shared),
                api: Arc::clone(&self.api),
                partition,
                feed: self.shared.feed(partition),
                needs: self.need.clone(),
                outlet: self.outlet.clone(),
                epoch: self.epoch.subscribe(),
            };
            let task = self.readers.spawn(reader.run(descriptor));
            self.tasks.insert(task.id(), partition);
        }
        // Otherwise it is being read.
    }

    /// Who is not listed while others are connected may try what it had: its session goes on until it was to be
    /// refreshed. Each does so once. (Alone, it is more likely that the service has not yet seen the old connection end.)
    fn serve_with_previous(&mut self) {
        if self.waiting.len() >= self.known.len() {
            return;
        }
        let able: Vec<Partition> =
            self.waiting.iter().filter(|(_, need)| need.previous.is_some()).map(|(&partition, _)| partition).collect();
        for partition in able {
            if let Some(Need { previous: Some(previous), left_out, answer, .. }) = self.waiting.remove(&partition) {
                let _ = answer.send(Listed { descriptor: previous, was_left_out: left_out });
            }
        }
    }

    /// If the service lists nothing while anything of the application is connected, our own other feeds keep a partition
    /// waiting. Whether it is so is not documented, so after a while all are given up at once and listed together; each
    /// goes on from where it was.
    fn start_over_if_starving(&mut self, empty: bool) {
        let starving = empty && self.waiting.keys().any(|partition| !self.missing.contains(partition));
        let others = self.waiting.len() < self.known.len();
        if !starving || !others {
            self.starving_since = None;
            return;
        }
        let now = Instant::now();
        let since = *self.starving_since.get_or_insert(now);
        if now.duration_since(since) >= self.patience {
            self.starving_since = None;
            self.patience = (self.patience * 2).min(MAX_START_OVER);
            tracing::warn!("a feed is not listed while others are connected: opening all of them again");
            self.epoch.send_modify(|epoch| *epoch = epoch.wrapping_add(1));
        }
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
