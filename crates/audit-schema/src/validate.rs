//! Checks an event against AWS's limits.

use std::net::IpAddr;

use common_aws::names::is_account_id;

use crate::{AuditEvent, Invalid, JsonObject, limits};

impl AuditEvent<'_> {
    /// Checks the event against every [documented limit](crate::limits).
    ///
    /// # Errors
    /// If a field breaks a limit. The error names the first such field, its size and its limit.
    pub fn validate(&self) -> Result<(), Invalid> {
        let identity = &self.user_identity;
        for (field, value, limit) in [
            ("version", &self.version, limits::MAX_VERSION),
            ("userIdentity.type", &identity.kind, limits::MAX_TYPE),
            ("userIdentity.principalId", &identity.principal_id, limits::MAX_PRINCIPAL_ID),
            ("eventSource", &self.event_source, limits::MAX_EVENT_SOURCE),
            ("eventName", &self.event_name, limits::MAX_EVENT_NAME),
            ("UID", &self.uid, limits::MAX_UID),
        ] {
            if value.is_empty() {
                return Err(Invalid::Empty { field });
            }
            within(field, value.len(), limit)?;
        }
        for (field, value, limit) in [
            ("userAgent", &self.user_agent, limits::MAX_USER_AGENT),
            ("errorCode", &self.error_code, limits::MAX_ERROR_CODE),
            ("errorMessage", &self.error_message, limits::MAX_ERROR_MESSAGE),
        ] {
            within(field, value.as_ref().map_or(0, |value| value.len()), limit)?;
        }
        for (field, value, limit) in [
            ("userIdentity.details", &identity.details, limits::MAX_DETAILS),
            ("requestParameters", &self.request_parameters, limits::MAX_REQUEST_PARAMETERS),
            ("responseElements", &self.response_elements, limits::MAX_RESPONSE_ELEMENTS),
            ("additionalEventData", &self.additional_event_data, limits::MAX_ADDITIONAL_EVENT_DATA),
        ] {
            within(field, value.as_ref().map_or(0, JsonObject::json_len), limit)?;
        }
        if !self.source_ip_address.as_deref().is_none_or(is_ip) {
            return Err(Invalid::NotAnIp);
        }
        if !is_account_id(&self.recipient_account_id) {
            return Err(Invalid::NotAnAccount);
        }
        Ok(())
    }
}

fn within(field: &'static str, size: usize, limit: usize) -> Result<(), Invalid> {
    if size > limit { Err(Invalid::TooLong { field, limit, size }) } else { Ok(()) }
}

