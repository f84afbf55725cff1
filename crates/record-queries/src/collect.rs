//! Puts the chunks of all files together, in their order.

use crate::alerts::Alerts;
use crate::chunk::{CHUNK_BYTES, CHUNK_RECORDS, Chunk, Output};
use crate::count::Count;
use crate::dedupe::{Dedupe, RecordKey, Seen};
use crate::left_out::LeftOut;
use crate::query::{Format, Query};
use crate::rows::{csv_cell, heading, table_cell, tsv_cell};
use crate::sort::Sorter;
use crate::spill::SpillError;
use crate::summary::Summary;
use crate::table::Table;
use crate::timeline::Timeline;
use bytes::Bytes;
use cloudtrail_rules::Rule;

/// Takes chunks in their order, drops duplicates, and returns what is to write.
#[derive(Debug)]
pub struct Collector {
    /// The line before the first lines of rows or a table. Empty if it was written or the output has no such line.
    heading: Vec<u8>,
    kind: Kind,
    dedupe: Option<Dedupe>,
    /// Puts records in the order of time, if that is wanted.
    sorter: Option<Sorter>,
    keeps_records: bool,
    /// Whether all output was returned.
    is_finished: bool,
    summary: Summary,
}

#[derive(Debug)]
enum Kind {
    /// Chunks are written as they are.
    Rows,
    Table(Table),
    Count(Count),
    Timeline(Timeline),
    Alerts(Box<Alerts>),
}

impl Collector {
    /// Creates a collector for the chunks of a query.
    #[must_use]
    pub fn new(query: &Query) -> Self {
        let kind = match &query.format {
            Format::Table(selection) => Kind::Table(Table::new(&selection.names())),
            format @ (Format::Alerts(_) | Format::Report(_)) => Kind::Alerts(Box::new(Alerts::new(format))),
            Format::Count { by, top } => Kind::Count(Count::new(by.names(), *top)),
            Format::Timeline(width) => Kind::Timeline(Timeline::new(*width)),
            Format::Raw | Format::Json(_) | Format::Csv(_) | Format::Tsv(_) | Format::Info | Format::Explain(_) => {
                Kind::Rows
            }
        };
        let heading = match &query.format {
            Format::Csv(selection) => heading(selection, b',', csv_cell),
            Format::Tsv(selection) => heading(selection, b'\t', tsv_cell),
            Format::Table(selection) => heading(selection, b'\t', table_cell),
            _ => Vec::new(),
        };
        Self {
            heading,
            kind,
            dedupe: query.dedupes().then(Dedupe::default),
            sorter: query.is_sorted.then(Sorter::default),
            keeps_records: query.keeps_records(),
            is_finished: false,
            summary: Summary::default(),
        }
    }

    /// Takes the next chunk, and returns the output to write now, if any.
    ///
    /// # Errors
    /// A temporary file cannot be used. The chunk's records are not written then.
    pub fn add(&mut self, mut chunk: Chunk) -> Result<Option<Output>, SpillError> {
        if let Some(dedupe) = &mut self.dedupe {
            chunk.retain(|key| keep(dedupe, &mut self.summary, key))?;
        }
        if let Some(sorter) = &mut self.sorter {
            return chunk.each(|time, line| sorter.add(time, line)).map(|()| None);
        }
        Ok(self.output(chunk.output))
    }

    /// Returns the output to write now, if any.
    fn output(&mut self, output: Output) -> Option<Output> {
        match (&mut self.kind, output) {
            (Kind::Rows, Output::Lines(lines)) => Some(headed(&mut self.heading, lines)),
            (Kind::Table(table), Output::Lines(lines)) => Some(match headed(&mut self.heading, lines) {
                Output::Headed(lines) => Output::Headed(table.align(&lines)),
                Output::Lines(lines) => Output::Lines(table.align(&lines)),
                other => other,
            }),
            (Kind::Count(count), Output::Lines(lines)) => {
                count.add(&lines);
                None
            }
            (Kind::Timeline(timeline), Output::Lines(minutes)) => {
                timeline.add(&minutes);
                None
            }
            (Kind::Alerts(alerts), output) => alerts.add(output),
            (_, output @ (Output::Records(_) | Output::Headed(_) | Output::Alerts(..))) => Some(output),
        }
    }

    /// Adds the numbers of a file's records that were left out, could not be judged, and were checked with rules.
    pub fn add_left_out(&mut self, left_out: LeftOut) {
        self.summary.left_out += left_out;
    }

