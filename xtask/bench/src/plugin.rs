//! What the Falco plugin takes: the shared object as it ships, through its C ABI.
//!
//! plugin-host loads it, in a process of its own for each figure, and reads the corpus with it.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{items::RULE_FIELDS, large::Large, report::Row, rounds::median};

/// Of I, CPU of all threads: reading the corpus, and nothing else.
const SOURCE_LIMIT: f64 = 1.6;
/// Of I, CPU of all threads: reading it, and eight fields of each event, in a call each.
const FIELDS_LIMIT: f64 = 2.4;
/// Of I: the summary of an event.
const SUMMARY_LIMIT: f64 = 0.6;
/// Of the CPU: as the plugin reads ahead of Falco, Falco waits for less than is worked.
const WALL_LIMIT: f64 = 1.0;
/// MiB, on the corpus: files and events in flight.
const MEMORY_LIMIT: f64 = 64.0;
/// MiB, on a file of more than a gigabyte: that is read in pieces.
const LARGE_LIMIT: f64 = 200.0;

/// The plugin, and what loads it.
#[derive(Debug)]
pub struct Plugin {
    /// plugin-host.
    pub host: PathBuf,
    /// libcloudtrail.so.
    pub library: PathBuf,
}

/// What plugin-host says of one reading. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Spent {
    events: usize,
    answers: u64,
    wall: f64,
    /// Of all threads.
    cpu: f64,
    /// Of it, what the asking thread took to ask.
    asking: f64,
    /// The most that was resident, in MiB.
    memory: f64,
}

/// One reading of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Spents {
    source: Spent,
    fields: Spent,
    summary: Spent,
}

impl Plugin {
    /// Reads the corpus once for each kind.
    ///
    /// # Errors
    /// Where not every record comes out as an event.
    pub fn measure(&self, corpus: &Path, records: usize) -> Result<Spents> {
        let read = |work: &str, answers: usize| {
            let spent = self.read(corpus, work)?;
            ensure!(spent.events == records, "{} events of {records} records", spent.events);
            // An event may lack a field; one that lacks most of them would be cheap to ask.
            ensure!(spent.answers as usize >= answers, "{work}: {} answers", spent.answers);
            Ok(spent)
        };
        Ok(Spents {
            source: read("source", 0)?,
            fields: read(&RULE_FIELDS.join(","), records * RULE_FIELDS.len() / 2)?,
            summary: read("string", records)?,
        })
    }

    fn read(&self, source: &Path, work: &str) -> Result<Spent> {
        let mut host = Command::new(&self.host);
        host.arg("measure").arg(&self.library).arg(source).arg(work).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = host.output().with_context(|| self.host.display().to_string())?;
        ensure!(output.status.success(), "plugin-host measure {work}: {}", output.status);
        serde_json::from_slice(&output.stdout).context("what plugin-host says")
    }

    /// The figure for one large file.
    ///
    /// # Errors
    /// Where not all of its records come out.
    pub fn large(&self, large: &Large) -> Result<Row> {
        let spent = self.read(&large.path, "source")?;
        ensure!(spent.events == large.records, "{} events of {} records", spent.events, large.records);
        Ok(memory("plugin_large_mib", "plugin: peak memory in MiB, one file of 1.2 GB", LARGE_LIMIT, spent.memory))
    }
}

/// The rows of the table. `units` is what I took in each round, and `records` how many records that was.
#[must_use]
pub fn rows(rounds: &[Spents], units: &[f64], records: f64) -> Vec<Row> {
    let row = |key, title, limit, of: fn(&Spents) -> f64| {
        let ratios = rounds.iter().zip(units).map(|(round, unit)| of(round) / unit).collect();
        let time = median(rounds.iter().map(of).collect()) / records;
        Row { key, title, time: Some(time), figure: median(ratios), limit: Some(limit), moonshot: None }
    };
    let share = rounds.iter().map(|round| round.source.wall / round.source.cpu).collect();
    let most = rounds.iter().flat_map(|it| [it.source.memory, it.fields.memory, it.summary.memory]).fold(0.0, f64::max);
    vec![
        row("plugin_source", "plugin: source", SOURCE_LIMIT, |it| it.source.cpu),
        Row {
            key: "plugin_wall",
            title: "plugin: source, wall time as a share of CPU",
            time: Some(median(rounds.iter().map(|it| it.source.wall).collect()) / records),
            figure: median(share),
            limit: Some(WALL_LIMIT),
            moonshot: None,
        },
        row("plugin_fields", "plugin: source + eight fields", FIELDS_LIMIT, |it| it.fields.cpu),
        row("plugin_summary", "plugin: event_to_string", SUMMARY_LIMIT, |it| it.summary.asking),
        memory("plugin_mib", "plugin: peak memory in MiB", MEMORY_LIMIT, most),
    ]
}

fn memory(key: &'static str, title: &'static str, limit: f64, figure: f64) -> Row {
    Row { key, title, time: None, figure, limit: Some(limit), moonshot: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_multiples_of_the_unit_of_the_same_round() {
        let spent = |cpu| Spent { events: 10, answers: 10, wall: cpu / 2.0, cpu, asking: cpu / 4.0, memory: 40.0 };
        let round = |cpu| Spents { source: spent(cpu), fields: spent(cpu * 2.0), summary: spent(cpu) };
        let rows = rows(&[round(100.0), round(400.0), round(300.0)], &[100.0, 200.0, 300.0], 10.0);
        let found: Vec<_> = rows.iter().map(|row| (row.key, row.figure, row.is_broken())).collect();
        assert_eq!(
            found,
            [
                ("plugin_source", 1.0, false),
                ("plugin_wall", 0.5, false),
                ("plugin_fields", 2.0, false),
                ("plugin_summary", 0.25, false),
                ("plugin_mib", 40.0, false)
            ]
        );
        assert_eq!(rows[0].time, Some(30.0));
        let slow = super::rows(&[round(250.0)], &[100.0], 10.0);
        assert!(slow[0].is_broken() && slow[2].is_broken() && slow[3].is_broken());
    }
}
