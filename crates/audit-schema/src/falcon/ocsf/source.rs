//! Finds the values of attributes in an event.

use std::borrow::Cow;

use super::class::{Class, OTHER, UNKNOWN};
use super::details::{Detail, Details};
use super::observables::{Observable, UNMAPPED_SOURCE_IP, UNMAPPED_USER_IP};
use super::operations::{self, Operation, Subject};
use crate::falcon::FalconEvent;
use crate::falcon::parse::said;
use crate::validate::is_ip;
use crate::{json, time};

/// The longest IP address of OCSF's `ip_t`.
const MAX_IP: usize = 40;

/// The type of the events that are API calls, whatever their operation is.
const API_CALL: &str = "APIActivityAuditEvent";
/// The beginning of the types of events whose `UserName` is the acting user. In findings it is the user of a process.
const SESSION: &str = "RemoteResponseSession";

/// The values of one event.
pub(super) struct Source<'a> {
    pub(super) class: Class,
    /// `activity_id`
    pub(super) activity: u32,
    pub(super) subject: Option<Subject>,
    pub(super) time: i64,
    pub(super) original_time: Option<Cow<'a, str>>,
    pub(super) event_type: Option<Cow<'a, str>>,
    pub(super) operation: Option<Cow<'a, str>>,
    pub(super) service: Option<Cow<'a, str>>,
    pub(super) tenant: Option<Cow<'a, str>>,
    pub(super) log_version: Option<Cow<'a, str>>,
    pub(super) message: Option<Cow<'a, str>>,
    pub(super) severity: Option<Cow<'a, str>>,
    pub(super) is_success: Option<bool>,
    pub(super) user: Option<Cow<'a, str>>,
    /// The IP address of the user, and how it is observed where no attribute has it.
    pub(super) ip: Option<(Cow<'a, str>, Observable)>,
    pub(super) details: Details<'a>,
    /// The values of members that an attribute has unchanged.
    pub(super) mapped: Vec<&'a str>,
}

impl<'a> Source<'a> {
    pub(super) fn of(event: &FalconEvent<'a>, received_ms: i64) -> Self {
        let (metadata, body) = (&event.metadata, &event.event);
        let mut mapped = Mapped(Vec::with_capacity(12));
        let event_type = mapped.text(metadata.event_type);
        let operation = mapped.text(body.operation_name);
        let row = operation.as_deref().and_then(operations::find);
        let class = class(event_type.as_deref(), row);
        let details = match class {
            Class::BaseEvent => Details::default(),
            // Those of a call are larger as a list.
            Class::ApiActivity => Details::read([body.attributes, body.audit_key_values]),
            _ => Details::read([body.audit_key_values, body.attributes]),
        };
        let is_session = event_type.as_deref().is_some_and(|name| name.starts_with(SESSION));
        let user = mapped.text(body.user_id).or_else(|| mapped.text(body.user_name.filter(|_| is_session)));
        let (time, original_time) = mapped.time([metadata.event_creation_time, body.utc_timestamp]);
        Self {
            class,
            activity: activity(class, row, &details, operation.is_some() || event_type.is_some()),
            subject: row.filter(|row| row.class == class).map(|row| row.subject),
            time: time.unwrap_or(received_ms.max(0)),
            original_time,
            event_type,
            operation,
            service: mapped.text(body.service_name),
            tenant: mapped.text(metadata.customer_id),
            log_version: mapped.number(metadata.version),
            message: mapped.text(body.message),
            severity: body.severity_name.and_then(json::string),
            is_success: mapped.success(body.success),
            user,
            ip: mapped.ip(body.user_ip, body.source_ip, class),
            details,
            mapped: mapped.0,
        }
    }
}

fn class(event_type: Option<&str>, row: Option<&'static Operation>) -> Class {
    match row {
        _ if event_type == Some(API_CALL) => Class::ApiActivity,
        Some(row) => row.class,
        None => Class::BaseEvent,
    }
}

fn activity(class: Class, row: Option<&'static Operation>, details: &Details<'_>, is_named: bool) -> u32 {
    if let Some(row) = row.filter(|row| row.class == class) {
        return row.activity;
    }
    let method = details.get(Detail::RequestMethod);
    match method.as_deref().and_then(operations::of_method) {
        Some(activity) => activity,
        None if is_named => OTHER,
        None => UNKNOWN,
    }
}

/// Collects the values of members that an attribute has unchanged.
struct Mapped<'a>(Vec<&'a str>);

impl<'a> Mapped<'a> {
    /// Returns the text of a member that is a string and not blank.
    fn text(&mut self, member: Option<&'a str>) -> Option<Cow<'a, str>> {
        let json = member?;
        let text = said(json::string(json))?;
        // Half a surrogate pair has become U+FFFD.
        if matches!(text, Cow::Borrowed(_)) || !text.contains(char::REPLACEMENT_CHARACTER) {
            self.0.push(json);
        }
        Some(text)
    }

    /// Returns the text of a member that is a number, or a string and not blank.
    fn number(&mut self, member: Option<&'a str>) -> Option<Cow<'a, str>> {
        match member?.as_bytes().first()? {
            b'-' | b'0'..=b'9' => {
                self.0.extend(member);
                member.map(Cow::Borrowed)
            }
            _ => self.text(member),
        }
    }

    /// Returns the time of the first member that has one, and its text.
    fn time(&mut self, members: [Option<&'a str>; 2]) -> (Option<i64>, Option<Cow<'a, str>>) {
        for json in members.into_iter().flatten() {
            if let Some(millis) = time::read(json) {
                return (Some(millis), self.number(Some(json)));
            }
        }
        (None, None)
    }

    fn success(&mut self, member: Option<&'a str>) -> Option<bool> {
        let json = member?;
        let text = json::scalar(json)?;
        let value = [true, false].into_iter().find(|value| text.trim().eq_ignore_ascii_case(value_name(*value)))?;
        if json == value_name(value) {
            self.0.push(json);
        }
        Some(value)
    }

    /// Returns the first member that is an IP address, and how it is observed where no attribute has it.
    fn ip(
        &mut self,
        user: Option<&'a str>,
        source: Option<&'a str>,
        class: Class,
    ) -> Option<(Cow<'a, str>, Observable)> {
        let mut found: Option<(Cow<'a, str>, Observable)> = None;
        for (member, observable) in [(user, UNMAPPED_USER_IP), (source, UNMAPPED_SOURCE_IP)] {
            let Some(text) = member.and_then(json::string).filter(|text| is_address(text.trim())) else { continue };
            let is_plain = text.trim().len() == text.len();
            // The base event has no attribute for it.
            let has_attribute = class != Class::BaseEvent && is_plain;
            if has_attribute && found.as_ref().is_none_or(|(ip, _)| *ip == text) {
                self.0.extend(member);
            }
            found.get_or_insert_with(|| (if is_plain { text } else { text.trim().to_owned().into() }, observable));
        }
        found
    }
}

fn is_address(text: &str) -> bool {
    text.len() <= MAX_IP && is_ip(text)
}

fn value_name(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}
