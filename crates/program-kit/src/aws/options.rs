//! The settings of a user.

use std::path::PathBuf;

/// The settings of a user. The SDK's default chain supplies missing ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsOptions {
    /// The profile of the shared files.
    pub profile: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// A file to read instead of `~/.aws/config`.
    pub config_file: Option<PathBuf>,
    /// A file to read instead of `~/.aws/credentials`.
    pub credentials_file: Option<PathBuf>,
    /// Whether keys under the names of older SDKs (`AWS_ACCESS_KEY`, `AWS_SECRET_KEY`) are refused. The SDK for Go
    /// reads them, so a program that replaces one in Go could silently use another account. boto3 does not read them.
    pub refuses_older_keys: bool,
}
