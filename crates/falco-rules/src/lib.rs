#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod builtin;
mod check;
mod condition;
mod engine;
mod fields;
mod output;
mod rules;
mod value;

pub use condition::{Condition, ParseError, Position};
pub use engine::{Engine, Explanation, Filter, RuleMatching, Scratch};
pub use fields::{Argument, ArgumentRule, Event, FieldInfo, FieldType, Record, Schema, Value};
pub use output::{AlertFormat, Output, OutputValue};
pub use rules::{Code, Diagnostic, FilterError, Loaded, Loader, Priority, Rule, Ruleset, Severity};
