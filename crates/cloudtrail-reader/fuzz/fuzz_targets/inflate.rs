//! Reads any bytes as a file, with or without the header of a packed format. The file gives the same records when it is
//! read as a whole and in pieces of any size.
#![no_main]

use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Damage, GzipError, PackedError, DamageReason, Record, Records};
use libfuzzer_sys::fuzz_target;
use std::io::Read;

/// A source that gives a limited number of bytes at a time.
struct Drip(Bytes, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(self.1).min(out.len());
        out[..count].copy_from_slice(&self.0.split_to(count));
        Ok(count)
    }
}

fn read(records: Records<'_>) -> Vec<Result<Record, Damage>> {
    records.map(|item| item.map_err(nearly)).collect()
}

/// Returns the damage without the offset of corrupt packed data, which depends on how much was read at a time.
fn nearly(mut damage: Damage) -> Damage {
    match &mut damage.reason {
        DamageReason::Gzip(GzipError::Corrupt { at }) | DamageReason::Packed(PackedError::Corrupt { at, .. }) => *at = 0,
        _ => {}
    }
    damage
}

fuzz_target!(|input: (u8, u8, Vec<u8>)| {
    let (most, format, body) = input;
    let header: &[u8] = match format % 6 {
        1 => &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3],
        2 => &[0x28, 0xB5, 0x2F, 0xFD],
        3 => &[0x78, 0x9C],
        4 => &[0xFF, 0xFE],
        5 => &[0, b'{', 0],
        _ => &[],
    };
    let file = Bytes::from([header, &body].concat());
    let pool = BufferPool::default();
    let whole = read(Records::from_bytes(file.clone(), &pool));
    let dripped = read(Records::from_read(Drip(file, usize::from(most) + 1), &pool));
    assert_eq!(whole, dripped);
});
