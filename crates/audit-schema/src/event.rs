//! The audit event.

use std::borrow::Cow;
use std::fmt;

use crate::json::Members;
use crate::{Entry, EntryError, EventTime, JsonObject};

/// An audit event: the `eventData` of `PutAuditEvents`.
///
/// The fields are those of the [schema], with their limits in [`limits`](crate::limits). [`validate`](Self::validate)
/// checks them, [`to_json`](Self::to_json) writes the event, [`to_entry`](Self::to_entry) does both.
///
/// [schema]: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/query-integration-event-schema.html
#[derive(Clone, PartialEq, Eq)]
pub struct AuditEvent<'a> {
    /// The version of the event from its source. At most 256 bytes.
    pub version: Cow<'a, str>,
    /// The user who made the request.
    pub user_identity: UserIdentity<'a>,
    /// The agent through which the request was made. At most 1,024 bytes.
    pub user_agent: Option<Cow<'a, str>>,
    /// The origin of the event. At most 1,024 bytes.
    pub event_source: Cow<'a, str>,
    /// The requested action. At most 1,024 bytes.
    pub event_name: Cow<'a, str>,
    /// The time of the event.
    pub event_time: EventTime,
    /// The id of the request at its source, which becomes the entry's id. At most 1,024 bytes; as an id, at most 128.
    pub uid: Cow<'a, str>,
    /// The parameters of the request. At most 100 kB.
    pub request_parameters: Option<JsonObject<'a>>,
    /// The response. At most 100 kB.
    pub response_elements: Option<JsonObject<'a>>,
    /// The error code of a failed request. At most 256 bytes.
    pub error_code: Option<Cow<'a, str>>,
    /// The description of the error. At most 256 bytes.
    pub error_message: Option<Cow<'a, str>>,
    /// The IPv4 or IPv6 address that the request came from.
    pub source_ip_address: Option<Cow<'a, str>>,
    /// The account that owns the channel.
    pub recipient_account_id: Cow<'a, str>,
    /// Other data. At most 28 kB.
    pub additional_event_data: Option<JsonObject<'a>>,
}

/// The user who made a request.
#[derive(Clone, PartialEq, Eq)]
pub struct UserIdentity<'a> {
    /// The type of the identity, `type` in JSON. At most 128 bytes.
    pub kind: Cow<'a, str>,
    /// The id of the user. At most 1,024 bytes.
    pub principal_id: Cow<'a, str>,
    /// More about the identity. At most [`MAX_DETAILS`](crate::limits::MAX_DETAILS).
    pub details: Option<JsonObject<'a>>,
}

/// The estimated size of keys and short values without the objects, in bytes. It only saves reallocation.
const USUAL_REST: usize = 512;

impl AuditEvent<'_> {
    /// Returns the event as JSON text, with members in the order of the schema.
    #[must_use]
    pub fn to_json(&self) -> String {
        let objects = [
            &self.user_identity.details,
            &self.request_parameters,
            &self.response_elements,
            &self.additional_event_data,
        ];
        let len: usize = objects.into_iter().flatten().map(JsonObject::json_len).sum();
        let mut out = String::with_capacity(len + USUAL_REST);
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        let mut members = Members::new(out);
        members.text("version", &self.version);
        let mut identity = members.object("userIdentity");
        identity.text("type", &self.user_identity.kind);
        identity.text("principalId", &self.user_identity.principal_id);
        object(&mut identity, "details", self.user_identity.details.as_ref());
        identity.end();
        members.text_if("userAgent", self.user_agent.as_deref());
        members.text("eventSource", &self.event_source);
        members.text("eventName", &self.event_name);
        members.plain("eventTime", self.event_time);
        members.text("UID", &self.uid);
        object(&mut members, "requestParameters", self.request_parameters.as_ref());
        object(&mut members, "responseElements", self.response_elements.as_ref());
        members.text_if("errorCode", self.error_code.as_deref());
        members.text_if("errorMessage", self.error_message.as_deref());
        members.text_if("sourceIPAddress", self.source_ip_address.as_deref());
        members.text("recipientAccountId", &self.recipient_account_id);
        object(&mut members, "additionalEventData", self.additional_event_data.as_ref());
        members.end();
    }

    /// Returns the entry of a call, with the event's UID as its id.
    ///
    /// # Errors
    /// If a field breaks a limit, or the UID cannot be an id.
    pub fn to_entry(&self) -> Result<Entry, EntryError> {
        self.validate()?;
        Entry::new(self.uid.as_ref(), self.to_json())
    }
}

fn object(members: &mut Members<'_>, key: &'static str, value: Option<&JsonObject<'_>>) {
    if let Some(value) = value {
        value.write(members.member(key));
    }
}

/// Shows only the UID and the time, so that no event reaches a log.
impl fmt::Debug for AuditEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.event_time.to_string();
        f.debug_struct("AuditEvent").field("uid", &self.uid).field("event_time", &time).finish_non_exhaustive()
    }
}

impl fmt::Debug for UserIdentity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserIdentity").finish_non_exhaustive()
    }
}
