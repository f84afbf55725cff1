//! `cargo xtask package`: can every package be made that is to be published, and is in it what belongs there?

use anyhow::{Result, bail};

use crate::run::{cargo, output, run};

/// The libraries, each behind those that it needs: the order in which they can be published.
pub(crate) const LIBRARIES: &[&str] =
    &["json-scan", "field-extract", "cloudtrail-reader", "audit-schema", "offset-store", "falcon-stream"];
/// The programs, and what they share.
const PROGRAMS: &[&str] = &["program-kit", "ct-ingest", "fig-bridge"];
/// What every package has.
const PRESENT: &[&str] = &["Cargo.toml", "LICENSE", "README.md"];
/// What no package has: they hold what lies outside of it, or ask for it.
const ABSENT: &[&str] = &["fuzz/", "tests/", "public-api.txt"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build each package out of what is in it and nothing else; that takes minutes.
    #[arg(long)]
    verify: bool,
}

/// Packs without building.
pub(crate) fn check() -> Result<()> {
    run_all(&Args { verify: false })
}

pub(crate) fn run_all(args: &Args) -> Result<()> {
    let all = || LIBRARIES.iter().chain(PROGRAMS);
    // All in one go, so that cargo finds those that are not published yet among themselves.
    let mut package = cargo("package --locked --allow-dirty");
    for name in all() {
        package.args(["-p", name]);
    }
    if !args.verify {
        package.arg("--no-verify");
    }
    run(&mut package)?;
    let mut wrong = Vec::new();
    for name in all() {
        let files = output(&mut cargo(&format!("package --list --locked --allow-dirty -p {name}")))?;
        wrong.extend(mistakes(&files).into_iter().map(|mistake| format!("{name}: {mistake}")));
    }
    if !wrong.is_empty() {
        bail!("packages that are not what they should be (see `include` in their Cargo.toml):\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// What is wrong with a package of these files, one a line.
fn mistakes(files: &str) -> Vec<String> {
    let missing = PRESENT.iter().filter(|wanted| !files.lines().any(|file| file == **wanted));
    let missing = missing.map(|file| format!("{file} is missing"));
    let unwanted = files.lines().filter(|file| ABSENT.iter().any(|prefix| file.starts_with(prefix)));
    missing.chain(unwanted.map(|file| format!("{file} is in it"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_what_belongs_there() {
        assert_eq!(mistakes("Cargo.toml\nLICENSE\nREADME.md\nsrc/fuzz/mod.rs\nsrc/lib.rs\n"), [""; 0]);
        let found = mistakes("Cargo.toml\nREADME.md\nfuzz/Cargo.toml\nsrc/lib.rs\ntests/moto.rs\n");
        assert_eq!(found, ["LICENSE is missing", "fuzz/Cargo.toml is in it", "tests/moto.rs is in it"]);
    }
}
