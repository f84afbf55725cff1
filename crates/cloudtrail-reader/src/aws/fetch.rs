//! Downloads.

use super::access::Buckets;
use super::backoff::Backoff;
use super::budget::{Budget, Share};
use super::error::{AccessError, Doing, Trouble};
use super::monitor::{Monitor, count};
use super::object::{Body, Fetched, Held, Inner, Location, Pieces};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use bytes::Bytes;
use jiff::Timestamp;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// A larger object is read in pieces while it is being read. CloudTrail's own files have up to 50 MB.
const LARGE: u64 = 64 << 20;
/// Such a piece: large enough that the latency of a request does not count.
const PIECE: u64 = 8 << 20;
/// Pieces of one object in memory: one that is read, one that waits, one that is downloaded.
const PIECES: u64 = 3;

/// How often a request is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    Tries(u32),
    ForEver,
}

/// All that downloads need.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    pub(super) buckets: Buckets,
    pub(super) budget: Budget,
    /// As many downloads as may run.
    pub(super) downloads: Arc<Semaphore>,
    pub(super) monitor: Monitor,
    pub(super) patience: Patience,
    pub(super) stop: CancellationToken,
}

/// An object to download.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) location: Location,
    /// The version that a message names.
    pub(super) version: Option<String>,
    /// The content that is known already and need not come again.
    pub(super) known: Option<String>,
}

impl Wanted {
    /// The newest version of an object.
    pub(super) fn new(location: Location) -> Self {
        Self { location, version: None, known: None }
    }
}

/// How an object is asked for, beyond its name.
#[derive(Clone, Debug, Default)]
struct Asking {
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
        patience: Patience,
        stop: CancellationToken,
    ) -> Self {
        let downloads = Arc::new(Semaphore::new(downloads.clamp(1, super::MOST_DOWNLOADS)));
        Self { buckets, budget: Budget::new(), downloads, monitor, patience, stop }
    }

    /// What an object of this size takes of the budget.
    pub(super) async fn share(&self, size: u64) -> Share {
        self.budget.take(if size > LARGE { PIECE * PIECES } else { size }).await
    }

    /// Downloads an object. Its share of the budget is taken before where the size is known, else when it is.
    ///
    /// # Errors
    /// With [`Trouble::Unchanged`] where the content is the one that is known.
    pub(super) async fn fetch(&self, wanted: &Wanted, mut share: Option<Share>) -> Result<Fetched, AccessError> {
        let mut backoff = Backoff::default();
        loop {
            let error = match self.attempt(wanted, &mut share).await {
                Ok(fetched) => {
                    count(&self.monitor.0.tally.downloaded);
                    self.monitor.0.tally.bytes.fetch_add(fetched.size, Ordering::Relaxed);
                    return Ok(fetched);
                }
                Err(error) => error,
            };
            self.again(&wanted.location, error, &mut backoff).await?;
        }
    }

    /// Waits before the next try; gives the error back where there is none.
    pub(super) async fn again(
        &self,
        what: &impl Display,
        error: AccessError,
        backoff: &mut Backoff,
    ) -> Result<(), AccessError> {
        let given_up = match self.patience {
            Patience::Tries(most) => backoff.failures() >= most,
            Patience::ForEver => false,
        };
        if !error.is_transient() || given_up {
            return Err(error);
        }
        if backoff.is_to_be_told() {
            tracing::warn!(%what, %error, failures = backoff.failures() + 1, "cannot be read yet; trying again");
        } else {
            tracing::debug!(%what, %error, failures = backoff.failures() + 1, "cannot be read yet; trying again");
        }
        self.monitor.retried(error.trouble);
        if backoff.wait(&self.stop).await { Ok(()) } else { Err(error) }
    }

    async fn attempt(&self, wanted: &Wanted, share: &mut Option<Share>) -> Result<Fetched, AccessError> {
        let stopped = || AccessError::new(Trouble::Other, "stopped");
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
            let asking = Asking { version, only: etag.clone(), ..Asking::default() };
            let pieces = self.pieces(&wanted.location, size, asking, share);
            return Ok(Fetched { size, modified, etag, body: Body(Inner::Pieces(pieces)) });
        }
        let bytes = whole(answer, size).await?;
        let Some(share) = share.take() else { return Err(AccessError::new(Trouble::Other, "no share of the memory")) };
        Ok(Fetched { size, modified, etag, body: Body(Inner::Whole(Bytes::from_owner(Held { bytes, _share: share }))) })
    }

    /// Asks for an object. Where it has been overwritten or removed since it was announced, asks for the version that the
    /// message names: the newest version has other records. Returns the version that further requests must name.
    async fn get_version(&self, wanted: &Wanted) -> Result<(GetObjectOutput, Option<String>), AccessError> {
        let unless = wanted.known.clone();
        let newest =
            self.get(&wanted.location, Asking { unless: unless.clone(), ..Asking::default() }, Doing::Get).await;
        let Some(version) = &wanted.version else { return newest.map(|answer| (answer, None)) };
        let is_other = match &newest {
            Ok(answer) => answer.version_id().is_some_and(|found| found != version),
            Err(error) => error.trouble() == Trouble::NoSuchObject,
        };
        if !is_other {
            return newest.map(|answer| (answer, None));
        }
        drop(newest);
        let version = Some(version.clone());
        let asking = Asking { version: version.clone(), unless, ..Asking::default() };
        self.get(&wanted.location, asking, Doing::GetVersion).await.map(|answer| (answer, version))
    }

    async fn get(&self, location: &Location, asking: Asking, doing: Doing) -> Result<GetObjectOutput, AccessError> {
        let asking = self.buckets.ask(&location.bucket, doing, |client, payer| {
            let Asking { version, range, only, unless } = asking.clone();
            let get = client.get_object().bucket(&location.bucket).key(&location.key).set_request_payer(payer);
            get.set_version_id(version).set_range(range).set_if_match(only).set_if_none_match(unless).send()
        });
        asking.await
    }

    /// Starts to download a large object piece by piece; who reads it sets the pace. As it counts as handed out, a stop does
    /// not cut it short; but then no piece is tried twice.
    fn pieces(&self, location: &Location, size: u64, asking: Asking, share: Share) -> Pieces {
        let (sender, pieces) = mpsc::channel(1);
        let (fetcher, location) = (self.clone(), location.clone());
        // It ends with the object or with its reader.
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

    async fn piece(&self, location: &Location, from: u64, to: u64, asking: &Asking) -> Result<Bytes, AccessError> {
        let mut backoff = Backoff::default();
        loop {
            let asking = Asking { range: Some(format!("bytes={from}-{}", to - 1)), ..asking.clone() };
            let attempt = async { whole(self.get(location, asking, Doing::Get).await?, to - from).await };
            match attempt.await {
                Ok(piece) => return Ok(piece),
                Err(error) => self.again(location, error, &mut backoff).await?,
            }
        }
    }
}

/// Reads an answer to its end, which must be where it was said to be.
async fn whole(answer: GetObjectOutput, size: u64) -> Result<Bytes, AccessError> {
    let broken = |error: String| AccessError::new(Trouble::Broken, format!("the download broke off: {error}"));
    let bytes = answer.body.collect().await.map_err(|error| broken(error.to_string()))?.into_bytes();
    if bytes.len() as u64 != size {
        return Err(broken(format!("{} bytes came of {size}", bytes.len())));
    }
    Ok(bytes)
}
