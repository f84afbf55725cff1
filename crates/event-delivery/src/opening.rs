//! Opens what another machine answers for, at the start.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::health::Health;
use crate::trouble::Trouble;
use common_retry::PASSING;

/// A service answers within a second. An attempt of the AWS SDK may last 90 s, which is too long for silence.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// A failure that takes longer is no throttle or broken connection, and is reported at once.
const SLOW: Duration = Duration::from_secs(3);
/// What to do about a service that does not answer.
const NOT_ANSWERED: &str = "check the network, the firewall, the VPC endpoint with its security group, and the proxy \
    (HTTPS_PROXY, NO_PROXY)";

/// Calls `open` until it succeeds, and returns its value, or `None` if `stop` comes first. `why_again` returns the text
/// of a failure that may pass by itself, for the log and `health`, and `None` for one that ends the start.
///
/// An attempt without an answer for 10 s is logged and shown, and goes on.
///
/// # Errors
/// Returns the error of an attempt if another one cannot help: a person must repair the cause.
pub async fn open_when_answered<T, E>(
    part: &'static str,
    health: Arc<dyn Health>,
    mut open: impl AsyncFnMut() -> Result<T, E>,
    why_again: impl Fn(&E) -> Option<String>,
    stop: &CancellationToken,
) -> Result<Option<T>, E> {
    let mut trouble = Trouble::new(part, health);
    loop {
        let begun = Instant::now();
        // The futures of the AWS SDK are large.
        let attempt = watched(&mut trouble, Box::pin(open()));
        let Some(opened) = stop.run_until_cancelled(attempt).await else { return Ok(None) };
        let error = match opened {
            Ok(value) => {
                trouble.reset();
                return Ok(Some(value));
            }
            Err(error) => error,
        };
        let Some(why) = why_again(&error) else { return Err(error) };
        let advice = (begun.elapsed() >= SLOW).then_some(NOT_ANSWERED);
        let wait = PASSING.after(trouble.fail(&why, advice));
        if stop.run_until_cancelled(sleep(wait)).await.is_none() {
            return Ok(None);
        }
    }
}

/// Waits for an attempt, and reports it while it has no answer.
async fn watched<T>(trouble: &mut Trouble, mut attempt: impl Future<Output = T> + Unpin) -> T {
    let begun = Instant::now();
    loop {
        tokio::select! {
            done = &mut attempt => return done,
            () = sleep(ANSWERED_WITHIN) => {
                let seconds = begun.elapsed().as_secs();
                trouble.fail(&format!("no answer for {seconds} s"), Some(NOT_ANSWERED));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::tests::Shown;
    use std::future::pending;

    /// Returns what the opening with these attempts returns, what was shown last, and the seconds that it took.
    async fn opened(
        mut attempts: impl AsyncFnMut(u32) -> Result<&'static str, &'static str>,
        stop: &CancellationToken,
    ) -> (Result<Option<&'static str>, &'static str>, Option<String>, u64) {
        let (shown, begun, mut count) = (Arc::new(Shown::default()), Instant::now(), 0);
        shown.waits_for("its start");
        let health: Arc<dyn Health> = shown.clone();
        let open = async || {
            count += 1;
            attempts(count).await
        };
        let again = |error: &&str| (*error == "busy").then(|| "busy".to_owned());
        let opened = open_when_answered("backend", health, open, again, stop).await;
        (opened, shown.get(), begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_may_pass_is_tried_again_and_shown() {
        let stop = CancellationToken::new();
        let busy = async |count| if count > 5 { Ok("open") } else { Err("busy") };
        let (value, shown, _) = opened(busy, &stop).await;
        assert_eq!((value, shown), (Ok(Some("open")), None), "it was shown, and works again");
        let (value, shown, _) = opened(async |_| Err("denied"), &stop).await;
        assert_eq!((value, shown.as_deref()), (Err("denied"), Some("its start")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_failure_is_shown_at_once() {
        let stop = CancellationToken::new();
        let slow = async |_| {
            sleep(SLOW).await;
            Err("busy")
        };
        let stopped = async {
            sleep(SLOW + Duration::from_millis(1)).await;
            stop.cancel();
        };
        let ((value, shown, _), ()) = tokio::join!(opened(slow, &stop), stopped);
        assert_eq!(value, Ok(None));
        assert!(shown.is_some_and(|text| text.starts_with("busy; check the network")));
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_without_an_answer_is_shown_and_a_stop_ends_it() {
        let stop = CancellationToken::new();
        let stopped = async {
            sleep(Duration::from_secs(25)).await;
            stop.cancel()
        };
        let ((value, shown, seconds), ()) = tokio::join!(opened(async |_| pending().await, &stop), stopped);
        assert_eq!((value, seconds), (Ok(None), 25));
        assert!(shown.is_some_and(|text| text.starts_with("no answer for 20 s; check the network")));
        let stop = CancellationToken::new();
        let stopped = async {
            sleep(Duration::from_secs(25)).await;
            stop.cancel()
        };
        let ((value, shown, seconds), ()) = tokio::join!(opened(async |_| Err("busy"), &stop), stopped);
        assert_eq!((value, shown.as_deref(), seconds), (Ok(None), Some("busy"), 25));
    }
}
