//! A case: a configuration of Falco, and what must show.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::falco::Falco;
use crate::world::World;
use crate::{examples, metrics, rules, services, signals};

/// Falco's configuration, but for the plugin's own keys. `{keys}` are those of a case, `{more}` what else it sets.
const CONFIG: &str = "\
plugins:
  - name: cloudtrail
    library_path: {plugin}
{keys}
load_plugins: [cloudtrail]
rules_files: [{rules}]
engine: {kind: nodriver}
json_output: true
stdout_output: {enabled: true}
syslog_output: {enabled: false}
log_stderr: true
log_syslog: false
{more}
";

/// How Falco ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Well,
    Badly,
}

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// What is done in a case.
pub(crate) enum Kind {
    Run(Run),
    Services(services::Remote),
    Example(examples::Example),
    Rules(rules::Alerts),
    Metrics,
    Signals(signals::Step),
}

/// One run of Falco to its end.
pub(crate) struct Run {
    /// The keys `init_config` and `open_params` of the plugin, as YAML. `{folder}` is a folder of the case's own.
    pub(crate) keys: String,
    /// Files of that folder.
    pub(crate) files: &'static [(&'static str, &'static [u8])],
    /// More of Falco's configuration.
    pub(crate) more: &'static str,
    /// More of Falco's arguments.
    pub(crate) args: &'static [&'static str],
    pub(crate) end: End,
    pub(crate) shows: &'static [&'static str],
    pub(crate) hides: &'static [&'static str],
}

impl Case {
    /// A case of a group.
    pub(crate) fn named(group: &str, name: &str, kind: Kind) -> Self {
        Self { name: format!("{group}: {name}"), kind }
    }

    pub(crate) async fn run(&self, world: &World) -> Result<()> {
        let folder = Folder::new()?;
        match &self.kind {
            Kind::Run(run) => run.run(world, &folder).await,
            Kind::Services(remote) => remote.run(world, &folder).await,
            Kind::Example(example) => example.run(world, &folder).await,
            Kind::Rules(alerts) => alerts.run(world, &folder).await,
            Kind::Metrics => metrics::run(world, &folder).await,
            Kind::Signals(step) => step.run(world, &folder).await,
        }
    }
}

impl Run {
    async fn run(&self, world: &World, folder: &Folder) -> Result<()> {
        for (name, content) in self.files {
            folder.write(name, content)?;
        }
        let config = folder.config(world, &self.keys, self.more)?;
        let args: Vec<String> = self.args.iter().map(|arg| folder.fill(world, arg)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let falco = Falco::start(world, &config, &args, &[])?;
        let (status, output) = falco.end().await?;
        let good = status.success() == (self.end == End::Well);
        ensure!(good, "Falco ended with {status}:\n{output}");
        check(&output, self.shows.iter().map(|text| folder.fill(world, text)), self.hides)
    }
}

/// Whether each text is part of the output, and none that must not be.
pub(crate) fn check(output: &str, shows: impl IntoIterator<Item = String>, hides: &[&str]) -> Result<()> {
    for text in shows {
        ensure!(output.contains(&text), "{text:?} does not show:\n{output}");
    }
    for text in hides {
        ensure!(!output.contains(text), "{text:?} shows:\n{output}");
    }
    Ok(())
}

/// A folder of a case's own, for its log files and configuration.
pub(crate) struct Folder(TempDir);

impl Folder {
    fn new() -> Result<Self> {
        let folder = Self(tempfile::tempdir().context("a temporary folder")?);
        fs::create_dir(folder.logs()).context("a folder for log files")?;
        Ok(folder)
    }

    /// Where log files are: what `{folder}` stands for.
    pub(crate) fn logs(&self) -> PathBuf {
        self.0.path().join("logs")
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let path = self.logs().join(name);
        fs::write(&path, content).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    pub(crate) fn fill(&self, world: &World, text: &str) -> String {
        world.fill(text, &[("{folder}", self.logs().display().to_string())])
    }

    /// Writes a configuration with these keys of the plugin, and more of Falco's.
    pub(crate) fn config(&self, world: &World, keys: &str, more: &str) -> Result<PathBuf> {
        let indented: Vec<String> = keys.lines().map(|line| format!("    {line}")).collect();
        let text = CONFIG.replace("{keys}", &indented.join("\n")).replace("{more}", more);
        self.save(&self.fill(world, &text))
    }

    /// Writes a whole configuration.
    pub(crate) fn save(&self, text: &str) -> Result<PathBuf> {
        let path = self.path().join("falco.yaml");
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}
