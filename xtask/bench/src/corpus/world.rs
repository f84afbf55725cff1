//! The data of the made-up accounts: pools of names and ids, and snippets of JSON that several events share.

use super::{names::Names, template::Template};

/// The pools and snippets, by their numbers.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) names: Names,
    pub(super) pools: Vec<Vec<String>>,
    pub(super) snippets: Vec<Template>,
}

impl World {
    pub(crate) fn pool(&self, index: usize) -> &[String] {
        self.pools.get(index).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn snippet(&self, index: usize) -> Option<&Template> {
        self.snippets.get(index)
    }
}
