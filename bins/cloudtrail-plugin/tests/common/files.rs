//! Log files with unusual content, and the plugin's results.
#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]
#![allow(dead_code, reason = "each test file uses its own part")]

use super::common::{ask, events_of, library, plugin, record};
use flate2::{Compression, write::GzEncoder};
use plugin_host::{Answer, Plugin};
use std::io::Write;
use std::path::Path;

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Returns a record with this name.
pub(crate) fn named(name: &str) -> String {
    record(&format!(r#""eventName":"{name}""#))
}

/// Returns a log file of these records.
pub(crate) fn log(records: &[String]) -> String {
    format!(r#"{{"Records":[{}]}}"#, records.join(","))
}

/// Returns the names of the events of a file.
pub(crate) fn names(file: &str, content: &[u8]) -> Vec<String> {
    let plugin = plugin();
    events_of(file, content)
        .iter()
        .map(|event| match ask(&plugin, event, "ct.name") {
            Answer::Strings(mut names) => String::from_utf8(names.remove(0)).unwrap(),
            other => format!("{other:?}"),
        })
        .collect()
}

#[track_caller]
pub(crate) fn check(file: &str, content: impl AsRef<[u8]>, expected: &[&str]) {
    assert_eq!(names(file, content.as_ref()), expected);
}

/// Returns how many events a file or folder gives, and the values of these counters.
pub(crate) fn counted<const N: usize>(path: &Path, counters: [&str; N]) -> (usize, [u64; N]) {
    let plugin = Plugin::init(library(), "{}").unwrap();
    let events = plugin.open(path.to_str().unwrap()).unwrap().drain().unwrap().len();
    let values = plugin.metrics().get();
    (events, counters.map(|counter| values.iter().find(|(name, _)| name == counter).unwrap().1))
}
