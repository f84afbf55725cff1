//! The filter for events.

use std::str::FromStr;

use super::FalconEvent;
use crate::json;

/// Selects the events to publish. The default is that of FIG's backend `CLOUDTRAIL_LAKE`.
///
/// A missing type, service or time never filters an event out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Wanted values of `metadata.eventType` (`EVENTS_TYPES`).
    pub types: Selection,
    /// Wanted values of `event.ServiceName` (`EVENTS_SERVICE_NAMES`).
    pub services: Selection,
    /// Events that are older than this number of days are left out (`EVENTS_OLDER_THAN_DAYS_THRESHOLD`, 0-9999).
    pub older_than_days: u32,
    /// Events with a lower severity are left out (`EVENTS_SEVERITY_THRESHOLD`, 1-5).
    pub severity_threshold: u8,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            // fig/backends/cloudtrail_lake/__init__.py:100
            types: Selection::Only(vec!["AuthActivityAuditEvent".to_owned()]),
            // fig/backends/cloudtrail_lake/__init__.py:119
            services: Selection::Only(vec!["Crowdstrike Authentication".to_owned()]),
            // config/defaults.ini, [events]
            older_than_days: 21,
            severity_threshold: 2,
        }
    }
}

/// The wanted names. Case does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All names.
    All,
    /// Only these names.
    Only(Vec<String>),
}

/// The list has no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the list names nothing; ALL wants everything")]
pub struct EmptySelection;

impl FromStr for Selection {
    type Err = EmptySelection;

    /// Parses a list of names separated by commas. If one of them is `ALL`, all names are wanted.
    fn from_str(text: &str) -> Result<Self, EmptySelection> {
        let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(EmptySelection);
        }
        if names.iter().any(|name| name.eq_ignore_ascii_case("ALL")) {
            return Ok(Self::All);
        }
        Ok(Self::Only(names.into_iter().map(str::to_owned).collect()))
    }
}

impl Selection {
    /// Returns whether a name is wanted.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|wanted| wanted.eq_ignore_ascii_case(name.trim())),
        }
    }
}

/// Why an event is filtered out: the first reason in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Filtered {
    /// Its type is not wanted.
    #[error("its type is not wanted")]
    Type,
    /// Its service is not wanted.
    #[error("its service is not wanted")]
    Service,
    /// It is too old.
    #[error("it is too old")]
    Age,
    /// Its severity is too low.
    #[error("its severity is too low")]
    Severity,
}

impl Filtered {
    /// All reasons.
    pub const ALL: [Self; 4] = [Self::Type, Self::Service, Self::Age, Self::Severity];

    /// Returns the reason as a label for metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Service => "service",
            Self::Age => "age",
            Self::Severity => "severity",
        }
    }
}

const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1_000;

/// FIG's scale (`fig/falcon/models.py:41-51`). A name that is not in it counts as the highest severity.
const SEVERITIES: &[(&str, u8)] = &[("Informational", 1), ("Low", 2), ("Medium", 3), ("High", 4)];
const HIGHEST: u8 = 5;

impl Filter {
    /// Checks whether the event is wanted, at the time `now_ms`, in ms since 1970.
    ///
    /// # Errors
    /// If the event is filtered out, with the reason.
    pub fn judge(&self, event: &FalconEvent<'_>, now_ms: i64) -> Result<(), Filtered> {
        if !self.types.takes(|| event.event_type()) {
            return Err(Filtered::Type);
        }
        if !self.services.takes(|| event.service_name()) {
            return Err(Filtered::Service);
        }
        let oldest = now_ms.saturating_sub(i64::from(self.older_than_days).saturating_mul(MILLIS_A_DAY));
        if event.time_ms().is_some_and(|time| time < oldest) {
            return Err(Filtered::Age);
        }
        if severity(event) < self.severity_threshold {
            return Err(Filtered::Severity);
        }
        Ok(())
    }
}

impl Selection {
    /// Returns whether an event with this name is wanted. An event without a name is.
    fn takes<S: AsRef<str>>(&self, name: impl FnOnce() -> Option<S>) -> bool {
        *self == Self::All || name().is_none_or(|name| self.wants(name.as_ref()))
    }
}

