//! Takes files, inflates, splits and formats them: what each worker does.

use super::inputs::Input;
use super::{Job, Part};
use crate::format::{Format, Formatter};
use crate::report::Outcome;
use cloudtrail_reader::aws::Call;
use cloudtrail_reader::{BufferPool, PathError, Records};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

/// Takes one file after the other until there are no more.
pub(super) fn work(todo: &Mutex<Receiver<Job>>, pool: &BufferPool, format: &Format) {
    loop {
        let job = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { input, parts }) = job else { return };
        let mut outcome = Outcome::default();
        let mut call = None;
        let opened = match input {
            Input::Stdin => Ok(Records::from_read(std::io::stdin(), pool)),
            Input::File(path) => Records::open(&path, pool).map_err(|error| lost(&error)),
            Input::Lost(error) => Err(lost(&error)),
            Input::Object(mut object) => {
                outcome.modified = object.modified;
                call = object.call.take();
                let (records, receipt) = object.open(pool);
                outcome.receipt = Some(receipt);
                Ok(records)
            }
            Input::LostRemote(lost) => Err(Outcome::lost(lost.error.to_string(), lost.fatal)),
        };
        // None means that the writer has gone; the other jobs will find that out too.
        let _ = match opened {
            Ok(records) => read(checked(records, format), call, (format, pool), &parts, outcome),
            Err(outcome) => parts.send(Part::End(Box::new(outcome))).ok(),
        };
    }
}

fn lost(error: &PathError) -> Outcome {
    Outcome::lost(error.source.to_string(), false)
}

/// Has the records checked that might break the parser of whoever reads our lines. What is only passed on and comes out
/// of a gzip file whose checksum is right needs none: nobody has touched it since AWS wrote it.
fn checked<'a>(records: Records<'a>, format: &Format) -> Records<'a> {
    match format {
        Format::Raw => records.checked_unless_vouched(),
        Format::Fields(_) | Format::Info => records.checked(),
    }
}

/// Reads one file to its end; none if nobody wants its parts any more. Unless the file is certainly a log, the record of the
/// call that wrote it is read too: in the file's place where that is none of CloudTrail's.
fn read(
    mut records: Records<'_>,
    mut call: Option<Call>,
    (format, pool): (&Format, &BufferPool),
    parts: &SyncSender<Part>,
    mut outcome: Outcome,
) -> Option<()> {
    read_all(&mut records, call.as_mut(), format, parts, &mut outcome)?;
    if let Some(call) = call {
        if outcome.is_none_of_ours() {
            outcome.forget();
        }
        if let Some(record) = call.records(pool) {
            read_all(&mut checked(record, format), None, format, parts, &mut outcome)?;
        }
    }
    parts.send(Part::End(Box::new(outcome))).ok()
}

/// Reads records to their end. `call` is the call that wrote them.
fn read_all(
    records: &mut Records<'_>,
    mut call: Option<&mut Call>,
    format: &Format,
    parts: &SyncSender<Part>,
    outcome: &mut Outcome,
) -> Option<()> {
    let mut formatter = Formatter::new(format);
    loop {
        let chunk = match records.next() {
            Some(Ok(record)) => {
                outcome.findings.records += 1;
                if let Some(call) = &mut call {
                    call.saw(&record.bytes);
                }
                formatter.add(record)
            }
            Some(Err(damage)) => {
                outcome.add(damage);
                None
            }
            None => break,
        };
        // What waits for more input, standard input above all, must not keep back what there is.
        let chunk = chunk.or_else(|| if records.is_ready() { None } else { formatter.take() });
        if let Some(chunk) = chunk {
            parts.send(Part::Chunk(chunk)).ok()?;
        }
    }
    if let Some(chunk) = formatter.take() {
        parts.send(Part::Chunk(chunk)).ok()?;
    }
    outcome.bytes = Records::position(records);
    outcome.content = records.content();
    Some(())
}
