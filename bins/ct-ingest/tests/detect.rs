//! `ct-ingest detect`, `--where` and `ct-ingest rules test`.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, lines, program, run, run_with_input, stderr, stdout};
use std::path::{Path, PathBuf};
use std::process::Output;

const RULES: &str = "
- list: readers
  items: [GetObject, ListBuckets]
- macro: failed
  condition: ct.error exists
- rule: Stopped
  desc: d
  condition: ct.name = StopLogging and not failed
  output: '%ct.user stopped %ct.request.name'
  priority: CRITICAL
  source: aws_cloudtrail
  tags: [trail]
- rule: Any
  desc: d
  condition: not ct.name in (readers)
  output: '%ct.name'
  priority: NOTICE
  source: aws_cloudtrail
";

fn record(name: &str, more: &str) -> String {
    format!(
        r#"{{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventType":"AwsApiCall","eventName":"{name}"{more}}}"#
    )
}

/// A folder with rules and a log of five records, of which one has no type.
struct Case(tempfile::TempDir);

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let user = r#","userIdentity":{"type":"IAMUser","userName":"alice"},"requestParameters":{"name":"main"}"#;
        let records = [
            record("StopLogging", user),
            record("GetObject", ""),
            record("StopLogging", r#","errorCode":"AccessDenied""#),
            record("Put\\nObject", ""),
            r#"{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventName":"StopLogging"}"#.to_owned(),
        ];
        std::fs::write(folder.path().join("log.json"), format!("{{\"Records\":[{}]}}", records.join(","))).unwrap();
        std::fs::write(folder.path().join("rules.yaml"), RULES).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Output {
        let mut command = program();
        command.current_dir(self.0.path()).env("FALCO_HOSTNAME", "here").args(args).output().unwrap()
    }

    #[track_caller]
    fn done(&self, args: &[&str]) -> (Vec<String>, String) {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        (lines(&output), stderr(&output))
    }

    /// Returns what is wrong with the arguments, without what every message begins with.
    #[track_caller]
    fn wrong(&self, args: &[&str]) -> Vec<String> {
        let output = self.run(args);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{args:?}: {}", stderr(&output));
        stderr(&output).lines().map(str::to_owned).collect()
    }
}