/// Returns whether a text is an IPv4 or IPv6 address and nothing else.
pub(crate) fn is_ip(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EventTime, UserIdentity};
    use std::borrow::Cow;

    fn event() -> AuditEvent<'static> {
        AuditEvent {
            version: "1.0".into(),
            user_identity: UserIdentity { kind: "T".into(), principal_id: "p".into(), details: None },
            user_agent: None,
            event_source: "s".into(),
            event_name: "n".into(),
            event_time: EventTime::from_millis(1_766_724_718_104).unwrap(),
            uid: "0_1".into(),
            request_parameters: None,
            response_elements: None,
            error_code: None,
            error_message: None,
            source_ip_address: None,
            recipient_account_id: "123456789012".into(),
            additional_event_data: None,
        }
    }

    fn text(size: usize) -> Cow<'static, str> {
        "x".repeat(size).into()
    }

    /// Returns an object of this size in bytes.
    fn object(size: usize) -> Option<JsonObject<'static>> {
        let object = JsonObject::trusted(format!(r#"{{"a":"{}"}}"#, "x".repeat(size - 8)));
        assert_eq!(object.json_len(), size);
        Some(object)
    }

    /// A field, its limit, and a function that sets it to a value of a given size.
    type Case = (&'static str, usize, fn(&mut AuditEvent<'static>, usize));

    /// The table of "CloudTrail Lake integrations event schema".
    const TEXTS: &[Case] = &[
        ("version", 256, |event, size| event.version = text(size)),
        ("userIdentity.type", 128, |event, size| event.user_identity.kind = text(size)),
        ("userIdentity.principalId", 1024, |event, size| event.user_identity.principal_id = text(size)),
        ("eventSource", 1024, |event, size| event.event_source = text(size)),
        ("eventName", 1024, |event, size| event.event_name = text(size)),
        ("UID", 1024, |event, size| event.uid = text(size)),
    ];
    const OPTIONS: &[Case] = &[
        ("userAgent", 1024, |event, size| event.user_agent = Some(text(size))),
        ("errorCode", 256, |event, size| event.error_code = Some(text(size))),
        ("errorMessage", 256, |event, size| event.error_message = Some(text(size))),
        ("userIdentity.details", 100_000, |event, size| event.user_identity.details = object(size)),
        ("requestParameters", 100_000, |event, size| event.request_parameters = object(size)),
        ("responseElements", 100_000, |event, size| event.response_elements = object(size)),
        ("additionalEventData", 28_000, |event, size| event.additional_event_data = object(size)),
    ];

    #[test]
    fn every_limit_is_checked_and_named() {
        for &(field, limit, set) in TEXTS.iter().chain(OPTIONS) {
            let mut event = event();
            set(&mut event, limit);
            assert_eq!(event.validate(), Ok(()), "{field}");
            set(&mut event, limit + 1);
            let error = Invalid::TooLong { field, limit, size: limit + 1 };
            assert_eq!(event.validate(), Err(error));
            assert_eq!(error.to_string(), format!("{field} has {} bytes, at most {limit} are allowed", limit + 1));
        }
    }

    #[test]
    fn a_required_field_must_not_be_empty() {
        for &(field, _, set) in TEXTS {
            let mut event = event();
            set(&mut event, 0);
            assert_eq!(event.validate(), Err(Invalid::Empty { field }));
        }
    }

    #[test]
    fn addresses_and_accounts_are_checked() {
        for (ip, good) in [
            ("1.2.3.4", true),
            ("2001:DB8::1", true),
            ("::ffff:1.2.3.4", true),
            ("", false),
            ("1.2.3", false),
            ("1.2.3.4:80", false),
            ("[::1]", false),
            ("fe80::1%eth0", false),
            (" 1.2.3.4", false),
            ("host", false),
        ] {
            let event = AuditEvent { source_ip_address: Some(ip.into()), ..event() };
            assert_eq!(event.validate().is_ok(), good, "{ip:?}");
        }
        for account in ["", "12345678901", "1234567890123", "12345678901a"] {
            let event = AuditEvent { recipient_account_id: account.into(), ..event() };
            assert_eq!(event.validate(), Err(Invalid::NotAnAccount));
        }
    }

    #[test]
    fn the_json_has_every_field_under_its_name() {
        let event = AuditEvent {
            user_identity: UserIdentity { details: object(9), ..event().user_identity },
            user_agent: Some("agent".into()),
            request_parameters: object(10),
            response_elements: object(11),
            error_code: Some("Failed".into()),
            error_message: Some("say \"why\"".into()),
            source_ip_address: Some("::1".into()),
            additional_event_data: object(12),
            ..event()
        };
        expect_test::expect![[r#"{"version":"1.0","userIdentity":{"type":"T","principalId":"p","details":{"a":"x"}},"userAgent":"agent","eventSource":"s","eventName":"n","eventTime":"2025-12-26T04:51:58Z","UID":"0_1","requestParameters":{"a":"xx"},"responseElements":{"a":"xxx"},"errorCode":"Failed","errorMessage":"say \"why\"","sourceIPAddress":"::1","recipientAccountId":"123456789012","additionalEventData":{"a":"xxxx"}}"#]]
        .assert_eq(&event.to_json());
    }

    #[test]
    fn debug_tells_nothing_of_the_event() {
        let event = AuditEvent { event_name: "secret".into(), additional_event_data: object(12), ..event() };
        assert_eq!(format!("{event:?}"), r#"AuditEvent { uid: "0_1", event_time: "2025-12-26T04:51:58Z", .. }"#);
        assert_eq!(format!("{:?}", event.user_identity), "UserIdentity { .. }");
    }
}
