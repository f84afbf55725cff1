//! The settings as the program runs with them: checked, typed, and without a secret in `Debug`.

use super::kinds::{
    AccountId, Backend, CallsInFlight, ChannelArn, DeadLetterKind, Names, OffsetStoreKind, Queue, Region,
};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Everything that the configuration says, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where events go; at least one.
    pub(crate) backends: BTreeSet<Backend>,
    /// How many calls to a backend may be in flight.
    pub(crate) calls_in_flight: CallsInFlight,
    pub(crate) events: Events,
    pub(crate) falcon: Falcon,
    pub(crate) credentials: CredentialSource,
    pub(crate) offset_store: OffsetStoreKind,
    pub(crate) dead_letter: DeadLetterKind,
    /// There where `CLOUDTRAIL_LAKE` is enabled.
    pub(crate) cloudtrail_lake: Option<CloudTrailLake>,
    /// There where `AWS_SQS` is enabled.
    pub(crate) aws_sqs: Option<AwsSqs>,
    /// There where GENERIC is enabled.
    pub(crate) generic: Option<Generic>,
    /// Where metrics and health are served, if anywhere.
    pub(crate) admin: Option<SocketAddr>,
    /// After so long without anything to do the program ends; never where there is none.
    pub(crate) until_idle: Option<Duration>,
}

/// Where events go, and where those go that no backend takes: all that `dead-letter replay` needs.
#[derive(Debug)]
pub(crate) struct Destinations {
    pub(crate) backends: BTreeSet<Backend>,
    pub(crate) calls_in_flight: CallsInFlight,
    pub(crate) cloudtrail_lake: Option<CloudTrailLake>,
    pub(crate) aws_sqs: Option<AwsSqs>,
    pub(crate) dead_letter: DeadLetterKind,
}

/// Which events are wanted, and where reading starts.
#[derive(Debug)]
pub(crate) struct Events {
    /// 1 to 5. Events whose severity is lower are filtered out; events without a severity count as 5.
    pub(crate) severity_threshold: u8,
    /// 0 to 9999. Events created more days ago are filtered out.
    pub(crate) older_than_days: u16,
    /// Counts as a stored offset where it is higher than the stored one. 0: none given.
    pub(crate) offset: u64,
    /// A feed without a stored offset starts with the newest event, not with the oldest.
    pub(crate) start_from_newest: bool,
    /// Event types that all backends are limited to; where there are none, each backend has FIG's filter.
    pub(crate) types: Option<Names>,
    /// The same for `event.ServiceName`, whatever its case.
    pub(crate) service_names: Option<Names>,
}

/// The Falcon API.
#[derive(Debug)]
pub(crate) struct Falcon {
    pub(crate) region: Region,
    /// Instead of the region's address. Plain http only for loopback.
    pub(crate) base_url: Option<Url>,
    pub(crate) application_id: String,
    /// A file or folder of root certificates besides the system's.
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// Where the Falcon API client's id and secret come from.
#[derive(Clone, Debug)]
pub(crate) enum CredentialSource {
    /// They are in the configuration.
    Given(Credentials),
    /// They are two parameters of the SSM Parameter Store.
    Ssm { region: Option<String>, id_parameter: String, secret_parameter: String },
    /// They are two members of a JSON secret.
    SecretsManager { region: Option<String>, secret_name: String, id_key: String, secret_key: String },
}

/// A Falcon API client.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
}

/// The backend `CLOUDTRAIL_LAKE`.
#[derive(Debug)]
pub(crate) struct CloudTrailLake {
    pub(crate) channel: ChannelArn,
    /// Equal to the channel's.
    pub(crate) region: String,
}

impl CloudTrailLake {
    /// The account that events are recorded for: the channel's owner.
    pub(crate) fn account(&self) -> &AccountId {
        self.channel.account()
    }
}

/// The backend `AWS_SQS`.
#[derive(Debug)]
pub(crate) struct AwsSqs {
    pub(crate) region: String,
    pub(crate) queue: Queue,
}

/// The backend GENERIC.
#[derive(Debug)]
pub(crate) struct Generic {
    pub(crate) event_types: Names,
}

/// What one backend takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) types: Names,
    pub(crate) service_names: Names,
}

/// The one event type that FIG sends to CloudTrail Lake (`fig/backends/cloudtrail_lake/__init__.py:99`).
const FIG_EVENT_TYPE: &str = "AuthActivityAuditEvent";
/// The one service name that FIG lets through to CloudTrail Lake, in lower case (the same file, line 119).
const FIG_SERVICE_NAME: &str = "crowdstrike authentication";

impl Settings {
    /// What `backend` takes: `events.types` and `events.service_names` where they are set, else what FIG lets through.
    /// GENERIC has its own `generic.event_types` as well, and takes what both let through.
    pub(crate) fn filter(&self, backend: Backend) -> Filter {
        let (own_types, own_services) = match backend {
            Backend::CloudTrailLake => (Names::only([FIG_EVENT_TYPE]), Names::only([FIG_SERVICE_NAME])),
            Backend::AwsSqs | Backend::Generic => (Names::All, Names::All),
        };
        let types = self.events.types.clone().unwrap_or(own_types);
        let types = match &self.generic {
            Some(generic) if backend == Backend::Generic => types.and(&generic.event_types),
            _ => types,
        };
        Filter { types, service_names: self.events.service_names.clone().unwrap_or(own_services) }
    }

    /// The event types that any backend takes: what to ask the Falcon API for.
    pub(crate) fn wanted_types(&self) -> Names {
        self.backends.iter().map(|backend| self.filter(*backend).types).fold(Names::default(), Names::or)
    }
}
