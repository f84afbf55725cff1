//! Answers of AWS that say themselves that they are not complete.

/// Why an answer is not complete. It is not damaged: somebody must fetch the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfinished {
    /// It has a token for the next page.
    #[error("the answer has a next token, so it is one page of several: fetch the next pages and read them, too")]
    Page,
    /// It says that it is truncated.
    #[error("the answer says that it is truncated: fetch the rest and read it, too")]
    Truncated,
    /// The query had not ended.
    #[error("the query had not ended when these results were fetched: fetch them again when its status is Complete")]
    Running,
    /// The query failed, was stopped, or took too long.
    #[error("the query did not end well, so that results may be missing: run it again until its status is Complete")]
    Failed,
}

impl Unfinished {
    /// Returns what a member says about its answer. `value` is the start of its value, at least 8 bytes of it.
    pub(crate) fn of(key: &[u8], value: &[u8]) -> Option<Self> {
        let is_text = matches!(value, [b'"', first, ..] if *first != b'"');
        match key {
            // CloudWatch Logs and CloudTrail. GetLogEvents always has nextForwardToken, which says nothing.
            b"NextToken" | b"nextToken" if is_text => Some(Self::Page),
            b"IsTruncated" | b"isTruncated" | b"Truncated" | b"truncated" if value.starts_with(b"t") => {
                Some(Self::Truncated)
            }
            _ => None,
        }
    }

    /// Returns what the status of a query of Logs Insights says (`GetQueryResults`, "status").
    pub(crate) fn of_status(value: &[u8]) -> Option<Self> {
        match value {
            b"\"Running\"" | b"\"Scheduled\"" => Some(Self::Running),
            b"\"Failed\"" | b"\"Cancelled\"" | b"\"Timeout\"" | b"\"Unknown\"" => Some(Self::Failed),
            _ => None,
        }
    }
}
