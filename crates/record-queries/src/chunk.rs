//! Turns records into output, on the threads that read files.

use crate::checker::Checker;
use crate::dedupe::RecordKey;
use crate::left_out::LeftOut;
use crate::query::{Format, Query};
use crate::rows::{cells, csv_cell, info, json, table_cell, tsv_cell};
use crate::timeline::MINUTE;
use bytes::Bytes;
use cloudtrail_rules::Alert;
use field_extract::{Depth, Field, LayoutFinder, Scratch, field};
use std::io::IoSlice;

/// The bytes collected before they are sent to the writer: few messages, little memory.
pub(crate) const CHUNK_BYTES: usize = 256 << 10;
/// The most records of a chunk. With line breaks, twice as many slices go into one system call.
pub(crate) const CHUNK_RECORDS: usize = 512;
/// The most keys of a chunk, for records without output: 192 KiB.
const CHUNK_KEYS: usize = 4096;

/// The output of some records.
#[derive(Debug)]
pub enum Output {
    /// Records as they are: slices of the file's buffer. A line break must be written after each.
    Records(Vec<Bytes>),
    /// Formatted lines.
    Lines(Vec<u8>),
    /// Formatted lines after a heading.
    Headed(Vec<u8>),
    /// Alerts, one a line, and the rule and the end of each. Values in the text form may have line breaks. For a report
    /// there are [rows](crate::ReportRows) before them.
    Alerts(Vec<u8>, Vec<Alert>),
}

impl Output {
    /// Returns the bytes to write, in order.
    #[must_use]
    pub fn slices(&self) -> Vec<IoSlice<'_>> {
        match self {
            Self::Lines(lines) | Self::Headed(lines) | Self::Alerts(lines, _) => vec![IoSlice::new(lines)],
            Self::Records(all) => all.iter().flat_map(|one| [IoSlice::new(one), IoSlice::new(b"\n")]).collect(),
        }
    }

    /// Returns the number of records that are whole in the first bytes of it. Alerts do not tell: several rules may alert on
    /// one record, and none on the next.
    #[must_use]
    pub fn records_in(&self, mut bytes: usize) -> u64 {
        let count = |lines: &[u8]| lines.iter().take(bytes).filter(|byte| **byte == b'\n').count() as u64;
        match self {
            Self::Lines(lines) => count(lines),
            Self::Headed(lines) => count(lines).saturating_sub(1),
            Self::Alerts(..) => 0,
            Self::Records(records) => {
                let fits = |record: &&Bytes| bytes.checked_sub(record.len() + 1).map(|rest| bytes = rest).is_some();
                records.iter().take_while(fits).count() as u64
            }
        }
    }

    /// Returns each alert, without its line break.
    pub fn alerts(&self) -> impl Iterator<Item = &[u8]> {
        let (lines, alerts) =
            if let Self::Alerts(lines, alerts) = self { (&**lines, &**alerts) } else { (&[][..], &[][..]) };
        let starts = std::iter::once(0).chain(alerts.iter().map(|alert| alert.end));
        starts.zip(alerts).filter_map(|(start, alert)| lines.get(start..alert.end)?.strip_suffix(b"\n"))
    }
}

/// The output of some records, with what is needed to drop the duplicates among them.
#[derive(Debug)]
pub struct Chunk {
    /// The output.
    pub output: Output,
    /// A key for each record, if duplicates are dropped.
    pub(crate) keys: Vec<RecordKey>,
    /// The end of each record's lines, if duplicates are dropped or lines are sorted.
    pub(crate) ends: Vec<usize>,
    /// The time of each record, if they are sorted.
    pub(crate) times: Vec<Option<u64>>,
}

/// Collects the records of one file into chunks.
#[derive(Debug)]
pub struct Formatter<'q> {
    query: &'q Query,
    scratch: Scratch,
    checker: Checker,
    alerts: Vec<Alert>,
    records: Vec<Bytes>,
    lines: Vec<u8>,
    keys: Vec<RecordKey>,
    ends: Vec<usize>,
    times: Vec<Option<u64>>,
    bytes: usize,
    left_out: LeftOut,
    id: Option<&'static Field>,
    time: Option<&'static Field>,
}

