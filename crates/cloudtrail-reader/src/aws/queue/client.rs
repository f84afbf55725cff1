//! Clients for queues.

use super::name::QueueName;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{Builder, Region};
use aws_types::SdkConfig;
use common_aws::endpoint::endpoint_set;

/// Returns a client for the queue. Its region is the one that the queue's URL or ARN names, or else the configured one.
/// Its host is the URL's, unless the endpoint is overridden by `AWS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_SQS` or the
/// profile. The SDK's retries are off, as in [`s3_client`](super::super::s3_client).
#[must_use]
pub fn queue_client(config: &SdkConfig, queue: &QueueName) -> Client {
    let mut builder = Builder::from(config).retry_config(RetryConfig::disabled());
    if let Some(region) = queue.region() {
        builder.set_region(Some(Region::new(region)));
    }
    if let Some(host) = queue.endpoint() {
        match endpoint_set(config, "SQS") {
            Some(endpoint) if endpoint.trim_end_matches('/') == host => {}
            Some(endpoint) => tracing::info!(
                endpoint,
                host,
                "an endpoint is set (AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SQS or the profile): requests go there, not to the \
                 host of the queue's URL"
            ),
            // The URL names the endpoint, so FIPS and dual-stack are turned off: the SDK refuses them together.
            None => {
                warn_of_other_kind(config, &host);
                builder = builder.endpoint_url(host).use_fips(false).use_dual_stack(false);
            }
        }
    }
    Client::from_conf(builder.build())
}

/// Warns if the configuration asks for FIPS endpoints and the URL names another host.
fn warn_of_other_kind(config: &SdkConfig, host: &str) {
    if config.use_fips() == Some(true) && !host.contains("sqs-fips.") {
        tracing::warn!(
            host,
            "FIPS endpoints are configured, but the queue's URL names this host, which is used; give the queue's ARN to \
             use the FIPS endpoint of its region"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use std::sync::{Arc, Mutex};

    /// The configured region.
    const CONFIGURED: &str = "ap-south-1";

    /// Records the host and the signing region of each request, and fails all of them.
    #[derive(Clone, Debug, Default)]
    struct Seen(Arc<Mutex<Vec<(String, String)>>>);

    impl HttpConnector for Seen {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let signed = request.headers().get("authorization").unwrap().to_owned();
            let scope = signed.split("Credential=").nth(1).unwrap().split(',').next().unwrap();
            let region = scope.split('/').nth(2).unwrap().to_owned();
            self.0.lock().unwrap().push((request.uri().to_owned(), region));
            HttpConnectorFuture::ready(Err(ConnectorError::user("seen".into())))
        }
    }

    fn config(seen: &Seen, endpoint: Option<&str>) -> aws_types::sdk_config::Builder {
        let connector = SharedHttpConnector::new(seen.clone());
        let mut config = stand_ins::moto::config("http://unused").into_builder();
        config.set_endpoint_url(endpoint.map(str::to_owned)).set_region(Some(Region::new(CONFIGURED)));
        config.http_client(http_client_fn(move |_, _| connector.clone()))
    }

    /// Returns the URI of the first request and its region.
    async fn asked(config: impl FnOnce(&Seen) -> SdkConfig, queue: &str) -> (String, String) {
        let seen = Seen::default();
        let client = queue_client(&config(&seen), &queue.parse().unwrap());
        assert!(client.receive_message().queue_url("q").send().await.is_err());
        let seen = seen.0.lock().unwrap();
        seen.first().unwrap().clone()
    }

    #[tokio::test]
    async fn requests_go_to_the_host_of_the_url_and_are_signed_for_its_region() {
        for (queue, uri, region) in [
            ("q", "https://sqs.ap-south-1.amazonaws.com/", CONFIGURED),
            ("arn:aws:sqs:us-west-2:123456789012:q", "https://sqs.us-west-2.amazonaws.com/", "us-west-2"),
            ("arn:aws-cn:sqs:cn-north-1:123456789012:q", "https://sqs.cn-north-1.amazonaws.com.cn/", "cn-north-1"),
            ("arn:aws-iso:sqs:us-iso-east-1:123456789012:q", "https://sqs.us-iso-east-1.c2s.ic.gov/", "us-iso-east-1"),
            ("https://sqs.us-west-2.amazonaws.com/123456789012/q", "https://sqs.us-west-2.amazonaws.com/", "us-west-2"),
            (
                "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/123456789012/q",
                "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/",
                "us-west-2",
            ),
            (
                "https://us-west-2.queue.amazonaws.com/123456789012/q",
                "https://us-west-2.queue.amazonaws.com/",
                "us-west-2",
            ),
            ("https://queue.amazonaws.com/123456789012/q", "https://queue.amazonaws.com/", "us-east-1"),
            (
                "https://sqs-fips.us-west-2.amazonaws.com/123456789012/q",
                "https://sqs-fips.us-west-2.amazonaws.com/",
                "us-west-2",
            ),
            ("https://sqs.us-west-2.api.aws/123456789012/q", "https://sqs.us-west-2.api.aws/", "us-west-2"),
            (
                "https://sqs.us-gov-west-1.amazonaws.com/123456789012/q",
                "https://sqs.us-gov-west-1.amazonaws.com/",
                "us-gov-west-1",
            ),
            ("http://localhost:4566/000000000000/q", "http://localhost:4566/", CONFIGURED),
            ("http://127.0.0.1:5000/123456789012/q", "http://127.0.0.1:5000/", CONFIGURED),
        ] {
            let found = asked(|seen| config(seen, None).build(), queue).await;
            assert_eq!(found, (uri.to_owned(), region.to_owned()), "{queue}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_is_set_wins_and_the_region_stays_that_of_the_queue() {
        for queue in [
            "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/123456789012/q",
            "arn:aws:sqs:us-west-2:123456789012:q",
        ] {
            let found = asked(|seen| config(seen, Some("http://127.0.0.1:1")).build(), queue).await;
            assert_eq!(found, ("http://127.0.0.1:1/".to_owned(), "us-west-2".to_owned()), "{queue}");
        }
    }

    #[tokio::test]
    async fn fips_and_dual_stack_are_for_queues_whose_url_does_not_choose() {
        let fips = |seen: &Seen| config(seen, None).use_fips(true).build();
        let dual = |seen: &Seen| config(seen, None).use_dual_stack(true).build();
        let usual = "https://sqs.us-west-2.amazonaws.com/123456789012/q";
        assert_eq!(asked(fips, usual).await.0, "https://sqs-fips.us-west-2.amazonaws.com/");
        assert_eq!(asked(dual, usual).await.0, "https://sqs.us-west-2.api.aws/");
        let private = "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/123456789012/q";
        for config in [&fips as &dyn Fn(&Seen) -> SdkConfig, &dual] {
            assert_eq!(asked(config, private).await.0, "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/");
        }
    }
}
