//! What is measured inside of one thread.

use std::hint::black_box;

use anyhow::{Context, Result};
use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Extent, Records};
use field_extract::{Field, Index, Measured, Value};
use flate2::{Decompress, FlushDecompress};
use libdeflater::Decompressor;
use serde_json::value::RawValue;

/// The fields that the rules of a busy trail ask for.
pub const RULE_FIELDS: &[&str] =
    &["ct.name", "ct.error", "ct.src", "ct.user", "ct.user.identitytype", "ct.region", "ct.srcip", "ct.user.arn"];

/// The fields of the original, which the limit is about; ours come after them.
const ORIGINAL_FIELDS: usize = 73;

/// One thing that is measured.
#[derive(Debug)]
pub struct Item {
    /// Its name in the baseline.
    pub key: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// At most so many I.
    pub limit: Option<f64>,
    /// How many I one dreams of.
    pub moonshot: Option<f64>,
    /// Its allocations are counted.
    pub count_allocations: bool,
    /// What it does.
    pub work: Work,
}

/// What an item does with one file. It returns how many records it has seen, 0 where it does not look at records.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// With the file as it is on disk.
    File(fn(&mut Tools, &Bytes) -> Result<usize>),
    /// With its records, which have been inflated just before.
    Records(fn(&mut Tools, &[Bytes]) -> Result<usize>),
}

/// The key of the unit.
pub const UNIT: &str = "inflate";

/// Every item; the unit is the first.
pub const ITEMS: &[Item] = &[
    Item { title: "inflate alone, libdeflate (I)", ..item(UNIT, Work::File(Tools::inflate)) },
    Item { title: "inflate + split", ..item("split", Work::File(Tools::split)) },
    Item {
        title: "inflate + split + eventTime + eventType",
        limit: Some(1.35),
        moonshot: Some(1.2),
        count_allocations: true,
        ..item("split_time_type", Work::File(Tools::split_time_type))
    },
    Item {
        title: "eight fields of a rule",
        limit: Some(0.4),
        count_allocations: true,
        ..item("eight_fields", Work::Records(Tools::eight_fields))
    },
    Item {
        title: "all 73 fields",
        limit: Some(2.2),
        count_allocations: true,
        ..item("all_fields", Work::Records(Tools::all_fields))
    },
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
    Item { key, title: "", limit: None, moonshot: None, count_allocations: false, work }
}

/// What the items use again and again, as a program does.
pub struct Tools {
    decompressor: Decompressor,
    buffer: Vec<u8>,
    pool: BufferPool,
    index: Index,
    rule_fields: Vec<&'static Field>,
    time_type: Vec<&'static Field>,
    line: Vec<u8>,
}

impl Tools {
    /// Tools for files that are at most so large when inflated.
    pub fn new(largest: usize) -> Result<Self> {
        let field = |name: &&str| field_extract::field(name).with_context(|| format!("there is no field {name}"));
        Ok(Self {
            decompressor: Decompressor::new(),
            buffer: vec![0; largest],
            pool: BufferPool::default(),
            index: Index::new(),
            rule_fields: RULE_FIELDS.iter().map(field).collect::<Result<_>>()?,
            time_type: ["ct.time", "ct.eventtype"].iter().map(field).collect::<Result<_>>()?,
            line: Vec::new(),
        })
    }

    /// The records of a file.
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
        let (mut seen, index) = (0, &mut self.index);
        let mut records = Records::from_bytes(file.clone(), &self.pool);
        while let Some(record) = records.next_measured(|text| {
            let Measured { length, plain } = index.measure(text)?;
            Some(Extent { length, plain })
        }) {
            let record = record?;
            let record = records.bytes(&record);
            seen += usize::from(self.time_type.iter().all(|field| is_there(&index.get(record, field, None))));
        }
        Ok(seen)
    }

    fn eight_fields(&mut self, records: &[Bytes]) -> Result<usize> {
        for record in records {
            self.index.reset();
            for field in &self.rule_fields {
                is_there(&self.index.get(record, field, None));
            }
        }
        Ok(records.len())
    }

    fn all_fields(&mut self, records: &[Bytes]) -> Result<usize> {
        for record in records {
            self.index.reset();
            for field in field_extract::fields().iter().take(ORIGINAL_FIELDS) {
                is_there(&self.index.get(record, field, None));
            }
        }
        Ok(records.len())
    }

    fn info(&mut self, records: &[Bytes]) -> Result<usize> {
        let mut seen = 0;
        for record in records {
            self.index.reset();
            self.line.clear();
            seen += usize::from(self.index.info(record, &mut self.line).is_ok());
            black_box(&self.line);
        }
        Ok(seen)
    }

    fn inflate_zlib_rs(&mut self, file: &Bytes) -> Result<usize> {
        // 15: the largest window, which every file may use.
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

/// Whether a field has a value, which must have been worked out whole for it. It is looked at where it is: to move it would
/// be measured too, and costs as much as finding it.
#[inline(always)]
fn is_there(value: &Option<Value<'_>>) -> bool {
    black_box(value).is_some()
}
