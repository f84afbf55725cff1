//! Properties that hold for every input.

mod common;

use common::{Fields, Row, run};
use falco_rules::{Condition, Filter, Loader, Output, RuleMatching, Scratch};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Text that is near a condition.
fn nearly_condition() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("and "),
        Just("or "),
        Just("not "),
        Just("not("),
        Just("("),
        Just(")"),
        Just("t.name"),
        Just("t.num"),
        Just("t.names"),
        Just("[x]"),
        Just("="),
        Just("!="),
        Just("<"),
        Just(" in "),
        Just(" exists"),
        Just(" contains "),
        Just(" glob "),
        Just(" regex "),
        Just(" pmatch "),
        Just("oneof "),
        Just("allof "),
        Just("tolower("),
        Just("join("),
        Just("val("),
        Just("'a b'"),
        Just("\"x\\\""),
        Just("\\"),
        Just("'"),
        Just("\""),
        Just("12"),
        Just(","),
        Just(" "),
        Just("m"),
        Just("json.value"),
        Just("[/a]"),
        Just("\u{e9}"),
        Just("*"),
        Just("[a-"),
        Just("{2}"),
    ];
    prop::collection::vec(token, 0..20).prop_map(|tokens| tokens.concat())
}

/// A value of a field of the usual record, or a part of one: comparisons with it often hold.
fn known_value() -> impl Strategy<Value = String> {
    let values = vec!["GetObject", "getobject", "Get", "Object", "/tmp", "/tmp/file_to_run", "/tmpx", "hello", "k", ""];
    prop::sample::select(values).prop_map(str::to_owned)
}

/// A value of a condition: a known one, or any text, also text that needs quotes or escapes.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![3 => known_value(), 1 => "[a-zA-Z0-9./_-]{1,8}", 1 => "[ -~]{0,12}", 1 => "(\\PC|[\t\n\r\\\\'\"]){0,8}"]
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

/// A condition that parses.
fn condition() -> impl Strategy<Value = String> {
    let operator =
        prop::sample::select(vec!["=", "!=", "==", "contains", "icontains", "startswith", "endswith", "glob", "iglob"]);
    let field = prop::sample::select(vec![
        "t.name",
        "t.path",
        "tolower(t.name)",
        "concat(t.dir, \"x\")",
        "t.arg[k]",
        "b64(t.coded)",
    ]);
    let check = (field.clone(), operator, value()).prop_filter_map(
        "a backslash at the end cannot be quoted",
        |(field, operator, value)| {
            (!value.ends_with('\\') && !value.contains('\0')).then(|| format!("{field} {operator} {}", quoted(&value)))
        },
    );
    let list = (
        field,
        prop::sample::select(vec!["in", "intersects", "pmatch", "= oneof", "contains allof"]),
        prop::collection::vec(prop_oneof![known_value(), "[a-z]{0,3}"], 0..4),
    )
        .prop_map(|(field, operator, values)| {
            let values: Vec<_> = values.iter().map(|value| quoted(value)).collect();
            format!("{field} {operator} ({})", values.join(", "))
        });
    let number = prop::sample::select(vec!["t.num", "len(t.name)"]);
    let order = prop::sample::select(vec!["<", "<=", ">", ">=", "=", "!="]);
    let number =
        (number, order, 0_u32..50).prop_map(|(field, operator, number)| format!("{field} {operator} {number}"));
    let leaf = prop_oneof![check, list, number, Just("t.absent exists".to_owned())];
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("not ({one})")),
            inner.clone().prop_map(|one| format!("not {one}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("({one}) and {other}")),
            (inner.clone(), inner).prop_map(|(one, other)| format!("{one} or ({other})")),
        ]
    })
}

/// The properties say something only about conditions that parse and that hold for some records.
#[test]
fn conditions_hold_and_fail() {
    let mut runner = TestRunner::deterministic();
    let results: Vec<_> = (0..500).map(|_| run(&condition().new_tree(&mut runner).unwrap().current())).collect();
    let count = |holds| results.iter().filter(|result| **result == Ok(holds)).count();
    let (held, failed) = (count(true), count(false));
    assert!(held >= 100 && failed >= 100, "{held} hold and {failed} fail");
}

proptest! {
    #[test]
    fn parsing_never_panics(text in "\\PC{0,40}") {
        let _ = Condition::parse(&text);
        let _ = Output::parse(&text, &Fields);
    }

    #[test]
    fn checking_never_panics(text in nearly_condition()) {
        let _ = run(&text);
        let _ = Output::parse(&format!("%{text}"), &Fields).map(|output| output.write(&mut Row::usual(), &mut Vec::new()));
    }

    #[test]
    fn printed_conditions_parse_to_the_same(text in prop_oneof![nearly_condition(), condition()]) {
        if let Ok(parsed) = Condition::parse(&text) {
            let printed = parsed.to_string();
            prop_assert_eq!(Condition::parse(&printed), Ok(parsed), "{} printed as {}", text, printed);
        }
    }

    #[test]
    fn printed_conditions_mean_the_same(text in condition()) {
        let printed = Condition::parse(&text).unwrap().to_string();
        prop_assert_eq!(run(&text), run(&printed));
    }

    #[test]
    fn explanations_agree(text in condition()) {
        if let Ok(filter) = Filter::parse(&text, &Fields) {
            let holds = filter.matches(&mut Row::usual(), &mut Scratch::new());
            prop_assert_eq!(filter.explain(&mut Row::usual()).holds, holds);
        }
    }

    /// Finding rules by value gives what checking each condition on its own gives.
    #[test]
    fn the_engine_agrees_with_filters(conditions in prop::collection::vec(condition(), 1..12)) {
        let mut text = String::new();
        for (number, condition) in conditions.iter().enumerate() {
            let condition = serde_json::to_string(condition).unwrap();
            text.push_str(&format!("- rule: R{number}\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  source: tests\n"));
        }
        let loaded = Loader::new().source("tests", &Fields).load(&[("r.yaml", &text)]);
        let engine = loaded.ruleset.engine("tests");
        let mut scratch = Scratch::new();
        let found: Vec<_> = engine.check(&mut Row::usual(), &mut scratch, RuleMatching::All).map(|rule| rule.name().to_owned()).collect();
        let expected: Vec<_> = (0..conditions.len()).filter(|number| run(&conditions[*number]) == Ok(true)).map(|number| format!("R{number}")).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn loading_never_panics(text in "(- (rule|list|macro|x): [a-z\\[\\]{}\"'&*|>-]{0,6}\n|  (condition|items|override|exceptions|output|desc): .{0,12}\n){0,8}") {
        let _ = Loader::new().source("tests", &Fields).load(&[("r.yaml", &text)]);
    }
}
