//! How posting goes, for metrics and readiness.

use crate::failure::Failure;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How posting goes. Clones share it with the [`Poster`](crate::Poster).
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    posted: AtomicU64,
    refused: AtomicU64,
    busy: AtomicU64,
    server_errors: AtomicU64,
    no_answer: AtomicU64,
    waits_for: Mutex<Option<String>>,
}

/// The alerts that were accepted, and the tries that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// The alerts that the server accepted.
    pub posted: u64,
    /// The tries that the server refused, or at which a side did not trust the other's certificate: a person must repair
    /// something.
    pub refused: u64,
    /// The tries for which the server asked to wait.
    pub busy: u64,
    /// The tries at which the server failed.
    pub server_errors: u64,
    /// The tries without an answer.
    pub no_answer: u64,
}

impl Counts {
    /// Returns the tries that failed, each count with the word for its reason.
    #[must_use]
    pub const fn retries(&self) -> [(&'static str, u64); 4] {
        let Self { refused, busy, server_errors, no_answer, .. } = *self;
        [("refused", refused), ("busy", busy), ("server_error", server_errors), ("no_answer", no_answer)]
    }
}

impl Status {
    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let Shared { posted, refused, busy, server_errors, no_answer, .. } = &*self.0;
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            posted: get(posted),
            refused: get(refused),
            busy: get(busy),
            server_errors: get(server_errors),
            no_answer: get(no_answer),
        }
    }

    /// Returns why the last try failed. `None` if the server accepts alerts.
    #[must_use]
    pub fn waits_for(&self) -> Option<String> {
        self.0.waits_for.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn note_accepted(&self) {
        self.0.posted.fetch_add(1, Ordering::Relaxed);
        self.set(None);
    }

    pub(crate) fn note_failure(&self, failure: &Failure, server: &str) {
        let counter = match failure {
            Failure::Refused(_) | Failure::Certificate(..) | Failure::Identity(_) => &self.0.refused,
            Failure::Busy(..) => &self.0.busy,
            Failure::Server(_) => &self.0.server_errors,
            Failure::NoAnswer(_) => &self.0.no_answer,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.set(Some(format!("{server} does not accept alerts: {failure}")));
    }

    fn set(&self, why: Option<String>) {
        *self.0.waits_for.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }
}
