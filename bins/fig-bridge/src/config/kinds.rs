//! The types of the settings' values.

pub(crate) use common_aws::queue::Queue;
pub(crate) use event_delivery::{LetterPlace, OffsetPlace as OffsetStoreKind};
pub(crate) use layered_settings::Names;

use layered_settings::{Rule, choices};

choices! {
    /// A destination of events.
    pub(crate) enum Backend {
        /// Sends audit events to a channel of CloudTrail Lake.
        CloudTrailLake = "CLOUDTRAIL_LAKE",
        /// Puts events into a log stream of CloudWatch Logs.
        CloudWatchLogs = "CLOUDWATCH_LOGS",
        /// Keeps events in objects of S3.
        S3 = "S3",
        /// Writes event lines to stdout.
        Generic = "GENERIC",
        /// Sends event lines to an SQS queue.
        AwsSqs = "AWS_SQS",
    }
}

impl Backend {
    /// Returns whether it keeps events for good: it needs more of an event than its line, and offsets that outlive the
    /// program.
    pub(crate) fn is_for_audit(self) -> bool {
        !matches!(self, Self::Generic | Self::AwsSqs)
    }
}

/// FIG's other backends, which are rejected by name.
pub(crate) const OTHER_BACKENDS: &[&str] = &["AWS", "AZURE", "GCP", "WORKSPACEONE"];

choices! {
    /// A Falcon cloud.
    pub(crate) enum Region {
        /// api.crowdstrike.com
        Us1 = "us-1",
        /// api.us-2.crowdstrike.com
        Us2 = "us-2",
        /// api.us-3.crowdstrike.com
        Us3 = "us-3",
        /// api.eu-1.crowdstrike.com
        Eu1 = "eu-1",
        /// api.laggar.gcw.crowdstrike.com
        UsGov1 = "us-gov-1",
        /// api.us-gov-2.crowdstrike.mil
        UsGov2 = "us-gov-2",
        /// The cloud that the Falcon API names in its response to a token request. Does not work for government clouds.
        Auto = "auto",
    }
}

/// The clouds of a detection's host, as FIG names them.
pub(crate) const CLOUDS: &[&str] = &["AWS", "Azure", "GCP", "unrecognized"];

/// The number of calls to a backend that may be in flight: `main.worker_threads`. FIG accepts 1 to 127, although its
/// message says 128 (fig/config/__init__.py:145).
pub(crate) const CALLS_IN_FLIGHT: Rule = Rule::Number(1, 127);
