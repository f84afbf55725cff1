//! Tests of the lane with a backend that answers as the test wants, in paused time.

mod hung;
mod memory;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use audit_schema::Verdict;
use tokio::task::JoinHandle;

use super::*;
use crate::backend::Sending;
use crate::dead_letter::Letters;
use crate::event::tests::event;
use crate::health::tests::Shown;
use crate::ledger::Counts;
use crate::ledger::Ledger;
use crate::partition::{Partition, StartOffsets};
use tokio_util::sync::CancellationToken;

/// Returns the refusal of one event.
type Judge = Box<dyn Fn(u64) -> Option<Failure> + Send + Sync>;
/// Returns the refusal of a call.
type Refuse = Box<dyn Fn(&BTreeSet<u64>) -> Option<Failure> + Send + Sync>;

/// The backend's behaviour from now on.
struct Behaviour {
    refuses_call: Refuse,
    refuses_event: Judge,
}

#[derive(Default)]
struct Seen {
    /// The offsets of each call.
    calls: Vec<BTreeSet<u64>>,
    delivered: BTreeSet<u64>,
}

/// Answers a batch.
type Answer = Box<dyn Fn(&[Arc<PendingEvent>]) -> Result<Vec<Outcome>, Unsent> + Send + Sync>;

/// A backend that answers as the test wants.
struct Fake(Answer);

impl Backend for Fake {
    fn name(&self) -> &'static str {
        "FAKE"
    }

    fn policy(&self) -> BatchPolicy {
        BatchPolicy::new(100, usize::MAX, 2)
    }

    fn send<'a>(&'a self, batch: &'a [Arc<PendingEvent>]) -> Sending<'a> {
        Box::pin(async {
            // A quick call.
            tokio::time::sleep(Duration::from_millis(10)).await;
            (self.0)(batch)
        })
    }
}

struct Bench {
    behaviour: Arc<Mutex<Behaviour>>,
    seen: Arc<Mutex<Seen>>,
    events: mpsc::Sender<Arc<PendingEvent>>,
    letters: mpsc::Receiver<crate::dead_letter::Letter>,
    ledger: Ledger,
    shown: Arc<Shown>,
    lane: JoinHandle<Result<(), LaneError>>,
}

fn entry(verdict: Verdict, code: &str) -> Failure {
    Failure::of_entry(verdict, code, "as the test wants")
}

fn no_call() -> Refuse {
    Box::new(|_| None)
}

fn no_event() -> Judge {
    Box::new(|_| None)
}

impl Bench {
    fn start() -> Self {
        let behaviour = Arc::new(Mutex::new(Behaviour { refuses_call: no_call(), refuses_event: no_event() }));
        let seen = Arc::new(Mutex::new(Seen::default()));
        let answer = {
            let (behaviour, seen) = (Arc::clone(&behaviour), Arc::clone(&seen));
            Fake(Box::new(move |batch| {
                let (behaviour, mut seen) = (behaviour.lock().unwrap(), seen.lock().unwrap());
                let offsets: BTreeSet<u64> = batch.iter().map(|event| event.offset).collect();
                seen.calls.push(offsets.clone());
                if let Some(failure) = (behaviour.refuses_call)(&offsets) {
                    return Err(failure.into());
                }
                let outcome = |event: &Arc<PendingEvent>| match (behaviour.refuses_event)(event.offset) {
                    Some(failure) => Outcome::Failed(failure),
                    None => {
                        seen.delivered.insert(event.offset);
                        Outcome::Confirmed
                    }
                };
                Ok(batch.iter().map(outcome).collect())
            }))
        };
        let ledger = Ledger::new(StartOffsets::default(), Arc::new(()));
        let (letters, posted) = Letters::for_tests();
        let context = LaneContext {
            ledger: ledger.clone(),
            letters,
            observer: Arc::new(()),
            closed: CancellationToken::new(),
            give_up: CancellationToken::new(),
        };
        let shown = Arc::new(Shown::default());
        let lane = Lane::new(Arc::new(answer), context, Arc::clone(&shown) as Arc<dyn Health>);
        let (events, receiver) = mpsc::channel(4096);
        let lane = tokio::spawn(lane.run(receiver));
        Self { behaviour, seen, events, letters: posted, ledger, shown, lane }
    }

