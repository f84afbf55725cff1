//! The types of files that CloudTrail and AWS Config write.

/// The type of a file, as its content shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// None of the types below.
    #[default]
    Unknown,
    /// A log file: `{"Records":[…]}`, an array of records, or records one after the other.
    Log,
    /// A CloudTrail digest file; it holds no records.
    Digest,
    /// An AWS Config history or snapshot file; it holds no records.
    Config,
}
