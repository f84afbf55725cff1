use super::*;
use cloudtrail_reader::BufferPool;
use cloudtrail_reader::aws::{self, Buckets, ObjectStream, QueueName, SourceItem, SqsOptions, SqsSource};
use stand_ins::moto;
use stand_ins::s3::S3;
use stand_ins::sqs::{ACCOUNT, Setup, Sqs};
use std::time::Duration;

/// Returns the services, and a source with the given number of messages, each of which names one object.
async fn source(messages: u64) -> (S3, Sqs, ObjectStream) {
    let (s3, sqs) = (S3::start(Duration::ZERO).await.unwrap(), Sqs::start(Duration::ZERO).await.unwrap());
    s3.put_anywhere("logs", r#"{"Records":[]}"#);
    let body = |number| format!(r#"{{"s3Bucket":"logs","s3ObjectKey":["{number}.json"]}}"#);
    sqs.create("queue", Setup { messages, body: Box::new(body), visibility: Duration::from_secs(300) });
    let buckets = Buckets::new(aws::s3_client(&moto::config(&s3.url())));
    let queue: QueueName = format!("sqs://{}/{ACCOUNT}/queue", sqs.url()).parse().unwrap();
    let feed = SqsSource::start(&aws::sqs_client(&moto::config(&sqs.url())), &buckets, queue, SqsOptions::default());
    (s3, sqs, feed)
}

/// Returns the receipt of the next object, after all its records have been read.
async fn receipt(feed: &mut ObjectStream) -> Receipt {
    match feed.next().await {
        Some(SourceItem::Object(object)) => object.open(&BufferPool::default()).1,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn only_what_falco_got_and_asked_beyond_is_deleted() {
    let (_s3, sqs, mut feed) = source(6).await;
    let mut handed = Handed::default();
    handed.end(receipt(&mut feed).await);
    // The end, or an empty batch, loses nothing.
    for reason in [FailureReason::Timeout, FailureReason::Eof] {
        let told = handed.settle(Err(reason.into())).unwrap_err();
        assert_eq!(told.downcast_ref::<FailureReason>().map(ToString::to_string), Some(reason.to_string()));
    }
    handed.confirm();
    // A batch that failed loses the objects that ended in it and the one that continues.
    handed.end(receipt(&mut feed).await);
    handed.end(receipt(&mut feed).await);
    let told = handed.settle(Err(anyhow::anyhow!("a bug"))).unwrap_err();
    assert!(matches!(told.downcast_ref(), Some(FailureReason::Timeout)), "{told:#}");
    handed.confirm();
    handed.end(receipt(&mut feed).await);
    handed.confirm();
    // The next object is complete.
    handed.end(receipt(&mut feed).await);
    handed.settle(Ok(())).unwrap();
    handed.confirm();
    // Falco ends before it asks for more.
    handed.end(receipt(&mut feed).await);
    drop(handed);
    let monitor = feed.monitor();
    feed.finish().await;
    let counts = monitor.counts();
    assert_eq!((counts.deleted, counts.left), (2, 4), "{counts:?}");
    assert_eq!(sqs.counts("queue").deleted, 2);
}