impl<'q> Formatter<'q> {
    /// Creates a formatter for the records of one file.
    #[must_use]
    pub fn new(query: &'q Query) -> Self {
        Self {
            query,
            scratch: Scratch::new(),
            checker: Checker::default(),
            alerts: Vec::new(),
            records: Vec::new(),
            lines: Vec::new(),
            keys: Vec::new(),
            ends: Vec::new(),
            times: Vec::new(),
            bytes: 0,
            left_out: LeftOut::default(),
            id: field("ct.id"),
            time: field("ct.time"),
        }
    }

    /// Adds a record. Returns a chunk when enough records have been collected.
    pub fn add(&mut self, bytes: Bytes) -> Option<Chunk> {
        if !self.query.takes_all() {
            self.scratch.record(&bytes, None);
            if !self.accepts(&bytes) {
                return None;
            }
        }
        if self.query.keeps_records() {
            self.keep(bytes);
        } else {
            self.write(&bytes);
        }
        self.take_if_full()
    }

    /// Adds the record that the [`finder`](Self::finder) has found last. `share` returns the same record, to be kept.
    pub fn add_found(&mut self, record: &[u8], share: impl FnOnce() -> Bytes) -> Option<Chunk> {
        self.scratch.found_record(record);
        if !self.accepts(record) {
            return None;
        }
        if self.query.keeps_records() {
            self.keep(share());
        } else {
            self.write(record);
        }
        self.take_if_full()
    }

    fn keep(&mut self, record: Bytes) {
        self.bytes += record.len();
        self.records.push(record);
    }

    /// Lends the memory for layouts to the reader that finds the records, and says how deep it should look.
    pub fn finder(&mut self) -> (Depth, &mut LayoutFinder) {
        let depth = if self.scratch.has_read_nested() { Depth::Nested } else { Depth::Own };
        let finder = self.scratch.finder();
        finder.keep_blocks();
        (depth, finder)
    }

    /// Returns whether the record that was started is wanted, and notes what is needed to drop duplicates.
    fn accepts(&mut self, bytes: &[u8]) -> bool {
        let Query { range, filter, fingerprints, is_sorted, .. } = self.query;
        let needs_time = *is_sorted || !range.is_all();
        let time = if needs_time { self.scratch.resume(bytes).event_time() } else { None };
        if time.is_some_and(|time| !range.contains(time)) {
            self.left_out.outside += 1;
            return false;
        }
        if filter.as_ref().is_some_and(|filter| !filter.matches(self.scratch.resume(bytes), &mut self.checker.memory)) {
            self.left_out.unmatched += 1;
            return false;
        }
        self.left_out.untimed += u64::from(needs_time && time.is_none());
        if *is_sorted {
            self.times.push(time);
        }
        if let Some(fingerprints) = fingerprints {
            let mut record = self.scratch.resume(bytes);
            let id = self.id.and_then(|field| record.get(field, None));
            self.keys.push(fingerprints.of(id, bytes));
        }
        true
    }

    fn write(&mut self, bytes: &[u8]) {
        let (line, mut record) = (&mut self.lines, self.scratch.resume(bytes));
        match &self.query.format {
            Format::Raw => {}
            Format::Json(selection) | Format::Count { by: selection, .. } => json(line, &mut record, selection),
            Format::Csv(selection) => cells(line, &mut record, selection, b',', csv_cell),
            Format::Tsv(selection) => cells(line, &mut record, selection, b'\t', tsv_cell),
            Format::Table(selection) => cells(line, &mut record, selection, b'\t', table_cell),
            Format::Info => info(line, &mut record, self.time),
            Format::Timeline(_) => {
                let minute = record.event_time().map_or(u64::MAX, |time| time / MINUTE);
                line.extend_from_slice(&minute.to_le_bytes());
            }
            Format::Explain(explainer) => explainer.write(record, line),
            Format::Alerts(detector) => self.checker.check(detector, record, line, &mut self.alerts),
            Format::Report(rows) => rows.write(record, &mut self.checker, line, &mut self.alerts),
        }
        self.bytes = self.lines.len();
    }

