//! Finds the packages that the programs are linked from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The parts of the output of `cargo metadata` that are used.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    packages: Vec<Package>,
    pub(crate) resolve: Option<Resolve>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// The SPDX expression of its manifest.
    pub(crate) license: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) repository: Option<String>,
    /// The registry; packages of the workspace have none.
    pub(crate) source: Option<String>,
}

/// The graph of dependencies.
#[derive(Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) pkg: String,
    pub(crate) dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
pub(crate) struct Kind {
    /// `None` for a normal dependency, otherwise `dev` or `build`.
    pub(crate) kind: Option<String>,
}

impl Metadata {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("the output of cargo metadata")
    }

    /// Returns the packages of a tree, sorted by name and version.
    ///
    /// # Errors
    /// Fails if the metadata lacks a package of the tree.
    pub(crate) fn linked(&self, tree: &str) -> Result<Vec<&Package>> {
        let known: BTreeMap<(&str, &str), &Package> =
            self.packages.iter().map(|it| ((it.name.as_str(), it.version.as_str()), it)).collect();
        let found = |(name, version)| {
            known.get(&(name, version)).copied().with_context(|| format!("cargo metadata has no {name} {version}"))
        };
        names(tree).into_iter().map(found).collect()
    }
}

/// Returns the names and versions in the lines of a tree, such as `serde v1.0.228 (*)`, each once.
fn names(tree: &str) -> BTreeSet<(&str, &str)> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.next()?.strip_prefix('v')?))
        })
        .collect()
}
