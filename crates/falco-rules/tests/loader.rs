//! Rules files: what they may hold, how later definitions change earlier ones, and what is reported.

mod common;

use common::{Fields, Row};
use falco_rules::{Code, Loaded, Loader, Priority, RuleMatching, Ruleset, Scratch};

fn load(files: &[&str]) -> Loaded {
    let names: Vec<_> = (1..=files.len()).map(|number| format!("{number}.yaml")).collect();
    let files: Vec<_> = names.iter().map(String::as_str).zip(files.iter().copied()).collect();
    Loader::new().source("tests", &Fields).load(&files)
}

/// A rule with the given lines after its name.
fn rule(lines: &str) -> String {
    format!("- rule: R\n{}\n", lines.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}

/// A whole rule with a condition and more lines.
fn whole(condition: &str, more: &str) -> String {
    rule(&format!("desc: d\ncondition: {condition}\noutput: o %t.name\npriority: INFO\nsource: tests\n{more}"))
}

#[track_caller]
fn accepted(files: &[&str]) -> Ruleset {
    let loaded = load(files);
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|one| one.is_error()).map(ToString::to_string).collect();
    assert_eq!(errors, Vec::<String>::new(), "{files:?}");
    loaded.ruleset
}

/// Loads rules and compares the condition of `R`.
#[track_caller]
fn condition(files: &[&str], expected: &str) {
    let ruleset = accepted(files);
    let found = ruleset.rules().find(|rule| rule.name() == "R").map(|rule| rule.condition().to_owned());
    assert_eq!(found.as_deref(), Some(expected), "{files:?}");
}

/// Loads rules that have one error with a text in it.
#[track_caller]
fn refused(files: &[&str], expected: &str) {
    let loaded = load(files);
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|one| one.is_error()).map(ToString::to_string).collect();
    assert!(errors.first().is_some_and(|error| error.contains(expected)), "{expected} not in {errors:?}");
}

#[track_caller]
fn warned(files: &[&str], code: Code, expected: &str) {
    let loaded = load(files);
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let found = loaded.diagnostics.iter().any(|one| one.code == code && one.message.contains(expected));
    assert!(found, "{expected} not in {:?}", loaded.diagnostics);
}

#[track_caller]
fn unwarned(files: &[&str]) {
    let loaded = load(files);
    assert_eq!(loaded.diagnostics, [], "{files:?}");
}

#[test]
fn lists_are_replaced_and_appended_to() {
    let list = "- list: l\n  items: [a, b]\n";
    let use_list = whole("t.name in (l)", "");
    condition(&[list, &use_list], "t.name in (a, b)");
    for (first, second, expected) in [
        (list, "- list: l\n  items: [c, \"d e\"]\n  override: {items: append}\n", "t.name in (a, b, c, \"d e\")"),
        (list, "- list: l\n  items: [c]\n  append: true\n", "t.name in (a, b, c)"),
        (list, "- list: l\n  items: [c]\n  override: {items: replace}\n", "t.name in (c)"),
        (list, "- list: l\n  items: [c]\n", "t.name in (c)"),
        (list, "- list: l\n  items: []\n", "t.name in ()"),
        ("- list: l\n  items: [z]\n  override: {items: replace}\n", list, "t.name in (a, b)"),
        // An unknown key is ignored.
        ("- list: l\n  items: [z]\n  override_written_wrong: {items: append}\n", list, "t.name in (a, b)"),
    ] {
        condition(&[&format!("{first}{use_list}{second}")], expected);
        condition(&[first, second, &use_list], expected);
    }
    for wrong in ["append: true", "override: {items: append}"] {
        let files = format!("- list: l\n  items: [z]\n  {wrong}\n");
        refused(&[&files], "List uses 'append' or 'override.items: append' but no list by that name already exists");
    }
    condition(&["- list: k\n  items: [a]\n- list: l\n  items: [k, b]\n", &use_list], "t.name in (a, b)");
    condition(&["- list: l\n  items: []\n", &whole("t.name in (x, l, y)", "")], "t.name in (x, y)");
    condition(&[list, &whole("t.name in (ll, l.x, 'l', l)", "")], "t.name in (ll, l.x, l, a, b)");
}

#[test]
fn macros_are_replaced_and_appended_to() {
    let first = "- macro: m\n  condition: t.name in (a, b)\n";
    let use_macro = whole("m", "");
    condition(&[first, &use_macro], "t.name in (a, b)");
    for (second, expected) in [
        ("- macro: m\n  condition: or t.num = 1\n  override: {condition: append}\n", "(t.name in (a, b) or t.num = 1)"),
        ("- macro: m\n  condition: or t.num = 1\n  append: true\n", "(t.name in (a, b) or t.num = 1)"),
        ("- macro: m\n  condition: t.num = 1\n  override: {condition: replace}\n", "t.num = 1"),
        ("- macro: m\n  condition: t.num = 1\n", "t.num = 1"),
    ] {
        condition(&[&format!("{first}{use_macro}{second}")], expected);
        condition(&[first, second, &use_macro], expected);
    }
    for wrong in ["append: true", "override: {condition: append}"] {
        let files = format!("- macro: m\n  condition: or t.num = 1\n  {wrong}\n");
        refused(
            &[&files],
            "Macro uses 'append' or 'override.condition: append' but no macro by that name already exists",
        );
    }
    let replacing = "- macro: m\n  condition: or t.num = 1\n  override: {condition: replace}\n";
    condition(&[&format!("{replacing}{first}{use_macro}")], "t.name in (a, b)");
}

