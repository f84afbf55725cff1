//! The checked settings. Their `Debug` shows no secret.

use super::kinds::{Backend, LetterPlace, Names, OffsetStoreKind, Queue, Region};
use audit_schema::ChannelArn;
use audit_schema::falcon::AUDIT_TYPES;
use event_delivery::falcon::{LogsSettings, S3Settings};
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// All settings, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The destinations of events; at least one, in the order of [`Backend`].
    pub(crate) backends: Vec<BackendSettings>,
    /// The number of calls to a backend that may be in flight.
    pub(crate) calls_in_flight: usize,
    pub(crate) events: Events,
    pub(crate) falcon: Falcon,
    pub(crate) credentials: CredentialSource,
    pub(crate) offset_store: OffsetStoreKind,
    pub(crate) dead_letter: LetterPlace,
    /// The address of the admin endpoint, if enabled.
    pub(crate) admin: Option<SocketAddr>,
    /// The program ends after this time without work, if set.
    pub(crate) until_idle: Option<Duration>,
}

/// The destinations of events and of dead letters: the settings of `dead-letter replay`.
#[derive(Debug)]
pub(crate) struct Destinations {
    pub(crate) backends: Vec<BackendSettings>,
    pub(crate) calls_in_flight: usize,
    pub(crate) dead_letter: LetterPlace,
}

/// The filter for events, and where reading starts.
#[derive(Debug)]
pub(crate) struct Events {
    /// 1 to 5. Events whose severity is lower are filtered out; events without a severity count as 5.
    pub(crate) severity_threshold: u8,
    /// 0 to 9999. Events created more days ago are filtered out.
    pub(crate) older_than_days: u16,
    /// Replaces the stored offset if it is higher. 0 means not set.
    pub(crate) offset: u64,
    /// A feed without a stored offset starts with the newest event, not with the oldest.
    pub(crate) start_from_newest: bool,
    /// The event types for all backends. If not set, each backend has FIG's filter.
    pub(crate) types: Option<Names>,
    /// The values of `event.ServiceName` for all backends, in any case.
    pub(crate) service_names: Option<Names>,
}

/// The Falcon API.
#[derive(Debug)]
pub(crate) struct Falcon {
    pub(crate) region: Region,
    /// Replaces the region's address. Plain http only for loopback.
    pub(crate) base_url: Option<Url>,
    pub(crate) application_id: String,
    /// A file or folder with root certificates that are trusted in addition to the system's.
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// The source of the Falcon API client's id and secret.
#[derive(Clone, Debug)]
pub(crate) enum CredentialSource {
    /// The configuration contains them.
    Given(Credentials),
    /// Two parameters of the SSM Parameter Store.
    Ssm { region: Option<String>, id_parameter: String, secret_parameter: String },
    /// Two members of a JSON secret.
    SecretsManager { region: Option<String>, secret_name: String, id_key: String, secret_key: String },
}

/// A Falcon API client.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
}

/// An enabled backend with its settings.
#[derive(Debug)]
pub(crate) enum BackendSettings {
    CloudTrailLake(CloudTrailLake),
    CloudWatchLogs(LogsSettings),
    S3(S3Settings),
    Generic(Generic),
    AwsSqs(AwsSqs),
}

impl BackendSettings {
    pub(crate) fn kind(&self) -> Backend {
        match self {
            Self::CloudTrailLake(_) => Backend::CloudTrailLake,
            Self::CloudWatchLogs(_) => Backend::CloudWatchLogs,
            Self::S3(_) => Backend::S3,
            Self::Generic(_) => Backend::Generic,
            Self::AwsSqs(_) => Backend::AwsSqs,
        }
    }
}

/// The backend `CLOUDTRAIL_LAKE`.
#[derive(Debug)]
pub(crate) struct CloudTrailLake {
    pub(crate) channel: ChannelArn,
    /// Equal to the channel's region.
    pub(crate) region: String,
}

/// The backend `AWS_SQS`.
#[derive(Debug)]
pub(crate) struct AwsSqs {
    pub(crate) region: String,
    pub(crate) queue: Queue,
}

/// The backend `GENERIC`.
#[derive(Debug)]
pub(crate) struct Generic {
    pub(crate) event_types: Names,
}

/// The filter of one backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) types: Names,
    pub(crate) service_names: Names,
}

/// The only event type that FIG sends to CloudTrail Lake (`fig/backends/cloudtrail_lake/__init__.py:99`).
const FIG_EVENT_TYPE: &str = "AuthActivityAuditEvent";
/// The only service name that FIG sends to CloudTrail Lake, in lower case (the same file, line 119).
const FIG_SERVICE_NAME: &str = "crowdstrike authentication";

/// Defines functions that return the settings of a backend, if it is enabled.
macro_rules! find {
    ($($name:ident: $backend:ident($type:ty);)+) => {$(
        pub(crate) fn $name(&self) -> Option<&$type> {
            self.backends.iter().find_map(|backend| match backend {
                BackendSettings::$backend(settings) => Some(settings),
                _ => None,
            })
        }
    )+};
}

impl Settings {
    find! {
        cloudtrail_lake: CloudTrailLake(CloudTrailLake);
        cloudwatch_logs: CloudWatchLogs(LogsSettings);
        s3: S3(S3Settings);
        generic: Generic(Generic);
        aws_sqs: AwsSqs(AwsSqs);
    }

    /// Returns the filter of `backend`: `events.types` and `events.service_names` if they are set, else FIG's filter.
    /// Events for `GENERIC` must also pass `generic.event_types`.
    pub(crate) fn filter(&self, backend: Backend) -> Filter {
        let (own_types, own_services) = match backend {
            Backend::CloudTrailLake => (Names::only([FIG_EVENT_TYPE]), Names::only([FIG_SERVICE_NAME])),
            Backend::CloudWatchLogs | Backend::S3 => (Names::only(AUDIT_TYPES), Names::All),
            Backend::Generic | Backend::AwsSqs => (Names::All, Names::All),
        };
        let types = self.events.types.clone().unwrap_or(own_types);
        let types = match self.generic() {
            Some(generic) if backend == Backend::Generic => types.and(&generic.event_types),
            _ => types,
        };
        Filter { types, service_names: self.events.service_names.clone().unwrap_or(own_services) }
    }

    /// Returns the event types that any backend takes, which the Falcon API is asked for.
    pub(crate) fn wanted_types(&self) -> Names {
        self.backends.iter().map(|backend| self.filter(backend.kind()).types).fold(Names::default(), Names::or)
    }
}
