//! The names of pools and snippets. Templates refer to them by their numbers.

use anyhow::{Context, Result};

/// The names, in the order of the tables.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) pools: Vec<&'static str>,
    pub(crate) snippets: Vec<&'static str>,
}

impl Names {
    /// Returns the number of a pool.
    pub(crate) fn pool(&self, name: &str) -> Option<usize> {
        self.pools.iter().position(|there| *there == name)
    }

    /// Returns the number of a snippet.
    pub(crate) fn snippet(&self, name: &str) -> Result<usize> {
        self.snippets.iter().position(|there| *there == name).with_context(|| format!("unknown name {name}"))
    }
}
