//! Log files cut off at every byte, and with every byte changed: intact records and later files are read, the source
//! ends, and the host survives.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;
#[path = "common/files.rs"]
mod files;

use common::{ask, library};
use files::{gzip, log, named};
use plugin_host::{Answer, Plugin};

const NAMES: [&str; 3] = ["a", "b", "c"];
/// The event of the intact file that follows each damaged one.
const BEHIND: &str = "behind";

fn text() -> Vec<u8> {
    log(&NAMES.map(named)).into_bytes()
}

/// Returns the names of the events of each of these files, read as one folder, and the number of damaged parts.
fn read(contents: impl Iterator<Item = Vec<u8>>) -> (Vec<Vec<Vec<u8>>>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let mut count = 0;
    for content in contents {
        std::fs::write(folder.path().join(format!("{count:05}")), content).unwrap();
        std::fs::write(folder.path().join(format!("{count:05}-behind")), log(&[named(BEHIND)])).unwrap();
        count += 1;
    }
    let plugin = Plugin::init(library(), "{}").unwrap();
    let events = plugin.open(folder.path().to_str().unwrap()).unwrap().drain().unwrap();
    let mut found = vec![Vec::new()];
    for event in &events {
        let name = match ask(&plugin, event, "ct.name") {
            Answer::Strings(mut names) => names.remove(0),
            other => format!("{other:?}").into_bytes(),
        };
        if name == BEHIND.as_bytes() {
            found.push(Vec::new());
        } else {
            found.last_mut().unwrap().push(name);
        }
    }
    assert_eq!(found.pop(), Some(Vec::new()), "the last file is sound");
    assert_eq!(found.len(), count, "a sound file behind an odd one is lost");
    let metrics = plugin.metrics().get();
    let metric = |name: &str| metrics.iter().find(|(it, _)| it == name).unwrap().1;
    assert_eq!((metric("n_panics"), metric("n_files")), (0, 2 * count as u64));
    (found, metric("n_damages"))
}

/// Returns the contents with one byte changed, for every byte and three kinds of changes.
fn changed(content: Vec<u8>) -> impl Iterator<Item = Vec<u8>> {
    (0..content.len()).flat_map(move |at| {
        let content = content.clone();
        [0x01, 0x20, 0xff].into_iter().map(move |bits| {
            let mut content = content.clone();
            content[at] ^= bits;
            content
        })
    })
}

#[test]
fn a_plain_file_cut_anywhere_gives_the_records_before_the_cut() {
    let text = text();
    let (found, _) = read((0..=text.len()).map(|length| text[..length].to_vec()));
    let record = named(NAMES[0]).len();
    let first = r#"{"Records":["#.len();
    for (length, names) in found.iter().enumerate() {
        // Commas separate the records, which all have the same length.
        let whole = (0..NAMES.len()).take_while(|number| first + (record + 1) * number + record <= length).count();
        assert_eq!(names, &NAMES.map(str::as_bytes)[..whole], "cut at {length}");
    }
}

#[test]
fn a_gzip_file_cut_anywhere_gives_records_up_to_the_cut() {
    let packed = gzip(&text());
    let (found, damages) = read((0..=packed.len()).map(|length| packed[..length].to_vec()));
    for (length, names) in found.iter().enumerate() {
        assert!(
            NAMES.map(str::as_bytes).starts_with(&names.iter().map(Vec::as_slice).collect::<Vec<_>>()),
            "{names:?}"
        );
        // The checksum and the length, eight bytes, follow the text.
        assert!(length + 8 < packed.len() || names.len() == NAMES.len(), "cut at {length}: {names:?}");
    }
    // All but the whole file are damaged. A file of at most one byte is not recognised as gzip.
    assert!(damages >= packed.len() as u64 - 2, "{damages}");
}

#[test]
fn a_changed_byte_of_a_plain_file_costs_nothing_before_it() {
    let text = text();
    let second = text.windows(named("b").len()).position(|part| part == named("b").as_bytes()).unwrap();
    let (found, _) = read(changed(text));
    for (number, names) in found.iter().enumerate() {
        assert!(
            number / 3 < second || names.first().map(Vec::as_slice) == Some(b"a"),
            "byte {}: {names:?}",
            number / 3
        );
    }
}

#[test]
fn a_changed_byte_of_a_gzip_file_is_seen() {
    let packed = gzip(&text());
    let bytes = packed.len() as u64;
    let (found, damages) = read(changed(packed));
    // Only the first four of the header's ten bytes matter: the magic number, the method and the flags.
    let harmless = found.iter().skip(3 * 4).take(3 * 6);
    assert!(harmless.into_iter().all(|names| names == &NAMES.map(|name| name.as_bytes().to_vec())));
    assert!(damages >= 3 * (bytes - 10), "{damages} of {bytes} bytes");
}
