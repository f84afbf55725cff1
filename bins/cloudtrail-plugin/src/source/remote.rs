//! Opens a bucket, a queue or a log group, and reads its objects.

use super::ahead::{Ahead, Gone};
use super::state::SourceState;
use crate::guard::guarded;
use crate::metrics::Counters;
use anyhow::anyhow;
use cloudtrail_reader::aws::{AccessErrorKind, AwsNames, Counts, InputName, Loss, LossError, Settings};
use cloudtrail_reader::bucket::Interval;
use cloudtrail_reader::source::{Network, Next, RemoteAddress, RemoteOptions, RemoteSource, SourceControl};
use jiff::{SignedDuration, Timestamp};
use program_kit::aws::AwsOptions;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// How long closing waits until confirmed messages are deleted: Falco must end within a second. Other messages come
/// again.
const FLUSH: Duration = Duration::from_millis(600);
/// How long closing waits for the answer to a receive that was just sent, so that its messages can be returned within
/// [`FLUSH`].
const LINGER: Duration = Duration::from_millis(300);

/// The interval at which a log group is read. CloudTrail delivers within minutes.
const FOLLOW_EVERY: Duration = Duration::from_secs(60);

/// Starts to list or to receive.
///
/// # Errors
/// It is soon known that nothing can ever be read: credentials or a permission are missing, or the bucket or queue does
/// not exist.
pub(super) fn open(
    address: &RemoteAddress,
    settings: &Settings,
    state: &Arc<SourceState>,
    counters: &Arc<Counters>,
) -> Result<(RemoteSource, SourceControl), anyhow::Error> {
    let network = Network::start("cloudtrail-aws", program_kit::aws::config(&aws_options(&settings.aws)))?;
    let mut options = RemoteOptions::new(settings.clone());
    (options.linger, options.runs_on) = (Some(LINGER), true);
    if matches!(address, RemoteAddress::LogGroup(_)) {
        follow(&mut options);
    }
    let (state, counters) = (Arc::clone(state), Arc::clone(counters));
    let opened = network.open(address, options, move |now, before| copy(now, before, &state, &counters));
    opened.map_err(|lost| anyhow!("open_params {address}: {lost}{}", key_for(&lost)))
}

/// Follows a log group, unless its interval has an end. Without an interval, it begins a window ago, so that a restart of
/// Falco misses nothing if it takes less.
fn follow(options: &mut RemoteOptions) {
    let interval = &mut options.settings.filter.interval;
    let window = SignedDuration::try_from(options.settings.window).unwrap_or_default();
    let start = Timestamp::now().checked_sub(window).unwrap_or(Timestamp::MIN);
    let interval = interval.get_or_insert(Interval { start, end: None });
    options.follow = interval.end.is_none().then_some(FOLLOW_EVERY);
}

/// Waits a moment until confirmed messages are deleted, and ends.
pub(super) fn finish(control: SourceControl) {
    if !control.finish_within(FLUSH) {
        log::warn!("closed before SQS had answered; messages may come again that have been read");
    }
}

/// Reads objects until the end or until the source is closed.
pub(super) fn read(mut objects: RemoteSource, mut ahead: Ahead) {
    loop {
        let next = match objects.next(Duration::ZERO) {
            // Events that were already read are sent before it waits.
            Next::Waiting if ahead.send().is_err() => return,
            Next::Waiting => objects.next(Duration::MAX),
            next => next,
        };
        let Next::Input(input) = next else { break };
        if let Some(lost) = input.loss().filter(|lost| lost.fatal) {
            let _ = ahead.state.failure.set(format!("{lost}{}", key_for(lost)));
        }
        let is_object =
            input.loss().is_none_or(|lost| matches!(lost.what, InputName::Object(_) | InputName::LogEvents { .. }));
        let counters = Arc::clone(&ahead.counters);
        let read = guarded(&counters, "reading an object", || Ok(ahead.read(input.open(&ahead.pool))));
        if let Ok(Err(Gone)) = read {
            return;
        }
        if is_object {
            ahead.state.end_file();
        }
    }
    let _ = ahead.send();
}

fn aws_options(names: &AwsNames) -> AwsOptions {
    AwsOptions {
        profile: names.profile.clone(),
        region: names.region.clone(),
        config_file: names.config.clone().map(Into::into),
        credentials_file: names.credentials.clone().map(Into::into),
        refuses_older_keys: true,
    }
}

/// Returns advice on the key of the init configuration that may be missing. The error's text names only the
/// environment.
fn key_for(lost: &Loss) -> &'static str {
    let LossError::Access(error) = &lost.error else { return "" };
    match error.kind() {
        AccessErrorKind::NoRegion => "; or set aws.region in init_config",
        AccessErrorKind::Credentials => "; or set aws.profile in init_config",
        _ => "",
    }
}

/// Copies a source's counters to the plugin's counters, which all sources share.
fn copy(now: &Counts, before: &Counts, state: &SourceState, counters: &Counters) {
    for (counter, now, before) in [
        (&counters.objects, now.downloaded, before.downloaded),
        (&counters.object_bytes, now.bytes, before.bytes),
        (&counters.messages, now.messages, before.messages),
        (&counters.messages_deleted, now.deleted, before.deleted),
        (&counters.messages_left, now.left, before.left),
        (&counters.messages_released, now.released, before.released),
        (&counters.ignored_removals, now.ignored_removals, before.ignored_removals),
        (&counters.ignored_changes, now.ignored_changes, before.ignored_changes),
        (&counters.ignored_tests, now.ignored_tests, before.ignored_tests),
        (&counters.ignored_tests, now.ignored_validations, before.ignored_validations),
        (&counters.ignored_subscriptions, now.ignored_subscriptions, before.ignored_subscriptions),
        (&counters.ignored_configs, now.ignored_configs, before.ignored_configs),
        (&counters.skipped_by_key, now.digests, before.digests),
        (&counters.skipped_by_key, now.configs, before.configs),
        (&counters.skipped_empty, now.empty, before.empty),
        (&counters.retries, now.retries, before.retries),
        (&state.files, now.found, before.found),
    ] {
        counter.fetch_add(now.saturating_sub(before), Relaxed);
    }
}
