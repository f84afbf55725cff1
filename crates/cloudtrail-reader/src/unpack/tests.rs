use super::stack::Unpack;
use super::whole::WHOLE_LIMIT;
use super::{SharedFaults, TextSource, inflate_whole};
use crate::damage::{DamageReason, GzipError, PackedError};
use crate::pool::BufferPool;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use proptest::prelude::*;
use std::io::Write;
use zstd_safe::{CCtx, CParameter};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A frame with a checksum.
pub(crate) fn zstd(text: &[u8]) -> Vec<u8> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::ChecksumFlag(true)).unwrap();
    let mut packed = Vec::with_capacity(zstd_safe::compress_bound(text.len()));
    context.compress2(&mut packed, text).unwrap();
    packed
}

/// Returns text that compresses badly, so that damage in the middle of the file is damage in the middle of the text.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 57) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn stream(file: &[u8], piece: usize) -> (Vec<u8>, Option<DamageReason>) {
    let (text, reason, _) = unpack(file, piece);
    (text, reason)
}

/// Returns the text, the reason why it ends, and the offset of the padding.
fn unpack(file: &[u8], piece: usize) -> (Vec<u8>, Option<DamageReason>, Option<u64>) {
    let mut unpack = Unpack::new(Box::new(file));
    let (mut text, mut out) = (Vec::new(), vec![0; piece]);
    loop {
        match unpack.read(&mut out) {
            Ok(0) => return (text, None, unpack.state().padding),
            Ok(written) => text.extend_from_slice(&out[..written]),
            Err(reason) => return (text, Some(reason), unpack.state().padding),
        }
    }
}

#[test]
fn sound_files_pass_both_ways() {
    let pool = BufferPool::default();
    for text in [&b""[..], b"{}", &noise(300_000), &b"a".repeat(300_000)] {
        let file = gzip(text);
        assert_eq!(inflate_whole(&file, &pool).as_deref(), Some(text));
        assert_eq!(stream(&file, 1000), (text.to_vec(), None));
    }
}

#[test]
fn members_are_joined_even_when_they_are_alike() {
    let (one, two) = (gzip(b"{\"one\":1}"), gzip(b"{\"two\":2}"));
    for (file, text) in [
        ([&one[..], &two].concat(), &b"{\"one\":1}{\"two\":2}"[..]),
        ([&one[..], &one].concat(), b"{\"one\":1}{\"one\":1}"),
        ([&one[..], &gzip(b"")].concat(), b"{\"one\":1}"),
        ([&gzip(b"")[..], &one].concat(), b"{\"one\":1}"),
    ] {
        assert_eq!(inflate_whole(&file, &BufferPool::default()), None);
        assert_eq!(stream(&file, 7), (text.to_vec(), None));
    }
}

#[test]
fn zeros_behind_the_data_are_padding_and_other_bytes_are_not() {
    let file = gzip(b"text");
    let end = file.len() as u64;
    for padding in [&[0; 100][..], b"\n", b"\r\n \0"] {
        let found = unpack(&[&file[..], padding].concat(), 10);
        assert_eq!(found, (b"text".to_vec(), None, Some(end)));
    }
    assert_eq!(unpack(&file, 10), (b"text".to_vec(), None, None));
    let padded = [&file[..], &[0; 100], &file].concat();
    assert_eq!(unpack(&padded, 10), (b"texttext".to_vec(), None, Some(end)));
    let trailing = Some(GzipError::Trailing { at: end }.into());
    assert_eq!(stream(&[&file[..], b"oops"].concat(), 10), (b"text".to_vec(), trailing));
}

