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
        Self { part, health, now: None }
    }

    /// It has failed, once more or for the first time; `why` has no payload in it. `advice` is for what somebody has to
    /// mend, and is told at once. How many times in a row.
    pub(super) fn again(&mut self, why: &str, advice: Option<&str>) -> u32 {
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
            None => advice.is_some() || now.failures >= PASSES,
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
            self.health.waits_for(text.as_str());
            *told = text;
        }
        now.failures
    }

    /// It works.
    pub(super) fn is_over(&mut self) {
        if let Some(Now { failures, since, told: Some(_), .. }) = self.now.take() {
            tracing::info!(part = self.part, failures, seconds = since.elapsed().as_secs(), "trouble is over");
            self.health.is_ready();
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
