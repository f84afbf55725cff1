//! Finds rules by the value of one field.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::check::bind::BoundCheck;
use crate::check::extract::FieldRef;
use crate::check::program::{Id, Part, Program};
use crate::check::test::{Test, TextTest};
use crate::condition::ast::Modifier;
use crate::fields::{Record, Value};
use crate::rules::rule::Rule;
use crate::value::buffer::c_string;

/// For each field that a condition pins, the values of which the field must have one.
type Pins = HashMap<FieldRef, BTreeSet<Box<[u8]>>>;

/// The rules by the value of the field that leaves the fewest rules to check, and the rules that do not pin it.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    field: Option<FieldRef>,
    by_value: HashMap<Box<[u8]>, Vec<usize>, foldhash::fast::FixedState>,
    rest: Vec<usize>,
}

impl Index {
    pub(super) fn new(rules: &[Arc<Rule>], program: &Program) -> Self {
        let mut known = HashMap::new();
        let pins: Vec<_> = rules.iter().map(|rule| pins(program, rule.part, &mut known)).collect();
        let fields: HashSet<&FieldRef> = pins.iter().flat_map(|pins| pins.keys()).collect();
        // Of those that are equally good, one that does not depend on the order of the set.
        let best = fields.into_iter().min_by_key(|field| (cost(field, &pins), format!("{field:?}")));
        let mut index = Self { field: best.cloned(), ..Self::default() };
        for (rule, pins) in pins.iter().enumerate() {
            match best.and_then(|field| pins.get(field)) {
                Some(values) => {
                    values.iter().for_each(|value| index.by_value.entry(value.clone()).or_default().push(rule))
                }
                None => index.rest.push(rule),
            }
        }
        index
    }

    /// Calls a function with each rule that can match, in order, until it returns false.
    pub(super) fn candidates(&self, record: &mut dyn Record, mut each: impl FnMut(usize, &mut dyn Record) -> bool) {
        let value = self.field.as_ref().and_then(|field| field.read(record));
        let found = match &value {
            Some(Value::Text(text)) => self.by_value.get(c_string(text)).map_or(&[][..], Vec::as_slice),
            _ => &[],
        };
        drop(value);
        let (mut found, mut rest) = (found.iter().peekable(), self.rest.iter().peekable());
        loop {
            let next = match (found.peek(), rest.peek()) {
                (Some(one), Some(other)) if one < other => found.next(),
                (_, Some(_)) => rest.next(),
                (Some(_), None) => found.next(),
                (None, None) => return,
            };
            if next.is_none_or(|rule| !each(*rule, record)) {
                return;
            }
        }
    }
}

/// How many rules a record must be checked with if this field is looked up, in thousandths: those that do not pin the field,
/// and on average those of one value.
fn cost(field: &FieldRef, pins: &[Rc<Pins>]) -> usize {
    let pinned: Vec<_> = pins.iter().filter_map(|pins| pins.get(field)).collect();
    let values: HashSet<_> = pinned.iter().flat_map(|values| values.iter()).collect();
    let entries: usize = pinned.iter().map(|values| values.len()).sum();
    (pins.len() - pinned.len()) * 1_000 + entries * 1_000 / values.len().max(1)
}

/// Finds what a part pins. Each part is looked at once.
fn pins(program: &Program, part: Id, known: &mut HashMap<Id, Rc<Pins>>) -> Rc<Pins> {
    if let Some(pins) = known.get(&part) {
        return Rc::clone(pins);
    }
    let found = match usize::try_from(part).ok().and_then(|part| program.parts.get(part)) {
        Some(Part::And(ids)) => {
            let mut all = Pins::new();
            for id in ids {
                for (field, values) in pins(program, *id, known).iter() {
                    // Each of several conditions must hold, so the narrowest one is enough.
                    let narrower = all.get(field).is_none_or(|own| values.len() < own.len());
                    if narrower {
                        all.insert(field.clone(), values.clone());
                    }
                }
            }
            all
        }
        Some(Part::Or(ids)) => {
            let mut parts = ids.iter().map(|id| pins(program, *id, known)).collect::<Vec<_>>().into_iter();
            let mut all = parts.next().map(|first| (*first).clone()).unwrap_or_default();
            for other in parts {
                all.retain(|field, values| {
                    let more = other.get(field);
                    values.extend(more.into_iter().flatten().cloned());
                    more.is_some()
                });
            }
            all
        }
        Some(Part::Check(check)) => check_pins(program, *check),
        Some(Part::Not(_)) | None => Pins::new(),
    };
    let found = Rc::new(found);
    known.insert(part, Rc::clone(&found));
    found
}

fn check_pins(program: &Program, check: Id) -> Pins {
    let check = usize::try_from(check).ok().and_then(|check| program.checks.get(check));
    let Some(BoundCheck::Constants(left, Test::Text(test))) = check else { return Pins::new() };
    let values = match test {
        TextTest::Equal(value) => BTreeSet::from([value.clone()]),
        TextTest::In(values) => values.iter().cloned().collect(),
        TextTest::Modified(Modifier::One, tests) => {
            let value = |test: &TextTest| match test {
                TextTest::Equal(value) => Some(value.clone()),
                _ => None,
            };
            match tests.iter().map(value).collect::<Option<BTreeSet<_>>>() {
                Some(values) => values,
                None => return Pins::new(),
            }
        }
        _ => return Pins::new(),
    };
    left.plain_field().map_or_else(Pins::new, |field| Pins::from([(field.clone(), values)]))
}
