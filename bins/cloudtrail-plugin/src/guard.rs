//! Prevents our panics from ending Falco, and gives Falco the whole text of an error.

use crate::logging::one_line;
use crate::metrics::Counters;
use anyhow::anyhow;
use falco_plugin::FailureReason;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

/// The bytes of an error that Falco shows: libscap keeps 256, including the NUL (`SCAP_LASTERR_SIZE`).
const SHOWN: usize = 255;

/// Runs `work`, and turns a panic into an error, which is counted and logged. The text of an error includes its causes.
///
/// The caller must not use data again that `work` may have left half done.
pub(crate) fn guarded<T>(
    counters: &Counters,
    what: &str,
    work: impl FnOnce() -> Result<T, anyhow::Error>,
) -> Result<T, anyhow::Error> {
    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        counters.panics.fetch_add(1, Relaxed);
        let reason = text(panic.as_ref());
        log::error!("{what} failed, which is a bug of the plugin: {reason}");
        Err(anyhow!("{what} failed, which is a bug of the plugin: {reason}"))
    });
    done.map_err(with_causes)
}

/// Returns the error with its causes in its text. `falco_plugin` passes on only the text of the outermost error, and no
/// text at all if it contains a NUL.
fn with_causes(error: anyhow::Error) -> anyhow::Error {
    let reason = error.downcast_ref::<FailureReason>().copied();
    // An idle source returns "nothing yet" thirty times a second.
    if matches!(reason, Some(FailureReason::Timeout | FailureReason::Eof)) {
        return error;
    }
    let mut text = String::new();
    for cause in error.chain().filter(|cause| !cause.is::<FailureReason>()) {
        let cause = one_line(&cause.to_string());
        // Some errors have their cause in their own text.
        if !text.ends_with(&cause) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause);
        }
    }
    // The advice is at the end of the text. The log does not have such a limit.
    if text.len() > SHOWN {
        log::error!("{text}");
    }
    match reason {
        Some(reason) => anyhow::Error::from(reason).context(text),
        None => anyhow!(text),
    }
}

/// Returns the message of a panic.
fn text(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_is_counted() {
        let counters = Counters::default();
        let message = |panic: fn()| {
            let done = guarded(&counters, "opening", || {
                panic();
                Ok(())
            });
            done.unwrap_err().to_string()
        };
        assert_eq!(message(|| panic!("literal")), "opening failed, which is a bug of the plugin: literal");
        assert_eq!(message(|| panic!("number {}", 7)), "opening failed, which is a bug of the plugin: number 7");
        assert_eq!(counters.panics.load(Relaxed), 2);
        assert_eq!(guarded(&counters, "opening", || Ok(1)).unwrap(), 1);
    }

    #[test]
    fn an_error_has_its_causes_in_its_text() {
        let counters = Counters::default();
        let given = |error: anyhow::Error| guarded(&counters, "opening", || Err::<(), _>(error)).unwrap_err();
        let missing = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = given(anyhow::Error::from(missing()).context("/logs").context("open_params"));
        assert_eq!(error.to_string(), "open_params: /logs: entity not found");
        let error = given(anyhow::Error::from(FailureReason::Failure).context("listing failed").context("s3://a"));
        assert_eq!(error.to_string(), "s3://a: listing failed");
        assert!(matches!(error.downcast_ref(), Some(FailureReason::Failure)));
        let error = given(anyhow::Error::from(missing()).context("a: entity not found"));
        assert_eq!(error.to_string(), "a: entity not found", "told once");
        assert_eq!(given(anyhow!("a\0b")).to_string(), "a\\0b", "no C string has a NUL in it");
        assert_eq!(given(anyhow!("tried:\n  a\n  b\n")).to_string(), "tried:; a; b", "a log has lines");
        for reason in [FailureReason::Timeout, FailureReason::Eof] {
            assert_eq!(given(reason.into()).downcast_ref::<FailureReason>().unwrap().to_string(), reason.to_string());
        }
    }
}
