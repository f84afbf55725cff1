//! Settings with which no request can be sent.

use super::{PATIENCE, SourceItem, moto};
use cloudtrail_reader::aws::{Buckets, ObjectStream, S3Options, S3Source, SqsOptions, SqsSource};
use cloudtrail_reader::aws::{s3_client, sqs_client};

/// Returns the error that ends the source. It is permanent.
async fn said(mut feed: ObjectStream) -> String {
    let next = tokio::time::timeout(PATIENCE, feed.next()).await.unwrap();
    let Some(SourceItem::Lost(lost)) = next else { panic!("something was read") };
    assert!(lost.fatal && feed.next().await.is_none(), "{lost}");
    assert_eq!(feed.monitor().counts().retries, 0, "{lost}");
    lost.to_string()
}

#[tokio::test]
async fn what_can_never_be_asked_is_said_at_once() {
    // No server listens there: a retry would fail the test.
    let nowhere = Some("http://127.0.0.1:1");
    let (no_region, no_host) = ("no region is set: set AWS_REGION", "or the region, is none");
    for (endpoint, region, expected) in [
        (nowhere, None, no_region),
        (None, None, no_region),
        (None, Some("no region"), no_host),
        (Some("nonsense"), Some("us-east-1"), no_host),
        (Some("http://a b"), Some("us-east-1"), no_host),
    ] {
        let mut config = moto::config("").into_builder().region(region.map(aws_types::region::Region::new));
        config.set_endpoint_url(endpoint.map(str::to_owned));
        let config = config.build();
        let buckets = Buckets::new(s3_client(&config));
        let bucket = S3Source::start(&buckets, "s3://bucket".parse().unwrap(), S3Options::default());
        let queue = SqsSource::start(&sqs_client(&config), &buckets, "queue".parse().unwrap(), SqsOptions::default());
        for (what, feed) in [("listing s3://bucket/: ", bucket), ("queue queue: ", queue)] {
            let said = said(feed).await;
            assert!(said.starts_with(what) && said.contains(expected), "{endpoint:?} {region:?}: {said}");
            assert!(!said.contains("body"), "nothing of what was to be sent: {said}");
        }
    }
}
