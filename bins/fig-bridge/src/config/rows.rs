//! The table of settings. Parsing, messages, `--help` and the README follow from it.

use super::rules::Rule;

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) section: &'static str,
    pub(crate) key: &'static str,
    /// The variable of the environment that sets it.
    pub(crate) env: Option<&'static str>,
    /// What holds where nothing sets it.
    pub(crate) default: &'static str,
    pub(crate) rule: Rule,
    pub(crate) about: &'static str,
    /// Its value is never shown.
    pub(crate) secret: bool,
    /// FIG does not know it.
    pub(crate) new: bool,
}

impl Row {
    /// `section.key`
    pub(crate) fn name(&self) -> String {
        format!("{}.{}", self.section, self.key)
    }
}

/// Writes rows shortly: `NAME = section.key, env, default, rule, about; flags`.
macro_rules! rows {
    ($($name:ident = $section:literal $key:literal $env:expr, $default:expr, $rule:expr, $about:literal
        $(, secret $secret:literal)? $(, new $new:literal)?;)+) => {
        $(pub(super) const $name: &Row = &Row {
            section: $section,
            key: $key,
            env: $env,
            default: $default,
            rule: $rule,
            about: $about,
            secret: false $(|| $secret)?,
            new: false $(|| $new)?,
        };)+

        /// Every setting, section by section.
        pub(crate) const ROWS: &[&Row] = &[$($name),+];
    };
}

