//! Problems while files are loaded.

use super::diagnostic::{Code, Diagnostic};
use super::text::Place;

pub(super) type Result<T> = std::result::Result<T, Problem>;

/// A problem whose file is still a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) at: Place,
    pub(super) item: String,
}

impl Problem {
    pub(super) fn new(code: Code, at: Place, item: &str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at, item: item.to_owned() }
    }

    pub(super) fn into_diagnostic(self, files: &[(&str, &str)]) -> Diagnostic {
        let file = files.get(self.at.file).map_or("", |(name, _)| name);
        Diagnostic {
            code: self.code,
            message: self.message,
            file: file.to_owned(),
            line: self.at.mark.line.max(1),
            column: self.at.mark.column.max(1),
            item: self.item,
        }
    }
}
