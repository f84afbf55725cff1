//! `cargo xtask fuzz`: runs each fuzz target of the crates for some time.
//!
//! A fuzz crate is a separate workspace in `crates/X/fuzz`. The committed corpus in `crates/X/fuzz/corpus/TARGET` is
//! only read: new inputs go to target/fuzz-corpus, and inputs that fail go to target/fuzz-artifacts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::files;
use crate::run::{root, run, target};
use crate::tools::FUZZ;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only this target.
    target: Option<String>,
    /// The time that each target runs, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// List the targets and exit.
    #[arg(long)]
    list: bool,
}

/// A fuzz target of a crate.
#[derive(Debug, PartialEq)]
struct Target {
    /// The name of the crate's folder below crates/.
    package: String,
    name: String,
}

pub(crate) fn run_targets(args: &Args) -> Result<()> {
    let mut targets = all_targets()?;
    if args.list {
        targets.iter().for_each(|target| println!("{} ({})", target.name, target.package));
        return Ok(());
    }
    if let Some(wanted) = &args.target {
        targets.retain(|target| target.name == *wanted);
    }
    if targets.is_empty() {
        bail!("unknown fuzz target; `cargo xtask fuzz --list` lists them");
    }
    let cargo_fuzz = FUZZ.path()?;
    for target in &targets {
        target.run(&cargo_fuzz, args.seconds).with_context(|| format!("fuzz target {} failed", target.name))?;
    }
    Ok(())
}

fn all_targets() -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for entry in root().join("crates").read_dir()? {
        let folder = entry?.path();
        let Ok(manifest) = fs::read_to_string(folder.join("fuzz/Cargo.toml")) else { continue };
        let package = folder.file_name().unwrap_or_default().to_string_lossy();
        targets.extend(bin_names(&manifest).map(|name| Target { package: package.to_string(), name: name.to_owned() }));
    }
    targets.sort_by(|a, b| (&a.package, &a.name).cmp(&(&b.package, &b.name)));
    Ok(targets)
}

/// Returns the names in the `[[bin]]` tables of a manifest.
fn bin_names(manifest: &str) -> impl Iterator<Item = &str> {
    manifest.split("[[bin]]").skip(1).filter_map(|table| {
        let table = table.split("\n[").next()?;
        let value = table.lines().find_map(|line| line.trim().strip_prefix("name"))?;
        value.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.split('"').next()
    })
}

impl Target {
    fn run(&self, cargo_fuzz: &Path, seconds: u32) -> Result<()> {
        let folder = root().join("crates").join(&self.package);
        let found = self.made("fuzz-corpus")?;
        let failed = self.made("fuzz-artifacts")?;
        let committed = folder.join("fuzz/corpus").join(&self.name);
        let mut command = Command::new(cargo_fuzz);
        // The sanitizers and coverage flags are unstable; this variable lets the stable compiler accept them.
        command.current_dir(&folder).env("RUSTC_BOOTSTRAP", "1").args(["run", "--fuzz-dir", "fuzz", "--target-dir"]);
        command.arg(target().join("fuzz")).arg(&self.name);
        // libFuzzer writes to the first folder only.
        command.arg(&found);
        if committed.is_dir() {
            command.arg(&committed);
        }
        let artifacts = format!("-artifact_prefix={}/", failed.display());
        run(command.args(["--", &format!("-max_total_time={seconds}"), &artifacts]))
    }

    /// Returns the path of this target's folder below target/.
    fn made(&self, kind: &str) -> Result<PathBuf> {
        files::made(target().join(kind).join(&self.package).join(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_come_from_the_bin_tables() {
        let manifest = "[package]\nname = \"fuzz\"\n[[bin]]\nname = \"split\"\ntest = false\n\n[[bin]]\npath = \"b.rs\"\n\
                        name=\"inflate\"\n[profile.release]\nname = \"no\"\n";
        assert_eq!(bin_names(manifest).collect::<Vec<_>>(), ["split", "inflate"]);
    }
}
