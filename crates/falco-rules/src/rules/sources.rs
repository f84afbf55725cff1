//! The input of the loader other than the files.

use crate::fields::Schema;

/// The sources that are known, each with its fields.
#[derive(Default)]
pub(super) struct Sources<'s> {
    pub(super) all: Vec<(String, &'s dyn Schema)>,
}

impl<'s> Sources<'s> {
    pub(super) fn get(&self, name: &str) -> Option<&'s dyn Schema> {
        self.all.iter().find(|(own, _)| own == name).map(|(_, schema)| *schema)
    }
}

/// An output that is appended to those of rules.
pub(super) struct ExtraOutput {
    pub(super) text: String,
    pub(super) source: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) rule: Option<String>,
}
