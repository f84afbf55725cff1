//! The table of fields, and the tables that the compiler works out from it.

pub(crate) mod field;
pub(crate) mod keys;
pub(crate) mod lookup;
pub(crate) mod node;
mod rows;
pub(crate) mod schema;
pub(crate) mod signature;
pub(crate) mod tree;
