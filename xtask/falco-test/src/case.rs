//! A case: work with a Falco, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::world::World;

/// Falco's configuration without the plugin's keys. `{keys}` are the keys of a case, `{more}` its other settings.
const CONFIG: &str = include_str!("../cases/run.yaml");

type Done = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// One case.
pub(crate) struct Case {
    pub(crate) name: String,
    work: Box<dyn FnOnce(Arc<World>, Folder) -> Done + Send>,
}

impl Case {
    pub(crate) fn new<D: Future<Output = Result<()>> + Send + 'static>(
        name: impl Into<String>,
        work: impl FnOnce(Arc<World>, Folder) -> D + Send + 'static,
    ) -> Self {
        let work = |world, folder| -> Done { Box::pin(work(world, folder)) };
        Self { name: name.into(), work: Box::new(work) }
    }

    pub(crate) async fn run(self, world: Arc<World>) -> Result<()> {
        (self.work)(world, Folder::new()?).await
    }
}

/// Checks that the output has each expected text, and none of the forbidden ones.
pub(crate) fn check(output: &str, shows: impl IntoIterator<Item = String>, hides: &[impl AsRef<str>]) -> Result<()> {
    for text in shows {
        ensure!(output.contains(&text), "{text:?} is missing:\n{output}");
    }
    for text in hides.iter().map(AsRef::as_ref) {
        ensure!(!output.contains(text), "{text:?} must not be in the output:\n{output}");
    }
    Ok(())
}

/// The case's own folder, for its log files and configuration.
pub(crate) struct Folder(TempDir);

impl Folder {
    fn new() -> Result<Self> {
        let folder = Self(tempfile::tempdir().context("a temporary folder")?);
        fs::create_dir(folder.logs()).context("a folder for log files")?;
        Ok(folder)
    }

    /// Returns the folder of the log files, which `{folder}` stands for.
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

    /// Writes a configuration with these keys of the plugin, and more settings of Falco.
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
