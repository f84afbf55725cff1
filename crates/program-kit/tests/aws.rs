//! The configuration of AWS clients.
#![cfg(feature = "aws")]
#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

use program_kit::aws::{AwsOptions, config};

#[tokio::test]
async fn profile_files_and_region_are_honoured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, "[profile here]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:9\n").unwrap();
    let options = AwsOptions { profile: Some("here".to_owned()), config_file: Some(file), ..AwsOptions::default() };
    let found = config(&options).await.unwrap();
    assert_eq!(found.region().map(ToString::to_string).as_deref(), Some("eu-west-3"));
    let options = AwsOptions { region: Some("eu-north-1".to_owned()), ..options };
    let found = config(&options).await.unwrap();
    assert_eq!(found.region().map(ToString::to_string).as_deref(), Some("eu-north-1"), "what is set wins");
    assert!(found.retry_config().is_some() && found.timeout_config().is_some() && found.http_client().is_some());
}
