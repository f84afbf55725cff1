//! Takes events from a reader.

use std::fmt;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::age_log::Ages;
use crate::backend::Unfit;
use crate::budget::{Budget, Share};
use crate::dead_letter::{Letter, Letters};
use crate::event::{Parsed, PendingEvent, ReceivedLine, UnreadableLine};
use crate::ledger::{Ledger, Taken};
use crate::observer::Observer;
use crate::order_log::Orders;

/// Takes events, and gives each to the lanes of its backends. The lanes end after the intake is dropped and all events
/// are confirmed.
pub struct Intake {
    pub(crate) ledger: Ledger,
    pub(crate) letters: Letters,
    pub(crate) lanes: Vec<mpsc::Sender<Arc<PendingEvent>>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) budget: Budget,
    pub(crate) orders: Orders,
    pub(crate) ages: Ages,
}

/// Where an event goes.
#[derive(Debug)]
pub enum Route {
    /// To these backends, in the order of [`DeliveryOptions::backends`](crate::DeliveryOptions::backends). Without any,
    /// the event counts as filtered out.
    Backends(Vec<bool>),
    /// The same, with a value that backends get by [`PendingEvent::parsed`], so that they need not parse the line.
    Parsed(Vec<bool>, Parsed),
    /// To no backend, because it is too old: it counts as filtered out. The text says in the log what to do about that.
    TooOld(&'static str),
    /// To the dead letter.
    DeadLetter(Unfit),
}

/// Shows the ledger.
impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

impl Intake {
    /// Waits for the memory of a line of this length. Only this wait may be long, when a backend is slow. A line that is
    /// not taken must be read again later.
    pub async fn reserve(&self, bytes: usize) -> Share {
        self.budget.take(bytes).await
    }

    /// Takes an event. `route` is called unless the event is a repetition.
    ///
    /// Call it in the order of the partition. For a line without an offset, call [`Intake::take_unreadable`].
    pub async fn take(&mut self, line: ReceivedLine, share: Share, route: impl FnOnce(&ReceivedLine) -> Route) {
        let (partition, offset) = (line.partition, line.offset);
        let Taken::Event(epoch, order) = self.ledger.take(partition, Some(offset), &line.line) else { return };
        self.orders.note(partition, offset, order, &*self.observer);
        self.ages.tell_due();
        let (wanted, parsed) = match route(&line) {
            Route::Backends(wanted) => (wanted, None),
            Route::Parsed(wanted, parsed) => (wanted, Some(parsed)),
            Route::TooOld(advice) => {
                self.ages.note(partition, offset, advice, &*self.observer);
                (Vec::new(), None)
            }
            Route::DeadLetter(Unfit { code, reason }) => {
                let event = PendingEvent::new(line, None, epoch, 1, share);
                return self.dead_letter(event, code, reason).await;
            }
        };
        let lanes = || self.lanes.iter().zip(&wanted).filter(|(_, wanted)| **wanted).map(|(lane, _)| lane);
        let destinations = lanes().count();
        if destinations == 0 {
            self.ledger.filtered(partition, offset, epoch);
            return;
        }
        let number = u8::try_from(destinations).unwrap_or(u8::MAX);
        let event = PendingEvent::new(line, parsed, epoch, number, share);
        // The last lane gets the event itself: a lane that has it alone can drop its line early.
        let (mut event, mut left) = (Some(event), destinations);
        for lane in lanes() {
            left -= 1;
            let sent = if left > 0 { event.clone() } else { event.take() };
            if let Some(event) = sent {
                // A lane that has ended has given up, and so will the program.
                drop(lane.send(event).await);
            }
        }
    }

    /// Takes a line without an offset, and puts it into the dead letter. The partition's position waits until it is
    /// there.
    pub async fn take_unreadable(&self, mut line: UnreadableLine, share: Share) {
        self.ledger.take(line.partition, None, &line.line);
        let (code, reason) = (line.code, std::mem::take(&mut line.reason));
        self.dead_letter(PendingEvent::unreadable(line, share), code, reason).await;
    }

    async fn dead_letter(&self, event: Arc<PendingEvent>, code: &str, reason: String) {
        self.observer.dead_letter(code);
        self.letters.post(Letter { event, code: code.to_owned(), reason, backend: None, is_published: false }).await;
    }
}
