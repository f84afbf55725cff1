//! Events that a backend cannot take.

/// The reason why no call can carry an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// A word for logs, metrics and letters.
    pub code: &'static str,
    /// The explanation in the letter.
    pub reason: String,
}
