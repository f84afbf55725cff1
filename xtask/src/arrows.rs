//! The arrows of the code map: what a package must not know, asked of `cargo tree`.

use anyhow::{Result, bail};

use crate::run::{cargo, output, root};

/// One rule: none of these packages depends on any of those.
struct Rule {
    packages: &'static [&'static str],
    /// More arguments for `cargo tree`: which features, how deep.
    scope: &'static str,
    /// Names of packages; one ending in `*` stands for all that begin so; `*` alone for every other package.
    forbidden: &'static [&'static str],
    why: &'static str,
}

const LIBRARIES: &[&str] =
    &["json-scan", "field-extract", "cloudtrail-reader", "audit-schema", "offset-store", "falcon-stream"];

const RULES: &[Rule] = &[
    Rule {
        packages: &["json-scan"],
        scope: "--all-features",
        forbidden: &["*"],
        why: "it is all kernels, and stands alone",
    },
    Rule {
        packages: &["field-extract", "audit-schema"],
        scope: "--all-features",
        forbidden: &["tokio*", "aws-*", "reqwest", "hyper*", "mio", "async-*", "futures*", "socket2"],
        why: "it is pure: no async, no I/O, no clock, no environment",
    },
    Rule {
        packages: &["cloudtrail-reader", "offset-store"],
        scope: "--no-default-features",
        forbidden: &["tokio*", "aws-*", "reqwest", "hyper*", "mio"],
        why: "without features it is a pure core",
    },
    Rule {
        packages: LIBRARIES,
        scope: "--all-features --depth 1",
        forbidden: &["anyhow", "clap", "tracing-subscriber", "signal-hook", "indicatif", "program-kit"],
        why: "only programs read the command line, install a logger and end the process",
    },
];

/// Checks every rule; all that is wrong is told at once.
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
    if !wrong.is_empty() {
        bail!("arrows that point the wrong way (see: cargo tree -e normal,build -p PACKAGE):\n{}", wrong.join("\n"));
    }
    Ok(())
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

/// The names of the packages in a tree, each once.
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
    fn a_star_stands_for_what_follows() {
        assert!(matches("*", "memchr"));
        assert!(matches("aws-*", "aws-sdk-s3"));
        assert!(!matches("mio", "mio-extras"));
    }
}
