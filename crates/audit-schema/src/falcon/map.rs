//! Maps a Falcon event to an audit event.

use std::borrow::Cow;

use super::FalconEvent;
use super::cut::{Cut, NO_KEY_VALUES};
use super::parse::said;
use crate::entry::is_id_char;
use crate::json;
use crate::validate::is_ip;
use crate::{AccountId, AuditEvent, EventTime, UserIdentity, limits};

/// Values for the mapping that are not in the event.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a> {
    /// The account that owns the channel ([`ChannelArn::account`](crate::ChannelArn::account)).
    pub account: &'a AccountId,
    /// The time of receipt, in ms since 1970. It is used for an event without a time.
    pub received_ms: i64,
}

/// A mapped event. It is always valid and always fits into a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Mapped<'a> {
    /// The audit event.
    pub event: AuditEvent<'a>,
    /// Whether `additionalEventData.raw` is the whole original. If not, the line must also go to the dead letter.
    pub is_whole: bool,
    /// The paths of other fields that were cut. The event lists them as `cutFields`.
    pub cut_fields: Vec<&'static str>,
}

impl Mapped<'_> {
    /// Returns whether the audit event has everything that Falcon sent. If not, the line must also go to the dead letter.
    #[must_use]
    pub fn has_everything(&self) -> bool {
        self.is_whole && self.cut_fields.is_empty()
    }
}

/// FIG's name, by which existing queries find the events (`fig/backends/cloudtrail_lake/__init__.py:39`).
const USER_AGENT: &str = "falcon-integration-gateway";
/// `fig/backends/cloudtrail_lake/__init__.py:40`.
const EVENT_SOURCE: &str = "crowdstrike";
/// The value for a user or a type that the event does not name.
pub(super) const UNKNOWN: &str = "unknown";
/// The version of all Falcon events that have one.
const VERSION: &str = "1.0";
/// The `errorCode` of an event with `Success: false`. Falcon gives no code.
const FAILED: &str = "Failed";
/// The length of an id without the feed: `_` and the 20 digits of the largest offset.
const MAX_FEED: usize = limits::MAX_ENTRY_ID - 21;

/// Maps an event of a feed, at an offset.
///
/// If FIG can map the event, the result equals FIG's (`fig/backends/cloudtrail_lake/__init__.py:17-51`) except for the
/// differences in the README. This never fails. The README lists the defaults for missing members, and the cuts.
///
/// `feed` is FIG's key of the partition: letters and digits. Any other character becomes `-` in the UID.
pub fn map<'a>(event: &FalconEvent<'a>, feed: &str, offset: u64, mapping: &Mapping<'a>) -> Mapped<'a> {
    let mut cut = Cut::default();
    let kind = event.metadata.event_type.and_then(json::scalar);
    let kind = said(kind).unwrap_or(Cow::Borrowed(UNKNOWN));
    let member = |json: Option<&'a str>| said(json.and_then(json::scalar));
    let name = member(event.event.operation_name).unwrap_or_else(|| kind.clone());
    let version = member(event.metadata.version).unwrap_or(Cow::Borrowed(VERSION));
    let principal_id = member(event.event.user_id).unwrap_or(Cow::Borrowed(UNKNOWN));
    let version = cut.text("version", version, limits::MAX_VERSION);
    let user_identity = UserIdentity {
        kind: cut.text("userIdentity.type", kind, limits::MAX_TYPE),
        principal_id: cut.text("userIdentity.principalId", principal_id, limits::MAX_PRINCIPAL_ID),
        details: Some(cut.details(event.event.audit_key_values.unwrap_or(NO_KEY_VALUES))),
    };
    let event_name = cut.text("eventName", name, limits::MAX_EVENT_NAME);
    let (additional_event_data, is_whole) = cut.additional(event);
    let event = AuditEvent {
        version,
        user_identity,
        user_agent: Some(Cow::Borrowed(USER_AGENT)),
        event_source: Cow::Borrowed(EVENT_SOURCE),
        event_name,
        event_time: EventTime::clamped(event.time_ms().unwrap_or(mapping.received_ms)),
        uid: uid(feed, offset).into(),
        request_parameters: None,
        response_elements: None,
        error_code: event.event.success.is_some_and(is_false).then_some(Cow::Borrowed(FAILED)),
        error_message: None,
        source_ip_address: event.event.user_ip.and_then(json::string).and_then(ip),
        recipient_account_id: Cow::Borrowed(mapping.account.as_str()),
        additional_event_data: Some(additional_event_data),
    };
    Mapped { event, is_whole, cut_fields: cut.fields }
}

/// Returns the id of an event, which is the same in every format.
pub(super) fn uid(feed: &str, offset: u64) -> String {
    let feed = feed.chars().take(MAX_FEED).map(|char| if is_id_char(char) { char } else { '-' });
    let mut uid: String = feed.collect();
    uid.push('_');
    uid.push_str(&offset.to_string());
    uid
}

fn is_false(json: &str) -> bool {
    json::scalar(json).is_some_and(|text| text.trim().eq_ignore_ascii_case("false"))
}

fn ip(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = text.trim();
    if !is_ip(trimmed) {
        return None;
    }
    Some(if trimmed.len() == text.len() { text } else { Cow::Owned(trimmed.to_owned()) })
}

#[cfg(test)]
mod tests;
