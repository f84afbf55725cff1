//! What a bucket has, without its bytes.

use super::{Kept, RemoteOptions, STOP_CHECK, connect, s3_options};
use cloudtrail_reader::aws::{self, Buckets, Counts, ListedObject, Lost, S3Preview};
use cloudtrail_reader::bucket::BucketUri;
use program_kit::stop::Stop;
use tokio::runtime::Runtime;

/// A listing of what would be read of a bucket.
pub(crate) struct Preview {
    runtime: Runtime,
    objects: S3Preview,
}

impl Preview {
    /// Starts to list what is not in `kept` yet.
    pub(crate) fn open(uri: &BucketUri, options: &RemoteOptions, kept: Option<&Kept>) -> anyhow::Result<Self> {
        let (runtime, config) = connect(options)?;
        let buckets = Buckets::new(aws::s3_client(&config));
        let guard = runtime.enter();
        let objects = S3Preview::start(&buckets, uri.clone(), s3_options(options, kept));
        drop(guard);
        Ok(Self { runtime, objects })
    }

    /// The next object, or what could not be listed; none where there is no more, or the program is to stop.
    pub(crate) fn next(&mut self, stop: &Stop) -> Option<Result<ListedObject, Lost>> {
        while !stop.is_set() {
            let next = async { tokio::time::timeout(STOP_CHECK, self.objects.next()).await };
            if let Ok(next) = self.runtime.block_on(next) {
                return next;
            }
        }
        None
    }

    /// What was passed over so far.
    pub(crate) fn counts(&self) -> Counts {
        self.objects.monitor().counts()
    }
}