#[test]
fn macros_are_resolved() {
    let three = "- macro: a\n  condition: t.num = 1\n- macro: b\n  condition: a or t.num = 2\n- macro: c\n  condition: not b and a\n";
    for (text, expected) in [
        ("a", "t.num = 1"),
        ("not a", "not t.num = 1"),
        ("a and b", "(t.num = 1 and (t.num = 1 or t.num = 2))"),
        ("t.num exists and (c or a)", "(t.num exists and ((not (t.num = 1 or t.num = 2) and t.num = 1) or t.num = 1))"),
        ("t.num exists", "t.num exists"),
        ("tolower(t.name) = x and a", "(tolower(t.name) = x and t.num = 1)"),
    ] {
        condition(&[three, &whole(text, "")], expected);
    }
    refused(
        &[&whole("t.num = 1 and nope", "")],
        "1.yaml:3:28: error: rule 'R': Undefined macro 'nope' used in filter.",
    );
    refused(&["- macro: a\n  condition: nope or t.num = 1\n"], "macro 'a': Undefined macro 'nope' used in filter.");
    refused(
        &["- macro: b\n  condition: a\n- macro: a\n  condition: t.num = 1\n"],
        "macro 'b': Undefined macro 'a' used in filter.",
    );
    for transformed in ["tolower(a) = x", "join(',', (a)) = x", "concat(a, a) = x"] {
        refused(&[three, &whole(transformed, "")], "2.yaml:3:");
    }
    refused(&["- macro: a\n  condition: t.num =\n", &whole("a", "")], "macro 'a': expected a string value");
    // A file must be right with those before it.
    refused(
        &[&whole("late", ""), "- macro: late\n  condition: t.num = 1\n"],
        "1.yaml:3:14: error: rule 'R': Undefined macro 'late'",
    );
    let again =
        "- macro: a\n  condition: t.num = 1\n- macro: b\n  condition: a\n- macro: a\n  condition: b or t.num = 2\n";
    refused(&[again], "reference loop in macro 'b'");
    let appended = "- macro: a\n  condition: t.num = 1\n- macro: b\n  condition: a\n- macro: a\n  condition: or b\n  append: true\n- macro: b\n  condition: or t.num = 3\n  append: true\n";
    refused(&[appended], "reference loop in macro");
}

#[test]
fn rules_are_appended_to() {
    let first = whole("t.num = 1", "tags: [b, a]");
    for (more, expected) in [
        ("condition: and t.name = x\noverride: {condition: append}", "(t.num = 1 and t.name = x)"),
        ("condition: and t.name = x\nappend: true", "(t.num = 1 and t.name = x)"),
        ("condition: t.name = x\noverride: {condition: replace}", "t.name = x"),
        ("condition: and t.name = x\nsource:\nappend: true", "(t.num = 1 and t.name = x)"),
        ("condition: and t.name = x\nsource: \"\"\nappend: true", "(t.num = 1 and t.name = x)"),
        ("condition: and t.name = x\nenabled: false\nappend: true", "(t.num = 1 and t.name = x)"),
    ] {
        condition(&[&first, &rule(more)], expected);
    }
    let more = "desc: e\ncondition: and t.name = x\noutput: p %t.num\ntags: [c]\noverride: {desc: append, condition: append, output: append, tags: append}";
    let ruleset = accepted(&[&first, &rule(more)]);
    let rule_found = ruleset.rules().next().unwrap();
    assert_eq!((rule_found.description(), rule_found.output().text()), ("d e", "o %t.name p %t.num"));
    assert_eq!(rule_found.tags().collect::<Vec<_>>(), ["a", "b", "c"]);
    let more = "desc: e\ncondition: and t.name = x\npriority: WARNING\noutput: p\ntags: [c]\nenabled: false\ncapture: true\ncapture_duration: 5\nwarn_evttypes: false\noverride: {desc: replace, condition: append, priority: replace, output: replace, tags: replace, enabled: replace, capture: replace, capture_duration: replace, warn_evttypes: replace}";
    let ruleset = accepted(&[&first, &rule(more)]);
    let rule_found = ruleset.rules().next().unwrap();
    assert_eq!(
        (rule_found.description(), rule_found.output().text(), rule_found.priority()),
        ("e", "p", Priority::Warning)
    );
    assert_eq!((rule_found.tags().collect::<Vec<_>>(), rule_found.is_enabled()), (vec!["c"], false));
    for (more, expected) in [
        (
            "priority: ERROR\noverride: {priority: append}",
            "Key 'priority' cannot be appended to, use 'replace' instead",
        ),
        ("source: x\noverride: {source: replace}", "Key 'source' cannot be replaced"),
        (
            "desc: x\noverride: {desc: prepend}",
            "Invalid override operation for key 'desc': 'prepend'. Allowed values are: append replace",
        ),
        (
            "condition: and m\nappend: true\noverride: {condition: append}",
            "Keys 'override' and 'append: true' cannot be used together",
        ),
        (
            "desc: x\noverride: {desc: replace, condition: append}",
            "An append override for 'condition' was specified but 'condition' is not defined",
        ),
        (
            "desc: x\noverride: {desc: replace, enabled: replace}",
            "'enabled' was specified but 'enabled' is not defined",
        ),
        ("desc: x\npriority: INFO\noverride: {desc: replace}", "Unexpected key 'priority'"),
        ("append: true", "Appended rule must have exceptions or condition property"),
        ("condition: and t.num = 2\nsource: other\nappend: true", "Rule has been re-defined with a different source"),
        (
            "condition: t.num = 2\nsource: other\noverride: {condition: replace}",
            "Rule has been re-defined with a different source",
        ),
    ] {
        refused(&[&first, &rule(more)], expected);
    }
    refused(&[&rule("condition: and m\nappend: true")], "Rule uses 'append' or 'override.<key>: append' but no rule");
    refused(
        &[&rule("condition: and m\noverride: {condition: append}")],
        "Rule uses 'append' or 'override.<key>: append' but no rule",
    );
    refused(
        &[&rule("condition: m\noverride: {condition: replace}")],
        "An 'override.<key>: replace' to a rule was requested but no rule",
    );
    refused(
        &[&first, &whole("t.num = 2", "").replace("source: tests", "source: other")],
        "Rule has been re-defined with a different source",
    );
}

