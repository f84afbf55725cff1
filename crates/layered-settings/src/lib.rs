#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod choices;
mod closest;
mod ini;
mod interpolate;
mod layers;
mod mistake;
mod names;
mod reader;
mod reference;
mod rule;
mod search;
mod setting;
mod slips;
mod sources;
mod variables;

pub use closest::closest;
pub use mistake::{Mistake, SettingOrigin};
pub use names::{Name, Names};
pub use reader::SettingsReader;
pub use reference::{help, markdown};
pub use rule::Rule;
pub use search::FileSearch;
pub use setting::{Setting, Table};
pub use slips::{copying_slip, credential_slip, is_quoted};
pub use sources::{Flag, Sources};

#[cfg(test)]
mod tests;
