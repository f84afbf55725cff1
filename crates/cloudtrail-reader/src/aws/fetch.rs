//! Downloads objects.

use super::access::Buckets;
use super::backoff::Backoff;
use super::budget::{Budget, MOST_DOWNLOADS, Share};
use super::error::{AccessError, AccessErrorKind, Operation};
use super::monitor::{Monitor, count};
use super::name::Location;
use super::object::{Body, Fetched, Held, Inner, Pieces};
use super::retry::{self, RetryLimit};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use jiff::Timestamp;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// A larger object is downloaded in pieces while it is read. CloudTrail's own files have up to 50 MB.
const LARGE: u64 = 64 << 20;
/// The size of a piece: large enough to hide the latency of a request.
const PIECE: u64 = 8 << 20;
/// Pieces of one object in memory: one is read, one waits, one is downloaded.
const PIECES: u64 = 3;

/// Downloads objects within the limits of memory and connections.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    pub(super) buckets: Buckets,
    pub(super) budget: Budget,
    /// One permit for each download that may run.
    pub(super) downloads: Arc<Semaphore>,
    pub(super) monitor: Monitor,
    pub(super) retry_limit: RetryLimit,
    pub(super) stop: CancellationToken,
}

/// An object to download.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) location: Location,
    /// The version that a message names.
    pub(super) version: Option<String>,
    /// The `ETag` of the content that is known and need not be downloaded again.
    pub(super) known: Option<String>,
}

impl Wanted {
    /// Requests the newest version of an object.
    pub(super) fn new(location: Location) -> Self {
        Self { location, version: None, known: None }
    }
}

/// The conditions of a request, next to the object's name.
#[derive(Clone, Debug, Default)]
struct GetConditions {
    version: Option<String>,
    range: Option<String>,
    only: Option<String>,
    unless: Option<String>,
}

impl Fetcher {
    pub(super) fn new(
        buckets: Buckets,
        downloads: usize,
        monitor: Monitor,
        retry_limit: RetryLimit,
        stop: CancellationToken,
    ) -> Self {
        let downloads = Arc::new(Semaphore::new(downloads.clamp(1, MOST_DOWNLOADS)));
        Self { buckets, budget: Budget::new(), downloads, monitor, retry_limit, stop }
    }

    /// Takes the share of the budget for an object of this size.
    pub(super) async fn share(&self, size: u64) -> Share {
        self.budget.take(if size > LARGE { PIECE * PIECES } else { size }).await
    }

    /// Downloads an object. Pass its share of the budget if the size is known before; otherwise this takes the share.
    ///
    /// # Errors
    /// [`AccessErrorKind::Unchanged`] if the content is the known one.
    pub(super) async fn fetch(&self, wanted: &Wanted, mut share: Option<Share>) -> Result<Fetched, AccessError> {
        let mut backoff = Backoff::default();
        loop {
            let error = match self.attempt(wanted, &mut share).await {
                Ok(fetched) => {
                    count(&self.monitor.0.counts.downloaded);
                    self.monitor.0.counts.bytes.fetch_add(fetched.size, Ordering::Relaxed);
                    return Ok(fetched);
                }
                Err(error) => error,
            };
            self.again(&wanted.location, error, &mut backoff).await?;
        }
    }

    /// Waits before the next try. Returns the error if no further try follows.
    pub(super) async fn again(
        &self,
        what: &impl Display,
        error: AccessError,
        backoff: &mut Backoff,
    ) -> Result<(), AccessError> {
        retry::again(what, error, backoff, self.retry_limit, (&self.monitor, &self.stop)).await
    }