#[test]
fn rules_are_enabled_and_redefined() {
    let off = whole("t.num = 42", "enabled: false");
    assert_eq!(accepted(&[&off]).engine("tests").rules().count(), 0);
    assert_eq!(accepted(&[&off, &rule("enabled: true")]).engine("tests").rules().count(), 1);
    warned(&[&off, &rule("enabled: true")], Code::DeprecatedItem, "The standalone 'enabled' key usage is deprecated");
    assert_eq!(
        accepted(&[&off, &rule("enabled: yes\noverride: {enabled: replace}")]).engine("tests").rules().count(),
        1
    );
    let ruleset = accepted(&[&off, &whole("t.num = 1", "")]);
    assert_eq!(
        ruleset.rules().map(|rule| (rule.condition(), rule.is_enabled())).collect::<Vec<_>>(),
        [("t.num = 1", true)]
    );
    assert_eq!(accepted(&[&off]).engine_for("tests", |_| true).rules().count(), 1);
    refused(&[&rule("enabled: true")], "Rule has 'enabled' key but no rule by that name already exists");
    unwarned(&[&off]);
}

#[test]
fn items_are_checked() {
    unwarned(&[&whole(
        "t.num = 1",
        "warn_evttypes: false\ncapture: \"yes\"\ncapture_duration: 10\nskip-if-unknown-filter: true\ntags: [a]",
    )]);
    unwarned(&["", "---\n---\n- \n"]);
    for (text, expected) in [
        ("just text", "Rules content is not yaml"),
        ("rule: x", "Rules content is not yaml array of objects"),
        ("- text", "Unexpected element type. Each element should be a yaml associative array."),
        ("- rule:\n", "Mapping for key 'rule' is empty"),
        ("- rule: [x]\n", "Value of 'rule' is not a scalar value"),
        ("- rule: R\n  condition: t.num = 1\n", "Item has no mapping for key 'output'"),
        ("- list: l\n", "Item has no mapping for key 'items'"),
        ("- list: l\n  items: x\n", "Value of 'items' is not a sequence"),
        ("- list: l\n  items: [[x]]\n", "sequence value is not scalar"),
        ("- macro: m\n", "Item has no mapping for key 'condition'"),
        ("- macro: m\n  condition: \"\"\n", "Value of 'condition' must be non-empty"),
        ("- [x: y\n", "1.yaml:2:1"),
        (
            "- rule: R\n  desc: d\n  condition: t.num = 1\n  output: o\n  priority: HIGH\n",
            "1.yaml:5:13: error: rule 'R': Invalid priority",
        ),
    ] {
        refused(&[text], expected);
    }
    refused(
        &[&whole("t.num = 1", "capture_duration: not_a_number")],
        "Can't decode YAML scalar value of 'capture_duration'",
    );
    refused(&[&whole("t.num = 1", "enabled: 5")], "Can't decode YAML scalar value of 'enabled'");
    let deep = format!("- {}x{}\n", "[".repeat(100), "]".repeat(100));
    refused(&[&deep], "YAML is nested deeper than 64");
    warned(&["- typo: x\n"], Code::UnknownItem, "Unknown top level item");
    warned(&[&whole("t.num = 1", "typo: x")], Code::UnknownKey, "Unknown key 'typo'");
    warned(&["- list: l\n  items: [a]\n  priority: INFO\n"], Code::UnknownKey, "Unknown key 'priority'");
    warned(&["- macro: m\n  condition: t.num = 1\n  typo: x\n"], Code::UnknownKey, "Unknown key 'typo'");
    warned(
        &["- macro: m\n  condition: t.num = 1\n"],
        Code::UnusedMacro,
        "Macro not referred to by any other rule/macro",
    );
    warned(
        &["- list: l\n  items: [non_escaped, \"escaped val\"]\n"],
        Code::UnusedList,
        "List not referred to by any other rule/macro",
    );
    warned(&["- macro: test-macro\n  condition: t.num = 1\n"], Code::InvalidMacroName, "Macro has an invalid name");
    let list = "- list: test list\n  items: [a]\n";
    warned(&[list, &whole("t.name in (test list)", "")], Code::InvalidListName, "List has an invalid name");
    warned(
        &[&whole("t.num = 1", "").replace("source: tests", "source: syscall")],
        Code::UnknownSource,
        "Unknown source syscall, skipping",
    );
    warned(
        &[&whole("t.num = 1", "").replace("  source: tests\n", "")],
        Code::UnknownSource,
        "Unknown source syscall, skipping",
    );
    warned(&[&whole("jevt.value[/a] = <NA>", "")], Code::UnsafeNaCheck, "<NA>");
    warned(
        &[&whole("t.num = 1", "").replace("%t.name", "evt.dir")],
        Code::DeprecatedItem,
        "usage of deprecated field 'evt.dir'",
    );
}

