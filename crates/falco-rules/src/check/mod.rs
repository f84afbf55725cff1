//! Conditions bound to the fields of a schema, and how they are checked.

pub(crate) mod bind;
pub(crate) mod extract;
pub(crate) mod program;
pub(crate) mod resolve;
pub(crate) mod test;
pub(crate) mod types;
pub(crate) mod warnings;

/// An error in a condition or an output that parses, at an offset of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BindError {
    pub(crate) at: usize,
    pub(crate) message: String,
    /// Whether a field is unknown, which a rule may ask to be skipped for.
    pub(crate) is_unknown_field: bool,
}

impl BindError {
    pub(crate) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), is_unknown_field: false }
    }
}
