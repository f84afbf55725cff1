//! Measures the Falco plugin: the shared object as it ships, through its C ABI.
//!
//! For each figure a new process of plugin-host loads the plugin and reads the corpus.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use json_scan::KERNEL_VARIABLE;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::items::RULE_FIELDS;
use crate::large::Large;
use crate::report::Row;
use crate::rounds::median;

/// The plugin, and the program that loads it.
#[derive(Debug)]
pub struct Plugin {
    /// The path of plugin-host.
    pub host: PathBuf,
    /// The path of libcloudtrail.so.
    pub library: PathBuf,
    /// The name of the kernel that it uses.
    pub kernel: String,
}

/// The output of plugin-host for one run. Times are in nanoseconds.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Spent {
    events: usize,
    answers: u64,
    wall: f64,
    /// The CPU time of all threads.
    cpu: f64,
    /// The part of it that the calling thread spent on fields and summaries.
    asking: f64,
    /// The largest resident memory, in MiB.
    memory: f64,
}

/// One run of each kind.
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
    /// Fails if an event is missing for a record.
    pub fn measure(&self, corpus: &Path, records: usize) -> Result<Spents> {
        let read = |work: &str, answers: usize| {
            let spent = self.read(corpus, work)?;
            ensure!(spent.events == records, "{} events of {records} records", spent.events);
            // An event may lack a field. If most were missing, asking would be cheap and the figure wrong.
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
        self.run("measure", |host| host.arg(source).arg(work))
    }

    /// Runs plugin-host with the plugin, and returns its answer.
    pub(crate) fn run<T: DeserializeOwned>(
        &self,
        kind: &str,
        more: impl FnOnce(&mut Command) -> &mut Command,
    ) -> Result<T> {
        let mut host = Command::new(&self.host);
        host.arg(kind).arg(&self.library).env(KERNEL_VARIABLE, &self.kernel);
        let host = more(&mut host).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = host.output().with_context(|| self.host.display().to_string())?;
        ensure!(output.status.success(), "{host:?}: {}", output.status);
        serde_json::from_slice(&output.stdout).context("the output of plugin-host")
    }

    /// Returns the row for one large file.
    ///
    /// # Errors
    /// Fails if some of its records are missing.
    pub fn large(&self, large: &Large) -> Result<Row> {
        let spent = self.read(&large.path, "source")?;
        ensure!(spent.events == large.records, "{} events of {} records", spent.events, large.records);
        let title = "plugin: peak memory in MiB, one file of 1.2 GB";
        Ok(Row::new("plugin_large_mib", title, spent.memory))
    }
}

/// Returns the rows of the table. `units` is the time of I in each round, `records` the number of records.
pub fn rows(rounds: &[Spents], units: &[f64], records: f64) -> Vec<Row> {
    let row = |key, title, of: fn(&Spents) -> f64| {
        let ratios = rounds.iter().zip(units).map(|(round, unit)| of(round) / unit).collect();
        let time = median(rounds.iter().map(of).collect()) / records;
        Row { time: Some(time), ..Row::new(key, title, median(ratios)) }
    };
    let share = rounds.iter().map(|round| round.source.wall / round.source.cpu).collect();
    let most = rounds.iter().flat_map(|it| [it.source.memory, it.fields.memory, it.summary.memory]).fold(0.0, f64::max);
    vec![
        row("plugin_source", "plugin: source", |it| it.source.cpu),
        Row {
            time: Some(median(rounds.iter().map(|it| it.source.wall).collect()) / records),
            ..Row::new("plugin_wall", "plugin: source, wall time as a share of CPU", median(share))
        },
        row("plugin_fields", "plugin: source + eight fields", |it| it.fields.cpu),
        row("plugin_summary", "plugin: event_to_string", |it| it.summary.asking),
        Row::new("plugin_mib", "plugin: peak memory in MiB", most),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_multiples_of_the_unit_of_the_same_round() {
        let spent = |cpu| Spent { events: 10, answers: 10, wall: cpu / 2.0, cpu, asking: cpu / 4.0, memory: 40.0 };
        let round = |cpu| Spents { source: spent(cpu), fields: spent(cpu * 2.0), summary: spent(cpu) };
        let rows = rows(&[round(100.0), round(400.0), round(300.0)], &[100.0, 200.0, 300.0], 10.0);
        let found: Vec<_> = rows.iter().map(|row| (row.key, row.figure)).collect();
        assert_eq!(
            found,
            [
                ("plugin_source", 1.0),
                ("plugin_wall", 0.5),
                ("plugin_fields", 2.0),
                ("plugin_summary", 0.25),
                ("plugin_mib", 40.0)
            ]
        );
        assert_eq!(rows[0].time, Some(30.0));
    }
}
