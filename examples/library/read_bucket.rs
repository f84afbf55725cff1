//! Prints every record of the log files in a bucket, one a line, and what is damaged on stderr.
//!
//! ```console
//! $ cargo run -p examples --example read_bucket -- s3://my-trail/AWSLogs/123456789012/
//! ```
//!
//! Credentials and region are those of the SDK's default chain.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program for the command line")]

use std::error::Error;
use std::io::{self, Write as _};

use aws_config::BehaviorVersion;
use aws_smithy_http_client::{Builder, tls};
use cloudtrail_reader::aws::{Buckets, Object, S3Options, S3Source, SourceItem, s3_client};
use cloudtrail_reader::bucket::BucketUri;
use cloudtrail_reader::{BufferPool, Content};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let uri: BucketUri = std::env::args().nth(1).ok_or("name a bucket: s3://bucket[/prefix]")?.parse()?;
    let tls = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let http = Builder::new().tls_provider(tls).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(http).load().await;

    // Objects are downloaded ahead, many at a time, and come in the order of their keys.
    let mut feed = S3Source::start(&Buckets::new(s3_client(&config)), uri, S3Options::default());
    let pool = BufferPool::default();
    let mut lost = 0;
    while let Some(item) = feed.next().await {
        match item {
            // Inflating keeps a core busy, and reading a large object waits: work for a thread that may block.
            SourceItem::Object(object) => {
                let pool = pool.clone();
                tokio::task::spawn_blocking(move || print(object, &pool)).await??;
            }
            SourceItem::Lost(error) => {
                eprintln!("{error}");
                lost += 1;
            }
        }
    }
    // Waits until what was confirmed has been taken note of: of a queue, that its messages are deleted.
    feed.finish().await;
    if lost > 0 { Err(format!("{lost} objects or listings could not be read").into()) } else { Ok(()) }
}

/// Prints the records of an object, and only then confirms its receipt.
fn print(object: Object, pool: &BufferPool) -> io::Result<()> {
    let what = object.what.to_string();
    let (records, receipt) = object.open(pool);
    let mut records = records.checked();
    let mut damages = Vec::new();
    let mut out = io::stdout().lock();
    for item in &mut records {
        match item {
            Ok(record) => {
                out.write_all(&record.bytes)?;
                out.write_all(b"\n")?;
            }
            Err(damage) => damages.push(damage),
        }
    }
    // A bucket holds other things as well. What an object is can be told once it has been read.
    if !matches!(records.content(), Content::Digest | Content::Config) {
        damages.iter().for_each(|damage| eprintln!("{what}: {damage}"));
    }
    out.flush()?;
    receipt.confirm();
    Ok(())
}