#[test]
fn versions_are_required() {
    for (version, expected) in [
        ("0.26.0", None),
        ("26", None),
        ("62", None),
        ("0x10", None),
        ("seven", Some("Unable to parse engine version 'seven'")),
        ("0.9", Some("Unable to parse engine version '0.9'")),
        ("63", Some("Rules require engine version 0.63.0, but engine version is 0.62.0")),
        ("1.0.0", Some("Rules require engine version 1.0.0")),
    ] {
        let text = format!("- required_engine_version: {version}\n");
        match expected {
            None => unwarned(&[&text]),
            Some(message) => refused(&[&text], message),
        }
    }
    let requirement = |text: &str| format!("- required_plugin_versions:\n{text}");
    let one = |name: &str, version: &str| format!("  - name: {name}\n    version: {version}\n");
    let or =
        |name: &str, version: &str| format!("    alternatives:\n      - name: {name}\n        version: {version}\n");
    for (plugins, text, is_met) in [
        (&[("a", "0.1.0")][..], one("a", "0.1.0"), true),
        (&[("a", "0.2.0"), ("b", "0.3.0")], one("a", "0.1.0") + &one("b", "0.3.0"), true),
        (&[("c", "0.5.0")], one("a", "0.1.0") + &or("c", "0.4.0"), true),
        (&[("b", "0.1.0")], one("a", "0.1.0"), false),
        (&[("a", "0.1.0")], one("a", "0.2.0"), false),
        (&[("a", "1.0.0")], one("a", "0.2.0"), false),
        (&[("a", "0.1.0")], one("a", "0.1.0") + &one("b", "0.3.0"), false),
        (&[("d", "0.5.0")], one("a", "0.1.0") + &or("c", "0.4.0"), false),
        (&[("a", "0.5.0")], one("a", "0.1.0") + &or("a", "0.4.0"), false),
        (&[("a", "0.5.0")], one("a", "0.1"), false),
    ] {
        let loader = plugins.iter().fold(Loader::new(), |loader, (name, version)| loader.plugin(*name, version));
        let text = requirement(&text);
        assert_eq!(!loader.load(&[("r.yaml", &text)]).has_errors(), is_met, "{plugins:?} {text}");
    }
}