#[test]
fn zeros_between_members_are_a_hole_and_after_a_single_one_they_are_padding() {
    let (one, two) = (gzip(b"one"), zstd(b"two"));
    let end = one.len() as u64;
    let joined = |between: &[u8], behind: &[u8]| [&one[..], between, &two, behind].concat();
    let hole = |at, length| Some(PackedError::Hole { at, length });
    for (file, expected) in [
        (joined(&[0; 12], &[]), None),
        (joined(&[0; 13], &[]), hole(end, 13)),
        (joined(&[0; 70_000], &[0; 10]), hole(end, 70_000)),
        (joined(&[&b"\r\n"[..], &[0; 4096], b"\n"].concat(), &[]), hole(end + 2, 4096)),
        (joined(&[], &[0; 12]), None),
        (joined(&[], &[0; 13]), hole(end + two.len() as u64, 13)),
        (joined(b"\0\n", &[]), None),
    ] {
        // The offset stays the same if the file is packed again.
        for file in [file.clone(), gzip(&file)] {
            let mut unpack = Unpack::new(Box::new(&file[..]));
            let (mut text, mut out) = (Vec::new(), [0; 2]);
            while let read @ 1.. = unpack.read(&mut out).unwrap() {
                text.extend_from_slice(&out[..read]);
            }
            assert_eq!((text.as_slice(), unpack.state().hole), (&b"onetwo"[..], expected));
        }
    }
}

#[test]
fn a_cut_file_gives_all_text_before_the_cut() {
    let text = noise(200_000);
    let file = gzip(&text);
    let cut = &file[..file.len() / 2];
    assert_eq!(inflate_whole(cut, &BufferPool::default()), None);
    let (got, reason) = stream(cut, 64 << 10);
    assert_eq!(reason, Some(GzipError::Truncated { at: cut.len() as u64 }.into()));
    assert!(text.starts_with(&got) && got.len() > text.len() / 3, "{} of {}", got.len(), text.len());
    for length in 2..18 {
        let (got, reason) = stream(&file[..length], 100);
        assert_eq!((got.len(), reason), (0, Some(GzipError::Truncated { at: length as u64 }.into())));
    }
}

#[test]
fn corrupt_data_give_the_text_before_them() {
    let text = noise(200_000);
    let mut file = gzip(&text);
    let middle = file.len() / 2;
    file[middle..middle + 64].fill(0xFF);
    assert_eq!(inflate_whole(&file, &BufferPool::default()), None);
    let (got, reason) = stream(&file, 200_000);
    assert!(
        matches!(reason, Some(DamageReason::Gzip(GzipError::Corrupt { .. } | GzipError::Checksum { .. }))),
        "{reason:?}"
    );
    let same = got.iter().zip(&text).take_while(|(got, text)| got == text).count();
    assert!(same > text.len() / 3, "{same}");
}

#[test]
fn a_wrong_checksum_is_reported_after_the_text() {
    for from_end in [1, 5] {
        let mut file = gzip(b"{\"Records\":[]}");
        let at = file.len() - from_end;
        file[at] ^= 1;
        assert_eq!(inflate_whole(&file, &BufferPool::default()), None);
        let reason = Some(GzipError::Checksum { at: file.len() as u64 }.into());
        assert_eq!(stream(&file, 100), (b"{\"Records\":[]}".to_vec(), reason));
    }
}

#[test]
fn large_texts_and_false_lengths_are_not_inflated_in_one_call() {
    let pool = BufferPool::default();
    assert_eq!(inflate_whole(&gzip(&vec![b' '; WHOLE_LIMIT + 1]), &pool), None);
    let mut lie = gzip(b"short");
    let end = lie.len();
    lie[end - 4..].copy_from_slice(&(WHOLE_LIMIT as u32).to_le_bytes());
    assert_eq!(inflate_whole(&lie, &pool), None);
}

#[test]
fn plain_text_passes_and_an_empty_file_is_named() {
    assert_eq!(stream(b"{\"Records\":[]}", 5), (b"{\"Records\":[]}".to_vec(), None));
    assert_eq!(stream(b"", 5), (vec![], Some(DamageReason::Empty)));
    assert_eq!(stream(b"\x1F\x8B\x07\0\0\0\0\0\0\0\0\0", 5), (vec![], Some(GzipError::Header { at: 0 }.into())));
}