fn severity(event: &FalconEvent<'_>) -> u8 {
    let Some(name) = event.event.severity_name.and_then(json::string) else { return HIGHEST };
    let known = SEVERITIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.trim()));
    known.map_or(HIGHEST, |(_, severity)| *severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_766_724_718_104;

    #[track_caller]
    fn check(filter: &Filter, metadata: &str, event: &str, expected: Result<(), Filtered>) {
        let line = format!(r#"{{"metadata":{metadata},"event":{event}}}"#);
        let event = FalconEvent::parse(line.as_bytes()).unwrap();
        assert_eq!(filter.judge(&event, NOW), expected, "{line}");
    }

    fn created(time: impl std::fmt::Display) -> String {
        format!(r#"{{"eventType":"AuthActivityAuditEvent","eventCreationTime":{time}}}"#)
    }

    const AUTH: &str = r#"{"ServiceName":"CrowdStrike Authentication"}"#;

    #[test]
    fn the_default_is_figs() {
        let filter = Filter::default();
        check(&filter, &created(NOW), AUTH, Ok(()));
        check(&filter, &created(NOW), r#"{"ServiceName":"Crowdstrike Authentication"}"#, Ok(()));
        check(&filter, r#"{"eventType":"UserActivityAuditEvent"}"#, AUTH, Err(Filtered::Type));
        for service in [
            "CrowdstrikeAuthentication",
            "Crowdstrike Streaming API",
            "Crowdstrike API Client",
            "Crowdstrike Allowlist Management",
        ] {
            let event = format!(r#"{{"ServiceName":"{service}"}}"#);
            check(&filter, &created(NOW), &event, Err(Filtered::Service));
        }
    }

    /// Defect 3 of FIG: a missing member loses the event.
    #[test]
    fn what_an_event_does_not_say_leaves_it_in() {
        let filter = Filter::default();
        for value in ["null", "7", "\"\"", "\" \"", "[]"] {
            let metadata = format!(r#"{{"eventType":{value},"eventCreationTime":{value}}}"#);
            let metadata = metadata.replace("eventCreationTime\":7", "eventCreationTime\":null");
            check(&filter, &metadata, &format!(r#"{{"ServiceName":{value},"SeverityName":{value}}}"#), Ok(()));
        }
        check(&filter, "{}", "{}", Ok(()));
        check(&filter, "null", "3", Ok(()));
    }

    /// Defect 9 of FIG: it compares local time with UTC, and reads seconds as ms.
    #[test]
    fn age_is_measured_in_utc_and_in_the_right_unit() {
        let filter = Filter::default();
        let limit = NOW - 21 * 86_400_000;
        check(&filter, &created(limit), AUTH, Ok(()));
        check(&filter, &created(limit - 1), AUTH, Err(Filtered::Age));
        check(&filter, &created(NOW / 1000), AUTH, Ok(()));
        check(&filter, &created(limit / 1000 - 1), AUTH, Err(Filtered::Age));
        check(&filter, &created("\"2025-12-25 00:00:00.000000000\""), AUTH, Ok(()));
        check(&filter, &created("\"2025-11-25 00:00:00.000000000\""), AUTH, Err(Filtered::Age));
        let old = r#"{"UTCTimestamp":1480375833}"#;
        check(&filter, &created("null"), old, Err(Filtered::Age));
        check(&Filter { older_than_days: 9999, ..Filter::default() }, &created("null"), old, Ok(()));
        check(&Filter { older_than_days: 0, ..Filter::default() }, &created(NOW - 1), AUTH, Err(Filtered::Age));
        check(&Filter { older_than_days: u32::MAX, ..Filter::default() }, &created(1), AUTH, Ok(()));
    }

    #[test]
    fn severity_counts_on_figs_scale() {
        for (name, severity) in [
            ("\"Informational\"", 1),
            ("\"informational\"", 1),
            ("\"LOW\"", 2),
            ("\"Medium\"", 3),
            ("\"High\"", 4),
            ("\"Critical\"", 5),
            ("\"Unheard of\"", 5),
            ("4", 5),
            ("null", 5),
        ] {
            let event = format!(r#"{{"SeverityName":{name}}}"#);
            for threshold in 1..=5 {
                let filter = Filter { severity_threshold: threshold, ..Filter::default() };
                let expected = if severity < threshold { Err(Filtered::Severity) } else { Ok(()) };
                check(&filter, &created(NOW), &event, expected);
            }
        }
        let filter = Filter { severity_threshold: 5, ..Filter::default() };
        check(&filter, &created(NOW), AUTH, Ok(()));
    }

    #[test]
    fn selections_are_read() {
        assert_eq!("all".parse(), Ok(Selection::All));
        assert_eq!("a,ALL".parse(), Ok(Selection::All));
        let selection: Selection = " Crowdstrike API Client ,,groups".parse().unwrap();
        assert_eq!(selection, Selection::Only(vec!["Crowdstrike API Client".to_owned(), "groups".to_owned()]));
        assert!(selection.wants("crowdstrike api client") && selection.wants("Groups") && !selection.wants("group"));
        assert_eq!(" , ".parse::<Selection>(), Err(EmptySelection));
    }

    #[test]
    fn a_wider_selection_lets_more_pass() {
        let filter = Filter { types: Selection::All, services: "groups".parse().unwrap(), ..Filter::default() };
        check(&filter, r#"{"eventType":"UserActivityAuditEvent"}"#, r#"{"ServiceName":"groups"}"#, Ok(()));
        check(&filter, &created(NOW), AUTH, Err(Filtered::Service));
        assert_eq!(Filtered::ALL.map(Filtered::as_str), ["type", "service", "age", "severity"]);
    }
}
