//! A damaged member among others: all the others come out.

use super::{Bytes, Outcome, dripped, gzip, whole};
use crate::damage::{DamageReason, GzipError, PackedError};
use crate::pool::BufferPool;
use crate::records::Records;
use crate::unpack::tests::zstd;

fn record(number: usize) -> String {
    // It compresses badly, so that a member has many bytes.
    let noise: String =
        (0..400).map(|at: usize| char::from(b'!' + ((at * 7919 + number * 104_729) % 89 + 1) as u8)).collect();
    let noise = noise.replace(['"', '\\', '{', '}', '[', ']'], "x");
    format!(r#"{{"eventVersion":"1.11","eventID":"id-{number}","x":"{noise}"}}"#)
}

fn log(number: usize) -> String {
    format!("{{\"Records\":[{},{}]}}", record(number), record(number + 1))
}

fn texts(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().flatten().map(|(bytes, ..)| String::from_utf8_lossy(bytes).into_owned()).collect()
}

fn reasons(file: &[u8]) -> Vec<DamageReason> {
    whole(file).into_iter().filter_map(Result::err).map(|damage| damage.reason).collect()
}

#[test]
fn a_wrong_checksum_costs_no_other_member() {
    let [one, two, three] = [1, 3, 5].map(|number| gzip(log(number).as_bytes()).to_vec());
    for from_end in [1, 5] {
        let mut damaged = two.clone();
        let at = damaged.len() - from_end;
        damaged[at] ^= 1;
        let file = [&one[..], &damaged, &three].concat();
        let found = whole(&file);
        assert_eq!(texts(&found), [1, 2, 3, 4, 5, 6].map(record));
        let expected = GzipError::Checksum { at: (one.len() + two.len()) as u64 };
        assert_eq!(reasons(&file), [expected.into()]);
        for most in [1, 7, 1000] {
            assert_eq!(dripped(&file, most), found);
        }
    }
}

#[test]
fn corrupt_data_cost_no_other_member() {
    let zstd = |number| zstd(log(number).as_bytes());
    let gz = |number| gzip(log(number).as_bytes()).to_vec();
    for (one, two, three) in
        [(gz(1), gz(3), gz(5)), (zstd(1), zstd(3), zstd(5)), (gz(1), zstd(3), gz(5)), (zstd(1), gz(3), zstd(5))]
    {
        for at in (12..two.len() - 8).step_by(5) {
            let mut damaged = two.clone();
            for byte in &mut damaged[at..at + 6] {
                *byte = !*byte;
            }
            let file = [&one[..], &damaged, &three].concat();
            let found = whole(&file);
            let records = texts(&found);
            let last = record(6);
            assert!(
                records.starts_with(&[record(1), record(2)]) && records.ends_with(&[record(5), last]),
                "{at}: {found:?}"
            );
            assert!(
                reasons(&file).iter().any(|it| matches!(it, DamageReason::Gzip(_) | DamageReason::Packed(_))),
                "{at}: {found:?}"
            );
        }
        // The second one is cut, and the third one follows.
        for end in (20..two.len()).step_by(7) {
            let file = [&one[..], &two[..end], &three].concat();
            let found = whole(&file);
            let last = record(6);
            assert!(texts(&found).ends_with(&[record(5), last]), "{end}: {found:?}");
            assert!(
                reasons(&file)
                    .iter()
                    .any(|it| matches!(it, DamageReason::Packed(PackedError::Gap { .. }) | DamageReason::Gzip(_))),
                "{end}: {found:?}"
            );
        }
    }
}

/// The first bytes of the file are damaged, and with them the mark of its format.
#[test]
fn a_damaged_start_costs_no_other_member() {
    let [one, two, three] = [1, 3, 5].map(|number| gzip(log(number).as_bytes()).to_vec());
    for (start, length) in (0..20).map(|start| (start, 1)).chain([(0, 2), (0, 10), (0, 100), (0, 170), (3, 40)]) {
        for byte in [0, b'x', 0xFF] {
            let mut damaged = one.clone();
            damaged[start..start + length].fill(byte);
            let file = [&damaged[..], &two, &three].concat();
            let found = whole(&file);
            assert!(texts(&found).ends_with(&[3, 4, 5, 6].map(record)), "{byte} at {start}, {length}: {found:?}");
            let is_whole = texts(&found).starts_with(&[record(1), record(2)]);
            let lost = found.iter().any(|it| it.as_ref().is_err_and(|it| it.reason.may_hide_a_record()));
            assert!(is_whole || lost, "{byte} at {start}, {length}: {found:?}");
            assert_eq!(dripped(&file, 7), found, "{byte} at {start}, {length}");
        }
    }
    // Bytes that no member follows are what they were.
    let alone = [&[0xFF; 400][..], &one[10..]].concat();
    assert!(whole(&alone).iter().all(Result::is_err));
}

/// The place of damage is where its text would begin, not where reading noticed that it can go on.
#[test]
fn damage_between_members_is_named_at_its_place() {
    let [one, two, three] = [1, 3, 5].map(|number| gzip(log(number).as_bytes()).to_vec());
    let (first, second) = (log(1).len() as u64, log(3).len() as u64);
    let mut checksum = one.clone();
    checksum[one.len() - 5] ^= 1;
    let places = |file: &[u8]| {
        let packed = |reason: &DamageReason| matches!(reason, DamageReason::Packed(_) | DamageReason::Gzip(_));
        let damages = whole(file).into_iter().filter_map(Result::err);
        damages.filter(|damage| packed(&damage.reason)).map(|damage| damage.byte).collect::<Vec<_>>()
    };
    for (file, expected) in [
        ([&[0xFF; 40], &one[40..], &two, &three].concat(), 0..=0),
        // What was unpacked before the damage was noticed is text, too.
        ([&one[..], &two[..12], &[0xFF; 40], &two[52..], &three].concat(), first..=first + second),
        ([&one[..], &two, b"oops", &three].concat(), first + second..=first + second),
        ([&checksum[..], &two, &three].concat(), first..=first),
    ] {
        assert!(matches!(places(&file)[..], [byte] if expected.contains(&byte)), "{expected:?}: {:?}", places(&file));
        // In a layer below the text, the place is not known: it is the end.
        let is_end = |byte: u64| byte > first + second;
        assert!(*expected.end() == 0 || matches!(places(&gzip(&file))[..], [byte] if is_end(byte)), "{expected:?}");
    }
}

#[test]
fn bytes_between_members_cost_no_member() {
    let [one, two] = [1, 3].map(|number| gzip(log(number).as_bytes()).to_vec());
    for between in [&b"oops"[..], b"\x1F\x8B\x08", b"\x1F\x8B\x08\0\0\0\0\0\0\x03junk"] {
        let file = [&one[..], between, &two].concat();
        assert_eq!(texts(&whole(&file)), [1, 2, 3, 4].map(record), "{}", between.escape_ascii());
        let is_gap = |it: &DamageReason| matches!(it, DamageReason::Packed(PackedError::Gap { .. }));
        assert_eq!(reasons(&file).into_iter().filter(is_gap).count(), 1, "{:?}", reasons(&file));
    }
}

#[test]
fn a_large_file_is_read_the_same_on_another_thread() {
    let mut file = [gzip(log(1).as_bytes()), gzip(log(3).as_bytes()), gzip(log(5).as_bytes())].concat();
    let at = gzip(log(1).as_bytes()).len() + 60;
    file[at..at + 8].fill(0xFF);
    let pool = BufferPool::default();
    let ahead = Records::from_read_ahead(std::io::Cursor::new(Bytes::from(file.clone())), &pool);
    assert_eq!(super::outcome(ahead), whole(&file));
}
