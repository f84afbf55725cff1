//! The ratios of an earlier run, kept in the repository.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The figures of earlier runs.
///
/// Each is a multiple of I, or MiB, by the processor's name, the kernel's name and the row's key: ratios differ between
/// processors, too.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Baseline(BTreeMap<String, BTreeMap<String, Figures>>);

/// The figures by the keys of the rows.
pub type Figures = BTreeMap<String, f64>;

impl Baseline {
    /// Reads the file. Returns an empty baseline if the file does not exist.
    pub fn read(path: &Path) -> Result<Self> {
        match fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| path.display().to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Returns the figures of a processor with a kernel, which are empty if there was no run.
    #[must_use]
    pub fn figures(&self, cpu: &str, kernel: &str) -> Figures {
        self.0.get(cpu).and_then(|kernels| kernels.get(kernel)).cloned().unwrap_or_default()
    }

    /// Sets the figures of a processor with a kernel.
    pub fn set(&mut self, cpu: String, kernel: String, figures: Figures) {
        self.0.entry(cpu).or_default().insert(kernel, figures);
    }

    /// Replaces the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(path, text).with_context(|| path.display().to_string())
    }
}

/// Returns the name of this machine's processor, with its family and model: clouds give many the same name.
#[must_use]
pub fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| {
        let of = |line: &str| Some(line.strip_prefix(key)?.trim_start().strip_prefix(':')?.trim().to_owned());
        info.lines().find_map(of)
    };
    match (value("model name"), value("cpu family"), value("model"), value("CPU part")) {
        (Some(name), Some(family), Some(model), _) => format!("{name}, family {family} model {model}"),
        (.., Some(part)) => format!("{} part {part}", std::env::consts::ARCH),
        _ => std::env::consts::ARCH.to_owned(),
    }
}
