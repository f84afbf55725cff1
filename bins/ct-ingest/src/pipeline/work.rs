//! The work of each worker: takes files, inflates, splits and formats them.

use super::handed::{Job, OutputPart, PartRead};
use cloudtrail_reader::source::{Check, Reading};
use cloudtrail_reader::{BufferPool, Records};
use record_queries::{Format, Formatter, Query};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

/// The writer has ended.
struct Gone;

/// Reads one file after the other until the channel is closed.
pub(super) fn work(todo: &Mutex<Receiver<Job>>, pool: &BufferPool, query: &Query) {
    // Records that might break a parser of our output are checked. Raw records from a gzip file with a valid checksum
    // are not checked: they are as AWS wrote them. Rules see the same records as in Falco, and counts are of these. A report
    // checks all records, to name the wrong ones.
    let check = match query.format() {
        Format::Raw | Format::Alerts(_) | Format::Count { .. } | Format::Timeline(_) => Check::UnlessVouched,
        _ => Check::All,
    };
    loop {
        let job = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { input, may_wait, parts }) = job else { return };
        // In place, records are found one by one. This does not suit a pipe: the text that has arrived may end after a
        // record, which would not be noticed.
        let is_in_place = !may_wait && !query.takes_all();
        let mut formatter = Formatter::new(query);
        let outcome = match input.open(pool) {
            Ok(log) => log
                .read(pool, check, |records, reading| read_all(records, reading, &mut formatter, is_in_place, &parts)),
            Err(outcome) => Ok(*outcome),
        };
        // If the writer has ended, the other jobs notice it, too.
        if let Ok(outcome) = outcome {
            let _ = send(&parts, OutputPart::End(Box::new(outcome), formatter.left_out()));
        }
    }
}

fn send(parts: &SyncSender<OutputPart>, part: OutputPart) -> Result<(), Gone> {
    parts.send(part).map_err(|_| Gone)
}

/// Reads records to their end. The formatter and the counts go on if an API call's record comes after an object's.
fn read_all(
    records: &mut Records<'_>,
    reading: &mut Reading,
    formatter: &mut Formatter<'_>,
    is_in_place: bool,
    parts: &SyncSender<OutputPart>,
) -> Result<(), Gone> {
    loop {
        let added = if is_in_place {
            let (depth, finder) = formatter.finder();
            records.next_in_place(depth, finder).map(|found| {
                found.map(|found| {
                    let record = records.bytes(&found);
                    reading.add_record(record);
                    formatter.add_found(record, || records.share(found.clone()).bytes)
                })
            })
        } else {
            records.next().map(|record| {
                record.map(|record| {
                    reading.add_record(&record.bytes);
                    formatter.add(record.bytes)
                })
            })
        };
        let is_end = added.is_none();
        let chunk = added.and_then(|added| {
            added.unwrap_or_else(|damage| {
                reading.add_damage(damage);
                None
            })
        });
        // An input that waits for more data, such as standard input, must not hold back finished records.
        let chunk = chunk.or_else(|| if is_end || !records.is_ready() { formatter.take() } else { None });
        if let Some(chunk) = chunk {
            let (bytes, left_out) = (Records::position(records), formatter.left_out());
            send(parts, OutputPart::Chunk(chunk, PartRead { records: reading.records(), bytes, left_out }))?;
        }
        if is_end {
            return Ok(());
        }
    }
}
