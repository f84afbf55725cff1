//! The loop that owns all messages in flight.

use super::super::backoff::Backoff;
use super::super::error::AccessError;
use super::super::feed::{Item, Lost, LostError, What};
use super::super::fetch::Fetcher;
use super::super::log_once::LogOnce;
use super::super::monitor::count;
use super::super::receipt::{Ended, Finished, Part};
use super::calls::{BATCH, Calls, Entry, Failed};
use super::lease::{InFlight, Leases};
use super::left::Left;
use super::message::{Incoming, Work};
use super::{LONGEST_WAIT, SqsOptions, Ways};
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use std::fmt::Write;
use std::sync::Arc;
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

/// How long a message that is given back waits for others, so that one request has ten. A stop ends most tasks within ms,
/// and the plugin has 600 ms in all.
const RELEASE_DELAY: Duration = Duration::from_millis(100);
/// How often the counts of lines that were not written are logged: five minutes is soon enough for a person.
const SUM_UP_EVERY: Duration = Duration::from_secs(300);
/// Parts of a message that are named in one line.
const PARTS_NAMED: usize = 3;

pub(super) struct Worker {
    calls: Calls,
    delete: bool,
    wait: Duration,
    linger: Duration,
    ways: Ways,
    most: usize,
    leases: Leases,
    work: Work,
    finished: mpsc::Receiver<Finished>,
    receives: JoinSet<Received>,
    messages: JoinSet<()>,
    requests: JoinSet<Failed>,
    to_delete: Vec<Entry>,
    delete_at: Instant,
    to_release: Vec<Entry>,
    release_at: Instant,
    left: Left,
    log: Arc<LogOnce>,
    sum_up_at: Instant,
    /// Whether the log has the advice about messages that stay.
    advised: bool,
    /// When messages were last asked for.
    last_asked: Instant,
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
        ways: Ways,
        options: &SqsOptions,
        fetcher: Fetcher,
        items: mpsc::Sender<Item>,
    ) -> Self {
        let downloads = options.downloads.clamp(1, super::super::MOST_DOWNLOADS);
        let most = RECEIVERS * BATCH + downloads * MESSAGES_PER_DOWNLOAD;
        // Each message in flight says one word, when it is finished.
        let (sender, finished) = mpsc::channel(most);
        let (now, log) = (Instant::now(), Arc::new(LogOnce::default()));
        Self {
            work: Work { queue: calls.url.clone(), fetcher, items, finished: sender, log: Arc::clone(&log) },
            calls,
            delete: options.delete,
            wait: options.wait.clamp(Duration::from_secs(1), LONGEST_WAIT),
            linger: options.linger,
            ways,
            most,
            leases: Leases::new(ways.lease),
            finished,
            receives: JoinSet::new(),
            messages: JoinSet::new(),
            requests: JoinSet::new(),
            to_delete: Vec::new(),
            delete_at: now,
            to_release: Vec::new(),
            release_at: now,
            left: Left::default(),
            log,
            sum_up_at: now + SUM_UP_EVERY,
            advised: false,
            last_asked: now,
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
        while !self.is_done() {
            self.receive();
            self.calls.monitor.0.in_flight.store(self.leases.len() as u64, Ordering::Relaxed);
            let due = self.leases.next_due();
            let resting = !self.stopping && self.receives.is_empty() && self.not_before > Instant::now();
            let lingering = self.stopping && !self.receives.is_empty();
            tokio::select! {
                // What has ended comes before the timers: batches are full then, however late this task gets its turn.
                biased;
                () = stop.cancelled(), if !self.stopping => self.stopping = true,
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
                () = sleep_until(self.release_at), if !self.to_release.is_empty() => self.release(),
                () = sleep_until(self.not_before), if resting => {}
                // These are long polls. Messages that they were about to get come back to the queue.
                () = sleep_until(self.last_asked + self.linger), if lingering => self.receives.abort_all(),
                () = sleep_until(self.sum_up_at) => {
                    self.log.sum_up();
                    self.sum_up_at += SUM_UP_EVERY;
                }
            }
        }
        self.log.sum_up();
    }

    /// Returns whether it has been stopped, and nothing is left to do.
    fn is_done(&self) -> bool {
        let idle = self.leases.is_empty() && self.receives.is_empty() && self.requests.is_empty();
        self.stopping && idle && self.to_delete.is_empty() && self.to_release.is_empty()
    }

    /// Asks for messages, as far as there may be more of them in flight.
    fn receive(&mut self) {
        let may = |this: &Self| this.leases.len() + (this.receives.len() + 1) * BATCH <= this.most;
        while !self.stopping && self.receives.len() < self.receivers && self.not_before <= Instant::now() && may(self) {
            let (calls, wait, lease, asked) = (self.calls.clone(), self.wait, self.ways.lease, Instant::now());
            self.last_asked = asked;
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
                let (queue, failures) = (&self.calls.url, self.backoff.failures() + 1);
                let is_told = failures == 1 || self.backoff.is_to_be_told();
                if is_told && !error.is_transient() {
                    tracing::error!(queue, %error, failures, "no messages can be received; trying again");
                } else if is_told {
                    tracing::warn!(queue, %error, failures, "no messages can be received; trying again");
                } else {
                    tracing::debug!(queue, %error, failures, "no messages can be received; trying again");
                }
                self.receivers = 1;
                self.not_before = Instant::now() + self.backoff.delay();
                true
            }
        }
    }

    fn begin(&mut self, message: Message, asked: Instant) {
        let times = times(&message);
        let (Some(handle), Some(body)) = (message.receipt_handle, message.body) else { return };
        let id = message.message_id.unwrap_or_default();
        let number = self.leases.add(id.clone(), handle, times, asked);
        // The stop may have been asked for and not been heard yet.
        if self.calls.stop.is_cancelled() {
            if let Some(InFlight { id, handle, .. }) = self.leases.remove(number) {
                self.give_back(Entry { message: number, id, handle });
            }
            return;
        }
        let known = self.left.known(&id);
        self.messages.spawn(self.work.clone().run(Incoming { number, id, body, known }));
    }

    /// All receipts of a message are gone.
    fn finished(&mut self, finished: Finished) {
        let message = finished.message;
        let Some(InFlight { id, handle, times, .. }) = self.leases.remove(message) else { return };
        self.last_busy = Instant::now();
        if finished.is_read() {
            self.left.forget(&id);
            if self.delete {
                self.acknowledge(Entry { message, id, handle });
            }
            return;
        }
        count(&self.work.fetcher.monitor.0.tally.left);
        // The stop may have been asked for and not been heard yet.
        if self.calls.stop.is_cancelled() {
            if finished.is_lost() && !self.left.is_known(&id) {
                // Its reader counts it and says nothing.
                tracing::error!(id, received = times, why = why(&finished.parts), "the message stays in the queue");
            }
            self.give_back(Entry { message, id, handle });
            // Without messages in flight there is nothing to wait for.
            if self.leases.is_empty() && self.receives.is_empty() && !self.to_release.is_empty() {
                self.release();
            }
        } else {
            self.leave(id, times, finished);
        }
    }

    /// Puts a message that was read into the next batch of deletions.
    fn acknowledge(&mut self, entry: Entry) {
        if self.to_delete.is_empty() {
            self.delete_at = Instant::now() + DELETE_DELAY;
        }
        self.to_delete.push(entry);
        if self.to_delete.len() >= BATCH || (self.stopping && self.leases.is_empty()) {
            self.flush();
        }
    }

    /// Puts a message into the next batch of those that are given back, so that other readers need not wait until its
    /// visibility ends.
    fn give_back(&mut self, entry: Entry) {
        if self.to_release.is_empty() {
            self.release_at = Instant::now() + RELEASE_DELAY;
        }
        self.to_release.push(entry);
        if self.to_release.len() >= BATCH {
            self.release();
        }
    }

    /// Leaves a message to the queue, and logs the reason once: this is the only line about what cannot be read at all. The message stays hidden until its visibility ends, so that
    /// it does not come back at once.
    fn leave(&mut self, id: String, received: u32, finished: Finished) {
        let (is_lost, parts) = (finished.is_lost(), finished.parts);
        let why = why(&parts);
        if !self.left.leave(id.clone(), parts) {
            self.log.left_again();
            tracing::debug!(id, received, why, "the message stays in the queue");
            return;
        }
        let advice = if std::mem::replace(&mut self.advised, true) {
            ""
        } else {
            match self.ways.redrives {
                Some(true) => "; the queue's redrive policy moves such messages to its dead-letter queue: look there",
                Some(false) => {
                    "; the queue has no redrive policy, so such messages come back until their retention ends: give the \
                     queue a dead-letter queue, and look there"
                }
                None => "; a redrive policy moves such messages to a dead-letter queue: see that the queue has one",
            }
        };
        if is_lost {
            tracing::error!(id, received, why, "the message stays in the queue{advice}");
        } else {
            tracing::warn!(id, received, why, "the message stays in the queue{advice}");
        }
    }

    /// Deletes the messages that wait for it.
    fn flush(&mut self) {
        let (calls, entries) = (self.calls.clone(), std::mem::take(&mut self.to_delete));
        self.requests.spawn(async move {
            calls.delete(entries).await;
            Failed::new()
        });
    }

    /// Gives the messages back that wait for it.
    fn release(&mut self) {
        let (calls, entries) = (self.calls.clone(), std::mem::take(&mut self.to_release));
        self.requests.spawn(async move {
            calls.release(entries).await;
            Failed::new()
        });
    }

    /// Hides messages for longer whose work takes long.
    fn extend(&mut self) {
        let due = self.leases.due(Instant::now());
        for batch in due.chunks(BATCH) {
            self.requests.spawn(self.calls.clone().extend(batch.to_vec(), self.ways.lease));
        }
    }
}