    fn take_if_full(&mut self) -> Option<Chunk> {
        if (self.query.dedupes() || self.query.is_sorted) && !self.query.keeps_records() {
            self.ends.push(self.lines.len());
        }
        let is_full = self.bytes >= CHUNK_BYTES || self.records.len() >= CHUNK_RECORDS || self.keys.len() >= CHUNK_KEYS;
        if is_full { self.take() } else { None }
    }

    /// Returns the records collected since the last chunk, if any.
    pub fn take(&mut self) -> Option<Chunk> {
        if std::mem::take(&mut self.bytes) == 0 && self.keys.is_empty() {
            return None;
        }
        let output = if self.query.keeps_records() {
            let next = Vec::with_capacity(self.records.len());
            Output::Records(std::mem::replace(&mut self.records, next))
        } else {
            let lines = std::mem::replace(&mut self.lines, Vec::with_capacity(CHUNK_BYTES));
            match self.query.format {
                Format::Alerts(_) | Format::Report(_) => Output::Alerts(lines, std::mem::take(&mut self.alerts)),
                _ => Output::Lines(lines),
            }
        };
        let (keys, ends) = (std::mem::take(&mut self.keys), std::mem::take(&mut self.ends));
        Some(Chunk { output, keys, ends, times: std::mem::take(&mut self.times) })
    }

    /// Returns the numbers of records that were left out and checked.
    #[must_use]
    pub fn left_out(&self) -> LeftOut {
        let mut left_out = self.left_out;
        left_out += self.checker.left_out();
        left_out
    }
}

impl Chunk {
    /// Keeps the records for which `keep` returns true.
    pub(crate) fn retain<E>(&mut self, mut keep: impl FnMut(RecordKey) -> Result<bool, E>) -> Result<(), E> {
        let kept = std::mem::take(&mut self.keys).into_iter().map(&mut keep).collect::<Result<Vec<bool>, E>>()?;
        if kept.iter().all(|it| *it) {
            return Ok(());
        }
        let mut flags = kept.iter().copied();
        self.times.retain(|_| flags.next().unwrap_or(true));
        let (mut flags, ends) = (kept.iter().copied(), std::mem::take(&mut self.ends));
        let with_flags = ends.into_iter().zip(kept.iter().copied());
        match &mut self.output {
            Output::Records(records) => records.retain(|_| flags.next().unwrap_or(true)),
            Output::Lines(lines) | Output::Headed(lines) => {
                (*lines, _) = kept_lines(lines, &[], with_flags, &mut self.ends);
            }
            Output::Alerts(lines, alerts) => {
                (*lines, *alerts) = kept_lines(lines, alerts, with_flags, &mut self.ends);
            }
        }
        Ok(())
    }