#[test]
fn alerts_are_those_of_falco_and_counted_at_the_end() {
    let case = Case::new();
    let (alerts, log) = case.done(&["detect", "--rules", "rules.yaml", "log.json"]);
    let first = r#"{"hostname":"here","output":"03:04:05.000000000: Critical alice stopped main","output_fields":{"ct.request.name":"main","ct.user":"alice","evt.time":1767323045000000000},"priority":"Critical","rule":"Stopped","source":"aws_cloudtrail","tags":["trail"],"time":"2026-01-02T03:04:05.000000000Z"}"#;
    assert_eq!((alerts.len(), alerts[0].as_str()), (3, first));
    assert!(alerts[2].contains(r#""output_fields":{"ct.name":"Put\nObject","evt.time""#), "{}", alerts[2]);
    for expected in [
        "INFO rule \"Any\" alerts=2 priority=Notice",
        "INFO rule \"Stopped\" alerts=1 priority=Critical",
        "WARN records without a valid eventTime or without an eventType were not checked, as in Falco incomplete=1",
        "INFO checked with rules records=4 alerts=3 rules=2 rules_with_alerts=2",
    ] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    let (text, _) = case.done(&["detect", "--rules", "rules.yaml", "--format", "text", "log.json"]);
    assert_eq!(
        text[..2],
        ["03:04:05.000000000: Critical alice stopped main", "03:04:05.000000000: Notice StopLogging"]
    );
    let (nothing, log) = case.done(&["detect", "--rules", "rules.yaml", "--where", "ct.name = GetObject", "log.json"]);
    assert_eq!(nothing, [""; 0]);
    assert!(log.contains("INFO checked with rules records=1 alerts=0 rules=2 rules_with_alerts=0"), "{log}");
}

#[test]
fn rules_are_chosen_as_in_falco() {
    let case = Case::new();
    let rules = |args: &[&str]| {
        let (alerts, _) =
            case.done(&[&["detect", "--rules", "rules.yaml", "--format", "text", "log.json"], args].concat());
        alerts.iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(rules(&["--rule-matching", "all"]), "Critical Notice Notice Notice");
    assert_eq!(rules(&["--priority", "error"]), "Critical");
    assert_eq!(rules(&["-t", "trail"]), "Critical");
    assert_eq!(rules(&["-T", "trail"]), "Notice Notice Notice");
    assert_eq!(rules(&["-D", "S*d"]), "Notice Notice Notice");
    let args = ["detect", "--rules", "rules.yaml", "--append-output", "n=%evt.num", "--format", "text", "log.json"];
    assert_eq!(case.done(&args).0[0], "03:04:05.000000000: Critical alice stopped main n=1");
    let append =
        ["detect", "--rules", "rules.yaml", "--append-output", "a %ct.bogus", "--append-output", "%ct.id", "log.json"];
    let wrong = case.wrong(&append);
    assert!(wrong.len() == 1 && wrong[0].contains("--append-output \"a %ct.bogus\": "), "{wrong:?}");
    assert!(!wrong[0].contains("rules.yaml"), "{wrong:?}");
    let wrong = case.wrong(&["detect", "--rules", "rules.yaml", "-t", "trial", "-T", "tail", "-D", "Stop", "log.json"]);
    let expected = [
        "--tags trial: no rule has this tag",
        "--disable-tags tail: no rule has this tag",
        "--disable-rule Stop: no rule has this name",
    ];
    assert!(wrong.iter().zip(&expected).all(|(line, expected)| line.ends_with(expected)), "{wrong:?}");
    assert!(wrong[3].ends_with("no rule for the source aws_cloudtrail is enabled and wanted"), "{wrong:?}");
    let wrong = case.run(&["detect", "--rules", "rules.yaml", "--priority", "grave", "log.json"]);
    assert!(wrong.status.code() == Some(2) && stderr(&wrong).contains("there are Emergency, Alert"), "{wrong:?}");
}

#[test]
fn all_mistakes_in_rules_are_reported_at_once() {
    let case = Case::new();
    let (_, log) = case.done(&["detect", "--rules", "rules.yaml", "--validate"]);
    assert!(log.contains("INFO the rules are valid rules=2"), "{log}");
    let wrong = case.wrong(&["detect", "--rules", "rules.yaml", "--validate", "log.json"]);
    assert!(wrong[0].contains("--validate") && wrong[0].contains("cannot be used with"), "{wrong:?}");
    std::fs::create_dir(case.path("d")).unwrap();
    let bad = RULES.replace("ct.user", "ct.usr").replace("StopLogging and", "and");
    std::fs::write(case.path("d/bad.yml"), bad).unwrap();
    std::fs::write(case.path("d/worse.yaml"), "- rule: [").unwrap();
    let wrong = case.wrong(&["detect", "--rules", "d", "--rules", "none.yaml", "--validate"]);
    assert!(wrong.len() == 1 && wrong[0].contains("--rules none.yaml: No such file"), "{wrong:?}");
    for args in [&["--validate"][..], &["log.json"]] {
        let wrong = case.wrong(&[&["detect", "--rules", "d"], args].concat());
        for expected in ["--rules d/bad.yml:8:", "--rules d/bad.yml:9:", "--rules d/worse.yaml:"] {
            assert!(wrong.iter().any(|line| line.contains(expected)), "{expected}: {wrong:?}");
        }
    }
    assert!(case.wrong(&["detect", "log.json"])[0].contains("--rules: name the files or folders of the rules"));
    assert!(case.wrong(&["--rules", "rules.yaml", "log.json"])[0].contains("--rules: goes with --where"));
    assert_eq!(case.run(&["detect", "--rules", "rules.yaml"]).status.code(), Some(2), "no SOURCE");
}

#[test]
fn a_condition_filters_every_output() {
    let case = Case::new();
    let condition = ["--rules", "rules.yaml", "--where", "not failed and not ct.name in (readers)"];
    let done = |args: &[&str]| case.done(&[args, &condition, &["log.json"]].concat());
    let (raw, log) = done(&[]);
    assert_eq!(raw.len(), 3);
    assert!(raw[0].starts_with(r#"{"eventVersion""#) && log.contains("--where does not hold unmatched=2"), "{log}");
    assert!(!log.contains("WARN"), "{log}");
    let (csv, _) = done(&["--fields", "ct.name", "--format", "csv"]);
    assert_eq!(csv.join("|"), "ct.name|StopLogging|\"Put|Object\"|StopLogging");
    let (count, _) = done(&["count", "--by", "ct.user"]);
    assert_eq!(count, [r#"{"count":2}"#, r#"{"ct.user":"alice","count":1}"#]);
    let (timeline, _) = done(&["timeline"]);
    assert_eq!(timeline, [r#"{"time":"2026-01-02T03:04:00Z","count":3}"#]);
    for (condition, expected) in [
        ("ct.nam = x", "--where: line 1, column 1: filter_check called with nonexistent field ct.nam"),
        ("ct.name = ", "--where: line 1, column"),
        ("evt.num = 1", "--where: evt.num: a filter does not number records"),
    ] {
        let wrong = case.wrong(&["--where", condition, "log.json"]);
        assert!(wrong[0].contains(expected), "{wrong:?}");
    }
    let piped = run_with_input(
        &["--where", "ct.name = B", "-"],
        format!("{}\n{}\n", record("A", ""), record("B", "")).as_bytes(),
    );
    assert_eq!(lines(&piped), [record("B", "")]);
}

#[test]
fn a_rule_is_explained_for_each_record() {
    let case = Case::new();
    let (found, _) = case.done(&["detect", "--rules", "rules.yaml", "--explain", "Stopped", "log.json"]);
    let failed = [
        "2026-01-02T03:04:05Z StopLogging - does not match \"Stopped\"",
        "no   and",
        "yes    ct.name = StopLogging",
        "no     not",
        "yes      ct.error exists",
    ];
    assert_eq!((found.len(), &found[10..15]), (25, &failed.map(str::to_owned)[..]));
    assert!(found[0].ends_with("matches \"Stopped\"") && found[15].contains(r"Put\nObject"), "{found:?}");
    let wrong = case.wrong(&["detect", "--rules", "rules.yaml", "--explain", "Stoped", "log.json"]);
    assert!(wrong[0].contains("--explain Stoped: no rule has this name"), "{wrong:?}");
}

#[test]
fn tests_of_rules_pass_or_fail() {
    let case = Case::new();
    let test = |alerts: &str| {
        let test = format!("tests: [{{name: 'a <b>', files: [log.json], alerts: [{alerts}]}}]");
        // A record that Falco's plugin skips is a mistake in a test.
        std::fs::write(case.path("own.test.yaml"), test).unwrap();
    };
    let log = std::fs::read_to_string(case.path("log.json")).unwrap();
    std::fs::write(case.path("log.json"), log.replace("05Z\",\"eventName", "05Z\",\"eventType\":\"T\",\"eventName"))
        .unwrap();
    test("Stopped, Stopped, Any, {rule: Any, output: StopLogging}");
    assert_eq!(case.done(&["rules", "test", "."]).0, ["ok      ./own.test.yaml: a <b>", "1 passed, 0 failed"]);
    test("Stopped, Any, {rule: Any, priority: ERROR}");
    let output = case.run(&["rules", "test", "own.test.yaml"]);
    let expected = "FAILED  own.test.yaml: a <b>\n          \"Any\": the priority is \"Notice\", not \"Error\"\n          \
         \"Stopped\": an alert that was not expected: <NA> stopped <NA>\n0 passed, 1 failed\n";
    assert_eq!((stdout(&output).as_str(), output.status.code()), (expected, Some(1)));
    let output = case.run(&["rules", "test", "--junit", "."]);
    assert!(stdout(&output).contains("name=\"a &lt;b&gt;\"><failure message=\"&quot;Any&quot;: the priority is"));
    assert_eq!(output.status.code(), Some(1));
    for (text, expected) in [
        ("tests: []", "ERROR   ./own.test.yaml: the file can be used\n          line 1: tests: the list has no test"),
        (
            RULES,
            "line 2: found a list, but a test file is a mapping of rules, rule_matching, enable, insights, and tests",
        ),
        (
            "tests:\n  - {name: a, alerts: [], records: ['{\"eventName\":\"A']}",
            "line 2: record 1: the text is not JSON: EOF while parsing a string at line 1 column 15",
        ),
        (
            "tests: [{name: a, alerts: [], files: [cut.json]}]",
            "./cut.json: record 1, byte 15: the text ends inside the record",
        ),
        ("tests: [{name: \"a\\e[2J\", alerts: [], files: [none.json]}]", "own.test.yaml: a\\u{1b}[2J\n"),
    ] {
        std::fs::write(case.path("own.test.yaml"), text).unwrap();
        std::fs::write(case.path("cut.json"), "{\"eventName\":\"A").unwrap();
        let output = case.run(&["rules", "test", "."]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stdout(&output).contains(expected), "{}", stdout(&output));
        assert!(stdout(&output).ends_with("0 passed, 0 failed, 1 with errors\n"), "{}", stdout(&output));
    }
    assert!(case.wrong(&["rules", "test", "none.yaml"])[0].contains("none.yaml: No such file"));
    std::fs::remove_file(case.path("own.test.yaml")).unwrap();
    assert!(case.wrong(&["rules", "test", "."])[0].contains("no file is named *.test.yaml"));
}

#[test]
fn the_rules_of_the_examples_pass_their_tests() {
    let examples = fixture("../examples/falco");
    let output = run(&["rules", "test", examples.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let tests = std::fs::read_to_string(examples.join("tests/trailbridge.test.yaml")).unwrap();
    for file in Path::new(&fixture("falco-rules")).read_dir().unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(tests.contains(&format!("falco-rules/{name}]")), "{name} is in no test");
    }
    let untested = "rules without an alert in any test";
    assert!(stdout(&output).ends_with("54 passed, 0 failed\n") && !stdout(&output).contains(untested));
}

/// A test of rules that fails.
const WRONG: &str = "tests:
  - name: wrong
    records: [{eventTime: 2026-01-02T03:04:05Z, eventType: AwsApiCall, eventName: A}]
    alerts: []
";

#[test]
fn the_workflows_of_the_examples_test_rules() {
    let case = Case::new();
    let examples = fixture("../examples/falco").canonicalize().unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_ct-ingest")).parent().unwrap().display().to_string();
    std::fs::write(case.path("own.test.yaml"), WRONG).unwrap();
    for forge in ["github", "gitlab"] {
        let workflow = std::fs::read_to_string(examples.join(format!("workflows/{forge}.yaml"))).unwrap();
        let command = "ct-ingest rules test --junit";
        let (_, rest) = workflow.lines().find_map(|line| line.split_once(command)).unwrap();
        let step = format!("{command}{rest}");
        let run = |rules: &Path| {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-e", "-c", &step]).current_dir(case.path("")).env("RULES", rules);
            let output = shell.env("PATH", format!("{programs}:/usr/bin:/bin")).output().unwrap();
            (output.status.code(), stdout(&output), std::fs::read_to_string(case.path("rules.xml")).unwrap())
        };
        let (code, shown, results) = run(&examples);
        assert_eq!((code, shown.as_str()), (Some(0), ""), "{forge}");
        assert!(results.contains("tests=\"54\"") && !results.contains("<failure"), "{forge}: {results}");
        let (code, shown, results) = run(&case.path("own.test.yaml"));
        assert_eq!(code, Some(1), "{forge}: {shown}");
        assert!(shown.contains("FAILED") && results.contains("<failure"), "{forge}: {shown}{results}");
    }
}
