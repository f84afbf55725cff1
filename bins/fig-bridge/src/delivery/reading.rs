//! From the stream to the lanes: what is no event goes to the dead letter, what nobody wants is left out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use audit_schema::falcon::{FalconEvent, Filter, Selection};
use falcon_stream::{EventStream, Item, Reason};
use metrics::Gauge;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::dead_letter::{Letter, Letters};
use super::event::{Event, Read};
use super::ledger::{Epoch, Ledger, Taken};
use super::offsets::FirstOffsets;
use super::orders::Orders;
use super::room::Room;
use crate::config::kinds::{Backend, Names};
use crate::config::settings::Settings;
use crate::metrics as table;

/// A backend's events.
pub(super) struct Outlet {
    pub(super) filter: Filter,
    pub(super) events: mpsc::Sender<Arc<Event>>,
}

/// The task that reads.
pub(super) struct Reading {
    pub(super) ledger: Ledger,
    pub(super) room: Room,
    pub(super) letters: Letters,
    pub(super) outlets: Vec<Outlet>,
    pub(super) first: FirstOffsets,
    pub(super) lags: BTreeMap<u32, Gauge>,
    pub(super) orders: Orders,
}

impl Reading {
    /// Runs until `stop`. What was taken is with the lanes then, in whole. Gives back the stream: as long as it is not
    /// closed no other instance gets its feeds.
    pub(super) async fn run(mut self, mut stream: EventStream, stop: CancellationToken) -> EventStream {
        while let Some(Some(item)) = stop.run_until_cancelled(stream.next()).await {
            let length = match &item {
                Item::Event(event) => event.line.len(),
                Item::Unreadable(unreadable) => unreadable.line.len(),
            };
            // Only here it may take long: a backend is slow. What is not taken yet is simply read again.
            let Some(room) = stop.run_until_cancelled(self.room.take(length)).await else { break };
            let is_taken = match item {
                Item::Event(event) => self.take(event, room, &stop).await,
                Item::Unreadable(unreadable) => self.put_aside(unreadable, room).await,
            };
            if !is_taken {
                break;
            }
        }
        stream
    }

    /// Whether it was taken; if not, the program stops.
    async fn take(
        &mut self,
        event: falcon_stream::Event,
        room: tokio::sync::OwnedSemaphorePermit,
        stop: &CancellationToken,
    ) -> bool {
        let (feed, offset) = (event.partition.0, event.offset);
        if !self.first.is_stored(feed, offset, stop).await {
            return false;
        }
        let received_ms = millis(event.received);
        let Taken::Event(epoch, order) = self.ledger.take(feed, Some(offset), &event.line) else { return true };
        self.orders.tell(feed, offset, order);
        let read = Read { feed, offset: Some(offset), line: event.line, received_ms };
        let parsed = match FalconEvent::parse(&read.line) {
            Ok(parsed) => parsed,
            Err(error) => {
                let event = Event::new(read, epoch, 1, room);
                self.bury(event, "NotAnEvent", error.to_string()).await;
                return true;
            }
        };
        if let Some(time) = parsed.time_ms() {
            self.show_lag(feed, received_ms.saturating_sub(time));
        }
        let wants = |outlet: &Outlet| outlet.filter.judge(&parsed, received_ms).is_ok();
        let wanted: Vec<bool> = self.outlets.iter().map(wants).collect();
        let destinations = wanted.iter().filter(|wanted| **wanted).count();
        if destinations == 0 {
            self.ledger.filtered(feed, offset, epoch);
            return true;
        }
        let event = Event::new(read, epoch, u8::try_from(destinations).unwrap_or(u8::MAX), room);
        for (outlet, _) in self.outlets.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
            // A lane that has ended has given up, and the program with it.
            drop(outlet.events.send(Arc::clone(&event)).await);
        }
        true
    }

    /// A line without a place in the feed: nothing waits for it, and it is not lost.
    async fn put_aside(&self, line: falcon_stream::Unreadable, room: tokio::sync::OwnedSemaphorePermit) -> bool {
        let feed = line.partition.0;
        self.ledger.take(feed, None, &line.line);
        let mut reason = line.reason.to_string();
        if let Some(after) = line.after {
            reason.push_str(&format!("; it came behind offset {after}"));
        }
        if line.reason == Reason::TooLong {
            reason.push_str(&format!("; it has {} bytes, of which the beginning is kept", line.length));
        }
        let read = Read { feed, offset: None, line: line.line, received_ms: millis(line.received) };
        let event = Event::new(read, Epoch::default(), 1, room);
        self.bury(event, line.reason.label(), reason).await;
        true
    }

    async fn bury(&self, event: Arc<Event>, code: &str, reason: String) {
        table::DEAD_LETTERS.of([code.to_owned()]).increment(1);
        self.letters.post(Letter { event, code: code.to_owned(), reason, backend: None, is_published: false }).await;
    }

    #[expect(clippy::cast_precision_loss, reason = "a lag of thousands of years need not be exact")]
    fn show_lag(&mut self, feed: u32, millis: i64) {
        let gauge = || table::EVENT_LAG.of([feed.to_string()]);
        self.lags.entry(feed).or_insert_with(gauge).set(millis as f64 / 1000.0);
    }
}

/// In ms since 1970.
fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What a backend takes.
pub(super) fn filter(settings: &Settings, backend: Backend) -> Filter {
    let filter = settings.filter(backend);
    Filter {
        types: selection(&filter.types),
        services: selection(&filter.service_names),
        older_than_days: settings.events.older_than_days.into(),
        severity_threshold: settings.events.severity_threshold,
    }
}

fn selection(names: &Names) -> Selection {
    match names {
        Names::All => Selection::All,
        Names::Only(names) => Selection::Only(names.iter().map(|name| name.as_str().to_owned()).collect()),
    }
}
