//! Rules files: read, checked and compiled.

mod budget;
mod compile;
mod definitions;
mod diagnostic;
mod exceptions;
mod lists;
mod loader;
mod node;
mod overrides;
mod priority;
mod problem;
mod read;
mod read_rule;
pub(crate) mod rule;
mod ruleset;
mod sources;
mod text;
mod version;
mod yaml;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use loader::{Loaded, Loader};
pub use priority::Priority;
pub use rule::Rule;
pub use ruleset::{FilterError, Ruleset};
