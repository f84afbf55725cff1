//! Reads any text as the body of a message, as an interval, as a list of accounts and as a key. Nothing panics, and the
//! parsed values are consistent.
#![no_main]

use cloudtrail_reader::bucket::{Accounts, Filter, Interval, LogKey, Node};
use cloudtrail_reader::notification::Notification;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let found = Notification::parse(text);
    assert!(found.objects.iter().all(|object| object.key.len() <= text.len()));
    assert!(found.records.iter().all(|record| record.len() <= text.len()));
    let says_nothing = found.objects.is_empty() && found.records.is_empty() && found.ignored.is_empty();
    assert!(!says_nothing || !found.unknown.is_empty());
    let now = jiff::Timestamp::UNIX_EPOCH;
    let interval = Interval::parse(text, now).ok().flatten();
    if let Some(Interval { start, end: Some(end) }) = interval {
        assert!(start <= end);
    }
    let _ = Accounts::parse(text);
    assert!(text.starts_with(LogKey::parse(text).lane));
    let mut filter = Filter::default();
    filter.interval = interval.or(Interval::parse("5d-1d", now).ok().flatten());
    assert!(Node::root(text, &filter).prefix().starts_with(text));
});