#[test]
fn every_mistake_of_an_item_is_reported() {
    let text = "\
- rule: A
  desc: d
  condition: t.nope = x and (t.nada exists or not undefined) and t.num = y and undefined2
  output: '%t.foo and %t.name %t.bar'
  priority: LOUD
  enabled: perhaps
  source: tests
  conditoin: x
- rule: B
  condition: t.nope = x and (t.nada exists or t.num = y)
  priority: INFO
  source: tests
- macro: m
  conditoin: x
- rule: A
  condition: and t.name = a
  override: {condition: append}
- required_plugin_versions:
  - {name: a}
  - {version: 1.0.0}
";
    let found = load(&[text]).diagnostics;
    let at =
        |line: usize| found.iter().filter(|one| one.line == line).map(|one| one.message.as_str()).collect::<Vec<_>>();
    let number = "y is not a valid number";
    let undefined = |name: &str| format!("Undefined macro '{name}' used in filter.");
    let unknown = |name: &str| format!("filter_check called with nonexistent field {name}");
    let beside =
        [unknown("t.nope"), unknown("t.nada"), undefined("undefined"), number.to_owned(), undefined("undefined2")];
    assert_eq!(at(3), beside);
    assert_eq!(at(4), ["foo", "bar"].map(|name| format!("unknown filter: {}", unknown(&format!("t.{name}")))));
    assert_eq!(at(5), ["Invalid priority"]);
    assert_eq!(at(6), ["Can't decode YAML scalar value of 'enabled'"]);
    assert_eq!(at(8), ["Unknown key 'conditoin'. The key will be ignored."]);
    assert_eq!(at(9), ["Item has no mapping for key 'output'", "Item has no mapping for key 'desc'"]);
    assert_eq!(at(10), [unknown("t.nope"), unknown("t.nada"), number.to_owned()]);
    assert_eq!(at(13), ["Item has no mapping for key 'condition'"]);
    assert_eq!((at(14).len(), at(15).len(), at(16).len()), (1, 0, 0), "{found:?}");
    assert_eq!((at(19).len(), at(20).len()), (1, 1), "{found:?}");
}

#[test]
fn exceptions_become_conditions() {
    let with = |exceptions: &str| whole("t.num = 1 or t.num = 2", &format!("exceptions:\n{exceptions}"));
    let list = |fields: &str, comps: &str, values: &str| {
        with(&format!("  - {{name: e, fields: [{fields}], comps: [{comps}], values: {values}}}"))
    };
    let rest = "((t.num = 1 or t.num = 2) and not ";
    for (text, expected) in [
        (list("t.name", "contains", "[[curl 127.0.0.1]]"), "t.name contains \"curl 127.0.0.1\")"),
        (list("t.name", "=", "[[t.path]]"), "t.name = t.path)"),
        (list("t.name", "=", "[[\"t.path \"]]"), "t.name = \"t.path \")"),
        (list("t.name", "=", "[[toupper(t.path)]]"), "t.name = toupper(t.path))"),
        (list("t.name", "=", "[[\"toupper( t.path)\"]]"), "t.name = \"toupper( t.path)\")"),
        (list("tolower(t.name)", "=", "[[x]]"), "tolower(t.name) = x)"),
        (list("\"tolower( t.name)\"", "=", "[[x]]"), "tolower(t.name) = x)"),
        (list("t.name", "startswith oneof", "[[[a, b]]]"), "t.name startswith oneof (a, b))"),
        (list("t.name", "startswith oneof", "[[a]]"), "t.name startswith oneof (a))"),
        (list("t.name", "= oneof", "[[[a, b]]]"), "t.name = oneof (a, b))"),
        (list("t.name", "== oneof", "[[[a, b]]]"), "t.name = oneof (a, b))"),
        (list("t.name", "==", "[[a]]"), "t.name = a)"),
        (list("t.name", "in", "[[a], [[b, c d]]]"), "(t.name in (a) or t.name in (b, \"c d\")))"),
        (
            list("t.name, t.path", "startswith oneof, startswith", "[[[a, b], /etc/]]"),
            "(t.name startswith oneof (a, b) and t.path startswith /etc/))",
        ),
        (
            list("t.name, t.path", "\"  contains  \", \"  endswith anyof  \"", "[[a, [/x, /y]]]"),
            "(t.name contains a and t.path endswith anyof (/x, /y)))",
        ),
        (
            list("t.name, t.path, t.dir", "contains, startswith, =", "[[a, /v, /u]]"),
            "(t.name contains a and t.path startswith /v and t.dir = /u))",
        ),
        (
            with("  - {name: e, fields: [t.name, t.path], values: [[a, b], [c, d]]}"),
            "((t.name = a and t.path = b) or (t.name = c and t.path = d)))",
        ),
        (with("  - {name: e, fields: t.name, values: [a, b c]}"), "t.name in (a, \"b c\"))"),
        (with("  - {name: e, fields: t.name, comps: [], values: [a]}"), "t.name in (a))"),
        (with("  - {name: e, fields: [t.name], comps: [], values: [[a]]}"), "t.name = a)"),
        (with("  - {name: e, fields: t.path, comps: pmatch, values: [/a, /b]}"), "t.path pmatch (/a, /b))"),
        (
            with(
                "  - {name: e, fields: t.name, values: [a]}\n  - {name: f, fields: t.path, comps: glob allof, values: ['/a*']}",
            ),
            "t.name in (a) and not t.path glob allof (/a*))",
        ),
    ] {
        condition(&[&text], &format!("{rest}{expected}"));
    }
    condition(&[&with("  - {name: e, fields: t.name}")], "(t.num = 1 or t.num = 2)");
    let spaced = list("t.name", "=", "[[\"t.path \"]]");
    warned(&[&spaced], Code::ConditionWarning, "'t.path ' may be a valid field misused as a const string value");
    let spaced = list("t.name", "=", "[[\"toupper( t.path)\"]]");
    warned(
        &[&spaced],
        Code::ConditionWarning,
        "'toupper( t.path)' may be a valid field transformer misused as a const string value",
    );
    for (text, expected) in [
        (list("t.name", "frobulate oneof", "[[[a]]]"), "'frobulate oneof' is not a supported comparison operator"),
        (list("t.name", "in oneof", "[[[a]]]"), "'in oneof' is not a supported comparison operator"),
        (list("t.num", "\">= oneof\"", "[[[1]]]"), "'>= oneof' is not a supported comparison operator"),
        (list("t.name", "oneof", "[[[a]]]"), "'oneof' is not a supported comparison operator"),
        (list("t.nope", "=", "[[a]]"), "'t.nope' is not a supported filter field"),
        (list("t.name", "=, =", "[[a]]"), "Fields and comps lists must have equal length"),
        (list("t.name, t.path", "=, =", "[[a]]"), "Fields and values lists must have equal length"),
        (with("  - {name: e, fields: t.name, comps: frobulate oneof, values: [a]}"), "comps must be one of"),
        (with("  - {name: e, fields: t.name, comps: '=', values: [a]}"), "comps must be one of"),
        (with("  - {name: e, fields: t.name, comps: [in], values: [a]}"), "Fields and comps must both be strings"),
        (with("  - {name: e, fields: t.name, values: [[a]]}"), "Expected values array to contain a list of strings"),
        (with("  - {name: e, values: [a]}"), "Item has no mapping for key 'fields'"),
        (with("  - {name: e, fields: [], values: []}"), "must have fields property with a list of fields"),
        (with("  - {fields: t.name}"), "Item has no mapping for key 'name'"),
        (with("  - text"), "Rule exception must be a mapping"),
        (whole("t.num = 1", "exceptions: text"), "Rule exceptions must be a sequence"),
        (with("  - {name: e, fields: t.name, values: a}"), "Rule exception values must be a sequence"),
    ] {
        refused(&[&text], expected);
    }
}

