//! The SSM store and the writer on it, through the real SDK.
//!
//! Run by `cargo xtask test`, or after `cargo xtask moto` by `cargo test -p offset-store --all-features`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where its surroundings fail it")]

mod answers;
mod moto;

use aws_sdk_ssm::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use offset_store::{Feed, Offsets};
use stand_ins::moto::Moto;

/// A client of the endpoint, without TLS.
fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(Moto::REGION))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

fn offsets(entries: &[(u32, u64)]) -> Offsets {
    entries.iter().map(|(partition, offset)| (Feed::of_partition(*partition), *offset)).collect()
}