    /// Returns the next output after the last chunk; `None` at the end. It is the sorted lines, and the answer to a question,
    /// as bars if the width of a terminal is given and as JSON otherwise, or the heading, if no record came after it. An
    /// output may be empty.
    ///
    /// # Errors
    /// A temporary file cannot be used. Records are missing then.
    pub fn finish(&mut self, columns: Option<usize>) -> Result<Option<Output>, SpillError> {
        if let Some(sorted) = self.next_sorted()? {
            return Ok(Some(self.output(sorted).unwrap_or(Output::Lines(Vec::new()))));
        }
        if std::mem::replace(&mut self.is_finished, true) {
            return Ok(None);
        }
        let heading = std::mem::take(&mut self.heading);
        Ok(Some(match &mut self.kind {
            Kind::Rows | Kind::Alerts(_) => Output::Headed(heading),
            Kind::Table(table) => Output::Headed(table.align(&heading)),
            Kind::Count(count) => Output::Lines(count.answer(columns)),
            Kind::Timeline(timeline) => Output::Lines(timeline.answer(columns)),
        }))
    }

    /// Returns the next lines in the order of time, about as many as in a chunk.
    fn next_sorted(&mut self) -> Result<Option<Output>, SpillError> {
        let Some(sorter) = &mut self.sorter else { return Ok(None) };
        let (mut lines, mut ends) = (Vec::new(), Vec::new());
        while lines.len() < CHUNK_BYTES
            && ends.len() < CHUNK_RECORDS
            && let Some(line) = sorter.next_line()?
        {
            lines.extend_from_slice(line);
            ends.push(lines.len());
        }
        if ends.is_empty() {
            return Ok(None);
        }
        if !self.keeps_records {
            return Ok(Some(Output::Lines(lines)));
        }
        let (lines, mut start) = (Bytes::from(lines), 0);
        let record = |end| lines.slice(std::mem::replace(&mut start, end)..end);
        Ok(Some(Output::Records(ends.into_iter().map(record).collect())))
    }

    /// Returns the rules that have alerted, each with the number of its alerts.
    pub fn alerts(&self) -> impl Iterator<Item = (&Rule, u64)> {
        let alerts = if let Kind::Alerts(alerts) = &self.kind { Some(alerts) } else { None };
        alerts.into_iter().flat_map(|alerts| alerts.by_rule())
    }

    /// Returns what was left out so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        match &self.kind {
            Kind::Rows | Kind::Table(_) => self.summary,
            Kind::Count(count) => {
                let (groups, shown) = count.groups();
                let (groups, not_shown) = (groups as u64, (groups - shown) as u64);
                Summary { groups, not_shown, uncounted: count.uncounted(), ..self.summary }
            }
            Kind::Timeline(timeline) => {
                let untimed = self.summary.left_out.untimed.max(timeline.untimed);
                let left_out = LeftOut { untimed, ..self.summary.left_out };
                Summary { left_out, is_coarse: timeline.is_coarse(), ..self.summary }
            }
            Kind::Alerts(alerts) => alerts.summary(self.summary),
        }
    }
}

/// Returns lines, after the heading if it was not written yet. Only the first lines are copied.
fn headed(heading: &mut Vec<u8>, lines: Vec<u8>) -> Output {
    if heading.is_empty() {
        return Output::Lines(lines);
    }
    let mut all = std::mem::take(heading);
    all.extend_from_slice(&lines);
    Output::Headed(all)
}

