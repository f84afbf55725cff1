//! The table of settings. Parsing, messages, `--help` and the README follow from it.

use audit_schema::ChannelArn;
use common_aws::names::region_hint;
use event_delivery::falcon::{AWS_REGION, LOGS_SETTINGS, S3_SETTINGS};
use layered_settings::{Names, Rule, Setting, Table, table};

use super::kinds::{Backend, CALLS_IN_FLIGHT, CLOUDS, LetterPlace, OffsetStoreKind, Queue, Region};
use super::slips;

const EVENT_TYPES: Rule = Rule::Described("event types (letters, digits, _) separated by commas, or ALL");
const NAMES: Rule = Rule::Described("names separated by commas, or ALL");
const PARAMETER: Rule = Rule::Described("a parameter's name such as /falcon/client_id");
const QUEUE: Rule = Rule::Described("a queue's name, URL or ARN");
const ADDRESS: Rule = Rule::Typed("ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090");
const URL: Rule = Rule::Typed("https://HOST[:PORT], or http:// with a loopback address");
const LOG_LEVEL: Rule = Rule::Typed(program_kit::logging::LEVELS);
const APPLICATION: Rule = Rule::Described("1 to 32 letters, digits, -, _ or .");

table! {
    /// The settings that are not in a library.
    pub(crate) const OWN;

    BACKENDS = "main" "backends", Some("FIG_BACKENDS"), "", Rule::ListOf(Backend::WORDS), "The destinations of events; at least one";
    WORKER_THREADS = "main" "worker_threads", Some("FIG_WORKER_THREADS"), "4", CALLS_IN_FLIGHT,
        "How many calls to a backend may be in flight at the same time";
    OFFSET_STORE = "main" "offset_store", Some("OFFSET_STORE"), "", Rule::Typed(OffsetStoreKind::SHAPE),
        "Where offsets are kept. Unset: `memory` with only GENERIC and AWS_SQS, else `ssm`, which is the parameter \
         `last_seen_offsets`", note: "new";
    DEAD_LETTER = "main" "dead_letter", Some("DEAD_LETTER"), "file:fig-dead-letter.jsonl", Rule::Typed(LetterPlace::SHAPE),
        "Where events are kept that no backend takes", note: "new", hint: LetterPlace::hint;
    ADMIN_ADDR = "main" "admin_addr", Some("ADMIN_ADDR"), "", ADDRESS,
        "The address that serves the status page /, /metrics, /livez and /readyz. Unset: none", note: "new";

    LEVEL = "logging" "level", Some("LOG_LEVEL"), "INFO", LOG_LEVEL,
        "The lowest level that is logged; Python's names work too";

    SEVERITY = "events" "severity_threshold", Some("EVENTS_SEVERITY_THRESHOLD"), "2", Rule::Number(1, 5),
        "Events of a lower severity are filtered out; audit events have no severity and count as 5";
    OLDER_THAN = "events" "older_than_days_threshold", Some("EVENTS_OLDER_THAN_DAYS_THRESHOLD"), "21",
        Rule::Number(0, 9999), "Events created more days ago are filtered out";
    EXCLUDE_CLOUDS = "events" "detections_exclude_clouds", None, "", Rule::ListOf(CLOUDS),
        "Checked, but without effect: fig-bridge does not use the Hosts API";
    OFFSET = "events" "offset", Some("EVENTS_OFFSET"), "0", Rule::Number(0, u64::MAX),
        "Events up to this offset are skipped, if it is higher than the stored one";
    NEWEST = "events" "start_from_newest", Some("EVENTS_START_FROM_NEWEST"), "false", Rule::Flag,
        "A feed without a stored offset starts with the newest event; not together with events.offset";
    TYPES = "events" "types", Some("EVENTS_TYPES"), "", EVENT_TYPES,
        "Event types for all backends. Unset: AuthActivityAuditEvent for CLOUDTRAIL_LAKE, as in FIG; all audit types for \
         CLOUDWATCH_LOGS and S3; ALL for others",
        note: "new", slip: Names::slip;
    SERVICE_NAMES = "events" "service_names", Some("EVENTS_SERVICE_NAMES"), "", NAMES,
        "Service names for all backends, in any case. Unset, as in FIG: Crowdstrike Authentication for \
         CLOUDTRAIL_LAKE, ALL for others", note: "new", slip: Names::slip;

    REGION = "falcon" "cloud_region", Some("FALCON_CLOUD_REGION"), "us-1", Rule::OneOf(Region::WORDS),
        "The Falcon cloud; auto asks the API, which does not work for government clouds", hint: slips::falcon_region;
    BASE_URL = "falcon" "base_url", Some("FALCON_BASE_URL"), "", URL,
        "An address of the Falcon API that replaces the cloud's own", note: "new";
    CLIENT_ID = "falcon" "client_id", Some("FALCON_CLIENT_ID"), "", Rule::Text,
        "The API client's id; its scope is Event streams: READ", slip: slips::in_credential;
    CLIENT_SECRET = "falcon" "client_secret", Some("FALCON_CLIENT_SECRET"), "", Rule::Text, "The API client's secret",
        secret: true, slip: slips::in_credential;
    APPLICATION_ID = "falcon" "application_id", Some("FALCON_APPLICATION_ID"), "fig-default-app-id", APPLICATION,
        "The name of the connection; each running instance needs a different one";
    RETRY_COUNT = "falcon" "reconnect_retry_count", Some("FALCON_RECONNECT_RETRY_COUNT"), "36", Rule::Number(1, 9999),
        "FIG gives up after this many empty lists of streams. Checked, but without effect: fig-bridge waits";
    QUARANTINE = "falcon" "rtr_quarantine_keyword", None, "infected", Rule::Text, "Accepted, but without effect";

    STORE = "credentials_store" "store", Some("CREDENTIALS_STORE"), "", Rule::OneOf(&["ssm", "secrets_manager"]),
        "The store of the API client's id and secret. Unset: falcon.client_id and falcon.client_secret";

    SSM_REGION = "ssm" "region", Some("SSM_REGION"), "", AWS_REGION, "Unset: the region of the AWS default chain", hint: region_hint;
    SSM_ID = "ssm" "ssm_client_id", Some("SSM_CLIENT_ID"), "", PARAMETER, "The parameter that holds the id";
    SSM_SECRET = "ssm" "ssm_client_secret", Some("SSM_CLIENT_SECRET"), "", PARAMETER,
        "The parameter that holds the secret";

    SM_REGION = "secrets_manager" "region", Some("SECRETS_MANAGER_REGION"), "", AWS_REGION,
        "Unset: the region of the AWS default chain", hint: region_hint;
    SM_NAME = "secrets_manager" "secrets_manager_secret_name", Some("SECRETS_MANAGER_SECRET_NAME"), "", Rule::Text,
        "The secret's name or ARN; it is a JSON object";
    SM_ID_KEY = "secrets_manager" "secrets_manager_client_id_key", Some("SECRETS_MANAGER_CLIENT_ID_KEY"), "",
        Rule::Text, "The member that holds the id";
    SM_SECRET_KEY = "secrets_manager" "secrets_manager_client_secret_key", Some("SECRETS_MANAGER_CLIENT_SECRET_KEY"),
        "", Rule::Text, "The member that holds the secret";

    CHANNEL_ARN = "cloudtrail_lake" "channel_arn", Some("CLOUDTRAIL_LAKE_CHANNEL_ARN"), "", Rule::Typed(ChannelArn::FORM),
        "The channel of CLOUDTRAIL_LAKE", hint: ChannelArn::hint;
    LAKE_REGION = "cloudtrail_lake" "region", Some("CLOUDTRAIL_LAKE_REGION"), "", AWS_REGION,
        "The channel's region; offsets are kept there too", hint: region_hint;

    SQS_REGION = "aws_sqs" "region", Some("AWS_REGION"), "", AWS_REGION, "The region of AWS_SQS's queue", hint: region_hint;
    SQS_QUEUE = "aws_sqs" "sqs_queue_name", Some("AWS_SQS"), "", QUEUE, "The queue of AWS_SQS", hint: Queue::hint;

    GENERIC_TYPES = "generic" "event_types", Some("GENERIC_EVENT_TYPES"), "ALL", EVENT_TYPES,
        "The event types of GENERIC", slip: Names::slip;
}

