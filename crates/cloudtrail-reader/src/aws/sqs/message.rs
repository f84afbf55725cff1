//! Processes one message, from its body to its objects and records.

use super::super::error::{AccessError, AccessErrorKind};
use super::super::fetch::{Fetcher, Wanted};
use super::super::log_once::LogOnce;
use super::super::loss::{Loss, LossError};
use super::super::monitor::count;
use super::super::name::{InputName, Location};
use super::super::object::{Call, Fetched, Object};
use super::super::receipt::{Begun, Claims, Finished, MessagePart, PartEnd, Receipt};
use super::super::stream::SourceItem;
use crate::bucket::{KeyKind, LogKey, is_of_cloudtrail};
use crate::notification::{Ignored, NamedObject, Notification, NotificationError};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;

/// The shared state of the work on messages.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) queue: String,
    pub(super) fetcher: Fetcher,
    pub(super) items: mpsc::Sender<SourceItem>,
    pub(super) finished: mpsc::Sender<Finished>,
    pub(super) log: Arc<LogOnce>,
}

/// A received message.
#[derive(Debug)]
pub(super) struct IncomingMessage {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) body: String,
    /// The ends of its parts, if it was here before.
    pub(super) known: Vec<MessagePart>,
    pub(super) begun: Begun,
}

/// The work on a part of a message.
enum Task {
    Object(NamedObject),
    Records(String),
    Unknown(NotificationError),
}

/// A message part with its claims.
struct PartContext {
    claims: Arc<Claims>,
    part: usize,
    /// Its end when the message was here before.
    known: PartEnd,
    /// The ID of the message.
    id: String,
}

impl Work {
    /// Reads a message and hands out its objects and records. `Finished` is sent when the last receipt is gone.
    pub(super) async fn run(self, message: IncomingMessage) {
        let IncomingMessage { number, id, body, known, begun } = message;
        let notification = Notification::parse(&body);
        drop(body);
        let tasks = self.tasks(&id, notification);
        let is_call_delivered = |part: usize| known.get(part).is_some_and(|part| part.is_call_delivered);
        let part = |(part, task)| MessagePart {
            is_call_delivered: is_call_delivered(part),
            ..MessagePart::new(self.name(&id, task))
        };
        let parts = tasks.iter().enumerate().map(part).collect();
        let claims = Claims::new(number, parts, self.finished.clone(), begun);
        let mut running = JoinSet::new();
        for (part, task) in tasks.into_iter().enumerate() {
            let known = known.get(part).map_or(PartEnd::Open, |part| part.end.clone());
            let context = PartContext { claims: Arc::clone(&claims), part, known, id: id.clone() };
            match task {
                Task::Unknown(error) => self.unknown(&context, error).await,
                Task::Records(_) if matches!(context.known, PartEnd::Read(_) | PartEnd::Refused(_)) => {
                    context.claims.end(context.part, context.known);
                }
                Task::Records(text) => {
                    count(&self.fetcher.monitor.0.counts.found);
                    let what = self.message_name(&id);
                    running.spawn(self.clone().records(what, text, Receipt::of_message(&claims, part, None)));
                }
                Task::Object(object) => {
                    count(&self.fetcher.monitor.0.counts.found);
                    if let Some(region) = &object.region {
                        self.fetcher.buckets.hint(&object.bucket, region);
                    }
                    let waiting = Arc::clone(&self.fetcher.downloads).acquire_owned();
                    let Some(Ok(permit)) = self.fetcher.stop.run_until_cancelled(waiting).await else { break };
                    running.spawn(self.clone().download(object, context, permit));
                }
            }
        }
        drop(claims);
        while running.join_next().await.is_some() {}
    }

    /// Returns the work on a message. Parts that may be acknowledged unread are counted, and need no work.
    fn tasks(&self, id: &str, notification: Notification) -> Vec<Task> {
        let Notification { objects, records, ignored, unknown } = notification;
        for ignored in &ignored {
            self.fetcher.monitor.count_ignored(ignored);
            self.log.acknowledged(ignored.kind(), id, &name(ignored));
        }
        let mut tasks = Vec::new();
        for mut object in objects {
            let kind = LogKey::parse(&object.key).kind;
            let word = match kind {
                KeyKind::Digest => "digest_file",
                KeyKind::Config => "config_file",
                KeyKind::Other => {
                    tasks.push(Task::Object(object));
                    continue;
                }
            };
            match object.call.take() {
                // The object is certainly not a log file, but the call is a record.
                Some(call) => tasks.push(Task::Records(call)),
                None => {
                    self.fetcher.monitor.skips(kind, None);
                    self.log.acknowledged(word, id, &Location { bucket: object.bucket, key: object.key });
                }
            }
        }
        tasks.extend(records.into_iter().map(Task::Records));
        tasks.extend(unknown.into_iter().map(Task::Unknown));
        tasks
    }

    fn name(&self, id: &str, task: &Task) -> InputName {
        match task {
            Task::Object(NamedObject { bucket, key, .. }) => {
                InputName::Object(Location { bucket: bucket.clone(), key: key.clone() })
            }
            Task::Records(_) | Task::Unknown(_) => self.message_name(id),
        }
    }

    fn message_name(&self, id: &str) -> InputName {
        InputName::Message { queue: self.queue.clone(), id: id.to_owned() }
    }

    async fn unknown(&self, context: &PartContext, error: NotificationError) {
        context.claims.end(context.part, PartEnd::Lost(error.to_string()));
        self.lose(context, self.message_name(&context.id), LossError::Notification(error)).await;
    }

