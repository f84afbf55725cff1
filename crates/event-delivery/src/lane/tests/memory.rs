//! When the memory of confirmed events is given back.

use super::*;
use crate::budget::Budget;
use crate::event::ReceivedLine;

/// A backend with one call of one event at a time, which notes each call.
struct OneByOne(Arc<Mutex<Vec<&'static str>>>);

impl Backend for OneByOne {
    fn name(&self) -> &'static str {
        "ONE_BY_ONE"
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy::new(1, usize::MAX, 1)
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async {
            self.0.lock().unwrap().push("call");
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(vec![Outcome::Confirmed; batch.len()])
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_call_is_made_before_the_reader_gets_the_memory() {
    let (seen, budget) = (Arc::new(Mutex::new(Vec::new())), Budget::new());
    let ledger = Ledger::new(StartOffsets::default(), Arc::new(()));
    let context = LaneContext {
        ledger: ledger.clone(),
        letters: Letters::for_tests().0,
        observer: Arc::new(()),
        closed: CancellationToken::new(),
        give_up: CancellationToken::new(),
    };
    let lane = Lane::new(Arc::new(OneByOne(Arc::clone(&seen))), context, Arc::new(()));
    let (events, receiver) = mpsc::channel(2);
    // The first event has all of the memory.
    let share = budget.take(usize::MAX).await;
    let read = ReceivedLine { partition: Partition(0), offset: 1, line: "{}".into(), received_ms: 0 };
    for event in [PendingEvent::new(read, None, 0, 1, share), event(0, 2, "{}", 1)] {
        ledger.take(Partition(0), Some(event.offset), &event.offset.to_le_bytes());
        events.try_send(event).unwrap();
    }
    drop(events);
    let lane = tokio::spawn(lane.run(receiver));
    let noted = Arc::clone(&seen);
    let reader = tokio::spawn(async move {
        drop(budget.take(0).await);
        noted.lock().unwrap().push("reader");
    });
    tokio::time::timeout(Duration::from_secs(60), reader).await.unwrap().unwrap();
    lane.await.unwrap().unwrap();
    assert_eq!(*seen.lock().unwrap(), ["call", "call", "reader"]);
    assert_eq!(ledger.counts().delivered, 2);
}
