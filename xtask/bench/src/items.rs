//! The items that are measured inside of one thread.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Records};
use cloudtrail_rules::{Detector, Memory, Rule, RulesFiles, Sequence};
use field_extract::{Depth, Field, Scratch, Value};
use flate2::{Decompress, FlushDecompress};
use libdeflater::Decompressor;
use serde_json::value::RawValue;

/// The fields that the rules of a busy trail use.
pub const RULE_FIELDS: &[&str] =
    &["ct.name", "ct.error", "ct.src", "ct.user", "ct.user.identitytype", "ct.region", "ct.srcip", "ct.user.arn"];

/// Rules with the names of all official ones, and some more.
const RULES: &str = include_str!("../../../examples/falco/trailbridge_rules.yaml");

/// The number of the original's fields, to which the limit applies. Our own come after them.
const ORIGINAL_FIELDS: usize = 73;

/// One item that is measured.
#[derive(Debug)]
pub struct Item {
    /// The key in the baseline.
    pub key: &'static str,
    /// The name in the table.
    pub title: &'static str,
    /// Whether its allocations are counted.
    pub count_allocations: bool,
    /// The work.
    pub work: Work,
}

/// The work of an item on one file. It returns the number of records that it read, or 0 if it reads no records.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Work on the file as it is on disk.
    File(fn(&mut Tools, &Bytes) -> Result<usize>),
    /// Work on the file's records, which have just been inflated.
    Records(fn(&mut Tools, &[Bytes]) -> Result<usize>),
}

/// The key of the unit.
pub const UNIT: &str = "inflate";

/// All items. The unit is the first.
pub const ITEMS: &[Item] = &[
    Item { title: "inflate alone, libdeflate (I)", ..item(UNIT, Work::File(Tools::inflate)) },
    Item { title: "inflate + split", ..item("split", Work::File(Tools::split)) },
    Item {
        title: "inflate + split + eventTime + eventType",
        count_allocations: true,
        ..item("split_time_type", Work::File(Tools::split_time_type))
    },
    Item {
        title: "eight fields of a rule",
        count_allocations: true,
        ..item("eight_fields", Work::Records(Tools::eight_fields))
    },
    Item { title: "all 73 fields", count_allocations: true, ..item("all_fields", Work::Records(Tools::all_fields)) },
    Item { title: "inflate + split + detect with examples/falco", ..item("detect", Work::File(Tools::detect)) },
    Item { title: "info line", count_allocations: true, ..item("info", Work::Records(Tools::info)) },
    Item {
        title: "for comparison: inflate alone, zlib-rs",
        ..item("inflate_zlib_rs", Work::File(Tools::inflate_zlib_rs))
    },
    Item {
        title: "for comparison: inflate + split, serde_json",
        ..item("split_serde", Work::File(Tools::split_serde))
    },
];

const fn item(key: &'static str, work: Work) -> Item {
    Item { key, title: "", count_allocations: false, work }
}

/// The buffers and tools that the items use again for each file, as a program does.
pub struct Tools {
    decompressor: Decompressor,
    buffer: Vec<u8>,
    pool: BufferPool,
    scratch: Scratch,
    rule_fields: Vec<&'static Field>,
    time_type: Vec<&'static Field>,
    line: Vec<u8>,
    detector: Detector,
    memory: Memory,
}

impl Tools {
    /// Makes tools for files of up to this size when inflated.
    pub fn new(largest: usize) -> Result<Self> {
        let field = |name: &&str| field_extract::field(name).with_context(|| format!("unknown field {name}"));
        let rules = RulesFiles::from_texts([("trailbridge_rules.yaml", RULES)]).load(&[]);
        ensure!(!rules.has_errors(), "examples/falco: {:?}", rules.diagnostics);
        Ok(Self {
            decompressor: Decompressor::new(),
            buffer: vec![0; largest],
            pool: BufferPool::default(),
            scratch: Scratch::new(),
            rule_fields: RULE_FIELDS.iter().map(field).collect::<Result<_>>()?,
            time_type: ["ct.time", "ct.eventtype"].iter().map(field).collect::<Result<_>>()?,
            line: Vec::new(),
            detector: Detector::new(&rules.ruleset, Rule::is_enabled),
            memory: Memory::default(),
        })
    }

