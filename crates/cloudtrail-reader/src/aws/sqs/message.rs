//! One message, from its body to its objects and records.

use super::super::error::{AccessError, Trouble};
use super::super::feed::{Item, Lost, LostError, What};
use super::super::fetch::{Fetcher, Wanted};
use super::super::log_once::LogOnce;
use super::super::monitor::count;
use super::super::object::{Call, Fetched, Location, Object};
use super::super::receipt::{Claims, Ended, Finished, Part, Receipt};
use crate::bucket::{KeyKind, LogKey};
use crate::notification::{Ignored, NamedObject, Notification, NotificationError};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;

/// What work on a message needs.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) queue: String,
    pub(super) fetcher: Fetcher,
    pub(super) items: mpsc::Sender<Item>,
    pub(super) finished: mpsc::Sender<Finished>,
    pub(super) log: Arc<LogOnce>,
}

/// A message that has come.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) body: String,
    /// How its parts ended when it was here before.
    pub(super) known: Vec<Part>,
}

/// The work on a part of a message.
enum Task {
    Object(NamedObject),
    Records(String),
    Unknown(NotificationError),
}

/// A part of a message, with its claims.
struct Place {
    claims: Arc<Claims>,
    part: usize,
    /// How it has ended before.
    known: Ended,
    /// The id of the message.
    id: String,
}

impl Work {
    /// Reads a message and hands out its objects and records. `Finished` is sent when the last receipt is gone.
    pub(super) async fn run(self, message: Incoming) {
        let Incoming { number, id, body, known } = message;
        let notification = Notification::parse(&body);
        drop(body);
        let tasks = self.tasks(&id, notification);
        let is_call_given = |part: usize| known.get(part).is_some_and(|part| part.is_call_given);
        let part = |(part, task)| Part { is_call_given: is_call_given(part), ..Part::new(self.name(&id, task)) };
        let parts = tasks.iter().enumerate().map(part).collect();
        let claims = Claims::new(number, parts, self.finished.clone());
        let mut running = JoinSet::new();
        for (part, task) in tasks.into_iter().enumerate() {
            let known = known.get(part).map_or(Ended::Open, |part| part.ended.clone());
            let place = Place { claims: Arc::clone(&claims), part, known, id: id.clone() };
            match task {
                Task::Unknown(error) => self.unknown(&place, error).await,
                Task::Records(_) if matches!(place.known, Ended::Read(_) | Ended::Refused(_)) => {
                    place.claims.end(place.part, place.known);
                }
                Task::Records(text) => {
                    count(&self.fetcher.monitor.0.tally.found);
                    let what = What::Message { queue: self.queue.clone(), id: id.clone() };
                    running.spawn(self.clone().records(what, text, Receipt::of_message(&claims, part, None)));
                }
                Task::Object(object) => {
                    count(&self.fetcher.monitor.0.tally.found);
                    if let Some(region) = &object.region {
                        self.fetcher.buckets.hint(&object.bucket, region);
                    }
                    let waiting = Arc::clone(&self.fetcher.downloads).acquire_owned();
                    let Some(Ok(permit)) = self.fetcher.stop.run_until_cancelled(waiting).await else { break };
                    running.spawn(self.clone().download(object, place, permit));
                }
            }
        }
        drop(claims);
        while running.join_next().await.is_some() {}
    }

