use super::*;
use std::fs;

const RULES: &str = "
- rule: Stopped
  desc: d
  condition: ct.name = StopLogging
  output: '%ct.user stopped it'
  priority: CRITICAL
  source: aws_cloudtrail
  tags: [b, a]
- rule: Off
  desc: d
  condition: ct.name exists
  output: '%ct.name'
  priority: INFO
  source: aws_cloudtrail
  enabled: false
";

const HEAD: &str = "records: [{eventTime: '2026-01-02T03:04:05Z', eventType: AwsApiCall, eventName: StopLogging, \
     userIdentity: {type: IAMUser, userName: alice}}]";

fn run(tests: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("tests")).unwrap();
    fs::write(path("rules.yaml"), RULES).unwrap();
    let log = r#"{"Records":[{"eventVersion":"1.11","eventTime":"2026-01-02T03:04:05Z","eventType":"AwsApiCall","eventName":"StopLogging"}]}"#;
    fs::write(path("tests/log.json"), log).unwrap();
    fs::write(path("tests/a.test.yaml"), format!("rules: [../rules.yaml]\n{tests}")).unwrap();
    Suite::find(folder.path()).unwrap().run()
}

#[track_caller]
fn check(tests: &str, expected: &[&[&str]]) {
    let report = run(tests);
    let found: Vec<Vec<&str>> =
        report.results().iter().map(|it| it.failures.iter().map(String::as_str).collect()).collect();
    assert_eq!(found, expected, "{tests}");
}

#[test]
fn alerts_as_expected_pass() {
    check(
        &format!(
            "tests:\n  - {{name: by name, {HEAD}, alerts: [Stopped]}}\n  - {{name: all of it, files: [log.json], {HEAD}, alerts: \
             [Stopped, {{rule: Stopped, priority: critical, output: alice stopped it, tags: [b, a], fields: {{ct.user: alice}}}}]}}"
        ),
        &[&[], &[]],
    );
    check(
        &format!("rule_matching: all\nenable: [Off]\ntests: [{{name: a, {HEAD}, alerts: ['Off', Stopped]}}]"),
        &[&[]],
    );
}

#[test]
fn every_difference_is_named() {
    check(
        &format!(
            "tests:\n  - {{name: a, {HEAD}, alerts: []}}\n  - {{name: b, {HEAD}, alerts: [Stopped, 'Off']}}\n  \
             - {{name: c, {HEAD}, alerts: [{{rule: Stopped, priority: INFO, output: x, tags: [], fields: {{ct.user: bob, ct.id: y}}}}]}}"
        ),
        &[
            &["\"Stopped\": an alert that was not expected: alice stopped it"],
            &["\"Off\": no alert, but one was expected"],
            &[
                "\"Stopped\": the priority is \"Critical\", not \"Informational\"",
                "\"Stopped\": the output is \"alice stopped it\", not \"x\"",
                "\"Stopped\": tags is [\"a\",\"b\"], not []",
                "\"Stopped\": ct.id is null, not \"y\"",
                "\"Stopped\": ct.user is \"alice\", not \"bob\"",
            ],
        ],
    );
}

/// Checks that the one test cannot be judged, and why. In the expected text, DIR is the folder of the test.
#[track_caller]
fn check_error(tests: &str, expected: &str) {
    let report = run(tests);
    let [TestResult { file, errors, failures, .. }] = report.results() else { panic!("{report:?}") };
    let folder = Path::new(file).parent().unwrap().display().to_string();
    let found = errors.join("\n").replace(&folder, "DIR");
    assert!(found.starts_with(expected), "{tests}: {found}");
    assert_eq!((failures.len(), report.failed(), report.errors()), (0, 0, 1));
}

#[test]
fn a_test_that_cannot_be_judged_is_an_error() {
    check_error("tests: [{name: a, alerts: []}]", "the test has no record");
    check_error(
        "tests: [{name: a, records: [{eventName: StopLogging}], alerts: []}]",
        "line 2: record 1: Falco's plugin would skip it: eventTime is missing",
    );
    check_error("enable: [None]\ntests: [{name: a, alerts: []}]", "enable: no rule \"None\"");
    check_error("tests: []", "line 2: tests: the list has no test");
    check_error("tests: [{name: a, files: [none.json], alerts: []}]", "DIR/none.json: No such file or directory");
    let folder = tempfile::tempdir().unwrap();
    let error = Suite::find(folder.path()).unwrap_err().to_string();
    assert_eq!(error, format!("{}: no file is named *.test.yaml or *.test.yml", folder.path().display()));
    let missing = folder.path().join("missing");
    let error = Suite::find(&missing).unwrap_err().to_string();
    assert_eq!(error, format!("{}: No such file or directory (os error 2)", missing.display()));
}