#[test]
fn zstd_and_zlib_are_unpacked() {
    for text in [&b"{}"[..], &noise(300_000), &b"a".repeat(3_000_000)] {
        for piece in [1000, 1 << 20] {
            assert_eq!(stream(&zstd(text), piece), (text.to_vec(), None));
            assert_eq!(stream(&zlib(text), piece), (text.to_vec(), None));
        }
    }
    let skippable = b"\x50\x2A\x4D\x18\x02\0\0\0xx";
    let frames = [&zstd(b"{\"one\":1}")[..], skippable, &zstd(b""), &zstd(b"{\"two\":2}"), b"\0\0\n"].concat();
    assert_eq!(stream(&frames, 7), (b"{\"one\":1}{\"two\":2}".to_vec(), None));
    let mixed = [&zstd(b"{\"one\":1}")[..], &gzip(b"{\"two\":2}")].concat();
    assert_eq!(stream(&mixed, 7), (b"{\"one\":1}{\"two\":2}".to_vec(), None));
    let at = zstd(b"text").len() as u64;
    let trailing = Some(PackedError::Trailing { format: "zstd", at }.into());
    assert_eq!(stream(&[&zstd(b"text")[..], b"oops"].concat(), 7), (b"text".to_vec(), trailing));
}

#[test]
fn damaged_zstd_and_zlib_give_the_text_before_the_damage() {
    let text = noise(1_000_000);
    for (format, file) in [("zstd", zstd(&text)), ("zlib", zlib(&text))] {
        let cut = &file[..file.len() / 2];
        let (got, reason) = stream(cut, 64 << 10);
        assert_eq!(reason, Some(PackedError::Truncated { format, at: cut.len() as u64 }.into()));
        assert!(text.starts_with(&got) && got.len() > text.len() / 3, "{format}: {} of {}", got.len(), text.len());
        let (got, reason) = stream(&file[..file.len() - 1], 64 << 10);
        assert_eq!((got.len(), reason.unwrap().kind()), (text.len(), "packed_truncated"), "{format}");
        let mut changed = file.clone();
        let middle = file.len() / 2;
        changed[middle..middle + 64].fill(0xFF);
        let (got, reason) = stream(&changed, 64 << 10);
        assert_eq!(reason.unwrap().kind(), "packed_corrupt", "{format}");
        let same = got.iter().zip(&text).take_while(|(got, text)| got == text).count();
        assert!(same > text.len() / 3, "{format}: {same}");
        let mut changed = file.clone();
        *changed.last_mut().unwrap() ^= 1;
        let (got, reason) = stream(&changed, 64 << 10);
        // All but the last block, with which zstd reads the checksum.
        assert!(got.len() + (128 << 10) >= text.len(), "{format}: {}", got.len());
        assert_eq!(reason.unwrap().kind(), "packed_corrupt", "{format}");
    }
    // A window of 1 GiB is refused.
    let huge = b"\x28\xB5\x2F\xFD\0\xA0\x01\0\0";
    assert_eq!(stream(huge, 7).1.unwrap().kind(), "packed_corrupt");
}

