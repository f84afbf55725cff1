//! The pages of a listing, and what of them is wanted.

use super::{Child, Found, Listing};
use crate::aws::access::Buckets;
use crate::aws::backoff::Backoff;
use crate::aws::error::{AccessError, Doing, Trouble};
use crate::aws::feed::What;
use crate::aws::monitor::count;
use crate::aws::receipt::SharedState;
use crate::bucket::{Beyond, Filter, Folder, Lane, Level, LogKey, Node};
use crate::state::Shown;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use jiff::Timestamp;
use std::sync::PoisonError;
use tokio::sync::mpsc;

/// Keys of one day that are remembered to see whether all were read; a day of one account and region has some hundred.
/// A day with more stays open, which costs memory alone.
const MOST_OF_A_DAY: usize = 100_000;

impl Listing {
    /// What is in a folder, in order.
    pub(super) async fn children(&self, folder: Folder) -> Result<Vec<Child>, AccessError> {
        let mut found: Vec<(String, Child)> = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(&folder.prefix, Some("/"), None, token).await?;
            token = page.next_continuation_token().map(str::to_owned);
            // So many folders beside each other do not lead to AWSLogs, and so many objects beside years are no part of the
            // layout. They are listed page by page, so that memory does not hold all of them.
            if token.is_some() && matches!(folder.level, Level::Outside(_) | Level::Region) {
                return Ok(vec![Child::Node(Node::Lane(Lane::new(folder.prefix, &Filter::default())))]);
            }
            for prefix in page.common_prefixes().iter().filter_map(|it| it.prefix()) {
                match folder.child(prefix, &self.filter) {
                    Some(node) => found.push((prefix.to_owned(), Child::Node(node))),
                    // Years outside of the interval are not counted; accounts that are not wanted are.
                    None if folder.level == Level::Region => {}
                    None => count(&self.fetcher.monitor.0.tally.others),
                }
            }
            let objects = self.wanted(&page, None, &mut Vec::new()).0;
            found.extend(objects.into_iter().map(|it| (it.key.clone(), Child::Found(it))));
            if token.is_none() {
                break;
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found.into_iter().map(|(_, child)| child).collect())
    }

    /// All of a lane, page by page.
    pub(super) async fn lane(
        &self,
        lane: Lane,
        pages: &mpsc::Sender<Result<Vec<Found>, AccessError>>,
    ) -> Result<(), AccessError> {
        let (mut token, mut start_after) = (None, lane.start_after.clone());
        let mut day = Vec::new();
        loop {
            let page = self.page(&lane.prefix, None, start_after.take(), token).await?;
            token = page.next_continuation_token().map(str::to_owned);
            let (found, beyond) = self.wanted(&page, Some(&lane), &mut day);
            let ended = match beyond {
                Some(Beyond::Days(next)) => {
                    (token, start_after) = (None, Some(next));
                    false
                }
                Some(Beyond::All) => true,
                None if token.is_none() => {
                    self.close(&lane, &day);
                    true
                }
                None => false,
            };
            if (!found.is_empty() && pages.send(Ok(found)).await.is_err()) || ended {
                return Ok(());
            }
        }
    }

    /// Returns the objects of a page that are wanted, and which part of the lane to skip behind them. The state learns of
    /// days that are complete; `day` holds the one that is not.
    fn wanted(
        &self,
        page: &ListObjectsV2Output,
        lane: Option<&Lane>,
        day: &mut Vec<Shown>,
    ) -> (Vec<Found>, Option<Beyond>) {
        let mut wanted = Vec::new();
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            if let Some(beyond) = lane.and_then(|lane| lane.beyond(key)) {
                return (wanted, Some(beyond));
            }
            let modified = object.last_modified().and_then(|it| Timestamp::from_second(it.secs()).ok());
            let described = LogKey::parse(key);
            let size = object.size().and_then(|it| it.try_into().ok());
            if !self.filter.wants(&described, modified) || self.fetcher.monitor.passes_over(described.kind, size) {
                continue;
            }
            if let (Some(lane), Some(modified)) = (lane, modified)
                && self.state.is_some()
            {
                if day.last().is_some_and(|last| LogKey::parse(&last.key).day != described.day) {
                    self.close(lane, day);
                    day.clear();
                }
                if day.len() <= MOST_OF_A_DAY {
                    day.push(Shown { key: key.to_owned(), modified });
                }
            }
            if self.is_known(key, modified) {
                count(&self.fetcher.monitor.0.tally.known);
                continue;
            }
            count(&self.fetcher.monitor.0.tally.found);
            wanted.push(Found { key: key.to_owned(), size: size.unwrap_or(0) });
        }
        (wanted, None)
    }

    fn is_known(&self, key: &str, modified: Option<Timestamp>) -> bool {
        let is_read = |state: &SharedState| {
            state.lock().unwrap_or_else(PoisonError::into_inner).is_read(&self.bucket, key, modified)
        };
        self.given_up.contains(key) || self.state.as_ref().is_some_and(is_read)
    }

    /// Tells the state about a day, unless only a part of it was listed.
    fn close(&self, lane: &Lane, day: &[Shown]) {
        let (Some(state), Some(first)) = (&self.state, day.first()) else { return };
        let whole = lane.start_after.is_none() && lane.stop.is_none() && LogKey::parse(&first.key).lane == lane.prefix;
        if whole && self.filter == Filter::default() && day.len() <= MOST_OF_A_DAY {
            state.lock().unwrap_or_else(PoisonError::into_inner).close(&self.bucket, day, self.started);
        }
    }

    /// One page, tried as often as it must be.
    async fn page(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        start_after: Option<String>,
        token: Option<String>,
    ) -> Result<ListObjectsV2Output, AccessError> {
        let (buckets, stop): (&Buckets, _) = (&self.fetcher.buckets, &self.fetcher.stop);
        let mut backoff = Backoff::default();
        loop {
            count(&self.fetcher.monitor.0.tally.listings);
            let asking = buckets.ask(&self.bucket, Doing::List, |client, payer| {
                let list = client.list_objects_v2().bucket(&self.bucket).prefix(prefix).set_request_payer(payer);
                let list = list.set_delimiter(delimiter.map(str::to_owned)).set_start_after(start_after.clone());
                list.set_continuation_token(token.clone()).send()
            });
            let stopped = || Err(AccessError::new(Trouble::Other, "stopped"));
            match stop.run_until_cancelled(asking).await.unwrap_or_else(stopped) {
                Ok(page) => {
                    self.fetcher.monitor.answered();
                    return Ok(page);
                }
                Err(error) => {
                    self.fetcher.monitor.failing(&error);
                    self.fetcher.again(&What::Listing(self.place(prefix.to_owned())), error, &mut backoff).await?;
                }
            }
        }
    }
}
