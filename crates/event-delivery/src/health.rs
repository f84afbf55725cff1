//! The health of a part, for a readiness endpoint.

use std::fmt;

/// Shows whether a part of the engine works, for example at `/readyz`.
///
/// `()` shows nothing.
pub trait Health: fmt::Debug + Send + Sync {
    /// Shows that the part works.
    fn mark_ready(&self);
    /// Shows that the part fails, and why. The text has no payload.
    fn waits_for(&self, why: &str);
}

impl Health for () {
    fn mark_ready(&self) {}
    fn waits_for(&self, _why: &str) {}
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::Mutex;

    /// The last shown reason.
    #[derive(Debug, Default)]
    pub(crate) struct Shown(Mutex<Option<String>>);

    impl Shown {
        pub(crate) fn get(&self) -> Option<String> {
            self.0.lock().unwrap().clone()
        }
    }

    impl Health for Shown {
        fn mark_ready(&self) {
            *self.0.lock().unwrap() = None;
        }

        fn waits_for(&self, why: &str) {
            *self.0.lock().unwrap() = Some(why.to_owned());
        }
    }
}
