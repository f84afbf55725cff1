//! `cargo xtask fuzz`: runs the fuzz targets of the crates, a while each.
//!
//! A fuzz crate is a workspace of its own in `crates/X/fuzz`. The committed corpus in `crates/X/fuzz/corpus/TARGET` is
//! read only: what libFuzzer finds new goes to target/fuzz-corpus, and inputs that fail to target/fuzz-artifacts.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::{
    run::{root, run, target},
    tools::FUZZ,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this target.
    target: Option<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Name the targets and end.
    #[arg(long)]
    list: bool,
}

/// One fuzz target of one crate.
#[derive(Debug, PartialEq)]
struct Target {
    /// The crate's folder under crates/.
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
        bail!("no such fuzz target; those there are: cargo xtask fuzz --list");
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

/// The names of the `[[bin]]` tables of a manifest.
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
        // The sanitizers and coverage flags are unstable; this lets the stable compiler take them.
        command.current_dir(&folder).env("RUSTC_BOOTSTRAP", "1").args(["run", "--fuzz-dir", "fuzz", "--target-dir"]);
        command.arg(target().join("fuzz")).arg(&self.name);
        // libFuzzer writes to the first folder and only reads the others.
        command.arg(&found);
        if committed.is_dir() {
            command.arg(&committed);
        }
        let artifacts = format!("-artifact_prefix={}/", failed.display());
        run(command.args(["--", &format!("-max_total_time={seconds}"), &artifacts]))
    }

    /// A folder of this target's own under target/.
    fn made(&self, kind: &str) -> Result<PathBuf> {
        let path = target().join(kind).join(&self.package).join(&self.name);
        fs::create_dir_all(&path).with_context(|| path.display().to_string())?;
        Ok(path)
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