/// Returns why a message is left: what of it was not read.
fn why(parts: &[Part]) -> String {
    let unread = |part: &&Part| !matches!(part.ended, Ended::Read(_));
    let say = |part: &Part| {
        let reason = match &part.ended {
            Ended::Lost(reason) => reason,
            Ended::Refused(_) => "damaged, or not CloudTrail",
            Ended::Open | Ended::Read(_) => "not read to its end",
        };
        match &part.what {
            // The line has the message's id.
            What::Message { .. } => reason.to_owned(),
            what => format!("{what}: {reason}"),
        }
    };
    let count = parts.iter().filter(unread).count();
    let mut why = parts.iter().filter(unread).take(PARTS_NAMED).map(say).collect::<Vec<_>>().join("; ");
    if count > PARTS_NAMED {
        // Writing to a text does not fail.
        let _ = write!(why, "; and {} more", count - PARTS_NAMED);
    }
    why
}

/// Returns how often a message has been received.
fn times(message: &Message) -> u32 {
    let attributes = message.attributes();
    let count = attributes.and_then(|it| it.get(&MessageSystemAttributeName::ApproximateReceiveCount));
    count.and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// How long ago a message was sent to the queue, in ms. Where the clocks differ, it may just have been sent.
fn age(message: &Message) -> Option<u64> {
    let sent = message.attributes()?.get(&MessageSystemAttributeName::SentTimestamp)?.parse::<u64>().ok()?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(u64::try_from(now.as_millis()).unwrap_or(u64::MAX).saturating_sub(sent))
}

#[cfg(test)]
mod tests {
    use super::super::super::object::Location;
    use super::*;

    #[test]
    fn the_parts_that_were_not_read_are_named_and_the_others_are_not() {
        let part = |key: &str, ended| {
            let what = What::Object(Location { bucket: "b".to_owned(), key: key.to_owned() });
            Part { ended, ..Part::new(what) }
        };
        let message = What::Message { queue: "q".to_owned(), id: "i".to_owned() };
        let mut parts = vec![
            part("read", Ended::Read(None)),
            part("open", Ended::Open),
            part("refused", Ended::Refused(None)),
            Part { ended: Ended::Lost("not known".to_owned()), ..Part::new(message) },
        ];
        let expected = "s3://b/open: not read to its end; s3://b/refused: damaged, or not CloudTrail; not known";
        assert_eq!(why(&parts), expected);
        parts.extend([part("x", Ended::Open), part("y", Ended::Open)]);
        assert_eq!(why(&parts), format!("{expected}; and 2 more"));
    }
}
