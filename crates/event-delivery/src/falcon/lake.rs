//! Falcon's events in CloudTrail Lake.

use audit_schema::falcon::{Mapping, map};
use audit_schema::{AccountId, ChannelArn};

use super::format::{AROUND_LAKE, parse};
use crate::backend::lake::{LakeOptions, Mapped};
use crate::backend::{Failure, Unfit};
use crate::event::PendingEvent;

/// Returns the options of a channel for Falcon's events. The account of the recorded events is the channel's owner.
#[must_use]
pub fn lake_options(name: &'static str, channel: &ChannelArn, calls: usize, proxy: Option<String>) -> LakeOptions {
    let account = channel.account().clone();
    LakeOptions {
        name,
        channel: channel.clone(),
        calls,
        map: Box::new(move |event| entry(event, &account)),
        overhead: AROUND_LAKE,
        proxy,
        advise,
    }
}

/// Maps an event of Falcon's to the entry of a call.
fn entry(event: &PendingEvent, account: &AccountId) -> Result<Mapped, Unfit> {
    let mapping = Mapping { account, received_ms: event.received_ms };
    let mapped = map(&parse(event)?, &event.partition.to_string(), event.offset, &mapping);
    let is_whole = mapped.has_everything();
    let entry = mapped.event.to_entry().map_err(|error| Unfit { code: "Invalid", reason: error.to_string() })?;
    Ok(Mapped { entry, is_whole })
}

/// Returns advice that names the settings.
fn advise(failure: &Failure) -> Option<&'static str> {
    match failure.code.as_str() {
        "AccountNotSubscribed" | "InvalidRecipient" => Some(
            "the account of cloudtrail_lake.channel_arn does not take these events: check the channel, its event data \
             store and the account in the ARN",
        ),
        "ChannelNotFound" => Some("check cloudtrail_lake.channel_arn; the channel may have been deleted"),
        "InvalidChannelARN" | "InvalidChannelArn" => Some("check cloudtrail_lake.channel_arn"),
        _ => None,
    }
}