#[test]
fn exceptions_are_appended_to() {
    let first = whole("t.num = 1", "exceptions:\n  - {name: e, fields: t.name, comps: in, values: [cat]}");
    let append = |exception: &str| rule(&format!("exceptions:\n  - {{{exception}}}\noverride: {{exceptions: append}}"));
    let replace =
        |exception: &str| rule(&format!("exceptions:\n  - {{{exception}}}\noverride: {{exceptions: replace}}"));
    condition(&[&first, &append("name: e, values: [echo]")], "(t.num = 1 and not t.name in (cat, echo))");
    condition(
        &[&first, &append("name: e, fields: [], comps: [], values: [echo]")],
        "(t.num = 1 and not t.name in (cat, echo))",
    );
    condition(
        &[&first, &append("name: f, fields: t.path, values: [x]")],
        "(t.num = 1 and not t.name in (cat) and not t.path in (x))",
    );
    condition(&[&first, &replace("name: f, fields: t.path, values: [x]")], "(t.num = 1 and not t.path in (x))");
    refused(&[&first, &replace("name: e, values: [id]")], "Item has no mapping for key 'fields'");
    refused(
        &[&first, &append("name: e, fields: t.name, values: [id]")],
        "Can not append exception fields to existing exception",
    );
    refused(
        &[&first, &append("name: e, comps: in, values: [id]")],
        "Can not append exception comps to existing exception",
    );
    refused(&[&first, &append("name: f, values: [id]")], "Rule exception must have fields property");
    refused(&[&first, &append("name: f, fields: t.path")], "Rule exception must have values property");
    for more in [append("name: e, value: x"), rule("exceptions:\n  - {name: e, value: x}\nappend: true")] {
        warned(&[&first, &more], Code::AppendNoValues, "Overriding/appending exception with no values");
    }
    let twice = whole(
        "t.num = 1",
        "exceptions:\n  - {name: e, fields: t.name, values: [a]}\n  - {name: e, fields: t.path, values: [b]}",
    );
    warned(&[&twice], Code::ExceptionNameNotUnique, "Multiple definitions of exception 'e'");
}

#[test]
fn conditions_are_warned_about() {
    for (text, expected) in [
        ("t.name = t.path", "'t.path' may be a valid field misused as a const string value"),
        ("t.name = ' t.path '", "' t.path ' may be a valid field misused as a const string value"),
        ("t.name in (a, t.arg[x])", "'t.arg[x]' may be a valid field misused as a const string value"),
        ("t.name = 'tolower(t.path)'", "'tolower(t.path)' may be a valid field transformer misused"),
        ("t.name regex sys", "regex check with 'sys' may be optimized"),
        ("t.name regex '^sys$'", "regex check with '^sys$' may be optimized"),
        ("t.name regex '.*sys'", "regex check with '.*sys' may be optimized"),
    ] {
        warned(&[&whole(&format!("\"{}\"", text.replace('"', "\\\"")), "")], Code::ConditionWarning, expected);
    }
    for text in [
        "t.name = unknown.field",
        "t.name = tolower",
        "t.name = tolower(t.path)",
        "t.name = 'tolow(t.path)'",
        "t.name regex 'sys.{1}'",
        "t.name regex 's.*l'",
        "t.name regex 'sysl?'",
        "t.name = val(t.path)",
    ] {
        unwarned(&[&whole(&format!("\"{text}\""), "")]);
    }
}

