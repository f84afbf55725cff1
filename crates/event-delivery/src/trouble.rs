//! Reports a part of the program that fails: once at the beginning, once a minute while it lasts, and at its end.

use std::sync::Arc;
use std::time::Duration;

use audit_schema::Verdict;
use tokio::time::Instant;

use crate::health::Health;
use common_retry::{MENDING, PASSING};

/// How often a lasting failure is logged, with the number of failures since.
pub(crate) const TOLD_EVERY: Duration = Duration::from_secs(60);

/// How many failures in a row make a temporary failure worth a log line. A single throttle or broken connection is not.
const PASSES: u32 = 3;

/// The failures in a row of one part, for the log and `/readyz`.
#[derive(Debug)]
pub struct Trouble {
    part: &'static str,
    health: Arc<dyn Health>,
    now: Option<Now>,
    /// A text that `/readyz` shows even while the part works.
    besides: Option<String>,
}

#[derive(Debug)]
struct Now {
    failures: u32,
    since: Instant,
    /// The last reported text and when it was logged. `None` while the failure may pass by itself.
    told: Option<(String, Instant)>,
    untold: u32,
}

impl Trouble {
    /// Returns a part of this name that works so far.
    #[must_use]
    pub fn new(part: &'static str, health: Arc<dyn Health>) -> Self {
        Self { part, health, now: None, besides: None }
    }

    /// Counts a failure that a person must repair if `advice` says how; it is then reported at once. `why` has no
    /// payload. Returns how many failures came in a row.
    pub fn fail(&mut self, why: &str, advice: Option<&str>) -> u32 {
        self.note(why, advice, advice.is_some())
    }

    /// Counts a failure that may pass by itself: it is reported after some in a row, with `advice`.
    pub fn fail_in_passing(&mut self, why: &str, advice: Option<&str>) -> u32 {
        self.note(why, advice, false)
    }

    /// Counts a failure of a call. Returns how many came in a row, and how long to wait before the next call. A failure
    /// of the kind `Retry` may pass by itself, unless the call has `hung`: so long that it is reported at once.
    pub(crate) fn fail_by(&mut self, verdict: Verdict, why: &str, advice: &str, hung: bool) -> (u32, Duration) {
        let (at_once, waits) = match verdict {
            Verdict::Retry => (hung, PASSING),
            _ => (true, MENDING),
        };
        let failures = self.note(why, Some(advice), at_once);
        (failures, waits.after(failures))
    }

    fn note(&mut self, why: &str, advice: Option<&str>, at_once: bool) -> u32 {
        let at = Instant::now();
        let now = self.now.get_or_insert(Now { failures: 0, since: at, told: None, untold: 0 });
        now.failures = now.failures.saturating_add(1);
        now.untold += 1;
        let text = match advice {
            Some(advice) => format!("{why}; {advice}"),
            None => why.to_owned(),
        };
        let is_due = match &now.told {
            Some((_, told)) => at.duration_since(*told) >= TOLD_EVERY,
            None => at_once || now.failures >= PASSES,
        };
        if is_due {
            let (times, seconds) = (now.untold, at.duration_since(now.since).as_secs());
            tracing::warn!(part = self.part, why = %text, times, seconds, "failing: tried again until it works");
            now.untold = 0;
            now.told = Some((String::new(), at));
        }
        if let Some((told, _)) = &mut now.told
            && *told != text
        {
            *told = text;
        }
        let (failures, is_told) = (now.failures, now.told.is_some());
        // A failure that may pass changes nothing: a part that was never ready stays so.
        if is_told {
            self.show();
        }
        failures
    }

    /// Returns whether the log and `/readyz` report a failure.
    #[must_use]
    pub fn is_reported(&self) -> bool {
        self.now.as_ref().is_some_and(|now| now.told.is_some())
    }

    /// Sets the text that `/readyz` shows even while the part works. It has no payload.
    pub fn show_besides(&mut self, text: Option<String>) {
        if self.besides != text {
            self.besides = text;
            self.show();
        }
    }

    fn show(&self) {
        let told = self.now.as_ref().and_then(|now| now.told.as_ref()).map(|(text, _)| text.as_str());
        let texts: Vec<&str> = told.into_iter().chain(self.besides.as_deref()).collect();
        if texts.is_empty() {
            self.health.mark_ready();
        } else {
            self.health.waits_for(&texts.join("; "));
        }
    }

    /// Ends the failure: the part works.
    pub fn reset(&mut self) {
        if let Some(Now { failures, since, told: Some(_), .. }) = self.now.take() {
            tracing::info!(part = self.part, failures, seconds = since.elapsed().as_secs(), "works again");
            self.show();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::tests::Shown;

    #[tokio::test(start_paused = true)]
    async fn readiness_says_what_is_wrong_while_it_is() {
        let shown = Arc::new(Shown::default());
        let mut trouble = Trouble::new("backend", Arc::clone(&shown) as Arc<dyn Health>);
        trouble.health.mark_ready();
        assert_eq!((trouble.fail("Timeout", None), trouble.fail("Timeout", None)), (1, 2));
        assert_eq!(shown.get(), None, "it may pass");
        assert_eq!(trouble.fail("Timeout", None), 3);
        assert_eq!(shown.get().as_deref(), Some("Timeout"));
        assert_eq!(trouble.fail("ChannelNotFound", Some("check")), 4);
        assert_eq!(shown.get().as_deref(), Some("ChannelNotFound; check"));
        trouble.reset();
        assert_eq!(shown.get(), None);
        assert_eq!(trouble.fail("ChannelNotFound", Some("check")), 1, "it begins again");
        assert_eq!(shown.get().as_deref(), Some("ChannelNotFound; check"), "somebody has to mend it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_was_never_ready_is_not_ready_after_a_failure_that_may_pass() {
        let shown = Arc::new(Shown::default());
        shown.waits_for("its start");
        let mut trouble = Trouble::new("offsets", Arc::clone(&shown) as Arc<dyn Health>);
        for (expected, times) in [("its start", 1), ("its start", 2), ("timeout", 3)] {
            assert_eq!(trouble.fail("timeout", None), times);
            assert_eq!(shown.get().as_deref(), Some(expected), "{times}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_hung_is_reported_at_once() {
        for (verdict, hung, is_reported) in
            [(Verdict::Retry, false, false), (Verdict::Retry, true, true), (Verdict::Configuration, false, true)]
        {
            let mut trouble = Trouble::new("backend", Arc::new(()));
            assert_eq!(trouble.fail_by(verdict, "Timeout", "check the network", hung).0, 1);
            assert_eq!(trouble.is_reported(), is_reported, "{verdict:?}, {hung}");
        }
    }
}
