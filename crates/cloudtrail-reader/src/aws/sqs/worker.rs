//! The loop that owns all messages in flight.

use super::super::backoff::Backoff;
use super::super::error::AccessError;
use super::super::feed::{Item, Lost, LostError, What};
use super::super::fetch::Fetcher;
use super::super::monitor::count;
use super::super::receipt::Finished;
use super::calls::{BATCH, Calls, Entry, Failed};
use super::lease::Leases;
use super::message::Work;
use super::{LONGEST_WAIT, SqsOptions};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Requests for messages at the same time while the queue gives full answers; one while it does not.
const RECEIVERS: usize = 4;
/// Messages in flight per download, beyond those of one answer for each receiver: enough to keep all downloads busy
/// while messages wait for their confirmation.
const MESSAGES_PER_DOWNLOAD: usize = 4;
/// How long confirmed messages wait for others to be deleted with.
const DELETE_DELAY: Duration = Duration::from_millis(100);

pub(super) struct Worker {
    calls: Calls,
    delete: bool,
    wait: Duration,
    lease: Duration,
    most: usize,
    leases: Leases,
    work: Work,
    finished: mpsc::Receiver<Finished>,
    receives: JoinSet<Received>,
    messages: JoinSet<()>,
    requests: JoinSet<Failed>,
    to_delete: Vec<Entry>,
    delete_at: Instant,
    /// How many requests for messages may run.
    receivers: usize,
    backoff: Backoff,
    /// No message is asked for before this time.
    not_before: Instant,
    /// When there was last something to do.
    last_busy: Instant,
    /// Whether the queue has ever answered.
    answered: bool,
    stopping: bool,
}

/// The answer to a request for messages, and when it was made.
struct Received {
    asked: Instant,
    answer: Result<Vec<Message>, AccessError>,
}

impl Worker {
    pub(super) fn new(
        calls: Calls,
        lease: Duration,
        options: &SqsOptions,
        fetcher: Fetcher,
        items: mpsc::Sender<Item>,
    ) -> Self {
        let downloads = options.downloads.clamp(1, super::super::MOST_DOWNLOADS);
        let most = RECEIVERS * BATCH + downloads * MESSAGES_PER_DOWNLOAD;
        // Each message in flight says one word, when it is finished.
        let (sender, finished) = mpsc::channel(most);
        let now = Instant::now();
        Self {
            work: Work { queue: calls.url.clone(), fetcher, items, finished: sender },
            calls,
            delete: options.delete,
            wait: options.wait.clamp(Duration::from_secs(1), LONGEST_WAIT),
            lease,
            most,
            leases: Leases::new(lease),
            finished,
            receives: JoinSet::new(),
            messages: JoinSet::new(),
            requests: JoinSet::new(),
            to_delete: Vec::new(),
            delete_at: now,
            receivers: 1,
            backoff: Backoff::default(),
            not_before: now,
            last_busy: now,
            answered: false,
            stopping: false,
        }
    }

    /// Until it is stopped and all receipts are gone.
    pub(super) async fn run(mut self) {
        let stop = self.calls.stop.clone();
        while !(self.stopping && self.leases.is_empty() && self.to_delete.is_empty() && self.requests.is_empty()) {
            self.receive();
            self.calls.monitor.0.in_flight.store(self.leases.len() as u64, Ordering::Relaxed);
            let due = self.leases.next_due();
            let resting = !self.stopping && self.receives.is_empty() && self.not_before > Instant::now();
            tokio::select! {
                () = stop.cancelled(), if !self.stopping => {
                    self.stopping = true;
                    // What they were about to get comes back to the queue.
                    self.receives.abort_all();
                }
                Some(finished) = self.finished.recv() => self.finished(finished),
                Some(received) = self.receives.join_next() => {
                    if let Ok(Received { asked, answer }) = received && !self.received(asked, answer).await {
                        return;
                    }
                }
                Some(failed) = self.requests.join_next() => {
                    failed.unwrap_or_default().into_iter().for_each(|(message, good)| self.leases.failed(message, good));
                }
                Some(_) = self.messages.join_next() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.extend(),
                () = sleep_until(self.delete_at), if !self.to_delete.is_empty() => self.flush(),
                () = sleep_until(self.not_before), if resting => {}
            }
        }
    }

