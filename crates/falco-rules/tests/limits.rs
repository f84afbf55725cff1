//! Input that is too deep or too large is refused by name; threads with small stacks survive it.
#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod common;

use common::{Fields, run};
use falco_rules::{Condition, Diagnostic, Loader, Output, RuleMatching, Scratch};

/// Runs a function with the stack that threads of the standard library have.
fn on_a_thread(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

fn errors(text: &str) -> Vec<String> {
    let loaded = Loader::new().source("tests", &Fields).load(&[("r.yaml", text)]);
    loaded.diagnostics.iter().filter(|one| one.is_error()).map(Diagnostic::to_string).collect()
}

fn rule(condition: &str) -> String {
    format!("- rule: R\n  desc: d\n  condition: {condition}\n  output: o\n  priority: INFO\n  source: tests\n")
}

#[test]
fn deep_conditions_are_refused() {
    on_a_thread(|| {
        for (open, close) in [("(", ")"), ("not(", ")"), ("not (", ")"), ("a.b exists and (", ")"), ("m or(", ")")] {
            for depth in [201, 10_000] {
                let text = format!("{}m{}", open.repeat(depth), close.repeat(depth));
                let error = Condition::parse(&text).unwrap_err();
                assert_eq!(error.message, "parentheses are nested deeper than 200", "{open} {depth}");
            }
            let text = format!("{}m{}", open.repeat(200), close.repeat(200));
            assert!(Condition::parse(&text).is_ok(), "{open}");
        }
        let text = format!("{}t.name{} = x", "tolower(".repeat(10_000), ")".repeat(10_000));
        assert_eq!(run(&text), Err("parentheses are nested deeper than 200".to_owned()));
        assert_eq!(run(&format!("{}t.num = 42", "not ".repeat(100_000))), Ok(true));
        assert_eq!(run(&vec!["t.num = 42"; 100_000].join(" and ")), Ok(true));
        assert!(Output::parse(&format!("%{}t.name", "tolower(".repeat(10_000)), &Fields).is_err());
    });
}

#[test]
fn chains_of_macros_are_refused() {
    on_a_thread(|| {
        let chain = |count: usize, link: &str| {
            let mut text = "- macro: m0\n  condition: t.num = 42\n".to_owned();
            for number in 1..count {
                let before = format!("m{}", number - 1);
                text.push_str(&format!("- macro: m{number}\n  condition: {}\n", link.replace('M', &before)));
            }
            text + &rule(&format!("m{}", count - 1))
        };
        // A chain of names alone is not deep.
        assert_eq!(errors(&chain(2_000, "M")), Vec::<String>::new());
        assert_eq!(errors(&chain(400, "not M")), Vec::<String>::new());
        let deep = errors(&chain(2_000, "not M"));
        assert!(deep[0].contains("with its macros, the condition is nested deeper than 500"), "{:?}", deep.first());
        // Two names each: 2^240 checks if trees were copied.
        let large = errors(&chain(240, "M or (M and t.num = 1)"));
        assert!(large[0].contains("with its macros, the condition has more than 200000 parts"), "{:?}", large.first());
        assert_eq!(errors(&chain(14, "M or (M and t.num = 1)")), Vec::<String>::new());
        let mut reversed = String::new();
        for number in 0..3_000 {
            reversed.push_str(&format!("- macro: m{number}\n  condition: t.num = 1\n"));
        }
        for number in 0..2_999 {
            reversed.push_str(&format!("- macro: m{number}\n  condition: or m{}\n  append: true\n", number + 1));
        }
        let deep = errors(&(reversed + &rule("m0")));
        assert!(deep[0].contains("nested deeper than 500"), "{:?}", deep.first());
    });
}

#[test]
fn lists_do_not_multiply_without_end() {
    let mut text = String::new();
    for number in 0..20 {
        let items = vec![format!("l{}", number + 1); 50].join(", ");
        text.push_str(&format!("- list: l{number}\n  items: [{items}]\n"));
    }
    let found = errors(&(text + &rule("t.name in (l0)")));
    assert!(found[0].contains("the condition has more than 2000 names of lists"), "{found:?}");
    let long = format!("- list: l\n  items: [{}]\n", vec!["x".repeat(1_000); 5_000].join(", "));
    let found = errors(&(long + &rule("t.name in (l)")));
    assert!(found[0].contains("with its lists, the condition is longer than 4194304 bytes"), "{found:?}");
}

#[test]
fn circles_of_macros_are_refused() {
    let text = "- macro: a\n  condition: t.num = 1\n- macro: b\n  condition: a\n- macro: a\n  condition: or b\n  append: true\n";
    let found = errors(&(text.to_owned() + &rule("a")));
    assert!(found[0].contains("reference loop in macro"), "{found:?}");
}

#[test]
fn deep_yaml_is_refused() {
    on_a_thread(|| {
        for text in ["[".repeat(10_000), "- ".repeat(10_000), format!("- a: {}", "{b: ".repeat(10_000))] {
            let found = errors(&text);
            // The parser has its own limit for flow style.
            let limits = ["YAML is nested deeper than 64", "recursion limit exceeded"];
            assert!(limits.iter().any(|limit| found[0].contains(limit)), "{found:?}");
        }
        // Aliases of aliases are shared, not copied.
        let mut text = "- list: l0\n  items: &a0 [x]\n".to_owned();
        for number in 1..60 {
            let before = format!("*a{}", number - 1);
            text.push_str(&format!("- list: l{number}\n  items: &a{number} [{}]\n", vec![before; 9].join(", ")));
        }
        let found = errors(&text);
        assert!(found.iter().all(|error| error.contains("sequence value is not scalar")), "{found:?}");
        assert_eq!(found.len(), 59);
        // Each link is one level deeper than the one before.
        let mut text = "- &a0 [x]\n".to_owned();
        for number in 1..100_000 {
            text.push_str(&format!("- &a{number} [*a{}]\n", number - 1));
        }
        let found = errors(&text);
        assert_eq!(found, ["r.yaml:64:9: error: YAML is nested deeper than 64 (LOAD_ERR_YAML_PARSE)"]);
    });
}

#[test]
fn many_rules_are_checked_quickly() {
    let mut text = String::new();
    for number in 0..2_000 {
        let condition = format!("t.name = Name{number} and t.num > 1 and not t.source startswith x");
        text.push_str(&rule(&condition).replace("rule: R", &format!("rule: R{number}")));
    }
    let loaded = Loader::new().source("tests", &Fields).load(&[("r.yaml", &text)]);
    assert!(!loaded.has_errors());
    let engine = loaded.ruleset.engine("tests");
    let mut row = common::Row::usual();
    row.values.insert("t.name", falco_rules::Value::text("Name1999"));
    let mut scratch = Scratch::new();
    let found: Vec<_> = engine.check(&mut row, &mut scratch, RuleMatching::All).map(falco_rules::Rule::name).collect();
    assert_eq!((found, row.reads), (vec!["R1999"], 4));
}

/// A rule with the lines of an exception.
fn excepted(exception: &str) -> String {
    rule("t.num = 1") + "  exceptions:\n  - name: e\n" + exception
}

#[test]
fn exceptions_do_not_multiply_without_end() {
    let mut lists = "- a: &a0 [x]\n".to_owned();
    for number in 1..9 {
        let before = vec![format!("*a{}", number - 1); 20].join(", ");
        lists.push_str(&format!("- a: &a{number} [{before}]\n"));
    }
    for keys in ["fields: [t.name]\n    values: *a8", "fields: *a7\n    comps: [in]", "fields: t.name\n    comps: *a7"]
    {
        let found = errors(&(lists.clone() + &excepted(&format!("    {keys}\n"))));
        assert!(
            found.iter().any(|one| one.contains("the exceptions of a rule have more than 200000 values")),
            "{found:?}"
        );
    }
    // Each of several exceptions is small.
    let values = format!("- a: &v [{}]\n", vec!["x"; 50_000].join(", "));
    let append = "- rule: R\n  exceptions: [{name: e, values: *v}]\n  override: {exceptions: append}\n";
    let start = values + &excepted("    fields: t.name\n    values: *v\n");
    assert_eq!(errors(&(start.clone() + append)), Vec::<String>::new());
    let found = errors(&(start + &append.repeat(4)));
    assert!(found.iter().any(|one| one.contains("have more than 200000 values")), "{found:?}");
    // Few values, but long ones.
    let long = format!("- a: &v {}\n", "x".repeat(100_000));
    for keys in [
        format!("fields: t.name\n    values: [{}]", vec!["*v"; 50].join(", ")),
        // The text of the condition repeats the field.
        format!("fields: [\"t.arg[{}]\"]\n    values: [{}]", "x".repeat(100_000), vec!["[x]"; 50].join(", ")),
    ] {
        let found = errors(&(long.clone() + &excepted(&format!("    {keys}\n"))));
        assert!(
            found.iter().any(|one| one.contains("the exceptions of a rule are longer than 4194304 bytes")),
            "{found:?}"
        );
    }
}

#[test]
fn aliases_of_lists_do_not_multiply_without_end() {
    let long = format!("- a: &v {}\n", "x".repeat(100_000));
    let of_long = format!("- list: l\n  items: [{}]\n", vec!["*v"; 1_000].join(", "));
    let items = format!("- a: &v [{}]\n", ["x"; 100_000].join(", "));
    let of_many: String = (0..20).map(|number| format!("- list: l{number}\n  items: *v\n")).collect();
    let tags = long.clone() + &rule("t.num = 1") + "  tags: [" + &vec!["*v"; 1_000].join(", ") + "]\n";
    for (text, limit) in [
        (long + &of_long, "are longer than 67108864 bytes"),
        (tags, "are longer than 67108864 bytes"),
        (items.clone() + &of_many, "have more than 1000000 values"),
    ] {
        let found = errors(&text);
        let wanted = format!("the lists and tags of all files {limit}");
        assert!(found.iter().any(|one| one.contains(&wanted)), "{found:?}");
    }
    // Lists of lists, without aliases.
    let mut text = format!("- list: l\n  items: [{}]\n", ["x"; 100_000].join(", "));
    for number in 0..20 {
        text.push_str(&format!("- list: l{number}\n  items: [{}]\n", ["l"; 10].join(", ")));
    }
    let found = errors(&text);
    let wanted = "list 'l1': the lists and tags of all files have more than 1000000 values";
    assert!(found.iter().any(|one| one.contains(wanted)), "{found:?}");
}

#[test]
fn appended_text_does_not_multiply_without_end() {
    for key in ["condition", "output", "desc"] {
        let more = format!("- &more {{rule: R, {key}: {}, override: {{{key}: append}}}}\n", "x".repeat(100_000));
        let found = errors(&(rule("t.num = 1") + &more + &"- *more\n".repeat(50)));
        let wanted = format!("'{key}' would be longer than 4194304 bytes");
        assert!(found.iter().any(|one| one.contains(&wanted)), "{found:?}");
    }
}