/// Returns whether a record is kept, and counts why.
fn keep(dedupe: &mut Dedupe, summary: &mut Summary, key: RecordKey) -> Result<bool, SpillError> {
    match dedupe.see(key)? {
        Seen::New => {}
        Seen::OtherContent => summary.other_content += 1,
        Seen::WithoutId => summary.without_id += 1,
        Seen::Duplicate => {
            summary.duplicates += 1;
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Formatter;
    use crate::query::TimeRange;
    use crate::selection::Selection;

    const RECORDS: &[&str] = &[
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"A","eventID":"1"}"#,
        r#"{"eventTime":"2026-01-02T03:04:06Z","eventName":"Bee","eventID":"2"}"#,
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"A","eventID":"1"}"#,
        r#"{"eventTime":"2026-01-02T03:04:05Z","eventName":"C","eventID":"1"}"#,
        r#"{"eventName":"C"}"#,
    ];

    fn answer(format: Format, dedupe: bool, records: &[&'static str]) -> (String, Summary) {
        answer_to(&Query::new(format, TimeRange::default(), dedupe), records)
    }

    fn answer_to(query: &Query, records: &[&'static str]) -> (String, Summary) {
        let mut collector = Collector::new(query);
        let mut text = Vec::new();
        let mut write = |output: Option<Output>| match output {
            Some(Output::Lines(lines) | Output::Headed(lines) | Output::Alerts(lines, _)) => text.extend(lines),
            Some(Output::Records(records)) => text.extend(records.iter().flat_map(|it| [it, &b"\n"[..]].concat())),
            None => {}
        };
        // Each record is a chunk of its own.
        for record in records {
            let mut formatter = Formatter::new(query);
            assert!(formatter.add((*record).into()).is_none());
            write(collector.add(formatter.take().unwrap()).unwrap());
            collector.add_left_out(formatter.left_out());
        }
        while let Some(output) = collector.finish(None).unwrap() {
            write(Some(output));
        }
        (String::from_utf8(text).unwrap(), collector.summary())
    }

    fn names() -> Selection {
        Selection::parse("ct.name,ct.id").unwrap()
    }

    #[test]
    fn every_format_drops_the_same_duplicates() {
        for (format, expected) in [
            (Format::Raw, [RECORDS[0], RECORDS[1], RECORDS[3], RECORDS[4], ""].join("\n")),
            (Format::Csv(names()), "ct.name,ct.id\nA,1\nBee,2\nC,1\nC,\n".to_owned()),
            (Format::Tsv(names()), "ct.name\tct.id\nA\t1\nBee\t2\nC\t1\nC\t\n".to_owned()),
            (Format::Table(names()), "ct.name  ct.id\nA        1\nBee      2\nC        1\nC        -\n".to_owned()),
            (
                Format::Count { by: Selection::parse("ct.name").unwrap(), top: Some(1) },
                "{\"ct.name\":\"C\",\"count\":2}\n".to_owned(),
            ),
            (Format::Timeline(None), "{\"time\":\"2026-01-02T03:04:00Z\",\"count\":3}\n".to_owned()),
        ] {
            let (text, summary) = answer(format, true, RECORDS);
            assert_eq!(text, expected);
            assert_eq!((summary.duplicates, summary.other_content, summary.without_id), (1, 1, 1), "{text}");
        }
        let (text, summary) = answer(Format::Raw, false, RECORDS);
        assert_eq!((text.lines().count(), summary), (5, Summary::default()));
    }

    #[test]
    fn records_are_written_in_the_order_of_time() {
        let sorted = |format, dedupe| {
            let query = Query::new(format, TimeRange::default(), dedupe).sorted(true);
            let records = [RECORDS[4], RECORDS[1], RECORDS[3], RECORDS[0], RECORDS[2], RECORDS[4]];
            let (text, summary) = answer_to(&query, &records);
            assert_eq!(summary.left_out.untimed, 2, "{text}");
            text
        };
        let raw = |order: &[usize]| order.iter().map(|place| RECORDS[*place].to_owned() + "\n").collect::<String>();
        assert_eq!(sorted(Format::Raw, false), raw(&[3, 0, 2, 1, 4, 4]));
        assert_eq!(sorted(Format::Raw, true), raw(&[3, 0, 1, 4, 4]));
        let lines = ["C,1\n", "A,1\n", "Bee,2\n", "C,\n", "C,\n"].concat();
        assert_eq!(sorted(Format::Csv(names()), true), format!("ct.name,ct.id\n{lines}"));
        assert_eq!(sorted(Format::Tsv(names()), true), format!("ct.name,ct.id\n{lines}").replace(',', "\t"));
        let table = "ct.name  ct.id\nC        1\nA        1\nA        1\nBee      2\nC        -\nC        -\n";
        assert_eq!(sorted(Format::Table(names()), false), table);
        assert!(sorted(Format::Info, false).starts_with("2026-01-02T03:04:05Z "));
        let json = "{\"ct.name\":\"C\",\"ct.id\":\"1\"}\n{\"ct.name\":\"A\",\"ct.id\":\"1\"}\n";
        assert!(sorted(Format::Json(names()), true).starts_with(json));
        assert_eq!(sorted(Format::Timeline(None), true).lines().count(), 1);
    }

    #[test]
    fn a_heading_is_written_once_also_without_records() {
        assert_eq!(answer(Format::Csv(names()), false, &[]).0, "ct.name,ct.id\n");
        assert_eq!(answer(Format::Table(names()), false, &[]).0, "ct.name  ct.id\n");
        assert_eq!(answer(Format::Json(names()), false, &[]).0, "");
        assert_eq!(answer(Format::Timeline(None), false, &[]).0, "");
    }

    #[test]
    fn the_summary_names_what_an_answer_does_not_show() {
        let by = || Selection::parse("ct.name").unwrap();
        let summary = answer(Format::Count { by: by(), top: Some(1) }, false, RECORDS).1;
        assert_eq!((summary.groups, summary.not_shown), (3, 2));
        assert_eq!(answer(Format::Timeline(None), false, RECORDS).1.left_out.untimed, 1);
    }
}
