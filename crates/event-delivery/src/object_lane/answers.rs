//! Writes objects, and acts on the answers. A refusal never blames an event: no call is about one.

use std::sync::Arc;

use tokio::time::Instant;

use super::ObjectLane;
use super::feed::{FinishedPut, Writing};
use crate::backend::Failure;
use crate::partition::Partition;

impl ObjectLane {
    /// Makes as many calls as are allowed now. Returns when to make the next one if nothing happens before.
    pub(super) fn begin_calls(&mut self) -> Option<Instant> {
        let most = if self.pause.is_some() { 1 } else { self.limits.calls.max(1) };
        while self.calls.len() < most && !self.waiting.is_empty() {
            if let Some(pause) = self.pause.filter(|pause| Instant::now() < *pause) {
                return Some(pause);
            }
            let object = self.waiting.pop_front()?;
            let (objects, written) = (Arc::clone(&self.objects), self.written);
            self.calls.spawn(async move {
                let result = objects.put(&object).await;
                FinishedPut { object, result, written }
            });
            self.context.observer.call_started(self.name);
            self.context.observer.calls_in_flight(self.name, self.calls.len());
        }
        None
    }

    /// Acts on the answer of a call.
    pub(super) async fn settle(&mut self, FinishedPut { object, result, written }: FinishedPut) {
        self.context.observer.calls_in_flight(self.name, self.calls.len());
        if let Err(failure) = result {
            self.failing.insert(object.partition);
            let hung = failure.is_timeout() && self.written == written;
            self.fails(&failure, hung);
            // Other objects are tried first, so that one cannot hold all.
            self.waiting.push_back(object);
            return;
        }
        self.written += 1;
        self.pause = None;
        self.failing.remove(&object.partition);
        if self.failing.is_empty() {
            self.trouble.reset();
            self.context.observer.failing(self.name, false);
        }
        if let Some(done) = self.feeds.get_mut(&object.partition).and_then(|feed| feed.wrote_one()) {
            self.confirm(object.partition, done).await;
        }
    }

    /// Confirms the events of a segment together. Letters come after: until they are written, the ledger holds the
    /// position before the segment.
    async fn confirm(&self, partition: Partition, done: Writing) {
        self.context.ledger.done_together(partition, &done.events, (done.epoch, done.last));
        for event in done.cut {
            self.context.published_in_part(self.name, event).await;
        }
    }

    fn fails(&mut self, failure: &Failure, hung: bool) {
        self.context.count_retries(self.name, &failure.code, 1);
        let advice = self.backend.advice(failure);
        let (_, wait) = self.trouble.fail_by(failure.verdict, &failure.public(), advice, hung);
        self.context.observer.failing(self.name, self.trouble.is_reported());
        self.pause = Some(Instant::now() + wait);
    }
}
