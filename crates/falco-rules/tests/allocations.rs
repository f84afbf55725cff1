//! A record that no rule matches costs no allocation.

mod common;

use common::{Fields, Row};
use falco_rules::{Argument, Event, Loader, Record, RuleMatching, Scratch, Value};

/// A record whose values borrow.
struct Borrowed(Row);

impl Record for Borrowed {
    fn value(&mut self, field: u32, _: Option<Argument<'_>>) -> Option<Value<'_>> {
        let name = common::FIELDS.get(usize::try_from(field).ok()?)?.0;
        match self.0.values.get(name)? {
            Value::Text(text) => Some(Value::text(&**text)),
            Value::Number(number) => Some(Value::Number(*number)),
            _ => None,
        }
    }

    fn event(&self) -> Event<'_> {
        Event { number: 1, ..Event::default() }
    }

    fn json(&self) -> Option<&[u8]> {
        Some(b"{\"a\":{\"b\":\"c\"}}")
    }
}

#[test]
fn records_that_do_not_match_cost_no_allocation() {
    let conditions = [
        "t.name = GetObject and t.path in (a, b)",
        "t.source regex 'x[0-9]+' or t.dir glob '*x*' or t.dir iglob 'X*'",
        "t.name startswith Get and t.path contains oneof (x, y) and not t.num = 1",
        "json.value[/a/b] = d or evt.num > 3 or t.path pmatch (/var) or t.absent exists",
        "tolower(t.name) = x or basename(t.path) = y or len(t.name) > 50 or t.name = val(t.path)",
        "concat(t.path, '/', t.name) = x or join(',', (t.name, t.path)) = y",
    ];
    let mut text = String::new();
    for (number, condition) in conditions.iter().enumerate() {
        text.push_str(&format!(
            "- rule: R{number}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  source: tests\n"
        ));
    }
    let loaded = Loader::new().source("tests", &Fields).load(&[("r.yaml", &text)]);
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let engine = loaded.ruleset.engine("tests");
    let mut scratch = Scratch::new();
    let mut record = Borrowed(Row::usual());
    // The buffers take turns until each has the space that it needs.
    for _ in 0..4 {
        assert_eq!(engine.check(&mut record, &mut scratch, RuleMatching::All).count(), 0);
    }
    let counted = allocation_counter::measure(|| {
        for _ in 0..10 {
            assert_eq!(engine.check(&mut record, &mut scratch, RuleMatching::All).count(), 0);
        }
    });
    assert_eq!(counted.count_total, 0);
}