#[test]
fn a_cut_record_is_named_with_its_place() {
    let cut = r#"{"eventTime":"2026-01-02T03:04:05Z","eventType":"T","eventName":"StopLogg"#;
    check_error(
        &format!("tests:\n  - name: a\n    alerts: []\n    records:\n      - '{cut}'"),
        "line 6: record 1: the text is not JSON: EOF while parsing a string at line 1 column",
    );
    check_error("tests:\n  - {name: a, alerts: [], records: [x]}", "line 3: record 1: the text is not JSON");
    check_error("tests:\n  - {name: a, alerts: [], records: [[]]}", "line 3: record 1: found a list, but a record is");
    for (cut, expected) in [
        (cut, "DIR/cut.json: record 1, byte "),
        (cut.split_once(",\"eventName").unwrap().0, "DIR/cut.json: record 1, byte "),
        (&format!("{cut}ing\"}}\n{cut}"), "DIR/cut.json: record 2, byte "),
        (&format!("{{\"Records\":[{cut}"), "DIR/cut.json: record 1, byte "),
        (&format!("{cut}\","), "DIR/cut.json: record 1, byte "),
        ("{\"Records\":[", "DIR/cut.json: "),
        ("", "DIR/cut.json: "),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cut.json"), cut).unwrap();
        let path = folder.path().join("cut.json").display().to_string();
        let report = run(&format!("tests: [{{name: a, files: ['{path}'], alerts: []}}]"));
        let found = report.results()[0].errors.join("\n").replace(&folder.path().display().to_string(), "DIR");
        assert!(found.starts_with(expected), "{cut}: {found}");
    }
}

#[test]
fn many_damages_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.json").display().to_string();
    for (record, errors, more) in [
        ("{\"eventTime\":x}\n", 21, "DIR: and 30 more"),
        (
            "{\"eventVersion\":\"1.11\",\"eventName\":\"A\"}\n",
            21,
            "records that Falco's plugin would skip: and 30 more",
        ),
    ] {
        fs::write(&path, record.repeat(50)).unwrap();
        let report = run(&format!("tests: [{{name: a, files: ['{path}'], alerts: []}}]"));
        let found = &report.results()[0].errors;
        assert_eq!((found.len(), found.last().unwrap().replace(&path, "DIR").as_str()), (errors, more), "{found:?}");
    }
}

#[test]
fn reports_are_for_people_and_machines() {
    let report = run(&format!(
        "enable: [Off]\ntests: [{{name: 'a <b>', {HEAD}, alerts: ['Off']}}, {{name: c, {HEAD}, alerts: [Stopped]}}]"
    ));
    let plain = report.plain();
    let mut controls = Report::default();
    controls.add(TestResult { name: "a\u{1b}[2J\n".to_owned(), ..TestResult::default() });
    assert_eq!(controls.plain(), "ok      : a\\u{1b}[2J\\n\n1 passed, 0 failed\n");
    assert!(plain.starts_with("FAILED  ") && plain.contains("\nok      "), "{plain}");
    assert!(plain.ends_with("rules without an alert in any test: Off\n1 passed, 1 failed\n"), "{plain}");
    let junit = report.junit();
    let wrong = run("tests: []");
    assert!(wrong.plain().ends_with("0 passed, 0 failed, 1 with errors\n"), "{}", wrong.plain());
    assert!(
        wrong.junit().contains("failures=\"0\" errors=\"1\"") && wrong.junit().contains("<error message=\"line 2: ")
    );
    assert!(junit.contains("<testsuites tests=\"2\" failures=\"1\" errors=\"0\">"), "{junit}");
    assert!(
        junit.contains("name=\"a &lt;b&gt;\"><failure message=\"&quot;Off&quot;: no alert, but one was expected\">"),
        "{junit}"
    );
}
