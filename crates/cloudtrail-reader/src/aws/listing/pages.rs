//! The pages of a listing, and the selection of objects on them.

use super::pass::{Child, Found, Listing};
use crate::aws::access::Buckets;
use crate::aws::backoff::Backoff;
use crate::aws::error::{AccessError, AccessErrorKind, Operation};
use crate::aws::monitor::count;
use crate::aws::name::InputName;
use crate::aws::pass::SharedState;
use crate::bucket::{Filter, Folder, Lane, Level, LogKey, Node};
use crate::state::ListedKey;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use jiff::Timestamp;
use std::sync::PoisonError;
use tokio::sync::mpsc;

/// The most keys of one day that are remembered to see whether all were read; a day of one account and region has a few
/// hundred. A day with more keys stays open, which costs only memory.
const MOST_OF_A_DAY: usize = 100_000;

impl Listing {
    /// Returns the entries of a folder, in order.
    pub(super) async fn children(&self, folder: Folder) -> Result<Vec<Child>, AccessError> {
        let mut found: Vec<(String, Child)> = Vec::new();
        let mut token = None;
        loop {
            let page = self.page(&folder.prefix, Some("/"), None, token).await?;
            token = page.next_continuation_token().map(str::to_owned);
            // More than one page of folders does not lead to `AWSLogs`, and more than one page of objects next to the
            // years is not part of the layout. They are listed page by page, so that memory does not hold all of them.
            let is_in_region = matches!(folder.level, Level::Region | Level::Year | Level::Month);
            if token.is_some() && (is_in_region || matches!(folder.level, Level::Outside(_))) {
                return Ok(vec![Child::Node(Node::Lane(Lane::new(folder.prefix, &Filter::default())))]);
            }
            let folders = || page.common_prefixes().iter().filter_map(|it| it.prefix());
            if let Some(lane) = folder.lane_of_days(folders(), !page.contents().is_empty(), &self.filter) {
                return Ok(vec![Child::Node(Node::Lane(lane))]);
            }
            for prefix in folders() {
                match folder.child(prefix, &self.filter) {
                    Some(node) => found.push((prefix.to_owned(), Child::Node(node))),
                    // Years, months and days outside the interval are not counted; unwanted accounts are.
                    None if is_in_region => {}
                    None => count(&self.fetcher.monitor.0.counts.others),
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

    /// Lists a lane, page by page.
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
            let (found, is_beyond) = self.wanted(&page, Some(&lane), &mut day);
            let ended = is_beyond || token.is_none();
            if ended && !is_beyond {
                self.close(&lane, &day);
            }
            if (!found.is_empty() && pages.send(Ok(found)).await.is_err()) || ended {
                return Ok(());
            }
        }
    }

    /// Returns the wanted objects of a page, and whether nothing behind the page is wanted. Reports complete days to
    /// the state; `day` holds the incomplete one.
    fn wanted(&self, page: &ListObjectsV2Output, lane: Option<&Lane>, day: &mut Vec<ListedKey>) -> (Vec<Found>, bool) {
        let mut wanted = Vec::new();
        for object in page.contents() {
            let Some(key) = object.key() else { continue };
            if lane.is_some_and(|lane| lane.is_beyond(key)) {
                return (wanted, true);
            }
            let modified = object.last_modified().and_then(|it| Timestamp::from_second(it.secs()).ok());
            let described = LogKey::parse(key);
            let size = object.size().and_then(|it| it.try_into().ok());
            if !self.filter.wants(&described, modified) || self.fetcher.monitor.skips(described.kind, size) {
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
                    day.push(ListedKey { key: key.to_owned(), modified });
                }
            }
            if self.is_known(key, modified) {
                count(&self.fetcher.monitor.0.counts.known);
                continue;
            }
            count(&self.fetcher.monitor.0.counts.found);
            wanted.push(Found { key: key.to_owned(), size: size.unwrap_or(0) });
        }
        (wanted, false)
    }

    fn is_known(&self, key: &str, modified: Option<Timestamp>) -> bool {
        let is_read = |state: &SharedState| {
            state.lock().unwrap_or_else(PoisonError::into_inner).is_read(&self.bucket, key, modified)
        };
        self.state.as_ref().is_some_and(is_read)
    }

    /// Reports a day to the state, unless only a part of it was listed.
    fn close(&self, lane: &Lane, day: &[ListedKey]) {
        let (Some(state), Some(first)) = (&self.state, day.first()) else { return };
        let whole = lane.start_after.is_none() && lane.stop.is_none() && LogKey::parse(&first.key).lane == lane.prefix;
        if whole && self.filter == Filter::default() && day.len() <= MOST_OF_A_DAY {
            state.lock().unwrap_or_else(PoisonError::into_inner).close(&self.bucket, day, self.started);
        }
    }

    /// Requests one page, with retries.
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
            count(&self.fetcher.monitor.0.counts.listings);
            let asking = buckets.ask(&self.bucket, Operation::List, |client, payer| {
                let list = client.list_objects_v2().bucket(&self.bucket).prefix(prefix).set_request_payer(payer);
                let list = list.set_delimiter(delimiter.map(str::to_owned)).set_start_after(start_after.clone());
                list.set_continuation_token(token.clone()).send()
            });
            let stopped = || Err(AccessError::new(AccessErrorKind::Other, "stopped"));
            match stop.run_until_cancelled(asking).await.unwrap_or_else(stopped) {
                Ok(page) => {
                    self.fetcher.monitor.note_answer();
                    return Ok(page);
                }
                Err(error) => {
                    self.fetcher.monitor.note_failure(&error);
                    self.fetcher
                        .again(&InputName::Listing(self.location(prefix.to_owned())), error, &mut backoff)
                        .await?;
                }
            }
        }
    }
}