    /// Returns the records of a file.
    pub fn records(&self, file: &Bytes) -> Result<Vec<Bytes>> {
        Records::from_bytes(file.clone(), &self.pool).map(|record| Ok(record?.bytes)).collect()
    }

    fn inflate(&mut self, file: &Bytes) -> Result<usize> {
        let length = self.decompressor.gzip_decompress(file, &mut self.buffer)?;
        black_box(self.buffer.get(..length));
        Ok(0)
    }

    fn split(&mut self, file: &Bytes) -> Result<usize> {
        let mut seen = 0;
        for record in Records::from_bytes(file.clone(), &self.pool) {
            black_box(record?.bytes);
            seen += 1;
        }
        Ok(seen)
    }

    fn split_time_type(&mut self, file: &Bytes) -> Result<usize> {
        let mut seen = 0;
        let mut records = Records::from_bytes(file.clone(), &self.pool);
        while let Some(record) = records.next_in_place(Depth::Own, self.scratch.finder()) {
            let record = record?;
            let mut record = self.scratch.found_record(records.bytes(&record));
            seen += usize::from(self.time_type.iter().all(|field| is_there(&record.get(field, None))));
        }
        Ok(seen)
    }

    /// As `ct-ingest detect` reads a file.
    fn detect(&mut self, file: &Bytes) -> Result<usize> {
        let (mut seen, mut sequence) = (0, Sequence::default());
        let mut records = Records::from_bytes(file.clone(), &self.pool);
        loop {
            let depth = if self.scratch.has_read_nested() { Depth::Nested } else { Depth::Own };
            let Some(record) = records.next_in_place(depth, self.scratch.finder()) else { break };
            let record = record?;
            let record = self.scratch.found_record(records.bytes(&record));
            // Records that Falco's plugin skips are read as well.
            let _ = black_box(self.detector.check(record, &mut sequence, &mut self.memory, &mut self.line));
            seen += 1;
        }
        self.line.clear();
        Ok(seen)
    }

    fn eight_fields(&mut self, records: &[Bytes]) -> Result<usize> {
        for record in records {
            let mut record = self.scratch.record(record, None);
            for field in &self.rule_fields {
                is_there(&record.get(field, None));
            }
        }
        Ok(records.len())
    }

    fn all_fields(&mut self, records: &[Bytes]) -> Result<usize> {
        for record in records {
            let mut record = self.scratch.record(record, None);
            for field in field_extract::fields().iter().take(ORIGINAL_FIELDS) {
                is_there(&record.get(field, None));
            }
        }
        Ok(records.len())
    }

    fn info(&mut self, records: &[Bytes]) -> Result<usize> {
        let mut seen = 0;
        for record in records {
            self.line.clear();
            seen += usize::from(self.scratch.record(record, None).info(&mut self.line).is_ok());
            black_box(&self.line);
        }
        Ok(seen)
    }

    fn inflate_zlib_rs(&mut self, file: &Bytes) -> Result<usize> {
        // 15 is the largest window, which every file may use.
        let mut decompress = Decompress::new_gzip(15);
        decompress.decompress(file, &mut self.buffer, FlushDecompress::Finish)?;
        black_box(self.buffer.get(..decompress.total_out() as usize));
        Ok(0)
    }

    fn split_serde(&mut self, file: &Bytes) -> Result<usize> {
        #[derive(serde::Deserialize)]
        struct File<'a> {
            #[serde(borrow, rename = "Records")]
            records: Vec<&'a RawValue>,
        }
        let length = self.decompressor.gzip_decompress(file, &mut self.buffer)?;
        let file: File<'_> = serde_json::from_slice(self.buffer.get(..length).unwrap_or_default())?;
        Ok(black_box(file.records).len())
    }
}

/// Returns whether a field has a value, and makes the compiler compute all of it. The value is passed by reference: a
/// move would be measured as well, and costs as much as finding the value.
#[inline(always)]
fn is_there(value: &Option<Value<'_>>) -> bool {
    black_box(value).is_some()
}
