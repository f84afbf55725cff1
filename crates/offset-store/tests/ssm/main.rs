//! The SSM store and the writer on it, through the real SDK.
//!
//! Run by `cargo xtask test`, or after `cargo xtask moto` by `cargo test -p offset-store --all-features`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its surroundings fail it")]

mod answers;
mod moto;

use aws_sdk_ssm::Client;
use offset_store::{Feed, Offsets};

/// Creates a client for the endpoint.
fn client(endpoint: &str) -> Client {
    Client::new(&stand_ins::moto::config(endpoint))
}

fn offsets(entries: &[(u32, u64)]) -> Offsets {
    entries.iter().map(|(partition, offset)| (Feed::of_partition(*partition), *offset)).collect()
}
