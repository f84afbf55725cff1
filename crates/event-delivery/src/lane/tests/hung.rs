//! Tests a call that is not answered, in paused time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::backend::Failure;
use crate::backend::failure::UNANSWERED;
use crate::backend::{Backend, BatchPolicy, Outcome, Sending};
use crate::dead_letter::Letters;
use crate::event::PendingEvent;
use crate::event::tests::event;
use crate::health::Health;
use crate::health::tests::Shown;
use crate::lane::{Lane, LaneContext};
use crate::ledger::Ledger;
use crate::observer::Observer;
use crate::partition::{Partition, StartOffsets};

/// A backend that answers when the test lets it.
struct Slow(Semaphore);

impl Backend for Slow {
    fn name(&self) -> &'static str {
        "SLOW"
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy { answered_within: Some(Duration::from_secs(10)), ..BatchPolicy::new(1, 1 << 20, 1) }
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async {
            self.0.acquire().await.unwrap().forget();
            Ok(vec![Outcome::Confirmed; batch.len()])
        })
    }

    fn advice(&self, failure: &Failure) -> &'static str {
        if failure.code == UNANSWERED { "read it" } else { "no other failure" }
    }
}

/// Counts how often the backend is shown as failing.
#[derive(Debug, Default)]
struct Seen {
    failing: AtomicU32,
    is_failing: AtomicU32,
}

impl Observer for Seen {
    fn failing(&self, _: &'static str, is_failing: bool) {
        self.failing.fetch_add(u32::from(is_failing), Ordering::Relaxed);
        self.is_failing.store(u32::from(is_failing), Ordering::Relaxed);
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_reported_until_it_comes() {
    let (backend, seen, shown) =
        (Arc::new(Slow(Semaphore::new(0))), Arc::new(Seen::default()), Arc::new(Shown::default()));
    let ledger = Ledger::new(StartOffsets::default(), Arc::new(()));
    let context = LaneContext {
        ledger: ledger.clone(),
        letters: Letters::for_tests().0,
        observer: Arc::clone(&seen) as Arc<dyn Observer>,
        closed: CancellationToken::new(),
        give_up: CancellationToken::new(),
    };
    let lane = Lane::new(Arc::clone(&backend) as Arc<dyn Backend>, context, Arc::clone(&shown) as Arc<dyn Health>);
    let (events, receiver) = mpsc::channel(8);
    let lane = tokio::spawn(lane.run(receiver));
    let push = |offset: u64| {
        ledger.take(Partition(0), Some(offset), b"");
        events.try_send(event(0, offset, "{}", 1)).unwrap();
    };
    let counts = || (seen.failing.load(Ordering::Relaxed), seen.is_failing.load(Ordering::Relaxed));
    pass(60).await;
    assert_eq!((shown.get(), counts()), (None, (0, 0)), "nothing is sent, so nothing is missing");
    (0..3).for_each(push);
    pass(9).await;
    assert_eq!((shown.get(), counts()), (None, (0, 0)));
    // Each answer that comes in time begins anew.
    backend.0.add_permits(1);
    pass(9).await;
    assert_eq!((shown.get(), counts()), (None, (0, 0)));
    pass(3).await;
    let text = "Unanswered: no answer for 10 s and more; read it";
    assert_eq!((shown.get().as_deref(), counts()), (Some(text), (1, 1)));
    pass(120).await;
    assert_eq!((shown.get().as_deref(), counts()), (Some(text), (3, 1)), "once a minute");
    backend.0.add_permits(2);
    pass(1).await;
    assert_eq!((shown.get(), counts(), ledger.counts().delivered), (None, (3, 0), 3));
    pass(600).await;
    assert_eq!((shown.get(), counts()), (None, (3, 0)));
    drop(events);
    lane.await.unwrap().unwrap();
}