/// The number of all settings.
const NUMBER: usize = OWN.len() + LOGS_SETTINGS.len() + S3_SETTINGS.len();
/// Every setting, section by section.
pub(crate) const SETTINGS: &[&Setting] = &Setting::joined::<NUMBER>(&[OWN, LOGS_SETTINGS, S3_SETTINGS]);

/// All settings, and the sections of FIG's other backends, which are accepted and ignored.
pub(super) const TABLE: Table = Table {
    settings: SETTINGS,
    other_sections: &["aws", "azure", "chronicle", "gcp", "workspaceone"],
    file_flag: "--config",
    // program-kit names those of the AWS SDK that have no effect.
    shared_words: &["AWS"],
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn keys_and_variables_are_unique() {
        let keys: BTreeSet<String> = SETTINGS.iter().map(|setting| setting.name()).collect();
        let variables: Vec<&str> = SETTINGS.iter().flat_map(|setting| setting.variables()).collect();
        let unique: BTreeSet<&&str> = variables.iter().collect();
        assert_eq!((keys.len(), unique.len()), (SETTINGS.len(), variables.len()));
    }

    #[test]
    fn typos_are_recognised() {
        let name = |section, key| TABLE.closest(section, key).map(Setting::name);
        assert_eq!(name("events", "ofset").as_deref(), Some("events.offset"));
        assert_eq!(name("cloudtrail_lake", "client_id").as_deref(), Some("falcon.client_id"));
        assert_eq!(name("falcn", "cloud_region").as_deref(), Some("falcon.cloud_region"));
        assert_eq!(name("events", "nonsense"), None);
    }
}
