//! `override`: which keys of a definition are appended to and which are replaced.

use std::collections::BTreeSet;

use super::node::Node;
use super::problem::Result;

/// The keys that an item overrides.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    append: BTreeSet<String>,
    replace: BTreeSet<String>,
}

impl Overrides {
    /// Reads `override` of an item.
    pub(super) fn read(node: &Node<'_>, appendable: &[&str], replaceable: &[&str]) -> Result<Self> {
        let mut overrides = Self::default();
        let Some(value) = node.get("override") else { return Ok(overrides) };
        for (key, operation) in value.mapping().unwrap_or_default() {
            let (Some(name), Some(word)) = (key.scalar(), operation.scalar()) else {
                return Err(node.error_at(key, "an entry of 'override' is not a scalar"));
            };
            let can_append = appendable.contains(&name);
            let can_replace = replaceable.contains(&name);
            match word {
                "append" if can_append => overrides.append.insert(name.to_owned()),
                "replace" if can_replace => overrides.replace.insert(name.to_owned()),
                "append" => {
                    return Err(
                        node.error_at(key, format!("Key '{name}' cannot be appended to, use 'replace' instead"))
                    );
                }
                "replace" => return Err(node.error_at(key, format!("Key '{name}' cannot be replaced"))),
                other => {
                    let mut allowed = String::new();
                    allowed.push_str(if can_append { "append " } else { "" });
                    allowed.push_str(if can_replace { "replace " } else { "" });
                    return Err(node.error_at(
                        operation,
                        format!(
                            "Invalid override operation for key '{name}': '{other}'. Allowed values are: {allowed}"
                        ),
                    ));
                }
            };
        }
        Ok(overrides)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.append.is_empty() && self.replace.is_empty()
    }

    pub(super) fn has_append(&self) -> bool {
        !self.append.is_empty()
    }

    pub(super) fn has_replace(&self) -> bool {
        !self.replace.is_empty()
    }

    pub(super) fn appends(&self, key: &str) -> bool {
        self.append.contains(key)
    }

    /// Whether a key is appended to; an error if the item does not have it.
    pub(super) fn takes_append(&self, node: &Node<'_>, key: &str) -> Result<bool> {
        Self::takes(&self.append, "An append", node, key)
    }

    /// Whether a key is replaced; an error if the item does not have it.
    pub(super) fn takes_replace(&self, node: &Node<'_>, key: &str) -> Result<bool> {
        Self::takes(&self.replace, "An replace", node, key)
    }

    fn takes(keys: &BTreeSet<String>, kind: &str, node: &Node<'_>, key: &str) -> Result<bool> {
        if !keys.contains(key) {
            return Ok(false);
        }
        if node.get(key).is_none() {
            return Err(node.error(format!("{kind} override for '{key}' was specified but '{key}' is not defined")));
        }
        Ok(true)
    }

    /// An error for a key that the item has but does not override.
    pub(super) fn check_unexpected(&self, node: &Node<'_>, overridable: &[&str]) -> Result<()> {
        for key in overridable {
            let is_overridden = self.append.contains(*key) || self.replace.contains(*key);
            if let Some(value) = node.get(key).filter(|_| !is_overridden) {
                let message = format!("Unexpected key '{key}': no corresponding entry under 'override' is defined.");
                return Err(node.error_at(value, message));
            }
        }
        Ok(())
    }
}
