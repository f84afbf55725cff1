//! The loop that owns all messages in flight.

mod ended;

use super::super::backoff::Backoff;
use super::super::budget::MOST_DOWNLOADS;
use super::super::error::AccessError;
use super::super::fetch::Fetcher;
use super::super::log_once::LogOnce;
use super::super::loss::{Loss, LossError};
use super::super::monitor::count;
use super::super::name::InputName;
use super::super::receipt::Finished;
use super::super::stream::SourceItem;
use super::attributes::{age, times};
use super::begun::MessageStop;
use super::calls::{BATCH, Calls, Entry, Failed};
use super::lease::{InFlight, Leases};
use super::message::{IncomingMessage, Work};
use super::options::{LONGEST_WAIT, SqsOptions};
use super::queue::QueueSettings;
use super::returned::ReturnedMessages;
use aws_sdk_sqs::types::Message;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Concurrent requests for messages while the queue returns full answers; one otherwise.
const RECEIVERS: usize = 4;
/// The wait of a request for messages while another one is open. So at most one long poll is open when a stop gives messages
/// back: each open poll may receive ten of them again.
const EXTRA_WAIT: Duration = Duration::from_secs(1);
/// Messages in flight for each download, beyond one answer for each receiver: enough to keep all downloads busy while
/// messages wait for their confirmation.
const MESSAGES_PER_DOWNLOAD: usize = 4;

/// How long a stop waits after messages were returned, since a request that is still open may receive them again. SQS
/// answers a long poll as soon as a message is visible, so a second is long enough for the way.
const RETURN: Duration = Duration::from_secs(1);
/// How often the counts of unwritten lines are logged. Five minutes is soon enough for a person.
const SUM_UP_EVERY: Duration = Duration::from_secs(300);

pub(super) struct Worker {
    calls: Calls,
    /// Ends the work on every message. The stop of `calls` ends only requests, and messages that are not begun.
    hard_stop: CancellationToken,
    delete: bool,
    wait: Duration,
    linger: Duration,
    settings: QueueSettings,
    most: usize,
    leases: Leases,
    work: Work,
    finished: mpsc::Receiver<Finished>,
    receives: JoinSet<Received>,
    messages: JoinSet<()>,
    requests: JoinSet<RequestResult>,
    to_delete: Vec<Entry>,
    delete_at: Instant,
    to_release: Vec<Entry>,
    release_at: Instant,
    returned: ReturnedMessages,
    log: Arc<LogOnce>,
    sum_up_at: Instant,
    /// Whether the advice about messages that stay is in the log.
    advised: bool,
    /// The time of the last request for messages.
    last_asked: Instant,
    /// The time when messages were last returned.
    last_released: Option<Instant>,
    /// The time when a stop returned one message to end an open request for messages.
    baited: Option<Instant>,
    /// The number of requests for messages that may run.
    receivers: usize,
    backoff: Backoff,
    /// No request for messages is made before this time.
    not_before: Instant,
    /// The last time when there was something to do.
    last_busy: Instant,
    /// Whether the queue has ever answered.
    answered: bool,
    stopping: bool,
}

/// The result of a request about messages in flight.
#[derive(Default)]
struct RequestResult {
    /// Messages whose lease could not be extended.
    failed: Failed,
    /// Whether messages were returned to the queue.
    is_release: bool,
}

/// The answer to a request for messages, and the time of the request.
struct Received {
    asked: Instant,
    answer: Result<Vec<Message>, AccessError>,
}

impl Worker {
    pub(super) fn new(
        calls: Calls,
        settings: QueueSettings,
        options: &SqsOptions,
        fetcher: Fetcher,
        items: mpsc::Sender<SourceItem>,
        hard_stop: CancellationToken,
    ) -> Self {
        let downloads = options.downloads.clamp(1, MOST_DOWNLOADS);
        let most = RECEIVERS * BATCH + downloads * MESSAGES_PER_DOWNLOAD;
        // Each message in flight sends one `Finished`.
        let (sender, finished) = mpsc::channel(most);
        let (now, log) = (Instant::now(), Arc::new(LogOnce::default()));
        Self {
            work: Work { queue: calls.url.clone(), fetcher, items, finished: sender, log: Arc::clone(&log) },
            calls,
            hard_stop,
            delete: options.delete,
            wait: options.wait.clamp(Duration::from_secs(1), LONGEST_WAIT),
            linger: options.linger,
            settings,
            most,
            leases: Leases::new(settings.lease),
            finished,
            receives: JoinSet::new(),
            messages: JoinSet::new(),
            requests: JoinSet::new(),
            to_delete: Vec::new(),
            delete_at: now,
            to_release: Vec::new(),
            release_at: now,
            returned: ReturnedMessages::default(),
            log,
            sum_up_at: now + SUM_UP_EVERY,
            advised: false,
            last_asked: now,
            last_released: None,
            baited: None,
            receivers: 1,
            backoff: Backoff::default(),
            not_before: now,
            last_busy: now,
            answered: false,
            stopping: false,
        }
    }