#[test]
fn unknown_fields_can_be_skipped() {
    let unknown = whole("t.nope = 1", "");
    refused(
        &[&unknown],
        "1.yaml:3:14: error: rule 'R': filter_check called with nonexistent field t.nope (LOAD_ERR_COMPILE_CONDITION)",
    );
    let skipped = whole("t.nope = 1", "skip-if-unknown-filter: true");
    warned(&[&skipped], Code::UnknownFilter, "nonexistent field t.nope");
    assert_eq!(accepted(&[&skipped]).rules().count(), 0);
    let output = whole("t.num = 1", "").replace("%t.name", "x %t.nope");
    refused(&[&output], "1.yaml:4:16: error: rule 'R': unknown filter: filter_check called with nonexistent field");
    warned(
        &[&output.replace("source: tests", "source: tests\n  skip-if-unknown-filter: true")],
        Code::UnknownFilter,
        "unknown filter",
    );
    let wrong_type = whole("t.num contains 1", "skip-if-unknown-filter: true");
    refused(&[&wrong_type], "'contains' operator not supported for numeric filters");
}

#[test]
fn errors_have_their_place_in_the_file() {
    let folded = "- rule: R\n  desc: d\n  condition: >\n    t.num = 1\n    and (t.name = x\n    or t.nope = 1)\n  output: o\n  priority: INFO\n  source: tests\n";
    refused(&[folded], "1.yaml:6:8: error: rule 'R': filter_check called with nonexistent field t.nope");
    refused(&[&folded.replace('>', "|")], "1.yaml:6:8: error");
    let plain = "- rule: R\n  desc: d\n  condition: t.num = 1\n    and (t.name = x\n    or t.nope = 1)\n  output: o\n  priority: INFO\n  source: tests\n";
    refused(&[plain], "1.yaml:5:8: error");
    refused(
        &[&plain.replace("t.num = 1\n    and (t.name = x\n    or t.nope = 1)", "'t.num = 1 or t.nope = 1'")],
        "1.yaml:3:28: error",
    );
    let list = "- list: l\n  items: [a, b, c]\n";
    let after = format!("{list}{}", whole("t.name in (l) and t.nope = 1", ""));
    refused(&[&after], "1.yaml:5:32: error");
    let appended = format!("{}{}", whole("t.num = 1", ""), rule("condition: and t.nope = 1\nappend: true"));
    refused(&[&appended], "1.yaml:8:18: error");
    let in_macro = format!("- macro: m\n  condition: t.num = 1 or t.nope = 1\n{}", whole("m", ""));
    refused(&[&in_macro], "1.yaml:2:27: error: rule 'R'");
    let in_exception =
        whole("t.num = 1", "exceptions:\n  - name: e\n    fields: [t.num]\n    comps: [contains]\n    values: [[x]]");
    refused(&[&in_exception], "1.yaml:9:16: error");
    // An error at the end of a condition is just after its last character.
    for (condition, place) in [
        ("t.num =", "1.yaml:3:21"),
        ("t.num =   # why", "1.yaml:3:21"),
        ("'t.num ='", "1.yaml:3:22"),
        ("'t.num = '", "1.yaml:3:23"),
        ("\"t.num =\"", "1.yaml:3:22"),
        ("t.num = 1\n    and \u{e9}.x", "1.yaml:4:9"),
        ("t.num = 1 and\n    t.num =\n", "1.yaml:4:12"),
        (">\n    t.num = 1\n    and t.num =\n\n", "1.yaml:5:16"),
        ("|\n    t.num = 1\n    and t.num =\n\n", "1.yaml:5:16"),
        ("|-\n    t.num =", "1.yaml:4:12"),
    ] {
        refused(&[&whole(condition, "").replace("\n      ", "\n    ")], &format!("{place}: error"));
    }
    refused(&["- macro: m\n  condition: t.num ="], "1.yaml:2:21: error");
    let excepted = whole("t.num =", "exceptions:\n  - {name: e, fields: t.name, values: [a]}");
    refused(&[&excepted], "1.yaml:3:21: error");
    let replaced = format!("{list}{}", whole("t.name in (l", ""));
    refused(&[&replaced], "1.yaml:5:26: error");
    // All errors are reported, not only the first one.
    let both = load(&[folded, plain.replace("rule: R", "rule: S").as_str(), "- rule: T\n"]);
    assert_eq!(
        both.diagnostics.iter().filter(|one| one.is_error()).map(|one| one.file.as_str()).collect::<Vec<_>>(),
        ["1.yaml", "2.yaml", "3.yaml"]
    );
}