    async fn attempt(&self, wanted: &Wanted, share: &mut Option<Share>) -> Result<Fetched, AccessError> {
        let stopped = || AccessError::new(AccessErrorKind::Other, "stopped");
        // The SDK's futures are large.
        let asking = Box::pin(self.get_version(wanted));
        let (answer, version) = self.stop.run_until_cancelled(asking).await.ok_or_else(stopped)??;
        let size = answer.content_length().and_then(|length| u64::try_from(length).ok()).unwrap_or(0);
        let modified = answer.last_modified().and_then(|it| Timestamp::from_second(it.secs()).ok());
        if share.is_none() {
            *share = Some(self.share(size).await);
        }
        let etag = answer.e_tag().map(str::to_owned);
        if size > LARGE {
            drop(answer);
            let share = match share.take() {
                Some(share) => share,
                None => self.share(size).await,
            };
            let asking = GetConditions { version, only: etag.clone(), ..GetConditions::default() };
            let pieces = self.pieces(&wanted.location, size, asking, share);
            return Ok(Fetched { size, modified, etag, body: Body(Inner::Pieces(pieces)) });
        }
        let bytes = whole(answer, size).await?;
        let Some(share) = share.take() else {
            return Err(AccessError::new(AccessErrorKind::Other, "no share of the memory"));
        };
        Ok(Fetched { size, modified, etag, body: Body(Inner::Whole(Bytes::from_owner(Held { bytes, _share: share }))) })
    }

    /// Requests an object. If it has been overwritten or removed since the notification, requests the version that the
    /// message names, since the newest version has other records. Returns the version that further requests must name.
    async fn get_version(&self, wanted: &Wanted) -> Result<(GetObjectOutput, Option<String>), AccessError> {
        let unless = wanted.known.clone();
        let newest = self
            .get(&wanted.location, GetConditions { unless: unless.clone(), ..GetConditions::default() }, Operation::Get)
            .await;
        let Some(version) = &wanted.version else { return newest.map(|answer| (answer, None)) };
        let is_other = match &newest {
            Ok(answer) => answer.version_id().is_some_and(|found| found != version),
            Err(error) => error.kind() == AccessErrorKind::NoSuchObject,
        };
        if !is_other {
            return newest.map(|answer| (answer, None));
        }
        drop(newest);
        let version = Some(version.clone());
        let asking = GetConditions { version: version.clone(), unless, ..GetConditions::default() };
        self.get(&wanted.location, asking, Operation::GetVersion).await.map(|answer| (answer, version))
    }

    async fn get(
        &self,
        location: &Location,
        asking: GetConditions,
        operation: Operation,
    ) -> Result<GetObjectOutput, AccessError> {
        let asking = self.buckets.ask(&location.bucket, operation, |client, payer| {
            let GetConditions { version, range, only, unless } = asking.clone();
            let get = client.get_object().bucket(&location.bucket).key(&location.key).set_request_payer(payer);
            get.set_version_id(version).set_range(range).set_if_match(only).set_if_none_match(unless).send()
        });
        asking.await
    }

    /// Starts to download a large object piece by piece, at the pace of its reader. The object counts as handed out, so
    /// a stop does not end the download, but pieces are not retried any more.
    fn pieces(&self, location: &Location, size: u64, asking: GetConditions, share: Share) -> Pieces {
        let (sender, pieces) = mpsc::channel(1);
        let (fetcher, location) = (self.clone(), location.clone());
        // The task ends with the object or with its reader.
        tokio::spawn(async move {
            let mut from = 0;
            while from < size {
                let to = (from + PIECE).min(size);
                let piece = fetcher.piece(&location, from, to, &asking).await;
                let failed = piece.is_err();
                if sender.send(piece).await.is_err() || failed {
                    break;
                }
                from = to;
            }
        });
        Pieces { pieces, current: Bytes::new(), left: size, _share: share }
    }

    async fn piece(
        &self,
        location: &Location,
        from: u64,
        to: u64,
        asking: &GetConditions,
    ) -> Result<Bytes, AccessError> {
        let mut backoff = Backoff::default();
        loop {
            let asking = GetConditions { range: Some(format!("bytes={from}-{}", to - 1)), ..asking.clone() };
            let attempt = async { whole(self.get(location, asking, Operation::Get).await?, to - from).await };
            match attempt.await {
                Ok(piece) => return Ok(piece),
                Err(error) => self.again(location, error, &mut backoff).await?,
            }
        }
    }
}

/// Reads a body to its end and checks its length.
async fn whole(answer: GetObjectOutput, size: u64) -> Result<Bytes, AccessError> {
    let broken =
        |error: String| AccessError::new(AccessErrorKind::NoAnswer, format!("the download broke off: {error}"));
    let bytes = answer.body.collect().await.map_err(|error| broken(error.to_string()))?.into_bytes();
    if bytes.len() as u64 != size {
        return Err(broken(format!("{} bytes came of {size}", bytes.len())));
    }
    Ok(bytes)
}
