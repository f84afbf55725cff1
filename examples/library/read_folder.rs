//! Counts the event names of all log files in a folder, and prints what is damaged.
//!
//! ```console
//! $ cargo run -p examples --example read_folder -- fixtures/cloudtrail
//! ```
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the command line")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use cloudtrail_reader::{BufferPool, Content, Records, files};
use field_extract::{Field, Scratch, Value, field};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name a folder with log files")?;
    let mut counter = Counter {
        // One pool for all files: the buffer of a file serves the next one too.
        pool: BufferPool::default(),
        // One scratch for all records, for the same reason.
        scratch: Scratch::new(),
        name: field("ct.name").ok_or("no field ct.name")?,
        counts: BTreeMap::new(),
    };
    for file in files(Path::new(&folder)) {
        // A file that cannot be read must not keep the others back.
        match file.and_then(|path| Ok((Records::open(&path, &counter.pool)?, path))) {
            // Checked: what is not JSON is named and left out.
            Ok((records, path)) => counter.add(records.checked(), &path),
            Err(error) => eprintln!("{error}: {}", error.source),
        }
    }
    for (name, count) in &counter.counts {
        println!("{count:>6} {name}");
    }
    Ok(())
}

struct Counter {
    pool: BufferPool,
    scratch: Scratch,
    name: &'static Field,
    counts: BTreeMap<String, u64>,
}

impl Counter {
    fn add(&mut self, mut records: Records<'_>, path: &Path) {
        let mut damages = Vec::new();
        for item in &mut records {
            match item {
                Ok(record) => {
                    let name = self.event_name(&record.bytes);
                    *self.counts.entry(name).or_default() += 1;
                }
                Err(damage) => damages.push(damage),
            }
        }
        // A folder may hold other files as well. The kind of a file is known after it was read.
        match records.content() {
            Content::Log => damages.iter().for_each(|damage| eprintln!("{}: {damage}", path.display())),
            Content::Digest | Content::Config => {}
            _ => eprintln!("{}: no log file, or damaged before its first record", path.display()),
        }
    }

    fn event_name(&mut self, record: &[u8]) -> String {
        match self.scratch.record(record, None).get(self.name, None) {
            Some(Value::Text(name)) => String::from_utf8_lossy(name.as_bytes()).into_owned(),
            // Insights records have no event name of their own.
            _ => "(none)".to_owned(),
        }
    }
}
