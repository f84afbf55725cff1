//! Checks OCSF events: others' validators accept them, and they have all that Falcon sent. Needs `cargo xtask
//! ocsf-validators`, which `cargo xtask test` runs first.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test, helpers included")]

mod generate;
mod loss;
mod validator;

use std::path::Path;

use audit_schema::falcon::{FalconEvent, to_ocsf};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::Value;

const VARIANTS: &str = include_str!("../fixtures/variants.jsonl");
const RECEIVED: i64 = 1_766_725_000_000;
/// The number of generated events that the validators check, in some seconds.
const GENERATED: usize = 300;

/// Returns a line as OCSF.
fn ocsf(line: &str) -> String {
    let event = FalconEvent::parse(line.as_bytes()).unwrap();
    let text = to_ocsf(&event, "0", 41, RECEIVED);
    assert_eq!(text, to_ocsf(&event, "0", 41, RECEIVED), "the same event gives the same text");
    assert!(!text.contains('\n') || line.contains('\n'), "{line}");
    text
}

/// Returns the events of the fuzz corpus.
fn corpus() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/audit");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read_to_string(file).unwrap().trim().to_owned()).collect()
}

/// Checks that the validators accept these events, and that nothing is lost.
fn check(lines: &[String]) {
    let events: Vec<String> = lines.iter().map(|line| ocsf(line)).collect();
    let wrong = validator::wrong(&events);
    assert_eq!(wrong, Vec::<(usize, String)>::new());
    for (line, event) in lines.iter().zip(&events) {
        loss::check(line, event);
    }
}

#[test]
fn sample_and_generated_events_are_valid() {
    let mut lines: Vec<String> = VARIANTS.lines().map(str::to_owned).collect();
    lines.extend(corpus());
    assert_eq!(lines.len(), 60);
    lines.extend(generate::each_operation());
    let mut runner = TestRunner::deterministic();
    lines.extend((0..GENERATED).map(|_| generate::line().new_tree(&mut runner).unwrap().current()));
    check(&lines);
}

#[test]
#[ignore = "needs ../shared/falcon-events, which is not part of the project; `cargo xtask ci shared` runs it"]
fn published_samples_are_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/falcon-events");
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let lines: Vec<String> =
        ["panther.jsonl", "sumo.jsonl"].map(read).iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    assert_eq!(lines.len(), 39);
    check(&lines);
}

/// A change to a valid event that makes it wrong.
type Break = (&'static str, fn(&mut Value));

#[test]
fn wrong_events_are_found() {
    let breaks: &[Break] = &[
        ("a class that does not exist", |event| event["class_uid"] = 3999.into()),
        ("another class", |event| event["class_uid"] = 3001.into()),
        ("another category", |event| event["category_uid"] = 6.into()),
        ("an activity that the class does not have", |event| event["activity_id"] = 77.into()),
        ("the type of another activity", |event| event["type_uid"] = 300_502.into()),
        ("the name of another activity", |event| event["activity_name"] = "Revoke Privileges".into()),
        ("the caption of another status", |event| event["status"] = "Failure".into()),
        ("a severity that does not exist", |event| event["severity_id"] = 7.into()),
        ("a time as text", |event| event["time"] = "2025-12-26T04:51:58Z".into()),
        ("a time with a fraction", |event| event["time"] = 1_766_724_718_104.5.into()),
        ("no user", |event| _ = event.as_object_mut().unwrap().remove("user")),
        ("no privileges", |event| _ = event.as_object_mut().unwrap().remove("privileges")),
        ("no metadata", |event| _ = event.as_object_mut().unwrap().remove("metadata")),
        ("no product", |event| _ = event["metadata"].as_object_mut().unwrap().remove("product")),
        ("another version", |event| event["metadata"]["version"] = "1.5.0".into()),
        ("an attribute that does not exist", |event| event["users"] = event["user"].clone()),
        ("an attribute of another class", |event| event["is_mfa"] = true.into()),
        ("an attribute that an object does not have", |event| event["actor"]["user"]["mail"] = "x".into()),
        ("an endpoint without a name", |event| event["src_endpoint"] = serde_json::json!({})),
        ("no IP address", |event| event["src_endpoint"]["ip"] = "host".into()),
        ("no mail address", |event| event["user"]["email_addr"] = "ada".into()),
        ("the type of another user", |event| event["actor"]["user"]["type"] = "Admin".into()),
        ("an observable without a type", |event| event["observables"] = serde_json::json!([{ "name": "user.name" }])),
        ("a list of another type", |event| event["privileges"] = serde_json::json!([1])),
    ];
    let line = VARIANTS.lines().nth(3).unwrap();
    let event: Value = serde_json::from_str(&ocsf(line)).unwrap();
    let mut events = vec![event.to_string()];
    for (_, change) in breaks {
        let mut broken = event.clone();
        change(&mut broken);
        events.push(broken.to_string());
    }
    let wrong = validator::wrong(&events);
    let is_found = |index: usize| wrong.iter().any(|(number, _)| *number == index);
    assert!(!is_found(0), "{wrong:?}");
    let missed: Vec<&str> =
        breaks.iter().enumerate().filter(|(index, _)| !is_found(index + 1)).map(|(_, (name, _))| *name).collect();
    assert_eq!(missed, [""; 0]);
}