    /// Hands out a loss for a part that cannot be read, once.
    async fn lose(&self, context: &PartContext, what: InputName, error: LossError) {
        if !matches!(context.known, PartEnd::Lost(_)) {
            self.send(SourceItem::Lost(Loss { what, error, fatal: false })).await;
        }
    }

    /// Hands out records that the message itself holds.
    async fn records(self, what: InputName, text: String, receipt: Receipt) {
        let share = self.fetcher.share(text.len() as u64);
        let Some(share) = self.fetcher.stop.run_until_cancelled(share).await else { return };
        let fetched = Fetched::of_text(&text, share);
        self.send(SourceItem::Object(Object::new(what, fetched, receipt))).await;
    }

    async fn download(self, object: NamedObject, context: PartContext, permit: OwnedSemaphorePermit) {
        let NamedObject { bucket, key, size, version, call, .. } = object;
        let location = Location { bucket, key };
        let is_log = is_of_cloudtrail(&location.key);
        let known = match &context.known {
            PartEnd::Read(etag) | PartEnd::Refused(etag) => etag.clone(),
            PartEnd::Open | PartEnd::Lost(_) => None,
        };
        let is_conditional = known.is_some();
        let wanted = Wanted { location: location.clone(), version, known };
        let fetched = self.fetcher.fetch(&wanted, None).await;
        let PartContext { claims, part, .. } = &context;
        let what = InputName::Object(location);
        let is_gone =
            |error: &AccessError| matches!(error.kind(), AccessErrorKind::NoSuchObject | AccessErrorKind::NoSuchSource);
        let missing = fetched.as_ref().ok().and_then(|fetched| fetched.missing_content(size, call.is_some() && is_log));
        if let Some(error) = missing {
            return self.lose_object(&context, what, error, call).await;
        }
        match fetched {
            Ok(Fetched { size: 0, etag, .. }) => match call.filter(|_| claims.take_call(*part)) {
                Some(text) => {
                    self.log.call_instead(&what);
                    let receipt = Receipt::of_message(claims, *part, etag);
                    self.records(what, text, receipt).await;
                }
                None => self.empty(&context, &what, etag),
            },
            Ok(fetched) => {
                let receipt = Receipt::of_message(claims, *part, fetched.etag.clone());
                let mut object = Object::new(what.clone(), fetched, receipt);
                object.call = call.map(|text| Call::new(text, what, &self.log, claims, *part));
                self.send(SourceItem::Object(object)).await;
            }
            // An object is not lost because of a stop: its message comes back.
            Err(_) if self.fetcher.stop.is_cancelled() => return,
            Err(error) if is_conditional && error.kind() == AccessErrorKind::Unchanged => {
                claims.end(*part, context.known.clone());
            }
            // The notification says that it was empty.
            Err(error) if size == Some(0) && is_gone(&error) => self.empty(&context, &what, None),
            Err(error) => match call {
                Some(text) if error.kind() == AccessErrorKind::NoSuchObject && !is_log => {
                    self.gone(&context, what, &error, text).await;
                }
                call => self.lose_object(&context, what, LossError::Access(error), call).await,
            },
        }
        drop(permit);
    }

    /// Hands out a loss for an object that cannot be read, and the record of the API call that wrote it. The message
    /// stays.
    async fn lose_object(&self, context: &PartContext, what: InputName, error: LossError, call: Option<String>) {
        let PartContext { claims, part, .. } = context;
        let call = call.filter(|_| claims.take_call(*part)).map(|text| (text, Receipt::of_call(claims)));
        claims.end(*part, PartEnd::Lost(error.to_string()));
        self.lose(context, what.clone(), error).await;
        if let Some((text, receipt)) = call {
            self.log.call_instead(&what);
            self.clone().records(what, text, receipt).await;
        }
    }

    /// Delivers the record of the API call that wrote an object which does not exist any more and has no key of
    /// CloudTrail's. Waiting does not bring the object back, and a queue that receives every API call names many such
    /// objects, so the message is acknowledged.
    async fn gone(&self, context: &PartContext, what: InputName, error: &AccessError, call: String) {
        let PartContext { claims, part, .. } = context;
        if !claims.take_call(*part) {
            return claims.end(*part, PartEnd::Read(None));
        }
        self.log.object_gone(&what, error);
        self.clone().records(what, call, Receipt::of_message(claims, *part, None)).await;
    }

    /// Acknowledges an object of zero bytes that was announced as such: no record can be missing.
    fn empty(&self, context: &PartContext, what: &InputName, etag: Option<String>) {
        count(&self.fetcher.monitor.0.counts.empty);
        self.log.acknowledged("empty_object", &context.id, what);
        context.claims.end(context.part, PartEnd::Read(etag));
    }

    /// Hands out an item. If the stream was dropped or stopped, its receipt stays unconfirmed.
    async fn send(&self, item: SourceItem) {
        let _ = self.fetcher.stop.run_until_cancelled(self.items.send(item)).await;
    }
}

/// Returns the log's name for a part without anything to read.
fn name(ignored: &Ignored) -> &str {
    match ignored {
        Ignored::TestEvent => "s3:TestEvent",
        Ignored::Validation => "CloudTrail's validation text",
        Ignored::Subscription(kind) => kind,
        Ignored::Removed(event) | Ignored::Changed(event) => event,
        Ignored::Config => "a message of AWS Config's",
    }
}