rows! {
    BACKENDS = "main" "backends" Some("FIG_BACKENDS"), "", Rule::BACKENDS, "Where events go; at least one";
    WORKER_THREADS = "main" "worker_threads" Some("FIG_WORKER_THREADS"), "4", Rule::Number(1, 127),
        "How many calls to a backend may be in flight";
    OFFSET_STORE = "main" "offset_store" Some("OFFSET_STORE"), "", Rule::OFFSET_STORE,
        "Where offsets are kept. Unset: `ssm` with CLOUDTRAIL_LAKE, else `memory`; `ssm` is the parameter \
         `last_seen_offsets`", new true;
    DEAD_LETTER = "main" "dead_letter" Some("DEAD_LETTER"), "file:fig-dead-letter.jsonl", Rule::DEAD_LETTER,
        "Where events go that no backend takes", new true;
    ADMIN_ADDR = "main" "admin_addr" Some("ADMIN_ADDR"), "", Rule::ADDRESS,
        "Serves /metrics, /livez and /readyz there. Unset: nowhere", new true;

    LEVEL = "logging" "level" Some("LOG_LEVEL"), "INFO", Rule::LEVEL,
        "The least level that is logged; Python's names are understood, too";

    SEVERITY = "events" "severity_threshold" Some("EVENTS_SEVERITY_THRESHOLD"), "2", Rule::Number(1, 5),
        "Events of a lower severity are left out; audit events have none and count as 5";
    OLDER_THAN = "events" "older_than_days_threshold" Some("EVENTS_OLDER_THAN_DAYS_THRESHOLD"), "21",
        Rule::Number(0, 9999), "Events created more days ago are left out";
    EXCLUDE_CLOUDS = "events" "detections_exclude_clouds" None, "", Rule::CLOUDS,
        "Checked, and without effect: fig-bridge does not ask the Hosts API where a host runs";
    OFFSET = "events" "offset" Some("EVENTS_OFFSET"), "0", Rule::Number(0, u64::MAX),
        "Events up to this offset are not read, where it is higher than the stored one";
    NEWEST = "events" "start_from_newest" Some("EVENTS_START_FROM_NEWEST"), "false", Rule::Flag,
        "A feed without a stored offset starts with the newest event; not together with events.offset";
    TYPES = "events" "types" Some("EVENTS_TYPES"), "", Rule::Types,
        "Event types for all backends. Unset, as in FIG: AuthActivityAuditEvent for CLOUDTRAIL_LAKE, ALL for others",
        new true;
    SERVICE_NAMES = "events" "service_names" Some("EVENTS_SERVICE_NAMES"), "", Rule::Names,
        "Service names for all backends, in any case. Unset, as in FIG: Crowdstrike Authentication for \
         CLOUDTRAIL_LAKE, ALL for others", new true;

    REGION = "falcon" "cloud_region" Some("FALCON_CLOUD_REGION"), "us-1", Rule::REGION,
        "The Falcon cloud; auto asks the API, which government clouds do not answer";
    BASE_URL = "falcon" "base_url" Some("FALCON_BASE_URL"), "", Rule::URL,
        "The Falcon API's address instead of the cloud's own", new true;
    CLIENT_ID = "falcon" "client_id" Some("FALCON_CLIENT_ID"), "", Rule::Text,
        "The API client's id; its scope is Event streams: READ";
    CLIENT_SECRET = "falcon" "client_secret" Some("FALCON_CLIENT_SECRET"), "", Rule::Text, "The API client's secret",
        secret true;
    APPLICATION_ID = "falcon" "application_id" Some("FALCON_APPLICATION_ID"), "fig-default-app-id", Rule::APPLICATION,
        "The name of the connection; each running instance needs one of its own";
    RETRY_COUNT = "falcon" "reconnect_retry_count" Some("FALCON_RECONNECT_RETRY_COUNT"), "36", Rule::Number(1, 9999),
        "FIG gives up after so many empty lists of streams. Checked, and without effect: fig-bridge waits";
    QUARANTINE = "falcon" "rtr_quarantine_keyword" None, "infected", Rule::Text, "Accepted, and without effect";

    STORE = "credentials_store" "store" Some("CREDENTIALS_STORE"), "", Rule::OneOf(&["ssm", "secrets_manager"]),
        "Where the API client's id and secret are read from. Unset: falcon.client_id and falcon.client_secret";

    SSM_REGION = "ssm" "region" Some("SSM_REGION"), "", Rule::AWS_REGION, "Unset: the default chain's";
    SSM_ID = "ssm" "ssm_client_id" Some("SSM_CLIENT_ID"), "", Rule::PARAMETER, "The parameter that holds the id";
    SSM_SECRET = "ssm" "ssm_client_secret" Some("SSM_CLIENT_SECRET"), "", Rule::PARAMETER,
        "The parameter that holds the secret";

    SM_REGION = "secrets_manager" "region" Some("SECRETS_MANAGER_REGION"), "", Rule::AWS_REGION,
        "Unset: the default chain's";
    SM_NAME = "secrets_manager" "secrets_manager_secret_name" Some("SECRETS_MANAGER_SECRET_NAME"), "", Rule::Text,
        "The secret's name or ARN; it is a JSON object";
    SM_ID_KEY = "secrets_manager" "secrets_manager_client_id_key" Some("SECRETS_MANAGER_CLIENT_ID_KEY"), "",
        Rule::Text, "The member that holds the id";
    SM_SECRET_KEY = "secrets_manager" "secrets_manager_client_secret_key" Some("SECRETS_MANAGER_CLIENT_SECRET_KEY"),
        "", Rule::Text, "The member that holds the secret";

    CHANNEL_ARN = "cloudtrail_lake" "channel_arn" Some("CLOUDTRAIL_LAKE_CHANNEL_ARN"), "", Rule::CHANNEL,
        "The channel of CLOUDTRAIL_LAKE";
    LAKE_REGION = "cloudtrail_lake" "region" Some("CLOUDTRAIL_LAKE_REGION"), "", Rule::AWS_REGION,
        "The channel's region; offsets are kept there, too";

    SQS_REGION = "aws_sqs" "region" Some("AWS_REGION"), "", Rule::AWS_REGION, "The region of AWS_SQS's queue";
    SQS_QUEUE = "aws_sqs" "sqs_queue_name" Some("AWS_SQS"), "", Rule::QUEUE, "The queue of AWS_SQS";

    GENERIC_TYPES = "generic" "event_types" Some("GENERIC_EVENT_TYPES"), "ALL", Rule::Types,
        "The event types of GENERIC";
}

/// Sections of FIG's other backends: accepted, and not looked into.
pub(super) const OTHER_SECTIONS: &[&str] = &["aws", "azure", "chronicle", "gcp", "workspaceone"];

/// The row of a key, whatever the key's case.
pub(super) fn row(section: &str, key: &str) -> Option<&'static Row> {
    ROWS.iter().copied().find(|row| row.section == section && row.key.eq_ignore_ascii_case(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_key_and_no_variable_stands_twice() {
        let keys: BTreeSet<String> = ROWS.iter().map(|row| row.name()).collect();
        let variables: BTreeSet<&str> = ROWS.iter().filter_map(|row| row.env).collect();
        assert_eq!((keys.len(), variables.len()), (ROWS.len(), ROWS.iter().filter(|row| row.env.is_some()).count()));
    }
}
