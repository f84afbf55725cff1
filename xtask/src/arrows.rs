//! Checks with `cargo tree` the arrows of the code map: which packages a package must not depend on.

use anyhow::{Context as _, Result};

use crate::package::LIBRARIES;
use crate::run::{cargo, none, output, root};

/// One rule: none of these packages depends on any of those.
struct Rule {
    packages: &'static [&'static str],
    /// More arguments for `cargo tree`: the features and the depth.
    scope: &'static str,
    /// The names of packages. A name ending in `*` stands for every package whose name begins so; `*` alone stands for
    /// every other package.
    forbidden: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        packages: &["json-scan"],
        scope: "--all-features",
        forbidden: &["*"],
        why: "it is all kernels, and stands alone",
    },
    Rule {
        packages: &["common-retry", "field-extract", "audit-schema", "falco-rules"],
        scope: "--all-features",
        forbidden: &["tokio*", "aws-*", "reqwest", "hyper*", "mio", "async-*", "futures*", "socket2"],
        why: "it is pure: no async, no I/O, no clock, no environment",
    },
    Rule {
        packages: &["layered-settings"],
        scope: "--all-features --depth 1",
        forbidden: &[
            "json-scan",
            "field-extract",
            "cloudtrail-reader",
            "audit-schema",
            "offset-store",
            "falcon-stream",
        ],
        why: "it knows no source and no destination",
    },
    Rule {
        packages: &["cloudtrail-reader", "cloudtrail-rules", "record-report", "offset-store"],
        scope: "--no-default-features",
        forbidden: &["tokio*", "aws-*", "reqwest", "hyper*", "mio"],
        why: "without features it is a pure core",
    },
    Rule {
        packages: &["event-delivery"],
        scope: "--no-default-features",
        forbidden: &["aws-*", "reqwest", "hyper*", "falcon-stream"],
        why: "the engine knows no service, and AWS only by features",
    },
    Rule {
        packages: LIBRARIES,
        scope: "--all-features --depth 1",
        forbidden: &["anyhow", "clap", "tracing-subscriber", "signal-hook", "indicatif", "program-kit"],
        why: "only programs read the command line, install a logger and end the process",
    },
];

/// Checks every rule, and reports all mistakes at once.
pub(crate) fn run() -> Result<()> {
    let mut wrong = Vec::new();
    for rule in RULES {
        for package in rule.packages.iter().filter(|package| exists("crates", package)) {
            for found in broken(rule, package)? {
                wrong.push(format!("{package} depends on {found}, but {}", rule.why));
            }
        }
    }
    for bin in folders("bins")? {
        for dependent in dependents(&bin)? {
            wrong.push(format!("{dependent} depends on {bin}, but nothing depends on a program"));
        }
    }
    none(&wrong).context("dependencies that the code map forbids (see: cargo tree -e normal,build -p PACKAGE)")
}

fn exists(folder: &str, package: &str) -> bool {
    root().join(folder).join(package).join("Cargo.toml").is_file()
}

fn broken(rule: &Rule, package: &str) -> Result<Vec<String>> {
    let tree = cargo_tree(&format!("-e normal,build -p {package} {}", rule.scope))?;
    let others = tree.into_iter().filter(|name| name != package);
    Ok(others.filter(|name| rule.forbidden.iter().any(|pattern| matches(pattern, name))).collect())
}

fn dependents(package: &str) -> Result<Vec<String>> {
    let tree = cargo_tree(&format!("--workspace -e normal,build,dev -i {package} --depth 1"))?;
    Ok(tree.into_iter().filter(|name| name != package).collect())
}

/// Returns the name of each package in a tree once.
fn cargo_tree(args: &str) -> Result<Vec<String>> {
    let text = output(&mut cargo(&format!("tree --locked --prefix none {args}")))?;
    let mut names: Vec<String> = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

fn folders(parent: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in root().join(parent).read_dir()? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if exists(parent, &name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_ending() {
        assert!(matches("*", "memchr"));
        assert!(matches("aws-*", "aws-sdk-s3"));
        assert!(!matches("mio", "mio-extras"));
    }
}
