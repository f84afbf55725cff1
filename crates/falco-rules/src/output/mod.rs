//! Outputs of rules: text with fields.

mod alert;
mod print;
mod template;

pub use alert::AlertFormat;
pub use print::OutputValue;
pub use template::Output;

pub(crate) use template::parse;
