//! Compares `detect` with the real Falco in ../shared, which runs this project's plugin over the same records.

#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, program, stderr, stdout};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The variable with the folders of Falco's libraries, if they are not the machine's own.
const LIBRARIES: &str = "FALCO_LIBRARIES";
const CONFIG: &str = r#"
plugins:
  - {name: cloudtrail, library_path: PLUGIN, open_params: RECORDS}
  - {name: json, library_path: JSON, init_config: '{"useAsync":false}'}
load_plugins: [cloudtrail, json]
rules_files: [RULES]
rule_matching: MATCHING
engine: {kind: nodriver}
json_output: true
stdout_output: {enabled: true}
syslog_output: {enabled: false}
log_stderr: true
log_syslog: false
outputs_queue: {capacity: 0}
"#;
/// A rule whose alerts differ with the place of a record, and with everything that a plugin makes of one.
const PLACES: &str = "
- rule: Places
  desc: d
  condition: evt.num > 3
  output: '%evt.num %evt.reltime %evt.plugininfo %ct.resources %ec2.imageids %s3.bytes %json.value[/eventName] %evt.source'
  priority: DEBUG
  source: aws_cloudtrail
";

/// Conditions, one a line. Falco refuses some.
const CONDITIONS: &str = include_str!("conditions/conditions.txt");

fn shared(path: &str) -> PathBuf {
    let path = fixture("../../shared").join(path);
    assert!(path.exists(), "{} is missing", path.display());
    path.canonicalize().unwrap()
}

/// A folder with every record there is.
fn records(folder: &Path) {
    for (number, source) in [shared("conformance"), fixture("falco-rules")].into_iter().enumerate() {
        let folder = folder.join(number.to_string());
        std::fs::create_dir(&folder).unwrap();
        for file in source.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            let name = file.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".json") || name.ends_with(".json.gz") {
                std::fs::copy(&file, folder.join(name)).unwrap();
            }
        }
    }
}

/// Returns the configuration for these records, without its rules.
fn config(records: &str) -> String {
    let plugin = Path::new(env!("CARGO_BIN_EXE_ct-ingest")).with_file_name("libcloudtrail.so");
    assert!(plugin.is_file(), "{} is missing: cargo build --workspace makes it", plugin.display());
    CONFIG
        .replace("PLUGIN", &plugin.display().to_string())
        .replace("RECORDS", records)
        .replace("JSON", &shared("falco/libjson.so").display().to_string())
}

fn falco(config: &str) -> Output {
    let mut falco = Command::new(shared("falco/falco"));
    if let Some(libraries) = std::env::var_os(LIBRARIES) {
        falco.env("LD_LIBRARY_PATH", libraries);
    }
    falco.env("TZ", "UTC").args(["-c", config, "--disable-source", "syscall"]).output().unwrap()
}

fn alerts(text: &str) -> Vec<Value> {
    let alerts =
        text.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str::<Value>(line).unwrap());
    alerts
        .map(|mut alert| {
            alert.as_object_mut().unwrap().remove("hostname").unwrap();
            alert
        })
        .collect()
}

#[test]
#[ignore = "needs ../shared; `cargo xtask ci shared` runs it"]
fn every_alert_is_that_of_falco() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir(path("records")).unwrap();
    records(&folder.path().join("records"));
    std::fs::write(path("places.yaml"), PLACES).unwrap();
    let official = shared("falco/aws_cloudtrail_rules.yaml").display().to_string();
    let ours = fixture("../examples/falco/trailbridge_rules.yaml").canonicalize().unwrap().display().to_string();
    let config = config(&path("records"));
    for (rules, matching, least) in
        [(&[&official][..], "first", 100), (&[&official, &ours], "all", 200), (&[&path("places.yaml")], "first", 5_000)]
    {
        let files = rules.iter().map(|file| file.as_str()).collect::<Vec<_>>().join(", ");
        std::fs::write(path("falco.yaml"), config.replace("RULES", &files).replace("MATCHING", matching)).unwrap();
        let falco = falco(&path("falco.yaml"));
        assert!(falco.status.success(), "{}{}", stdout(&falco), stderr(&falco));
        let mut detect = program();
        detect.args(["detect", "--rule-matching", matching, &path("records")]);
        for file in rules {
            detect.args(["--rules", file]);
        }
        let detect = detect.output().unwrap();
        assert!(detect.status.success(), "{}", stderr(&detect));
        let (expected, found) = (alerts(&stdout(&falco)), alerts(&stdout(&detect)));
        assert!(expected.len() > least, "{files}: {} alerts", expected.len());
        for (expected, found) in expected.iter().zip(&found) {
            assert_eq!(found, expected, "{files}");
        }
        assert_eq!(found.len(), expected.len(), "{files}");
    }
}

#[test]
#[ignore = "needs ../shared; `cargo xtask ci shared` runs it"]
fn conditions_hold_and_are_refused_as_in_falco() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let records = fixture("../bins/ct-ingest/tests/conditions/records.json").canonicalize().unwrap();
    let records = records.display().to_string();
    let config = config(&records).replace("MATCHING", "all");
    for name in ["all", "one"] {
        std::fs::write(path(&format!("{name}.falco")), config.replace("RULES", &path(&format!("{name}.yaml"))))
            .unwrap();
    }
    let (mut taken, mut refused) = (String::new(), 0);
    for (number, condition) in CONDITIONS.lines().enumerate() {
        let quoted = condition.replace('\'', "''");
        let rule = format!(
            "- rule: R{number}\n  desc: d\n  condition: '{quoted}'\n  output: '%ct.id'\n  priority: DEBUG\n  source: aws_cloudtrail\n"
        );
        std::fs::write(path("one.yaml"), &rule).unwrap();
        let found = program().args(["detect", "--validate", "--rules", &path("one.yaml")]).output().unwrap();
        if found.status.success() {
            taken.push_str(&rule);
            continue;
        }
        assert_eq!(found.status.code(), Some(2), "{condition}: {}", stderr(&found));
        // Falco refuses it, stops with an exception, or a signal ends it.
        let falco = falco(&path("one.falco"));
        let is_named = ["LOAD_ERR_", "Runtime error: "].iter().any(|word| stderr(&falco).contains(word));
        let is_refused = falco.status.code().is_none_or(|code| code == 1 && is_named);
        assert!(is_refused, "{condition}: {}", stderr(&falco));
        refused += 1;
    }
    std::fs::write(path("all.yaml"), taken).unwrap();
    let falco = falco(&path("all.falco"));
    assert!(falco.status.success(), "{}", stderr(&falco));
    let detect = ["detect", "--rule-matching", "all", "--rules", &path("all.yaml"), &records];
    let (expected, found) = (alerts(&stdout(&falco)), alerts(&stdout(&program().args(detect).output().unwrap())));
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
    assert!(refused > 100 && expected.len() > 300, "{refused} refused, {} alerts", expected.len());
}
