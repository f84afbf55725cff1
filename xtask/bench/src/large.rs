//! Makes one log file that is far larger than CloudTrail's: memory must not grow with it.

use std::fs;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bytes::Bytes;
use cloudtrail_reader::{BufferPool, Records};
use flate2::{Compression, write::GzEncoder};

use crate::corpus::Corpus;

/// The bytes of JSON: more than 1 GiB, which only a file that is large for its text may have.
const TEXT: u64 = 1_200_000_000;

/// The file.
#[derive(Debug)]
pub struct Large {
    /// The file's path.
    pub path: PathBuf,
    /// The number of records.
    pub records: usize,
}

/// Makes sure that the file exists in `folder`. It repeats the records of the corpus, is made once and then kept.
///
/// # Errors
/// Fails if the file cannot be written.
pub fn prepare(folder: &Path, corpus: &Corpus) -> Result<Large> {
    let path = folder.join("large.json.gz");
    let stamp = folder.join("large.count");
    if let Some(records) = fs::read_to_string(&stamp).ok().and_then(|text| text.trim().parse().ok()) {
        return Ok(Large { path, records });
    }
    let records = write(&path, corpus).with_context(|| path.display().to_string())?;
    fs::write(&stamp, records.to_string())?;
    Ok(Large { path, records })
}

fn write(path: &Path, corpus: &Corpus) -> Result<usize> {
    let pool = BufferPool::default();
    let mut file = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::fast());
    let (mut written, mut records) = (0, 0);
    for log in corpus.files.iter().cycle() {
        for record in Records::from_bytes(Bytes::from(fs::read(log)?), &pool) {
            let separator: &[u8] = if written == 0 { b"{\"Records\":[" } else { b"," };
            let record = record?.bytes;
            file.write_all(separator)?;
            file.write_all(&record)?;
            written += (separator.len() + record.len()) as u64;
            records += 1;
        }
        if written >= TEXT {
            break;
        }
    }
    file.write_all(b"]}")?;
    file.finish()?.flush()?;
    Ok(records)
}
