#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod choice;
mod detector;
mod explain;
mod filter;
mod load;
mod record;
mod schema;
mod suite;

pub use choice::{RuleChoice, Unknown};
pub use detector::{Alert, AlertStyle, Detector, Memory, Sequence};
pub use explain::Explainer;
pub use falco_rules::{Code, Diagnostic, Loaded, Priority, Rule, RuleMatching, Ruleset};
pub use field_extract::Skip;
pub use filter::{FilterMistake, RecordFilter};
pub use load::{RulesError, RulesFiles, SOURCE};
pub use suite::{Report, Suite, TestResult};