    fn refuse_calls(&self, refuse: impl Fn(&BTreeSet<u64>) -> Option<Failure> + Send + Sync + 'static) {
        self.behaviour.lock().unwrap().refuses_call = Box::new(refuse);
    }

    fn refuse_events(&self, refuse: impl Fn(u64) -> Option<Failure> + Send + Sync + 'static) {
        self.behaviour.lock().unwrap().refuses_event = Box::new(refuse);
    }

    fn mend(&self) {
        *self.behaviour.lock().unwrap() = Behaviour { refuses_call: no_call(), refuses_event: no_event() };
    }

    fn push(&self, offsets: std::ops::Range<u64>) {
        for offset in offsets {
            self.ledger.take(Partition(0), Some(offset), &offset.to_le_bytes());
            self.events.try_send(event(0, offset, "{}", 1)).unwrap();
        }
    }

    fn calls(&self) -> usize {
        self.seen.lock().unwrap().calls.len()
    }

    fn delivered(&self) -> BTreeSet<u64> {
        self.seen.lock().unwrap().delivered.clone()
    }

    /// Returns offset and code of the letters so far.
    fn letters(&mut self) -> Vec<(u64, String)> {
        std::iter::from_fn(|| self.letters.try_recv().ok()).map(|letter| (letter.event.offset, letter.code)).collect()
    }

    fn waits_for(&self) -> Option<String> {
        self.shown.get()
    }

