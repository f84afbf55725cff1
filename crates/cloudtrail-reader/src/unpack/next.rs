//! Finds the next packed member after damaged data.

use super::header::{Header, header};
use super::input::Input;
use super::member::Member;
use super::zstd::Frame;
use memchr::memmem;
use std::io::{self, Read};

/// The packed bytes in which a member is looked for at a time, and which are unpacked to see whether it is one.
const WINDOW: usize = 64 << 10;
const PROBE: usize = 4 << 10;
/// The starts that are tried in one file. Three bytes that look like one are in every 16 MB of packed data.
const MOST_PROBES: u32 = 10_000;

const GZIP: &[u8] = b"\x1F\x8B\x08";
const ZSTD: &[u8] = b"\x28\xB5\x2F\xFD";

/// Moves `input` to the next member or frame that can be unpacked, at least at its start. Returns whether
/// it has found one before the end of the input.
pub(super) fn find<R: Read>(input: &mut Input<R>, probes: &mut u32) -> io::Result<bool> {
    loop {
        let bytes = input.peek(WINDOW)?;
        let is_last = bytes.len() < WINDOW;
        let window = bytes.get(..WINDOW).unwrap_or(bytes);
        let found = [GZIP, ZSTD].iter().filter_map(|magic| memmem::find(window, magic)).min();
        let Some(found) = found else {
            let rest = if is_last { 0 } else { ZSTD.len() };
            let read = window.len() - rest;
            input.consume(read);
            if is_last {
                return Ok(false);
            }
            continue;
        };
        input.consume(found);
        if *probes >= MOST_PROBES {
            return Ok(false);
        }
        *probes += 1;
        if unpacks(input.peek(WINDOW)?) {
            return Ok(true);
        }
        input.consume(1);
    }
}

/// Returns whether the member at the start of `bytes` can be unpacked, as far as is tried.
fn unpacks(bytes: &[u8]) -> bool {
    let (mut member, packed) = if bytes.starts_with(ZSTD) {
        let Ok(frame) = Frame::new() else { return false };
        (Member::Zstd(frame), bytes)
    } else {
        let Header::Complete(length) = header(bytes) else { return false };
        // RFC 1952: what packed it (XFL), and on which system (OS).
        let is_sane = matches!(bytes.get(8..10), Some([0 | 2 | 4, 0..=13 | 255]));
        if !is_sane {
            return false;
        }
        (Member::gzip(), bytes.get(length..).unwrap_or_default())
    };
    let mut packed = packed.get(..PROBE).unwrap_or(packed);
    let mut out = [0; PROBE];
    loop {
        match member.step(packed, &mut out) {
            Ok(step) if step.is_end => return true,
            Ok(step) => {
                packed = packed.get(step.consumed..).unwrap_or_default();
                if packed.is_empty() || (step.consumed == 0 && step.written == 0) {
                    return true;
                }
            }
            Err(_) => return false,
        }
    }
}
