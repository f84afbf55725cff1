//! The corpus is JSON, is the same every time, and has the intended variety.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;

fn quick_text() -> String {
    let (world, writer) = parts().unwrap();
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
    let text = quick_text();
    let mut sum = flate2::Crc::new();
    sum.update(text.as_bytes());
    assert_eq!((text.len(), sum.sum()), (3_733_294, 76_167_594), "raise GENERATOR with every change");
}

#[test]
fn backslashes_are_in_a_few_per_cent_of_the_records() {
    let text = quick_text();
    let mut records = text.split("{\"eventVersion\"").skip(1);
    let total = records.clone().count();
    let with = records.by_ref().filter(|record| record.contains('\\')).count() * 100 / total;
    assert!((2..=8).contains(&with), "{with} per cent");
}

#[test]
fn objects_differ_in_key_and_content() {
    let keys: BTreeSet<_> = (0..5000).map(key).collect();
    assert_eq!(keys.len(), 5000);
    let lanes: BTreeSet<_> = keys.iter().filter_map(|key| key.get(..key.rfind("/2024/")?)).collect();
    assert!(lanes.len() > 10, "{lanes:?}");
    let bodies = bodies(3, 2).unwrap();
    assert_eq!(bodies.iter().collect::<BTreeSet<_>>().len(), 3);
}