    /// Closes the channel, and waits until the lane has ended.
    async fn end(self) -> Counts {
        drop(self.events);
        tokio::time::timeout(Duration::from_secs(3600), self.lane).await.unwrap().unwrap().unwrap();
        self.ledger.counts()
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Codes for which every event may be refused, in an answer of status 200.
const ALIKE: [(&str, Verdict); 6] = [
    ("Throttling", Verdict::Retry),
    ("InternalFailure", Verdict::Retry),
    ("InvalidData", Verdict::Permanent),
    ("AccountNotSubscribed", Verdict::Configuration),
    ("InvalidRecipient", Verdict::Configuration),
    ("SomethingNew", Verdict::Unknown),
];

#[tokio::test(start_paused = true)]
async fn entries_that_are_all_refused_hold_the_backend_as_calls_do() {
    for (code, verdict) in ALIKE {
        let mut bench = Bench::start();
        bench.refuse_events(move |_| Some(entry(verdict, code)));
        bench.push(0..500);
        pass(30).await;
        let (calls, why) = (bench.calls(), bench.waits_for());
        assert!(calls < 30, "{code}: {calls} calls for 500 events");
        let why = why.unwrap_or_default();
        assert!(why.contains(code) && why.contains("of 100 events") && why.contains("feed 0, offset"), "{code}: {why}");
        pass(600).await;
        assert!(bench.calls() - calls < 60, "{code}: {} calls in ten minutes", bench.calls() - calls);
        assert_eq!((bench.letters(), bench.delivered().len()), (vec![], 0), "{code}");
        bench.mend();
        pass(90).await;
        assert_eq!((bench.delivered().len(), bench.waits_for()), (500, None), "{code}");
        let counts = bench.end().await;
        assert_eq!((counts.delivered, counts.in_flight), (500, 0), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_entries_make_fewer_calls_and_not_more() {
    let bench = Bench::start();
    // Like AWS: a number of events each second, and the rest of a call is refused.
    const PER_SECOND: f64 = 50.0;
    let (start, taken) = (Instant::now(), Mutex::new(0.0));
    bench.refuse_events(move |_| {
        let mut taken = taken.lock().unwrap();
        let is_taken = *taken < start.elapsed().as_secs_f64() * PER_SECOND;
        *taken += f64::from(u8::from(is_taken));
        (!is_taken).then(|| entry(Verdict::Retry, "ThrottlingException"))
    });
    bench.push(0..500);
    pass(60).await;
    assert_eq!(bench.delivered().len(), 500);
    // Five calls are enough if nothing is throttled, and take ten seconds.
    assert!(bench.calls() <= 40, "{} calls", bench.calls());
    bench.end().await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_keeps_failing_is_named_while_the_others_flow() {
    for (code, verdict) in [("InternalFailure", Verdict::Retry), ("Throttling", Verdict::Retry)] {
        let mut bench = Bench::start();
        bench.refuse_events(move |offset| (offset == 7).then(|| entry(verdict, code)));
        bench.push(0..20);
        pass(60).await;
        let why = bench.waits_for().unwrap_or_default();
        assert!(why.contains("feed 0, offset 7") && why.contains(code), "{code}: {why}");
        for more in 1..20 {
            bench.push(more * 20..more * 20 + 20);
            pass(1).await;
            assert_eq!(bench.delivered().len() as u64, more * 20 + 19, "the others do not wait for it");
        }
        for offset in 400..1000 {
            bench.push(offset..offset + 1);
            pass(1).await;
            assert_eq!(bench.delivered().len() as u64, offset, "a feed with few events does not wait, either");
        }
        assert!(bench.letters().is_empty(), "{code}: it passes by itself, and is never given up");
        assert!(bench.calls() < 720, "{} calls", bench.calls());
        bench.mend();
        pass(31).await;
        assert_eq!((bench.delivered().len(), bench.waits_for()), (1000, None));
        bench.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_refused_event_goes_to_the_dead_letter_where_others_are_accepted() {
    let mut bench = Bench::start();
    bench.refuse_events(|offset| (offset == 7).then(|| entry(Verdict::Permanent, "InvalidData")));
    bench.push(0..20);
    pass(1).await;
    assert_eq!(bench.letters(), [(7, "InvalidData".to_owned())]);
    assert_eq!((bench.delivered().len(), bench.waits_for()), (19, None));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_code_is_tried_again_before_the_event_is_given_up() {
    for (code, verdict) in [("SomethingNew", Verdict::Unknown), ("AccountNotSubscribed", Verdict::Configuration)] {
        let mut bench = Bench::start();
        bench.refuse_events(move |offset| (offset == 7).then(|| entry(verdict, code)));
        bench.push(0..20);
        // One event a second shows that the backend works.
        for offset in 20..130 {
            bench.push(offset..offset + 1);
            pass(1).await;
        }
        assert_eq!(bench.letters(), [], "{code}");
        assert!(bench.waits_for().is_some_and(|why| why.contains("feed 0, offset 7")), "{code}");
        for offset in 130..300 {
            bench.push(offset..offset + 1);
            pass(1).await;
        }
        assert_eq!(bench.letters(), [(7, code.to_owned())]);
        assert_eq!(bench.waits_for(), None);
    }
    // A refusal that ends: the event is delivered.
    let mut bench = Bench::start();
    bench.refuse_events(|offset| (offset == 7).then(|| entry(Verdict::Unknown, "SomethingNew")));
    bench.push(0..20);
    pass(2).await;
    bench.mend();
    pass(10).await;
    assert_eq!((bench.letters(), bench.delivered().len()), (vec![], 20));
}

#[tokio::test(start_paused = true)]
async fn the_only_event_in_flight_is_held_until_another_shows_what_is_wrong() {
    // By entries, and by calls.
    for by_call in [false, true] {
        let refused = |bench: &Bench| {
            if by_call {
                bench.refuse_calls(|call| {
                    call.contains(&7).then(|| Failure::permanent("ValidationException", "payload"))
                });
            } else {
                bench.refuse_events(|offset| (offset == 7).then(|| entry(Verdict::Permanent, "InvalidData")));
            }
        };
        let mut bench = Bench::start();
        refused(&bench);
        bench.push(7..8);
        pass(600).await;
        assert!(bench.calls() < 30, "{} calls", bench.calls());
        assert_eq!(bench.letters(), []);
        let why = bench.waits_for().unwrap_or_default();
        assert!(why.contains("feed 0, offset 7") && !why.contains("payload"), "{why}");
        bench.push(8..9);
        pass(70).await;
        assert_eq!((bench.letters().len(), bench.delivered(), bench.waits_for()), (1, [8].into(), None));

        // The configuration was wrong.
        let mut bench = Bench::start();
        refused(&bench);
        bench.push(7..8);
        pass(600).await;
        bench.mend();
        pass(70).await;
        assert_eq!((bench.letters(), bench.delivered(), bench.waits_for()), (vec![], [7].into(), None));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_makes_calls_fail_is_found_and_the_others_flow() {
    let wrong = |offsets: &'static [u64], failure: Failure| {
        move |call: &BTreeSet<u64>| offsets.iter().any(|offset| call.contains(offset)).then(|| failure.clone())
    };
    for (poison, code, verdict) in [
        (&[0_u64][..], "ValidationException", Verdict::Permanent),
        (&[299], "SerializationException", Verdict::Permanent),
        (&[3, 4, 150, 250], "ValidationException", Verdict::Permanent),
    ] {
        let mut bench = Bench::start();
        bench.refuse_calls(wrong(poison, entry(verdict, code)));
        bench.push(0..300);
        pass(300).await;
        let mut letters: Vec<u64> = bench.letters().into_iter().map(|(offset, _)| offset).collect();
        letters.sort_unstable();
        assert_eq!((letters.as_slice(), bench.delivered().len()), (poison, 300 - poison.len()), "{code}");
        assert_eq!(bench.waits_for(), None);
        assert!(bench.calls() < 100, "{} calls", bench.calls());
    }
    // An unknown code is tried again first.
    let mut bench = Bench::start();
    bench.refuse_calls(wrong(&[120], entry(Verdict::Unknown, "SomethingNewException")));
    bench.push(0..300);
    pass(60).await;
    assert_eq!((bench.letters(), bench.delivered().len()), (vec![], 299));
    assert!(bench.waits_for().is_some_and(|why| why.contains("feed 0, offset 120")), "{:?}", bench.waits_for());
    // A proxy that refuses a text, and a service that fails on it: at first such calls do not blame their events.
    for (code, verdict) in [("Status403", Verdict::Configuration), ("Status500", Verdict::Retry)] {
        let mut bench = Bench::start();
        bench.refuse_calls(wrong(&[120], entry(verdict, code)));
        bench.push(0..300);
        pass(600).await;
        // The last ones show the others' way: an event in one call with the poison waits for a later one.
        for offset in 300..1_560 {
            bench.push(offset..offset + 1);
            pass(1).await;
        }
        let delivered: BTreeSet<u64> = bench.delivered().into_iter().filter(|offset| *offset < 1_500).collect();
        assert_eq!(delivered.len(), 1_499, "{code}: all others flow");
        let is_given_up = bench.letters() == [(120, code.to_owned())];
        assert_eq!(is_given_up, verdict == Verdict::Configuration, "{code}");
        assert_eq!(bench.waits_for().is_some_and(|why| why.contains("offset 120")), !is_given_up, "{code}");
    }
}

/// A call that hung has taken long already. Others that were answered meanwhile show that the backend works.
#[tokio::test(start_paused = true)]
async fn a_call_that_hung_is_reported_at_once_unless_others_were_answered() {
    for (code, hangs, is_reported) in [
        ("Timeout", 0..200, true),
        ("ConnectTimeout", 0..200, true),
        ("Status500", 0..200, false),
        ("Timeout", 150..151, false),
    ] {
        let bench = Bench::start();
        bench.refuse_calls(move |offsets| {
            offsets.iter().any(|offset| hangs.contains(offset)).then(|| entry(Verdict::Retry, code))
        });
        bench.push(0..200);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(bench.calls(), 2, "{code}");
        let why = bench.waits_for().unwrap_or_default();
        assert_eq!(why.contains(code), is_reported, "{code}: {why}");
        let names_all = ["network", "firewall", "VPC endpoint", "proxy"].iter().all(|word| why.contains(word));
        assert_eq!(names_all, is_reported, "{why}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_all_refused_hold_the_backend_and_nothing_is_given_up() {
    for (code, verdict) in [
        ("ValidationException", Verdict::Permanent),
        ("SomethingNew", Verdict::Unknown),
        ("AccessDeniedException", Verdict::Configuration),
        ("ChannelNotFound", Verdict::Configuration),
        ("ThrottlingException", Verdict::Retry),
    ] {
        let mut bench = Bench::start();
        bench.refuse_calls(move |_| Some(entry(verdict, code)));
        bench.push(0..500);
        pass(60).await;
        let calls = bench.calls();
        assert!(calls < 40, "{code}: {calls} calls");
        assert!(bench.waits_for().is_some_and(|why| why.contains(code)), "{code}: {:?}", bench.waits_for());
        // Events go on coming.
        for offset in 500..1100 {
            bench.push(offset..offset + 1);
            pass(1).await;
        }
        assert!(bench.calls() - calls < 60, "{code}: {} calls in ten minutes", bench.calls() - calls);
        assert_eq!((bench.letters(), bench.delivered().len()), (vec![], 0), "{code}");
        bench.mend();
        pass(120).await;
        assert_eq!((bench.letters(), bench.delivered().len(), bench.waits_for()), (vec![], 1100, None), "{code}");
    }
}

/// Four calls that fail together are one failure, and not a wait of a minute.
#[tokio::test(start_paused = true)]
async fn calls_in_flight_that_fail_together_count_once() {
    let bench = Bench::start();
    bench.refuse_calls(|_| Some(entry(Verdict::Configuration, "ChannelNotFound")));
    bench.push(0..400);
    pass(1).await;
    bench.mend();
    pass(6).await;
    assert_eq!(bench.delivered().len(), 400, "it asks again within five seconds");
}

/// A single event in a quiet partition: nothing claims to know whether the event or the configuration is wrong.
#[tokio::test(start_paused = true)]
async fn a_single_refused_event_is_not_called_every_event() {
    for is_call in [false, true] {
        let mut bench = Bench::start();
        if is_call {
            bench.refuse_calls(|_| Some(entry(Verdict::Permanent, "InvalidData")));
        } else {
            bench.refuse_events(|_| Some(entry(Verdict::Permanent, "InvalidData")));
        }
        bench.push(7..8);
        pass(10).await;
        let why = bench.waits_for().unwrap_or_default();
        assert!(why.contains("InvalidData") && why.contains("feed 0, offset 7"), "{why}");
        assert!(why.contains("the next event will show") && why.contains("check the backend"), "{why}");
        assert!(!why.contains("every event") && !why.contains("of 1 events"), "{why}");
        bench.refuse_calls(|_| None);
        bench.refuse_events(|offset| (offset == 7).then(|| entry(Verdict::Permanent, "InvalidData")));
        bench.push(8..9);
        pass(120).await;
        assert_eq!(bench.letters(), [(7, "InvalidData".to_owned())], "{is_call}");
    }
}

/// A backend that throttles at least half of each call still accepts what it can.
#[tokio::test(start_paused = true)]
async fn calls_that_are_throttled_in_part_still_flow() {
    for percent in [55, 70] {
        let bench = Bench::start();
        let random = Mutex::new(fastrand::Rng::with_seed(1));
        bench.refuse_events(move |_| {
            let is_refused = random.lock().unwrap().u32(0..100) < percent;
            is_refused.then(|| entry(Verdict::Retry, "Throttling"))
        });
        let start = Instant::now();
        bench.push(0..3000);
        while bench.delivered().len() < 2000 {
            pass(1).await;
            assert!(start.elapsed() < Duration::from_secs(150), "{percent} %: {} delivered", bench.delivered().len());
        }
        assert_eq!(bench.waits_for(), None, "{percent} %: nobody is needed");
    }
}