    /// Calls `take` with the time and the lines of each record, or with the record itself.
    pub(crate) fn each<E>(self, mut take: impl FnMut(Option<u64>, &[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut start = 0;
        match &self.output {
            Output::Records(records) => self.times.iter().zip(records).try_for_each(|(time, one)| take(*time, one)),
            Output::Lines(lines) | Output::Headed(lines) | Output::Alerts(lines, _) => {
                self.times.iter().zip(self.ends).try_for_each(|(time, end)| {
                    let line = lines.get(std::mem::replace(&mut start, end)..end);
                    take(*time, line.unwrap_or_default())
                })
            }
        }
    }
}

/// Returns the lines and alerts of the records that are kept. `ends` has the end of each record's lines; `kept_ends` gets
/// those of the kept ones.
fn kept_lines(
    lines: &[u8],
    alerts: &[Alert],
    ends: impl Iterator<Item = (usize, bool)>,
    kept_ends: &mut Vec<usize>,
) -> (Vec<u8>, Vec<Alert>) {
    let (mut rest, mut kept, mut start) = (Vec::with_capacity(lines.len()), Vec::new(), 0);
    let mut alerts = alerts.iter().peekable();
    for (end, is_kept) in ends {
        let dropped = start - rest.len();
        if is_kept {
            rest.extend_from_slice(lines.get(start..end).unwrap_or_default());
            kept_ends.push(rest.len());
        }
        while let Some(alert) = alerts.next_if(|alert| alert.end <= end) {
            kept.extend(is_kept.then_some(Alert { end: alert.end - dropped, ..*alert }));
        }
        start = end;
    }
    (rest, kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::TimeRange;
    use crate::selection::Selection;
    use std::convert::Infallible;

    fn record(time: &str, name: &str) -> Bytes {
        format!(r#"{{"eventTime":"{time}","eventName":"{name}","eventID":"{name}"}}"#).into()
    }

    fn lines(formatter: &mut Formatter<'_>) -> Vec<u8> {
        match formatter.take().map(|chunk| chunk.output) {
            Some(Output::Lines(lines) | Output::Headed(lines) | Output::Alerts(lines, _)) => lines,
            Some(Output::Records(records)) => records.join(&b'\n'),
            None => Vec::new(),
        }
    }

    #[test]
    fn records_without_a_readable_time_are_kept_and_counted() {
        let range = TimeRange { since: Some("2026-01-02T00:00:00Z".parse().unwrap()), until: None };
        let names = || Selection::parse("ct.name").unwrap();
        for format in [Format::Raw, Format::Json(names()), Format::Csv(names()), Format::Info] {
            let query = Query::new(format, range, false);
            let mut formatter = Formatter::new(&query);
            for (time, name) in [("2026-01-01T23:59:59Z", "early"), ("2026-01-02T00:00:00Z", "in"), ("soon", "odd")] {
                assert!(formatter.add(record(time, name)).is_none());
            }
            let text = String::from_utf8(lines(&mut formatter)).unwrap();
            assert_eq!(text.lines().count(), 2, "{text}");
            assert_eq!(formatter.left_out(), LeftOut { outside: 1, untimed: 1, ..LeftOut::default() });
        }
    }

    #[test]
    fn a_chunk_loses_only_what_is_not_kept() {
        let selection = || Selection::parse("ct.name").unwrap();
        for (format, expected) in [
            (Format::Raw, format!("{}", String::from_utf8_lossy(&record("t", "b")))),
            (Format::Json(selection()), "{\"ct.name\":\"b\"}\n".to_owned()),
            (Format::Csv(selection()), "b\n".to_owned()),
        ] {
            let query = Query::new(format, TimeRange::default(), true);
            let mut formatter = Formatter::new(&query);
            for name in ["a", "b", "c"] {
                formatter.add(record("t", name));
            }
            let mut chunk = formatter.take().unwrap();
            let mut number = 0;
            let keep = |_| {
                number += 1;
                Ok::<_, Infallible>(number == 2)
            };
            chunk.retain(keep).unwrap();
            let text = match chunk.output {
                Output::Records(records) => records.concat(),
                Output::Lines(lines) | Output::Headed(lines) | Output::Alerts(lines, _) => lines,
            };
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn whole_records_of_a_part_are_counted() {
        let records = Output::Records(vec!["ab".into(), "".into(), "c".into()]);
        let lines = Output::Lines(b"ab\n\nc\n".to_vec());
        for (bytes, expected) in [(0, 0), (2, 0), (3, 1), (4, 2), (5, 2), (6, 3), (9, 3)] {
            assert_eq!((records.records_in(bytes), lines.records_in(bytes)), (expected, expected), "{bytes}");
        }
        let headed = Output::Headed(b"ab\n\nc\n".to_vec());
        assert_eq!([2, 3, 4, 6].map(|bytes| headed.records_in(bytes)), [0, 0, 1, 2]);
        assert_eq!(Output::Alerts(b"ab\nc\nd\n".to_vec(), Vec::new()).records_in(5), 0);
        let text = |output: &Output| output.slices().iter().flat_map(|slice| slice.to_vec()).collect::<Vec<u8>>();
        assert_eq!(text(&records), text(&lines));
    }

    #[test]
    fn a_chunk_is_bounded() {
        let query = Query::new(Format::Raw, TimeRange::default(), false);
        let mut formatter = Formatter::new(&query);
        let full = (0..CHUNK_RECORDS * 2 + 1).filter_map(|_| formatter.add(record("t", "a"))).count();
        assert_eq!(full, 2);
        let query = Query::new(Format::Info, TimeRange::default(), false);
        let mut formatter = Formatter::new(&query);
        assert!((0..20_000).any(|_| formatter.add(record("t", "a")).is_some()));
    }
}
