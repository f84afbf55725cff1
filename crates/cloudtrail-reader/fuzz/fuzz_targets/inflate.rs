//! Any bytes as a file, behind the header of a packed format or not: the fast way and the patient way through it agree, whatever the
//! size of the pieces.
#![no_main]

use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Damage, Record, Records};
use libfuzzer_sys::fuzz_target;
use std::io::Read;

/// Gives at most so many bytes at a time.
struct Drip(Bytes, usize);

impl Read for Drip {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(self.1).min(out.len());
        out[..count].copy_from_slice(&self.0.split_to(count));
        Ok(count)
    }
}

fn read(records: Records<'_>) -> Vec<Result<Record, Damage>> {
    records.collect()
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
