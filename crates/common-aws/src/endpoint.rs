//! The endpoint that is configured for a service.

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// Returns the endpoint that is configured for a service, or for all services (`AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`,
/// or the profile). The service's name is that of the SDK, such as `S3`.
#[must_use]
pub fn endpoint_set(config: &SdkConfig, service: &str) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let named = config.service_config().zip(key.ok()).and_then(|(config, key)| config.load_config(key));
    named.or_else(|| config.endpoint_url().map(str::to_owned))
}
