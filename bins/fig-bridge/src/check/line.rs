//! The line of a check.

use program_kit::check::CheckResult;
use std::time::Duration;

/// The longest time for one check: longer than AWS's client needs to give up on a peer that does not answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);

/// The name of a check, and its result.
pub(super) type Line = (&'static str, CheckResult);

/// The result of a check that needs AWS, if the program has no credentials.
pub(super) fn no_credentials() -> CheckResult {
    CheckResult::Skipped("needs AWS credentials".to_owned())
}
