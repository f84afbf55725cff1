//! Backends that do not keep to the trait: no event is lost, and nothing is silent.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, and a backend panics here")]

use event_delivery::{
    Backend, BatchPolicy, DeadLetterStore, Delivery, DeliveryOptions, Outcome, Partition, PendingEvent, ReceivedLine,
    Route, Sending, StartOffsets,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Delivers three events, and returns the names of the panics and the last position.
async fn deliver(backend: Arc<dyn Backend>) -> (Vec<&'static str>, Option<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut delivery, mut intake) = Delivery::start(DeliveryOptions {
        start: StartOffsets::default(),
        backends: vec![(backend, Arc::new(()))],
        dead_letter: DeadLetterStore::file(&folder.path().join("letters.jsonl")).unwrap(),
        dead_letter_health: Arc::new(()),
        how_to_list: "`cat`",
        observer: Arc::new(()),
    });
    for offset in 1..=3 {
        let line = ReceivedLine { partition: Partition(0), offset, line: "{}".into(), received_ms: 0 };
        let share = intake.reserve(line.line.len()).await;
        intake.take(line, share, |_| Route::Backends(vec![true])).await;
    }
    drop(intake);
    let panics = delivery.finish().await.into_iter().map(|(name, _)| name).collect();
    let position = delivery.ledger().positions().borrow().get(&Partition(0)).copied();
    (panics, position)
}

/// A backend that answers for the first event of each call only.
#[derive(Default)]
struct Short(AtomicUsize);

impl Backend for Short {
    fn name(&self) -> &'static str {
        "SHORT"
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy::new(10, 1 << 20, 1)
    }

    fn send<'a>(&'a self, _: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(async { Ok(vec![Outcome::Confirmed]) })
    }
}

#[tokio::test(start_paused = true)]
async fn events_without_an_outcome_are_sent_again() {
    let backend = Arc::new(Short::default());
    assert_eq!(deliver(backend.clone()).await, (Vec::new(), Some(3)));
    assert_eq!(backend.0.load(Ordering::Relaxed), 3);
}

/// A backend whose calls panic.
struct Broken;

impl Backend for Broken {
    fn name(&self) -> &'static str {
        "BROKEN"
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy::new(10, 1 << 20, 1)
    }

    fn send<'a>(&'a self, _: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async { panic!("a bug of the backend") })
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_panics_while_the_engine_ends_is_reported() {
    assert_eq!(deliver(Arc::new(Broken)).await, (vec!["BROKEN"], None));
}
