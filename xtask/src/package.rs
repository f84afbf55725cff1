//! `cargo xtask package`: makes every package that can be published, and checks its contents.

use anyhow::{Context, Result};

use crate::run::{cargo, none, output, run};

/// The libraries in the order in which they can be published: each after those that it needs.
pub(crate) const LIBRARIES: &[&str] = &[
    "common-aws",
    "common-retry",
    "json-scan",
    "field-extract",
    "layered-settings",
    "cloudtrail-reader",
    "audit-schema",
    "offset-store",
    "event-delivery",
    "falcon-stream",
    "alert-http",
    "falco-rules",
    "cloudtrail-rules",
    "record-queries",
    "record-report",
];
/// The programs, and the library that they share.
const PROGRAMS: &[&str] = &["program-kit", "ct-ingest", "fig-bridge"];
/// The files that every package has.
const PRESENT: &[&str] = &["Cargo.toml", "LICENSE", "README.md"];
/// The files that no package has: they contain or need something outside of the package.
const ABSENT: &[&str] = &["fuzz/", "tests/", "public-api.txt"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build each package from its own contents only; takes minutes.
    #[arg(long)]
    verify: bool,
}

/// Makes the packages without building them.
pub(crate) fn check() -> Result<()> {
    run_all(&Args { verify: false })
}

pub(crate) fn run_all(args: &Args) -> Result<()> {
    let all = || LIBRARIES.iter().chain(PROGRAMS);
    // One command for all, so that cargo finds the packages that are not published yet among them.
    let mut package = cargo("package --locked --allow-dirty");
    for name in all() {
        package.args(["-p", name]);
    }
    run(package.args((!args.verify).then_some("--no-verify")))?;
    let mut wrong = Vec::new();
    for name in all() {
        let files = output(&mut cargo(&format!("package --list --locked --allow-dirty -p {name}")))?;
        wrong.extend(mistakes(&files).into_iter().map(|mistake| format!("{name}: {mistake}")));
    }
    none(&wrong).context("packages with missing or unwanted files (see `include` in their Cargo.toml)")
}

/// Returns the mistakes in a package's list of files.
fn mistakes(files: &str) -> Vec<String> {
    let missing = PRESENT.iter().filter(|wanted| !files.lines().any(|file| file == **wanted));
    let missing = missing.map(|file| format!("{file} is missing"));
    let unwanted = files.lines().filter(|file| ABSENT.iter().any(|prefix| file.starts_with(prefix)));
    missing.chain(unwanted.map(|file| format!("{file} must not be in it"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_what_belongs_there() {
        assert_eq!(mistakes("Cargo.toml\nLICENSE\nREADME.md\nsrc/fuzz/mod.rs\nsrc/lib.rs\n"), [""; 0]);
        let found = mistakes("Cargo.toml\nREADME.md\nfuzz/Cargo.toml\nsrc/lib.rs\ntests/moto.rs\n");
        assert_eq!(
            found,
            ["LICENSE is missing", "fuzz/Cargo.toml must not be in it", "tests/moto.rs must not be in it"]
        );
    }
}
