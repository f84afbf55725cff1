//! One message, from its body to its objects.

use super::super::feed::{Item, Lost, LostError, What};
use super::super::fetch::Fetcher;
use super::super::monitor::count;
use super::super::object::{Location, Object};
use super::super::receipt::{Claims, Finished, Receipt};
use crate::bucket::LogKey;
use crate::notification::{NamedObject, Notification};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinSet;

/// What work on a message needs.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) queue: String,
    pub(super) fetcher: Fetcher,
    pub(super) items: mpsc::Sender<Item>,
    pub(super) finished: mpsc::Sender<Finished>,
}

impl Work {
    /// Reads a message and hands out its objects. How it ended is told when the last receipt is gone.
    pub(super) async fn run(self, number: u64, id: String, body: String) {
        let notification = match Notification::parse(&body) {
            Ok(notification) => notification,
            Err(error) => {
                // One object that nobody can confirm.
                let claims = Claims::new(number, 1, self.finished.clone());
                let what = What::Message { queue: self.queue.clone(), id };
                self.send(Item::Lost(Lost { what, error: LostError::Notification(error), fatal: false })).await;
                drop(claims);
                return;
            }
        };
        let tally = &self.fetcher.monitor.0.tally;
        tally.ignored.fetch_add(notification.ignored.len() as u64, Ordering::Relaxed);
        for ignored in &notification.ignored {
            tracing::info!(%id, ?ignored, "a message that names nothing to read is acknowledged");
        }
        let is_log = |object: &NamedObject| self.fetcher.monitor.is_log(LogKey::parse(&object.key).kind);
        let objects: Vec<_> = notification.objects.into_iter().filter(is_log).collect();
        let claims = Claims::new(number, objects.len(), self.finished.clone());
        let mut downloads = JoinSet::new();
        for object in objects {
            count(&tally.found);
            if let Some(region) = &object.region {
                self.fetcher.buckets.hint(&object.bucket, region);
            }
            let receipt = Receipt::of_message(&claims);
            let waiting = Arc::clone(&self.fetcher.downloads).acquire_owned();
            let Some(Ok(permit)) = self.fetcher.stop.run_until_cancelled(waiting).await else { break };
            let location = Location { bucket: object.bucket, key: object.key };
            downloads.spawn(self.clone().download(location, receipt, permit));
        }
        drop(claims);
        while downloads.join_next().await.is_some() {}
    }

    async fn download(self, location: Location, receipt: Receipt, permit: OwnedSemaphorePermit) {
        let fetched = self.fetcher.fetch(&location, None).await;
        let item = match fetched {
            Ok(fetched) => Item::Object(Object::new(location, fetched, receipt)),
            // What was stopped is not lost: its message comes back.
            Err(_) if self.fetcher.stop.is_cancelled() => return,
            Err(error) => {
                drop(receipt);
                Item::Lost(Lost { what: What::Object(location), error: LostError::Access(error), fatal: false })
            }
        };
        self.send(item).await;
        drop(permit);
    }

    /// Hands out an item, unless nobody takes it any more: then its receipt goes unconfirmed.
    async fn send(&self, item: Item) {
        let _ = self.fetcher.stop.run_until_cancelled(self.items.send(item)).await;
    }
}
