//! The facts about the run that the program gives.

use jiff::Timestamp;
use record_queries::Query;

/// The facts about the run that the page shows.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The title.
    pub title: String,
    /// The names and values of what was asked for, such as `Source` and `logs/`.
    pub asked: Vec<(&'static str, String)>,
    /// When the page was made. `None` leaves it out.
    pub made: Option<Timestamp>,
    /// The program and its version.
    pub program: &'static str,
}

impl About {
    /// Adds the range of time of a query to what was asked for, and whether it drops duplicates.
    #[must_use]
    pub fn new(title: &str, mut asked: Vec<(&'static str, String)>, query: &Query, program: &'static str) -> Self {
        let range = query.range();
        asked.extend(range.since.map(|since| ("Since", since.to_string())));
        asked.extend(range.until.map(|until| ("Until", until.to_string())));
        asked.extend(query.dedupes().then(|| ("Duplicates", "dropped".to_owned())));
        Self { title: title.to_owned(), asked, made: None, program }
    }

    /// Sets when the page was made.
    #[must_use]
    pub fn made_at(self, made: Timestamp) -> Self {
        Self { made: Some(made), ..self }
    }
}

/// The counts of inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files and objects.
    pub files: u64,
    /// Damages because of which a record may be missing, and inputs that could not be read.
    pub damaged: u64,
    /// Unexpected data that hides no record.
    pub warnings: u64,
    /// Files that hold no CloudTrail records.
    pub skipped: u64,
    /// Whether the run was stopped before its end.
    pub is_stopped: bool,
}
