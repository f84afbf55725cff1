//! The states of a stream.

use crate::api::error::Error;
use crate::partition::Partition;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The state of the task that lists the feeds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionState {
    /// A token is being requested.
    Authenticating,
    /// The feeds are being listed.
    Listing,
    /// Feeds are missing in the list: another program holds the application's feeds.
    Standby {
        /// The time of the next listing.
        retry_at: SystemTime,
    },
    /// A request failed.
    BackingOff {
        /// The time of the next try.
        retry_at: SystemTime,
        /// The failure.
        reason: Error,
    },
    /// Every known partition has been listed.
    Running,
    /// The stream was stopped.
    Stopped,
}

/// The state of one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartitionState {
    /// It waits to be listed.
    Waiting,
    /// Its feed is being opened.
    Connecting,
    /// Its feed is being read.
    Streaming,
    /// Its feed ended or failed. [`ErrorKind::Idle`](crate::ErrorKind::Idle) means that it was silent for too long.
    BackingOff {
        /// The time of the next try.
        retry_at: SystemTime,
        /// Why it ended.
        reason: Error,
    },
    /// The stream was stopped.
    Stopped,
}

/// The states of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The state of the task that lists the feeds.
    pub session: SessionState,
    /// Why the feeds could not be listed, until they are listed again.
    pub failure: Option<Error>,
    /// The state of each partition.
    pub partitions: BTreeMap<Partition, PartitionState>,
}

impl Status {
    /// Changes the state of the task that lists the feeds, and returns whether it is another one.
    pub(crate) fn set_session(&mut self, state: &SessionState) -> bool {
        match state {
            SessionState::BackingOff { reason, .. } => self.failure = Some(reason.clone()),
            SessionState::Running | SessionState::Standby { .. } => self.failure = None,
            SessionState::Authenticating | SessionState::Listing | SessionState::Stopped => {}
        }
        let is_other = self.session != *state;
        self.session.clone_from(state);
        is_other
    }

    /// Returns whether at least one feed is known and all of them are being read.
    #[must_use]
    pub fn is_streaming(&self) -> bool {
        let streaming = |state| matches!(state, &PartitionState::Streaming);
        !self.partitions.is_empty() && self.partitions.values().all(streaming)
    }

    /// Returns whether all listed feeds are being read, and none is missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.session == SessionState::Running && self.is_streaming()
    }

    /// Returns why some partitions are not read, or `None` if all are.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        let session = match &self.session {
            // A try may last long, and the reason of the last failure is the best guess at its end.
            SessionState::Authenticating | SessionState::Listing if self.failure.is_some() => {
                self.failure.as_ref().map(ToString::to_string)
            }
            SessionState::Authenticating => Some("a token".to_owned()),
            SessionState::Standby { .. } => Some("another program holds this application id".to_owned()),
            SessionState::BackingOff { reason, .. } => Some(reason.to_string()),
            SessionState::Stopped => Some("it has stopped".to_owned()),
            // While partitions are listed again, the known ones go on.
            SessionState::Listing | SessionState::Running => None,
        };
        let feeds = self.partitions.iter().filter_map(|(partition, state)| match state {
            PartitionState::Streaming => None,
            PartitionState::BackingOff { reason, .. } => Some(format!("feed {partition}: {reason}")),
            _ => Some(format!("feed {partition} is not connected")),
        });
        let reasons: Vec<String> = session.into_iter().chain(feeds).collect();
        match reasons.as_slice() {
            [] if self.partitions.is_empty() => Some("the list of feeds".to_owned()),
            [] => None,
            reasons => Some(reasons.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::{Call, ErrorKind};

    #[test]
    fn a_failure_is_shown_until_the_feeds_are_listed() {
        let session = SessionState::Authenticating;
        let mut status = Status { session: session.clone(), failure: None, partitions: BTreeMap::new() };
        assert_eq!(status.waits_for().as_deref(), Some("a token"));
        let reason = Error::new(Call::Token, ErrorKind::Ended);
        let backing_off = SessionState::BackingOff { retry_at: SystemTime::now(), reason: reason.clone() };
        for state in [backing_off, session, SessionState::Listing] {
            assert!(status.set_session(&state));
            assert_eq!(status.waits_for(), Some(reason.to_string()), "{state:?}");
        }
        assert!(status.set_session(&SessionState::Running) && !status.set_session(&SessionState::Running));
        assert_eq!(status.waits_for().as_deref(), Some("the list of feeds"));
    }
}