/// Returns what is wrong with a condition of a filter, a line each.
fn errors(ruleset: &Ruleset, condition: &str) -> String {
    let errors = ruleset.filter(condition, &Fields).err().unwrap_or_default();
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn names_in_conditions_of_filters_are_known() {
    let ruleset =
        accepted(&["- list: l\n  items: [GetObject]\n- macro: m\n  condition: t.name in (l)\n", &whole("m", "")]);
    for (text, expected) in [("m", true), ("not m", false), ("t.name in (x, l)", true), ("m and t.num = 1", false)] {
        let filter = ruleset.filter(text, &Fields).unwrap();
        assert_eq!(filter.matches(&mut Row::usual(), &mut Scratch::new()), expected, "{text}");
    }
    assert_eq!(errors(&ruleset, "m and nope"), "line 1, column 7: Undefined macro 'nope' used in filter.");
}

#[test]
fn errors_of_filters_are_at_a_place_of_the_condition() {
    let ruleset = accepted(&[
        "- list: l\n  items: [GetObject, PutObject]\n- macro: bad\n  condition: t.name in (l) and not t.nope = 1\n",
        "- macro: outer\n  condition: t.num = 1 or bad\n",
    ]);
    for (text, expected) in [
        ("t.num = 1 and bad", "line 1, column 15: macro 'bad': filter_check called with nonexistent field t.nope"),
        ("not outer", "line 1, column 5: macro 'outer': filter_check called with nonexistent field t.nope"),
        ("t.name in (l) and t.num = x", "line 1, column 27: x is not a valid number"),
        ("t.name in (l, x)\n and t.nope = 1", "line 2, column 6: filter_check called with nonexistent field t.nope"),
        ("t.name in (l) and nope", "line 1, column 19: Undefined macro 'nope' used in filter."),
        (
            "t.nope = 1 or t.num = x",
            "line 1, column 1: filter_check called with nonexistent field t.nope\nline 1, column 23: x is not a valid number",
        ),
        ("t.name in (l) or", "line 1, column 17: expected blank or '(' after 'or'"),
        ("t.num in (l)", "line 1, column 10: GetObject is not a valid number"),
    ] {
        assert_eq!(errors(&ruleset, text), expected, "{text}");
    }
}

#[test]
fn rules_are_found_by_value() {
    let mut text = String::new();
    let named = |name: &str, condition: &str| whole(condition, "").replace("rule: R", &format!("rule: {name}"));
    for (name, condition) in [
        ("a", "t.name = GetObject"),
        ("b", "t.name in (GetObject, PutObject) and t.num = 42"),
        ("c", "(t.name = PutObject or t.name = GetObject) and not t.name = PutObject"),
        ("d", "t.name = PutObject"),
        ("e", "not t.name = PutObject"),
        ("f", "t.num = 42 or t.name = PutObject"),
        ("g", "t.name = oneof (GetObject, x)"),
        ("h", "t.name = GetObject and t.name = PutObject"),
        ("i", "t.num > 0"),
        ("j", "tolower(t.name) = getobject"),
        ("k", "t.name != PutObject"),
        ("l", "t.name in ()"),
    ] {
        text.push_str(&named(name, condition));
    }
    let engine = accepted(&[&text]).engine("tests");
    let mut scratch = Scratch::new();
    let mut matched = |name: &'static str, matching| {
        let mut row = Row::usual();
        row.values.insert("t.name", falco_rules::Value::text(name));
        engine.check(&mut row, &mut scratch, matching).map(|rule| rule.name().to_owned()).collect::<Vec<_>>().concat()
    };
    assert_eq!(matched("GetObject", RuleMatching::All), "abcefgijk");
    assert_eq!(matched("PutObject", RuleMatching::All), "bdfi");
    assert_eq!(matched("x", RuleMatching::All), "efgik");
    assert_eq!(matched("GetObject", RuleMatching::First), "a");
    assert_eq!(matched("PutObject", RuleMatching::First), "b");
}

#[test]
fn shared_conditions_are_checked_once() {
    let mut text = "- macro: m\n  condition: t.num = 41 or t.source startswith x\n".to_owned();
    for number in 0..100 {
        text.push_str(&whole(&format!("m and t.dir = {number}"), "").replace("rule: R", &format!("rule: R{number}")));
    }
    let engine = accepted(&[&text]).engine("tests");
    let mut row = Row::usual();
    assert_eq!(engine.check(&mut row, &mut Scratch::new(), RuleMatching::All).count(), 0);
    // t.dir once to find rules; nothing else is asked for, since no rule wants its value.
    assert_eq!(row.reads, 1);
    row.values.insert("t.dir", falco_rules::Value::text("7"));
    row.reads = 0;
    assert_eq!(engine.check(&mut row, &mut Scratch::new(), RuleMatching::All).count(), 0);
    assert_eq!(row.reads, 3);
}
