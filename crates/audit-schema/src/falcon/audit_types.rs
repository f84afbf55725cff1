//! The types of events that record what users did.

use super::{Filter, Selection};

/// Every type of event that records what users, API clients and Falcon's own automation did in Falcon, for destinations
/// that want all activity:
///
/// | type | activity |
/// |---|---|
/// | `AuthActivityAuditEvent` | sign-ins, users, roles, passwords, API clients, IP allowlists, event streams |
/// | `UserActivityAuditEvent` | changes to detections, quarantined files, host groups and policies |
/// | `APIActivityAuditEvent` | calls of Falcon's API; by far the most events where API clients poll |
/// | `RemoteResponseSessionStartEvent`, `RemoteResponseSessionEndEvent` | sessions of responders on hosts |
/// | `AuditLogV3Event` | a second record of each activity, in another shape; some tenants get it in addition |
///
/// Without `AuditLogV3Event`, a tenant that gets only this type would lose its activity; with it, the others have their
/// activity twice. Loss is worse.
///
/// Events of other types are findings, such as `EppDetectionSummaryEvent`, or reports.
pub const AUDIT_TYPES: [&str; 6] = [
    "AuthActivityAuditEvent",
    "UserActivityAuditEvent",
    "APIActivityAuditEvent",
    "RemoteResponseSessionStartEvent",
    "RemoteResponseSessionEndEvent",
    "AuditLogV3Event",
];

/// The types of events that Falcon's stream is known to have: [`AUDIT_TYPES`], findings and reports. There may be others.
pub const EVENT_TYPES: [&str; 22] = [
    "AuthActivityAuditEvent",
    "UserActivityAuditEvent",
    "APIActivityAuditEvent",
    "RemoteResponseSessionStartEvent",
    "RemoteResponseSessionEndEvent",
    "AuditLogV3Event",
    "DetectionSummaryEvent",
    "EppDetectionSummaryEvent",
    "IdpDetectionSummaryEvent",
    "XdrDetectionSummaryEvent",
    "MobileDetectionSummaryEvent",
    "DataProtectionDetectionSummaryEvent",
    "AutomatedLeadSummaryEvent",
    "IncidentSummaryEvent",
    "IdentityProtectionEvent",
    "FirewallMatchEvent",
    "HashSpreadingEvent",
    "CustomerIOCEvent",
    "CSPMIOAStreamingEvent",
    "CSPMSearchStreamingEvent",
    "ReconNotificationSummaryEvent",
    "ScheduledReportNotificationEvent",
];

impl Selection {
    /// Returns the selection of [`AUDIT_TYPES`].
    #[must_use]
    pub fn audit_types() -> Self {
        Self::Only(AUDIT_TYPES.map(str::to_owned).to_vec())
    }
}

impl Filter {
    /// Returns the filter that lets in every event of [`AUDIT_TYPES`], from every service, that is not too old. The age
    /// and the severity are those of the default. Audit events have no severity, which counts as the highest.
    ///
    /// The default lets in one type from one service only, as FIG does.
    #[must_use]
    pub fn all_audit_events() -> Self {
        Self { types: Selection::audit_types(), services: Selection::All, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::falcon::{FalconEvent, Filtered};

    const NOW: i64 = 1_766_724_718_104;

    fn judge(filter: &Filter, kind: &str, service: &str) -> Result<(), Filtered> {
        let line = format!(
            r#"{{"metadata":{{"eventType":"{kind}","eventCreationTime":{NOW}}},"event":{{"ServiceName":"{service}"}}}}"#
        );
        filter.judge(&FalconEvent::parse(line.as_bytes()).unwrap(), NOW)
    }

    #[test]
    fn audit_types_are_known_types() {
        assert_eq!(EVENT_TYPES[..AUDIT_TYPES.len()], AUDIT_TYPES);
    }

    #[test]
    fn every_audit_type_of_every_service_is_let_in() {
        let (all, default) = (Filter::all_audit_events(), Filter::default());
        for kind in AUDIT_TYPES {
            for service in ["CrowdStrike Authentication", "Crowdstrike API Client", "groups", "api_request"] {
                assert_eq!(judge(&all, kind, service), Ok(()));
            }
        }
        assert_eq!(judge(&all, "EppDetectionSummaryEvent", "x"), Err(Filtered::Type));
        assert_eq!(judge(&default, "UserActivityAuditEvent", "groups"), Err(Filtered::Type));
        assert_eq!(judge(&default, "AuthActivityAuditEvent", "Crowdstrike API Client"), Err(Filtered::Service));
        assert_eq!(
            (all.older_than_days, all.severity_threshold),
            (default.older_than_days, default.severity_threshold)
        );
    }
}
