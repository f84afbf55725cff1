//! Falcon activity into CloudTrail Lake.
#![forbid(unsafe_code)]

fn main() {}
