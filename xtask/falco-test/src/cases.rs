//! The cases: those of `cases/runs.json` and those of other files.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use serde::Deserialize;
use stand_ins::proxy::Fault;

use crate::case::{Case, Folder, check};
use crate::falco::{Falco, NO_SYSCALLS};
use crate::services::Services;
use crate::world::World;
use crate::{examples, metrics, rules, signals};

/// One run of Falco to its end.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Run {
    name: String,
    /// The keys `init_config` and `open_params` of the plugin, as YAML. `{folder}` is the case's own folder, and `{one}` a
    /// file whose one record fires one rule.
    keys: String,
    /// The files of the folder, by name.
    files: BTreeMap<String, String>,
    /// S3 and SQS, if the run needs them.
    remote: Option<Remote>,
    /// More of Falco's arguments.
    args: Vec<String>,
    /// Whether Falco must exit with an error.
    fails: bool,
    /// The expected texts. A run with services that does not fail is ended with SIGTERM after them.
    shows: Vec<String>,
    hides: Vec<String>,
}

/// A bucket and a queue, both called `logs`: the queue's one message names a log file in the bucket.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Remote {
    /// Environment variables that are removed.
    unset: Vec<String>,
    /// An operation that is refused, and the name of the refusal.
    refused: Option<(String, String)>,
    /// The log file, if it has records.
    log: Option<String>,
}

/// Returns all cases, the slow ones first.
pub(crate) fn all() -> Result<Vec<Case>> {
    let mut cases = signals::cases();
    cases.push(Case::new("metrics: have their documented names", metrics::run));
    cases.extend(examples::cases());
    cases.extend(rules::cases()?);
    let mut runs: Vec<Run> = serde_json::from_str(include_str!("../cases/runs.json")).context("runs.json")?;
    runs.sort_by_key(|run| run.remote.is_none());
    cases.extend(runs.into_iter().map(|run| Case::new(run.name.clone(), |world, folder| run.run(world, folder))));
    Ok(cases)
}

impl Run {
    async fn run(self, world: Arc<World>, folder: Folder) -> Result<()> {
        for (name, content) in &self.files {
            folder.write(name, content.as_bytes())?;
        }
        let (services, mut environment);
        if let Some(Remote { unset, refused, log }) = &self.remote {
            services = Services::start().await?;
            let log = log.as_deref().unwrap_or(r#"{"Records":[]}"#);
            services.queue("logs", "logs", vec![services.put("logs", "111122223333", log.into())?]);
            if let Some((operation, refusal)) = refused {
                services.refuse(operation, &Fault::refused(refusal));
            }
            environment = services.environment();
            environment.retain(|(name, _)| !unset.contains(name));
        } else {
            environment = Vec::new();
        }
        let config = folder.config(&world, &self.keys, "")?;
        let args: Vec<&str> = NO_SYSCALLS.iter().copied().chain(self.args.iter().map(String::as_str)).collect();
        let mut falco = Falco::start(&world, &config, &args, &environment)?;
        let shows: Vec<String> = self.shows.iter().map(|text| folder.fill(&world, text)).collect();
        if self.remote.is_some() && !self.fails {
            falco.prints("the messages", |output| shows.iter().all(|text| output.contains(text))).await?;
            falco.signal(Signal::TERM)?;
        }
        let (status, output) = falco.end().await?;
        ensure!(status.success() != self.fails, "Falco ended with {status}:\n{output}");
        check(&output, shows, &self.hides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let cases = all().unwrap();
        let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.len());
    }
}
