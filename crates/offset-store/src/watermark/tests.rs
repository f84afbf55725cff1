use std::time::Instant;

use proptest::prelude::*;

use super::*;

/// A simple model: every event that was begun, and whether it is confirmed.
#[derive(Default)]
struct Model {
    stored: Option<u64>,
    taken: BTreeMap<u64, bool>,
}

impl Model {
    fn position(&self) -> Option<u64> {
        let done = self.taken.iter().take_while(|(_, confirmed)| **confirmed);
        done.last().map(|(offset, _)| *offset).or(self.stored)
    }

    fn open(&self) -> Vec<u64> {
        self.taken.iter().filter(|(_, confirmed)| !**confirmed).map(|(offset, _)| *offset).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// The next event, this far above the last offset.
    Next(u64),
    /// Any earlier offset: read again, or out of order.
    Any(u64),
    /// Confirms an offset in flight.
    Confirm(prop::sample::Index),
    /// Confirms any offset, usually one that is not in flight.
    ConfirmAny(u64),
}

fn in_order() -> impl Strategy<Value = Step> {
    prop_oneof![(1..4_u64).prop_map(Step::Next), any::<prop::sample::Index>().prop_map(Step::Confirm)]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => in_order(),
        1 => (0..200_u64).prop_map(Step::Any),
        1 => (0..200_u64).prop_map(Step::ConfirmAny),
    ]
}

/// Runs the steps on both, and checks the invariants after each.
fn compare(stored: Option<u64>, steps: &[Step], exact: bool) -> Result<(), TestCaseError> {
    let mut watermark = Watermark::new(stored);
    let mut model = Model { stored, ..Model::default() };
    for step in steps {
        let before = watermark.position();
        apply(step, &mut watermark, &mut model)?;
        let (position, open) = (watermark.position(), model.open());
        prop_assert!(position >= before, "went back from {before:?} to {position:?}");
        prop_assert!(open.iter().all(|offset| Some(*offset) > position), "{position:?} passed one of {open:?}");
        prop_assert!(position <= model.position(), "{position:?} is beyond {:?}", model.position());
        prop_assert_eq!(watermark.in_flight(), open.len());
        prop_assert_eq!(watermark.oldest_in_flight(), open.first().copied());
        if exact {
            prop_assert_eq!(position, model.position());
        }
    }
    for offset in model.open() {
        prop_assert!(watermark.confirm(offset) != Confirmed::Unknown);
    }
    prop_assert_eq!(watermark.position(), watermark.highest());
    prop_assert_eq!(watermark.highest(), model.taken.keys().last().copied().max(stored));
    Ok(())
}

fn apply(step: &Step, watermark: &mut Watermark, model: &mut Model) -> Result<(), TestCaseError> {
    let begin = match step {
        Step::Next(distance) => Some(watermark.highest().unwrap_or_default() + distance),
        Step::Any(offset) => Some(*offset),
        _ => None,
    };
    if let Some(offset) = begin {
        let position = watermark.position();
        let expected = match model.taken.get(&offset) {
            Some(false) => Begun::InFlight,
            _ if Some(offset) > watermark.highest() => Begun::New,
            _ if Some(offset) <= position => Begun::Passed,
            _ => Begun::Again,
        };
        prop_assert_eq!(watermark.begin(offset), expected);
        if matches!(expected, Begun::New | Begun::Again) {
            model.taken.insert(offset, false);
        }
        return Ok(());
    }
    let open = model.open();
    let offset = match step {
        Step::Confirm(index) if !open.is_empty() => open[index.index(open.len())],
        Step::ConfirmAny(offset) => *offset,
        _ => return Ok(()),
    };
    let known = model.taken.get(&offset) == Some(&false);
    let first = open.first() == Some(&offset);
    match watermark.confirm(offset) {
        Confirmed::Moved(position) => prop_assert!(first && watermark.position() == Some(position)),
        Confirmed::Held => prop_assert!(known && !first),
        Confirmed::Unknown => prop_assert!(!known),
    }
    if known {
        model.taken.insert(offset, true);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Offsets as a correct server sends them: the position equals the model's.
    #[test]
    fn in_stream_order_it_equals_the_model(
        stored in prop::option::of(0..50_u64), steps in prop::collection::vec(in_order(), 0..120),
    ) {
        compare(stored, &steps, true)?;
    }

    /// Repeated offsets, jumps, and confirmations of unknown offsets: the promises hold.
    #[test]
    fn in_any_order_the_promises_hold(
        stored in prop::option::of(0..50_u64), steps in prop::collection::vec(any_step(), 0..120),
    ) {
        compare(stored, &steps, false)?;
    }
}

#[test]
fn offset_zero_is_an_offset() {
    let mut watermark = Watermark::new(None);
    assert_eq!(watermark.position(), None);
    assert_eq!(watermark.begin(0), Begun::New);
    assert_eq!(watermark.position(), None);
    assert_eq!(watermark.confirm(0), Confirmed::Moved(0));
    assert_eq!(watermark.begin(0), Begun::Passed);
    assert_eq!(watermark.begin(u64::MAX), Begun::New);
    assert_eq!(watermark.confirm(u64::MAX), Confirmed::Moved(u64::MAX));
}

#[test]
fn a_late_event_in_a_gap_is_waited_for() {
    let mut watermark = Watermark::new(Some(1));
    assert_eq!(watermark.begin(5), Begun::New);
    assert_eq!(watermark.begin(9), Begun::New);
    assert_eq!(watermark.begin(7), Begun::Again);
    assert_eq!(watermark.confirm(5), Confirmed::Moved(5));
    assert_eq!(watermark.confirm(9), Confirmed::Held);
    assert_eq!(watermark.confirm(7), Confirmed::Moved(9));
}

#[test]
fn a_confirmed_event_read_again_is_waited_for_again() {
    let mut watermark = Watermark::new(None);
    for offset in 5..8 {
        assert_eq!(watermark.begin(offset), Begun::New);
    }
    assert_eq!(watermark.confirm(7), Confirmed::Held);
    assert_eq!(watermark.begin(7), Begun::Again);
    assert_eq!(watermark.begin(7), Begun::InFlight);
    assert_eq!(watermark.confirm(5), Confirmed::Moved(5));
    assert_eq!(watermark.confirm(6), Confirmed::Moved(6));
    assert_eq!(watermark.confirm(7), Confirmed::Moved(7));
    assert_eq!(watermark.confirm(7), Confirmed::Unknown);
}

/// A stalled event must not use memory for the millions after it, nor slow them down.
#[test]
fn a_stalled_event_costs_nothing() {
    let started = Instant::now();
    let mut watermark = Watermark::new(None);
    assert_eq!(watermark.begin(0), Begun::New);
    for offset in 1..1_000_000 {
        assert_eq!(watermark.begin(offset), Begun::New);
        assert_eq!(watermark.confirm(offset), Confirmed::Held);
        assert_eq!(watermark.in_flight(), 1);
    }
    assert_eq!(watermark.confirm(0), Confirmed::Moved(999_999));
    // A thousand events a millisecond, with a large margin for an unoptimised build on a busy machine.
    assert!(started.elapsed().as_secs() < 10);
}
