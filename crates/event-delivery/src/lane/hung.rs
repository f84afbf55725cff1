//! Reports calls that are not answered, if nothing else ends them: a write to a pipe that nobody reads takes for ever.

use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use crate::backend::Failure;
use crate::backend::failure::UNANSWERED;
use crate::trouble::TOLD_EVERY;

/// When to report that no call is answered.
#[derive(Debug)]
pub(crate) struct Hung {
    /// How long calls may take. `None`: the backend ends them itself.
    limit: Option<Duration>,
    due: Option<Instant>,
}

impl Hung {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self { limit, due: None }
    }

    /// Notes that a call was made.
    pub(crate) fn called(&mut self) {
        self.due = self.due.or_else(|| Some(Instant::now() + self.limit?));
    }

    /// Notes that a call was answered.
    pub(crate) fn answered(&mut self, has_others: bool) {
        self.due = self.limit.filter(|_| has_others).map(|limit| Instant::now() + limit);
    }

    /// Returns when no call will have been answered for too long.
    pub(crate) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Returns the failure to report, and sets the time of the next report.
    pub(crate) fn report(&mut self) -> Failure {
        self.due = Some(Instant::now() + TOLD_EVERY);
        let seconds = self.limit.unwrap_or_default().as_secs();
        let reason = format!("no answer for {seconds} s and more");
        Failure { verdict: Verdict::Retry, code: UNANSWERED.to_owned(), reason }
    }
}
