//! What is wrong with a part of the program, told once when it begins, now and then while it lasts, and when it is over.

use std::time::Duration;

use program_kit::admin::Part;
use tokio::time::Instant;

/// While the same trouble lasts it is told this often, with how often it came.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// A failure that passes by itself is trouble from so many in a row: a single throttle or broken connection is no news.
const PASSES: u32 = 3;

/// The troubles of one part: how many in a row, and what the log and `/readyz` say of them.
#[derive(Debug)]
pub(super) struct Trouble {
    part: &'static str,
    health: Part,
    now: Option<Now>,
    /// What `/readyz` says besides.
    besides: Option<String>,
}

#[derive(Debug)]
struct Now {
    failures: u32,
    since: Instant,
    /// What was told last and when; none while it may still pass.
    told: Option<(String, Instant)>,
    untold: u32,
}

impl Trouble {
    pub(super) fn new(part: &'static str, health: Part) -> Self {
        Self { part, health, now: None, besides: None }
    }

    /// It has failed, once more or for the first time; `why` has no payload in it. `advice` is for what somebody has to
    /// mend, and is told at once. How many times in a row.
    pub(super) fn again(&mut self, why: &str, advice: Option<&str>) -> u32 {
        self.note(why, advice, advice.is_some())
    }

    /// The same for what may pass by itself: it is told from [`PASSES`] failures in a row on, with `advice`.
    pub(super) fn again_in_passing(&mut self, why: &str, advice: Option<&str>) -> u32 {
        self.note(why, advice, false)
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
            tracing::warn!(part = self.part, why = %text, times, seconds, "trouble: trying again until it works");
            now.untold = 0;
            now.told = Some((String::new(), at));
        }
        if let Some((told, _)) = &mut now.told
            && *told != text
        {
            *told = text;
        }
        let failures = now.failures;
        self.show();
        failures
    }

    /// Whether the log and `/readyz` say that it fails.
    pub(super) fn is_told(&self) -> bool {
        self.now.as_ref().is_some_and(|now| now.told.is_some())
    }

    /// What `/readyz` is to say whether or not the part as a whole fails; no payload.
    pub(super) fn shows_besides(&mut self, text: Option<String>) {
        if self.besides != text {
            self.besides = text;
            self.show();
        }
    }

    fn show(&self) {
        let told = self.now.as_ref().and_then(|now| now.told.as_ref()).map(|(text, _)| text.as_str());
        let texts: Vec<&str> = told.into_iter().chain(self.besides.as_deref()).collect();
        if texts.is_empty() {
            self.health.is_ready();
        } else {
            self.health.waits_for(texts.join("; "));
        }
    }

    /// It works.
    pub(super) fn is_over(&mut self) {
        if let Some(Now { failures, since, told: Some(_), .. }) = self.now.take() {
            tracing::info!(part = self.part, failures, seconds = since.elapsed().as_secs(), "trouble is over");
            self.show();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use program_kit::admin::Readiness;

    fn waiting(readiness: &Readiness) -> Option<String> {
        readiness.waiting().pop().map(|(_, why)| why)
    }

    #[tokio::test(start_paused = true)]
    async fn readiness_says_what_is_wrong_while_it_is() {
        let readiness = Readiness::default();
        let mut trouble = Trouble::new("backend", readiness.part("backend", "start"));
        trouble.health.is_ready();
        assert_eq!((trouble.again("Timeout", None), trouble.again("Timeout", None)), (1, 2));
        assert_eq!(waiting(&readiness), None, "it may pass");
        assert_eq!(trouble.again("Timeout", None), 3);
        assert_eq!(waiting(&readiness).as_deref(), Some("Timeout"));
        assert_eq!(trouble.again("ChannelNotFound", Some("check")), 4);
        assert_eq!(waiting(&readiness).as_deref(), Some("ChannelNotFound; check"));
        trouble.is_over();
        assert_eq!(waiting(&readiness), None);
        assert_eq!(trouble.again("ChannelNotFound", Some("check")), 1, "it begins anew");
        assert_eq!(waiting(&readiness).as_deref(), Some("ChannelNotFound; check"), "somebody has to mend it");
    }
}
