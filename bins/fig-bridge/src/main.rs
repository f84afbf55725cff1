//! `fig-bridge`: Falcon activity into CloudTrail Lake, at least once. Arguments, configuration, composition and exit
//! code; what a library user would want is in `falcon-stream`, `audit-schema` and `offset-store`.
#![forbid(unsafe_code)]

mod config;
mod delivery;

fn main() {}
