//! Takes any bytes as a line. No panic may occur, and each JSON object must become an event that AWS takes and that has
//! the original, and JSON in OCSF. The corpus has events of all shapes; `cargo fuzz run audit` in `crates/audit-schema`.

#![no_main]

use audit_schema::falcon::{FalconEvent, Filter, Mapping, map, to_ocsf};
use audit_schema::{Batch, limits};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

fuzz_target!(|line: &[u8]| {
    check(line);
    // The same above 28 kB: an object with an added member that makes it too large.
    if let Some(rest) = line.strip_prefix(b"{") {
        let large = format!("{{\"large\":\"{}\",", "x".repeat(limits::MAX_ADDITIONAL_EVENT_DATA));
        check(&[large.as_bytes(), rest].concat());
    }
});

fn check(line: &[u8]) {
    let object = serde_json::from_slice::<&RawValue>(line).ok().filter(|json| json.get().starts_with('{'));
    let parsed = FalconEvent::parse(line);
    assert_eq!(parsed.is_ok(), object.is_some());
    let Ok(event) = parsed else { return };
    _ = Filter::default().judge(&event, 1_766_724_718_104);
    let account = "123456789012".parse().unwrap();
    let mapped = map(&event, "0", 41, &Mapping { account: &account, received_ms: 0 });
    let entry = mapped.event.to_entry().unwrap();
    serde_json::from_str::<&RawValue>(entry.event_data()).unwrap();
    assert_eq!(entry.event_data().contains(event.json()), mapped.is_whole);
    Batch::new().push(entry).unwrap();
    serde_json::from_str::<&RawValue>(&to_ocsf(&event, "0", 41, 0)).unwrap();
}