    /// Returns the work on a message. Parts that may be acknowledged without reading are counted, and need none.
    fn tasks(&self, id: &str, notification: Notification) -> Vec<Task> {
        let Notification { objects, records, ignored, unknown } = notification;
        for ignored in &ignored {
            self.fetcher.monitor.ignored(ignored);
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
                // The object is certainly not a log, and the call is a record all the same.
                Some(call) => tasks.push(Task::Records(call)),
                None => {
                    self.fetcher.monitor.passes_over(kind, None);
                    self.log.acknowledged(word, id, &Location { bucket: object.bucket, key: object.key });
                }
            }
        }
        tasks.extend(records.into_iter().map(Task::Records));
        tasks.extend(unknown.into_iter().map(Task::Unknown));
        tasks
    }

    fn name(&self, id: &str, task: &Task) -> What {
        match task {
            Task::Object(NamedObject { bucket, key, .. }) => {
                What::Object(Location { bucket: bucket.clone(), key: key.clone() })
            }
            Task::Records(_) | Task::Unknown(_) => What::Message { queue: self.queue.clone(), id: id.to_owned() },
        }
    }

    async fn unknown(&self, place: &Place, error: NotificationError) {
        place.claims.end(place.part, Ended::Lost(error.to_string()));
        let what = What::Message { queue: self.queue.clone(), id: place.id.clone() };
        self.lose(place, what, LostError::Notification(error)).await;
    }

    /// Hands out an error for a part that cannot be read, once.
    async fn lose(&self, place: &Place, what: What, error: LostError) {
        if !matches!(place.known, Ended::Lost(_)) {
            self.send(Item::Lost(Lost { what, error, fatal: false })).await;
        }
    }

    /// Hands out records that the message holds itself.
    async fn records(self, what: What, text: String, receipt: Receipt) {
        let share = self.fetcher.share(text.len() as u64);
        let Some(share) = self.fetcher.stop.run_until_cancelled(share).await else { return };
        let fetched = Fetched::of_text(&text, share);
        self.send(Item::Object(Object::new(what, fetched, receipt))).await;
    }

    async fn download(self, object: NamedObject, place: Place, permit: OwnedSemaphorePermit) {
        let NamedObject { bucket, key, size, version, call, .. } = object;
        let location = Location { bucket, key };
        let known = match &place.known {
            Ended::Read(etag) | Ended::Refused(etag) => etag.clone(),
            Ended::Open | Ended::Lost(_) => None,
        };
        let wanted = Wanted { location: location.clone(), version, known };
        let fetched = self.fetcher.fetch(&wanted, None).await;
        let Place { claims, part, .. } = &place;
        let what = What::Object(location);
        let is_gone = |error: &AccessError| matches!(error.trouble(), Trouble::NoSuchObject | Trouble::NoSuchPlace);
        match fetched {
            Ok(Fetched { size: 0, etag, .. }) => match call.filter(|_| claims.give_call(*part)) {
                Some(text) => {
                    self.log.call_instead(&what);
                    let receipt = Receipt::of_message(claims, *part, etag);
                    self.records(what, text, receipt).await;
                }
                None => self.empty(&place, &what, etag),
            },
            Ok(fetched) => {
                let receipt = Receipt::of_message(claims, *part, fetched.etag.clone());
                let mut object = Object::new(what.clone(), fetched, receipt);
                object.call = call.map(|text| Call::new(text, what, &self.log, claims, *part));
                self.send(Item::Object(object)).await;
            }
            // What was stopped is not lost: its message comes back.
            Err(_) if self.fetcher.stop.is_cancelled() => return,
            Err(error) if error.trouble() == Trouble::Unchanged => claims.end(*part, place.known.clone()),
            // The notice says that it was empty.
            Err(error) if size == Some(0) && is_gone(&error) => self.empty(&place, &what, None),
            Err(error) => match call {
                Some(text) if is_gone(&error) => self.gone(&place, what, &error, text).await,
                Some(text) => {
                    let beside = claims.give_call(*part).then(|| Receipt::beside(claims));
                    claims.end(*part, Ended::Lost(error.to_string()));
                    self.lose(&place, what.clone(), LostError::Access(error)).await;
                    if let Some(receipt) = beside {
                        self.log.call_instead(&what);
                        self.records(what, text, receipt).await;
                    }
                }
                None => {
                    claims.end(*part, Ended::Lost(error.to_string()));
                    self.lose(&place, what, LostError::Access(error)).await;
                }
            },
        }
        drop(permit);
    }

    /// Hands on the record of the API call that wrote an object which is not there any more. Waiting does not bring the
    /// object back, and the record is all that the message can give: so the message is acknowledged.
    async fn gone(&self, place: &Place, what: What, error: &AccessError, call: String) {
        let Place { claims, part, .. } = place;
        if !claims.give_call(*part) {
            return claims.end(*part, Ended::Read(None));
        }
        self.log.object_gone(&what, error);
        self.clone().records(what, call, Receipt::of_message(claims, *part, None)).await;
    }

    /// Acknowledges an object without a byte in it: no record can be missing.
    fn empty(&self, place: &Place, what: &What, etag: Option<String>) {
        count(&self.fetcher.monitor.0.tally.empty);
        self.log.acknowledged("empty_object", &place.id, what);
        place.claims.end(place.part, Ended::Read(etag));
    }

    /// Hands out an item, unless nobody takes it any more: then its receipt goes unconfirmed.
    async fn send(&self, item: Item) {
        let _ = self.fetcher.stop.run_until_cancelled(self.items.send(item)).await;
    }
}

/// Returns the name, for the log, of a part that names nothing to read.
fn name(ignored: &Ignored) -> &str {
    match ignored {
        Ignored::TestEvent => "s3:TestEvent",
        Ignored::Validation => "CloudTrail's validation text",
        Ignored::Subscription(kind) => kind,
        Ignored::Removed(event) | Ignored::Changed(event) => event,
        Ignored::Config => "a message of AWS Config's",
    }
}