    /// Asks for messages, as far as there may be more of them in flight.
    fn receive(&mut self) {
        let may = |this: &Self| this.leases.len() + (this.receives.len() + 1) * BATCH <= this.most;
        while !self.stopping && self.receives.len() < self.receivers && self.not_before <= Instant::now() && may(self) {
            let (calls, wait, lease, asked) = (self.calls.clone(), self.wait, self.lease, Instant::now());
            self.receives.spawn(async move { Received { asked, answer: calls.receive(wait, lease).await } });
        }
    }

    /// Takes in an answer. `false` where there is no use in going on.
    async fn received(&mut self, asked: Instant, answer: Result<Vec<Message>, AccessError>) -> bool {
        let monitor = self.work.fetcher.monitor.clone();
        match answer {
            Ok(messages) => {
                self.backoff.reset();
                self.answered = true;
                monitor.answered();
                monitor.0.age.store(messages.iter().filter_map(age).max().unwrap_or(0), Ordering::Relaxed);
                self.receivers = if messages.len() == BATCH { RECEIVERS } else { 1 };
                if !messages.is_empty() {
                    monitor.busy();
                } else if self.leases.is_empty() {
                    monitor.nothing_since(asked.max(self.last_busy).into_std());
                }
                for message in messages {
                    count(&monitor.0.tally.messages);
                    self.begin(message, asked);
                }
                true
            }
            // A queue that never was there will not come. One that was may be made anew, and credentials fetched anew.
            Err(error) if !self.answered && !error.is_transient() => {
                monitor.failing(&error);
                let what = What::Queue(self.calls.url.clone());
                let lost = Lost { what, error: LostError::Access(error), fatal: true };
                let _ = self.work.items.send(Item::Lost(lost)).await;
                false
            }
            Err(error) => {
                monitor.retried(error.trouble());
                monitor.failing(&error);
                if error.is_transient() {
                    tracing::warn!(queue = self.calls.url, %error, "no messages can be received; trying again");
                } else {
                    tracing::error!(queue = self.calls.url, %error, "no messages can be received; trying again");
                }
                self.receivers = 1;
                self.not_before = Instant::now() + self.backoff.delay();
                true
            }
        }
    }

    fn begin(&mut self, message: Message, asked: Instant) {
        let (Some(handle), Some(body)) = (message.receipt_handle, message.body) else { return };
        let id = message.message_id.unwrap_or_default();
        let number = self.leases.add(id.clone(), handle, asked);
        self.messages.spawn(self.work.clone().run(number, id, body));
    }

    /// All receipts of a message are gone.
    fn finished(&mut self, Finished { message, confirmed }: Finished) {
        let Some(in_flight) = self.leases.remove(message) else { return };
        self.last_busy = Instant::now();
        if confirmed && self.delete {
            if self.to_delete.is_empty() {
                self.delete_at = self.last_busy + DELETE_DELAY;
            }
            self.to_delete.push((message, in_flight.handle));
            if self.to_delete.len() >= BATCH || self.stopping {
                self.flush();
            }
            return;
        }
        if !confirmed {
            count(&self.work.fetcher.monitor.0.tally.left);
            tracing::debug!(id = in_flight.id, "the message is left to the queue");
            // The stop may have been asked for and not been heard yet.
            if self.calls.stop.is_cancelled() {
                // Others need not wait for it.
                let calls = self.calls.clone();
                self.requests.spawn(calls.extend(vec![(message, in_flight.handle)], Duration::ZERO));
            }
        }
    }

    /// Deletes what is to be deleted.
    fn flush(&mut self) {
        let (calls, entries) = (self.calls.clone(), std::mem::take(&mut self.to_delete));
        self.requests.spawn(async move {
            calls.delete(entries).await;
            Failed::new()
        });
    }

    /// Hides messages for longer whose work takes long.
    fn extend(&mut self) {
        let due = self.leases.due(Instant::now());
        for batch in due.chunks(BATCH) {
            self.requests.spawn(self.calls.clone().extend(batch.to_vec(), self.lease));
        }
    }
}

/// How long ago a message was sent to the queue, in ms. Where the clocks differ, it may just have been sent.
fn age(message: &Message) -> Option<u64> {
    let sent = message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse::<u64>().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_sub(sent))
}
