//! Loads the built plugin, and extracts fields.
#![allow(
    dead_code,
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use plugin_host::{Answer, Event, Library, Plugin, Request};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Returns the shared object that cargo has built next to the test.
pub(crate) fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let folders = [test.parent().unwrap(), test.parent().unwrap().parent().unwrap()];
        let paths = folders.map(|folder| folder.join("libcloudtrail.so"));
        let newest = paths.iter().filter_map(|path| Some((path.metadata().ok()?.modified().ok()?, path))).max();
        Library::load(newest.unwrap_or_else(|| panic!("none of {paths:?} is there")).1).unwrap()
    })
}

/// Returns a plugin without configuration.
pub(crate) fn plugin() -> Plugin<'static> {
    Plugin::init(library(), "{}").unwrap()
}

/// Returns the path of a fixture.
pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(path)
}

/// Returns all events of a source.
pub(crate) fn events(plugin: &Plugin<'_>, path: &Path) -> Vec<Event> {
    plugin.open(path.to_str().unwrap()).unwrap().drain().unwrap()
}

/// Returns all events of a file with this content.
pub(crate) fn events_of(name: &str, content: &[u8]) -> Vec<Event> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), content).unwrap();
    events(&plugin(), folder.path())
}

/// Returns a record with the members of an event and these.
pub(crate) fn record(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    format!(r#"{{"eventTime":"2026-01-02T03:04:05Z","eventType":"AwsApiCall"{comma}{members}}}"#)
}

/// Returns the request for a field.
pub(crate) fn request(name: &str, index: Option<u64>) -> Request {
    Request::of(name, index).unwrap()
}

/// Extracts one field of an event, as Falco does.
pub(crate) fn ask(plugin: &Plugin<'_>, event: &Event, name: &str) -> Answer {
    plugin.extract(event, &[request(name, None)], false).remove(0).0
}

/// Returns the value of a string field.
pub(crate) fn one(text: &str) -> Answer {
    Answer::Strings(vec![text.as_bytes().to_vec()])
}
