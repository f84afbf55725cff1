//! Reads S3 and SQS in the original plugin's order, with the client of ct-ingest. With our reader, only the order
//! differs. It does less than ct-ingest, because it writes no output.

use anyhow::{Context, Result};
use aws_sdk_s3::Client;
use bytes::Bytes;
use cloudtrail_reader::notification::Notification;
use cloudtrail_reader::{BufferPool, Records, aws};
use program_kit::aws::AwsOptions;

use crate::general;

/// Reads a bucket as `openS3` and `nextFileS3` do.
#[derive(clap::Args)]
pub(crate) struct LockStep {
    bucket: String,
    /// The number of downloads in a batch.
    #[arg(long)]
    downloads: usize,
    /// The reader of an object.
    #[arg(long)]
    reader: Reader,
}

/// A reader of an object.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Reader {
    /// The reader of ct-ingest.
    Ours,
    /// General libraries, see [`general`].
    General,
}

/// Reads a queue as `getMoreSQSFiles` does.
#[derive(clap::Args)]
pub(crate) struct OneByOne {
    queue: String,
    /// The number of messages in the queue.
    #[arg(long)]
    messages: usize,
}

impl LockStep {
    /// Lists all keys, then downloads a batch, reads it, and goes on with the next.
    pub(crate) async fn run(&self) -> Result<()> {
        let client = aws::s3_client(&program_kit::aws::config(&AwsOptions::default()).await?);
        let mut keys = Vec::new();
        let mut pages = client.list_objects_v2().bucket(&self.bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            keys.extend(page?.contents.unwrap_or_default().into_iter().filter_map(|object| object.key));
        }
        let (pool, mut records) = (BufferPool::default(), 0);
        for batch in keys.chunks(self.downloads) {
            let batch = batch.iter().map(|key| tokio::spawn(get(client.clone(), self.bucket.clone(), key.clone())));
            let mut bodies = Vec::new();
            for download in batch.collect::<Vec<_>>() {
                bodies.push(download.await??);
            }
            for body in bodies {
                records += match self.reader {
                    Reader::Ours => read(body, &pool)?,
                    Reader::General => general::read(&body)?,
                };
            }
        }
        println!("{records}");
        Ok(())
    }
}

impl OneByOne {
    /// Receives one message, deletes it, reads its objects, and goes on with the next.
    pub(crate) async fn run(&self) -> Result<()> {
        let config = program_kit::aws::config(&AwsOptions::default()).await?;
        let (sqs, s3) = (aws::sqs_client(&config), aws::s3_client(&config));
        let url = sqs.get_queue_url().queue_name(&self.queue).send().await?.queue_url.context("no URL")?;
        let (pool, mut records) = (BufferPool::default(), 0);
        for _ in 0..self.messages {
            let answer = sqs.receive_message().queue_url(&url).max_number_of_messages(1).send().await?;
            let message = answer.messages.and_then(|messages| messages.into_iter().next()).context("no message")?;
            sqs.delete_message().queue_url(&url).set_receipt_handle(message.receipt_handle).send().await?;
            for object in Notification::parse(message.body.as_deref().unwrap_or_default()).objects {
                records += read(get(s3.clone(), object.bucket, object.key).await?, &pool)?;
            }
        }
        println!("{records}");
        Ok(())
    }
}

async fn get(client: Client, bucket: String, key: String) -> Result<Bytes> {
    Ok(client.get_object().bucket(bucket).key(key).send().await?.body.collect().await?.into_bytes())
}

/// Reads an object as ct-ingest does, and returns the number of its records.
fn read(body: Bytes, pool: &BufferPool) -> Result<usize> {
    let mut count = 0;
    for record in Records::from_bytes(body, pool).checked_unless_vouched() {
        std::hint::black_box(record?.bytes);
        count += 1;
    }
    Ok(count)
}