    /// Runs until it is stopped and all receipts are gone, or are not waited for.
    pub(super) async fn run(mut self, abandon: CancellationToken) {
        let stop = self.calls.stop.clone();
        while !self.is_done() {
            self.receive();
            if self.baited.is_some() && self.receives.is_empty() && !self.to_release.is_empty() {
                self.return_batch();
            }
            self.calls.monitor.0.in_flight.store(self.leases.len() as u64, Ordering::Relaxed);
            let due = self.leases.next_due();
            let resting = !self.stopping && self.receives.is_empty() && self.not_before > Instant::now();
            let polls_end = self.polls_end();
            let lingering = self.stopping && !self.receives.is_empty() && !self.has_unfinished();
            tokio::select! {
                // Ended tasks come before timers, so that batches are full even if this task runs late.
                biased;
                () = stop.cancelled(), if !self.stopping => {
                    self.stopping = true;
                    self.leases.end_unbegun();
                }
                () = abandon.cancelled(), if !self.leases.is_empty() => self.abandon(),
                Some(finished) = self.finished.recv() => self.handle_finished(finished),
                Some(received) = self.receives.join_next() => {
                    if let Ok(Received { asked, answer }) = received && !self.handle_answer(asked, answer).await {
                        return;
                    }
                }
                Some(done) = self.requests.join_next() => self.handle_result(done.unwrap_or_default()),
                Some(_) = self.messages.join_next() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.extend_leases(),
                () = sleep_until(self.delete_at), if !self.to_delete.is_empty() => self.delete_batch(),
                () = sleep_until(self.release_at), if !self.to_release.is_empty() => self.return_batch(),
                () = sleep_until(self.not_before), if resting => {}
                // SQS may go on with a long poll whose client is gone, and a message that it returns stays hidden. So
                // polls are aborted only when no message can come back to the queue any more.
                () = sleep_until(polls_end), if lingering => self.receives.abort_all(),
                () = sleep_until(self.sum_up_at) => {
                    self.log.sum_up();
                    self.sum_up_at += SUM_UP_EVERY;
                }
            }
        }
        self.log.sum_up();
    }

    /// Returns whether it has been stopped and all work is done.
    fn is_done(&self) -> bool {
        self.stopping && self.receives.is_empty() && !self.has_unfinished()
    }

    /// Returns whether messages are in flight, or are being deleted or given back.
    fn has_unfinished(&self) -> bool {
        let waiting = self.to_delete.len() + self.to_release.len();
        waiting > 0 || !self.leases.is_empty() || !self.requests.is_empty()
    }

    /// Returns when a stop aborts the open requests for messages.
    fn polls_end(&self) -> Instant {
        let returned = self.last_released.map(|at| at + self.linger.min(RETURN));
        (self.last_asked + self.linger).max(returned.unwrap_or(self.last_asked))
    }

    /// Requests messages, up to the limit of messages in flight.
    fn receive(&mut self) {
        let may = |this: &Self| this.leases.len() + (this.receives.len() + 1) * BATCH <= this.most;
        while !self.stopping && self.receives.len() < self.receivers && self.not_before <= Instant::now() && may(self) {
            let wait = if self.receives.is_empty() { self.wait } else { self.wait.min(EXTRA_WAIT) };
            let (calls, lease, asked) = (self.calls.clone(), self.settings.lease, Instant::now());
            self.last_asked = asked;
            self.receives.spawn(async move { Received { asked, answer: calls.receive(wait, lease).await } });
        }
    }

    /// Handles an answer. Returns `false` if the queue cannot be read at all.
    async fn handle_answer(&mut self, asked: Instant, answer: Result<Vec<Message>, AccessError>) -> bool {
        let monitor = self.work.fetcher.monitor.clone();
        match answer {
            Ok(messages) => {
                self.backoff.reset();
                self.answered = true;
                monitor.note_answer();
                monitor.0.age.store(messages.iter().filter_map(age).max().unwrap_or(0), Ordering::Relaxed);
                self.receivers = if messages.len() == BATCH { RECEIVERS } else { 1 };
                let id = |message: &Message| message.message_id.clone().unwrap_or_default();
                // A message that was left before is nothing to do, until it is read.
                if messages.iter().any(|message| !self.returned.is_known(&id(message))) {
                    monitor.note_busy();
                } else if self.leases.is_empty() {
                    monitor.note_idle(asked.max(self.last_busy).into_std());
                }
                // The bait has ended one request. Another one that is open needs its own.
                if !messages.is_empty() && !self.receives.is_empty() {
                    self.baited = None;
                }
                for message in messages {
                    count(&monitor.0.counts.messages);
                    self.start_work(message, asked);
                }
                // After a stop, all of them go into one request, and other consumers wait for them.
                if !self.to_release.is_empty() && self.calls.stop.is_cancelled() && self.leases.is_empty() {
                    self.return_batch();
                }
                true
            }
            // A queue that never existed will not appear. One that existed may be created again, and credentials may be
            // renewed.
            Err(error) if !self.answered && !error.is_transient() => {
                monitor.note_failure(&error);
                let what = InputName::Queue(self.calls.url.clone());
                let lost = Loss { what, error: LossError::Access(error), fatal: true };
                let _ = self.work.items.send(SourceItem::Lost(lost)).await;
                false
            }
            Err(error) => {
                monitor.count_retry(error.kind());
                monitor.note_failure(&error);
                let (queue, failures) = (&self.calls.url, self.backoff.failures() + 1);
                let is_told = failures == 1 || self.backoff.should_warn();
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

    fn start_work(&mut self, message: Message, asked: Instant) {
        let times = times(&message);
        let (Some(handle), Some(body)) = (message.receipt_handle, message.body) else { return };
        let id = message.message_id.unwrap_or_default();
        let stop = MessageStop::new(&self.hard_stop);
        let number = self.leases.add(id.clone(), handle, times, asked, stop.clone());
        // The loop may not have noticed the stop yet.
        if self.calls.stop.is_cancelled() {
            if let Some(InFlight { id, handle, .. }) = self.leases.remove(number) {
                self.return_message(Entry { message: number, id, handle });
            }
            return;
        }
        let (known, mut work) = (self.returned.known(&id), self.work.clone());
        work.fetcher.stop = stop.token;
        self.messages.spawn(work.run(IncomingMessage { number, id, body, known, begun: stop.begun }));
    }
}
