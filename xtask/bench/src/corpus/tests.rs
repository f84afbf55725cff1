//! The corpus is JSON, is like itself every time, and has the variety that it is for.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn quick_text() -> String {
    let (world, writer) = (World::new(1).unwrap(), Writer::new().unwrap());
    let plan = files::plan(false).into_iter().find(|plan| plan.records > 2000).unwrap();
    text(&plan, &world, &writer).unwrap()
}

#[test]
fn records_are_json_of_every_kind() {
    let file: Value = serde_json::from_str(&quick_text()).unwrap();
    let records = file["Records"].as_array().unwrap();
    let all = |pointer: &str| {
        records
            .iter()
            .filter_map(|record| record.pointer(pointer)?.as_str())
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    assert!(all("/eventName").len() > 40, "{:?}", all("/eventName"));
    assert!(all("/userIdentity/type").len() >= 7, "{:?}", all("/userIdentity/type"));
    assert!(all("/eventType").len() == 3, "{:?}", all("/eventType"));
    assert!(records.iter().any(|record| record["errorCode"] == "AccessDenied" && record["responseElements"].is_null()));
}

#[test]
fn the_same_every_time() {
    assert_eq!(quick_text(), quick_text());
}

#[test]
fn backslashes_are_in_a_few_per_cent_of_the_records() {
    let text = quick_text();
    let mut records = text.split("{\"eventVersion\"").skip(1);
    let total = records.clone().count();
    let with = records.by_ref().filter(|record| record.contains('\\')).count() * 100 / total;
    assert!((2..=8).contains(&with), "{with} per cent");
}
