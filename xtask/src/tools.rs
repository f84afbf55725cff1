//! Programs that xtask installs under target/tools, each pinned to a version.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::run::{cargo, run, target};

/// A program from crates.io.
pub(crate) struct Tool {
    /// The name of the package, and of the program in it.
    pub(crate) name: &'static str,
    /// The exact version.
    pub(crate) version: &'static str,
    /// How it is built.
    args: &'static [&'static str],
}

/// Checks licences, sources and bans of the dependencies.
pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", args: &[] };

/// Builds and runs fuzz targets.
pub(crate) const FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2", args: &[] };

/// Checks records with Sigma rules. Without its daemon and without optimisation, the build takes half of the time.
pub(crate) const RSIGMA: Tool = Tool {
    name: "rsigma",
    version: "0.21.0",
    args: &["--no-default-features", "--debug", "--config", "profile.dev.debug=0"],
};

impl Tool {
    /// Returns the program's path. Installs the program first unless this version is installed.
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let tools = target().join("tools");
        let path = tools.join("bin").join(self.name);
        if !self.is_installed(&path) {
            let version = format!("={}", self.version);
            let mut install = cargo("install --locked --force --root");
            run(install.arg(&tools).args(self.args).args(["--version", &version, self.name]))?;
        }
        Ok(path)
    }

    fn is_installed(&self, path: &Path) -> bool {
        let Ok(output) = Command::new(path).arg("--version").output() else { return false };
        String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == self.version)
    }
}
