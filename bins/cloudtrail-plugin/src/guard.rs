//! Keeps a panic of ours from ending Falco.

use crate::metrics::Counters;
use anyhow::anyhow;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;

/// Does `work`, and makes an error of a panic in it, which is counted and logged.
///
/// What `work` may have left half done must not be used again: the caller's business.
pub(crate) fn guarded<T>(
    counters: &Counters,
    what: &str,
    work: impl FnOnce() -> Result<T, anyhow::Error>,
) -> Result<T, anyhow::Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        counters.panics.fetch_add(1, Relaxed);
        let reason = text(panic.as_ref());
        log::error!("cloudtrail: {what} failed, which is a bug of the plugin: {reason}");
        Err(anyhow!("{what} failed, which is a bug of the plugin: {reason}"))
    })
}

/// What a panic says.
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
}