#[test]
fn packed_data_in_packed_data_are_unpacked_a_few_times() {
    let text = noise(300_000);
    let twice = gzip(&gzip(&text));
    assert_eq!(stream(&twice, 1000), (text.clone(), None));
    assert_eq!(stream(&gzip(&zstd(&zlib(&text))), 1000), (text.clone(), None));
    let padded = [&twice[..], b"\0"].concat();
    assert_eq!(unpack(&padded, 1000), (text.clone(), None, Some(twice.len() as u64)));
    let inner = gzip(&text);
    let (got, reason) = stream(&gzip(&inner[..inner.len() / 2]), 1000);
    assert_eq!(reason, Some(GzipError::Truncated { at: inner.len() as u64 / 2 }.into()));
    assert!(text.starts_with(&got) && got.len() > text.len() / 3, "{}", got.len());
    let (got, reason) = stream(&twice[..twice.len() / 2], 1000);
    assert_eq!(reason, Some(GzipError::Truncated { at: twice.len() as u64 / 2 }.into()));
    assert!(text.starts_with(&got) && got.len() > text.len() / 3, "{}", got.len());
    let many = (0..5).fold(b"{}".to_vec(), |file, _| gzip(&file));
    assert_eq!(stream(&many, 100), (vec![], Some(PackedError::TooDeep { most: 4 }.into())));
    assert_eq!(stream(&gzip(b"PK\x03\x04rest"), 100).1.unwrap().kind(), "format_not_read");
    assert_eq!(stream(&gzip(b"\xFE\xFF\0{\0}"), 100), ("\u{feff}{}".as_bytes().to_vec(), None));
    assert_eq!(stream(&gzip(b""), 100), (vec![], None));
}

#[test]
fn data_between_layers_are_bounded() {
    // Members without text. A gzip file can hold any number of them.
    let text = gzip(b"").repeat(50_000);
    let limit = text.len() as u64 / 2;
    let file = gzip(&text);
    let mut unpack = Unpack::limited(Box::new(&file[..]), limit);
    assert_eq!(unpack.read(&mut [0; 100]), Err(DamageReason::FileTooLarge));
    assert_eq!(unpack.read(&mut [0; 100]), Ok(0));
    assert_eq!(stream(&file, 100), (vec![], None));
}

proptest! {
    #[test]
    fn both_ways_give_the_same_text(
        text in proptest::collection::vec(proptest::sample::select(b"abc{}".to_vec()), 0..3000),
        flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3),
        piece in 1usize..5000,
    ) {
        let mut file = gzip(&text);
        for (index, byte) in flips {
            let at = index.index(file.len());
            file[at] = byte;
        }
        if let Some(fast) = inflate_whole(&file, &BufferPool::default()) {
            prop_assert_eq!(stream(&file, piece), (fast.to_vec(), None));
        }
    }
}

#[test]
fn another_thread_unpacks_the_same_text() {
    let text = noise(3 << 20);
    let packed = gzip(&text);
    let broken: Vec<_> = packed.iter().enumerate().map(|(at, byte)| byte ^ u8::from(at == packed.len() / 2)).collect();
    let padded = [packed.as_slice(), &[0; 600], &packed].concat();
    for file in [packed.clone(), packed[..packed.len() / 2].to_vec(), broken, padded, text.clone(), Vec::new()] {
        for piece in [1000, 1 << 20] {
            let expected = stream(&file, piece);
            let mut source =
                TextSource::ahead(std::io::Cursor::new(file.clone()), &BufferPool::default(), SharedFaults::default());
            let (mut found, mut out) = (Vec::new(), vec![0; piece]);
            let reason = loop {
                match source.read(&mut out) {
                    Ok(0) => break None,
                    Ok(written) => found.extend_from_slice(&out[..written]),
                    Err(reason) => break Some(reason),
                }
            };
            assert!((found, reason.clone()) == expected, "{reason:?}");
            let (.., padding) = unpack(&file, piece);
            assert_eq!(source.state().padding, padding);
            assert_eq!(source.state().hole.is_some(), file.len() > packed.len() * 3 / 2);
        }
    }
}

#[test]
fn a_dropped_source_ends_its_thread() {
    struct Endless {
        _held: std::sync::Arc<()>,
    }
    impl std::io::Read for Endless {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            out.fill(b'1');
            Ok(out.len())
        }
    }
    let held = std::sync::Arc::new(());
    let mut source =
        TextSource::ahead(Endless { _held: held.clone() }, &BufferPool::default(), SharedFaults::default());
    assert_eq!(source.read(&mut [0; 9]), Ok(9));
    drop(source);
    assert_eq!(std::sync::Arc::strong_count(&held), 1);
}
