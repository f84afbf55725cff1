//! What is printed of a record.

use crate::selection::Selection;
use bytes::Bytes;
use cloudtrail_reader::Record;
use field_extract::{Index, Value};
use std::io::Write;

/// Bytes collected before they are handed to the writer: few hand-overs, little memory.
const CHUNK_BYTES: usize = 256 << 10;
/// Records collected at most; with their line breaks twice as many slices go into one system call.
const CHUNK_RECORDS: usize = 512;

/// What is printed of each record.
#[derive(Debug)]
pub(crate) enum Format {
    Raw,
    Fields(Selection),
    Info,
}

/// Output of some records, ready to be written.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Records as they are, slices of the file's buffer; a line break belongs behind each.
    Records(Vec<Bytes>),
    /// Lines made for the purpose.
    Lines(Vec<u8>),
}

/// Turns the records of one file into chunks.
pub(crate) struct Formatter<'f> {
    format: &'f Format,
    index: Index,
    records: Vec<Bytes>,
    lines: Vec<u8>,
    bytes: usize,
}

impl<'f> Formatter<'f> {
    pub(crate) fn new(format: &'f Format) -> Self {
        Self { format, index: Index::new(), records: Vec::new(), lines: Vec::new(), bytes: 0 }
    }

    /// Adds a record. Gives a chunk once enough has come together.
    pub(crate) fn add(&mut self, record: Record) -> Option<Chunk> {
        match self.format {
            Format::Raw => {
                self.bytes += record.bytes.len();
                self.records.push(record.bytes);
            }
            Format::Fields(selection) => {
                self.index.reset();
                add_fields(&mut self.lines, &mut self.index, &record.bytes, selection);
                self.bytes = self.lines.len();
            }
            Format::Info => {
                self.index.reset();
                add_info(&mut self.lines, &mut self.index, &record.bytes);
                self.bytes = self.lines.len();
            }
        }
        if self.bytes >= CHUNK_BYTES || self.records.len() >= CHUNK_RECORDS { self.take() } else { None }
    }

    /// What has come together since the last chunk, if anything.
    pub(crate) fn take(&mut self) -> Option<Chunk> {
        if std::mem::take(&mut self.bytes) == 0 {
            return None;
        }
        Some(match self.format {
            Format::Raw => {
                let next = Vec::with_capacity(self.records.len());
                Chunk::Records(std::mem::replace(&mut self.records, next))
            }
            Format::Fields(_) | Format::Info => {
                let next = Vec::with_capacity(CHUNK_BYTES);
                Chunk::Lines(std::mem::replace(&mut self.lines, next))
            }
        })
    }
}

/// Writes the selected fields as a JSON object; those that the record does not have are left out.
fn add_fields(line: &mut Vec<u8>, index: &mut Index, record: &[u8], selection: &Selection) {
    line.push(b'{');
    let mut first = true;
    for one in selection.iter() {
        let Some(value) = index.get(record, one.field, one.index) else { continue };
        if !std::mem::replace(&mut first, false) {
            line.push(b',');
        }
        line.extend_from_slice(one.key.as_bytes());
        match value {
            Value::Text(text) => add_string(line, text.as_bytes()),
            Value::Number(number) => {
                // Writing to memory does not fail.
                let _ = write!(line, "{number}");
            }
            Value::List(texts) => {
                let mut before = b'[';
                for text in &texts {
                    line.push(before);
                    add_string(line, text.as_bytes());
                    before = b',';
                }
                line.push(b']');
            }
        }
    }
    line.extend_from_slice(b"}\n");
}

/// Writes a JSON string. JSON is UTF-8: what is not becomes U+FFFD.
fn add_string(line: &mut Vec<u8>, text: &[u8]) {
    let plain = |byte: &u8| matches!(byte, 0x20..=0x7E) && !matches!(byte, b'"' | b'\\');
    if text.iter().all(plain) {
        line.push(b'"');
        line.extend_from_slice(text);
        line.push(b'"');
        return;
    }
    // Writing to memory does not fail, and a string is always JSON.
    let _ = serde_json::to_writer(line, &String::from_utf8_lossy(text));
}

/// Writes the summary line; where the record lacks what belongs into it, the line says so.
fn add_info(line: &mut Vec<u8>, index: &mut Index, record: &[u8]) {
    let start = line.len();
    if let Err(error) = index.info(record, line) {
        line.truncate(start);
        let _ = write!(line, "<no summary: {error}>");
    }
    // One record, one line, whatever its members hold.
    for byte in line.iter_mut().skip(start).filter(|byte| matches!(byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
    line.push(b'\n');
}
