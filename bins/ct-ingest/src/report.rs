//! Logs what was read and what could not be read, and chooses the exit code.

use crate::output::Page;
use cloudtrail_reader::Content;
use cloudtrail_reader::source::{Level, Outcome, Report, ReportLine, Tally};
use program_kit::exit::Exit;
use tracing::field::display;

/// Starts the report of a run.
pub(crate) fn start() -> Report {
    Report::new("they are counted (others) and named at log level debug")
}

/// Adds the result of one file, logs what is wrong with it, and returns its counts.
pub(crate) fn add(report: &mut Report, outcome: &Outcome, mut page: Option<&mut Page>) -> Tally {
    let counted = report.add(outcome, |line| {
        if let (Some((page, _)), Level::Error | Level::Warn) = (&mut page, line.level) {
            page.add_problem(line.level == Level::Error, line.to_string());
        }
        log(line);
    });
    if !outcome.is_lost() && !matches!(outcome.content, Content::Digest | Content::Config) {
        let (file, records) = (&outcome.name, outcome.findings.records);
        tracing::debug!(%file, records, bytes = outcome.bytes, "read");
    }
    counted
}

fn log(line: ReportLine<'_>) {
    let ReportLine { message, record, byte, count, .. } = line;
    let (file, reason) = ((!line.file.is_empty()).then(|| display(line.file)), line.reason.map(display));
    let (named, more) = if file.is_none() { (count, None) } else { (None, count) };
    match line.level {
        Level::Error => tracing::error!(file, record, byte, reason, named, more, "{message}"),
        Level::Warn => tracing::warn!(file, record, byte, reason, named, more, "{message}"),
        Level::Info => tracing::info!(file, record, byte, reason, named, more, "{message}"),
        Level::Debug => tracing::debug!(file, record, byte, reason, named, more, "{message}"),
    }
}

/// Logs the totals of the run. `known` counts what was not read, because the state has it.
pub(crate) fn finish(report: &Report, known: u64, stopped: bool) -> Exit {
    let total = report.total;
    let (files, records, bytes, damaged) = (total.files, total.records, total.bytes, total.damaged);
    let (warnings, digests, configs, others) = (total.warnings, total.digests, total.configs, total.others);
    let known = (known > 0).then_some(known);
    let is_empty = records == 0 && damaged == 0 && !stopped;
    if report.is_fatal && !stopped {
        tracing::error!(files, records, bytes, damaged, warnings, digests, configs, others, known, "ended early");
    } else if is_empty && known.is_some() && others == 0 {
        tracing::info!(files, warnings, digests, configs, known, "no new CloudTrail records");
    } else if is_empty {
        tracing::warn!(files, warnings, digests, configs, others, known, "no CloudTrail records found");
    } else {
        tracing::info!(files, records, bytes, damaged, warnings, digests, configs, others, known, "done");
    }
    match (stopped, report.is_fatal, damaged + total.undeleted) {
        (false, true, _) => Exit::Failed,
        (false, false, 1..) => Exit::Incomplete,
        _ => Exit::Done,
    }
}
