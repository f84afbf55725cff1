use super::whole::WHOLE_LIMIT;
use super::{Inflate, inflate_whole};
use crate::damage::{GzipError, Reason};
use crate::pool::BufferPool;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Text that packs badly, so that damage in the middle of the file is damage in the middle of the text.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 57) as u8
    };
    (0..length).map(|_| next()).collect()
}

fn stream(file: &[u8], piece: usize) -> (Vec<u8>, Option<Reason>) {
    let mut inflate = Inflate::new(file);
    let (mut text, mut out) = (Vec::new(), vec![0; piece]);
    loop {
        match inflate.read(&mut out) {
            Ok(0) => return (text, None),
            Ok(written) => text.extend_from_slice(&out[..written]),
            Err(reason) => return (text, Some(reason)),
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
    assert_eq!(stream(&[&file[..], &[0; 100]].concat(), 10), (b"text".to_vec(), None));
    let trailing = Some(GzipError::Trailing { at: end }.into());
    assert_eq!(stream(&[&file[..], b"oops"].concat(), 10), (b"text".to_vec(), trailing));
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
    assert!(matches!(reason, Some(Reason::Gzip(GzipError::Corrupt { .. } | GzipError::Checksum { .. }))), "{reason:?}");
    let same = got.iter().zip(&text).take_while(|(got, text)| got == text).count();
    assert!(same > text.len() / 3, "{same}");
}

#[test]
fn a_wrong_checksum_is_told_after_the_text() {
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
fn what_is_large_or_lies_about_its_size_is_not_inflated_in_one_go() {
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
    assert_eq!(stream(b"", 5), (vec![], Some(Reason::Empty)));
    assert_eq!(stream(b"\x1F\x8B\x07\0\0\0\0\0\0\0\0\0", 5), (vec![], Some(GzipError::Header { at: 0 }.into())));
}

proptest! {
    #[test]
    fn the_fast_way_gives_what_the_patient_way_gives(
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
