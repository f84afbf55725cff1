//! `ct-ingest rules test`: runs the tests of rules.

use anyhow::anyhow;
use cloudtrail_rules::Suite;
use program_kit::exit::Exit;
use program_kit::{logging, stdout};
use std::path::Path;

/// Runs the tests of a folder or file, and prints their results.
pub(crate) fn test(path: &Path, junit: bool) -> anyhow::Result<Exit> {
    let report = match Suite::find(path) {
        Ok(suite) => suite.run(),
        Err(error) => {
            logging::print_error(&anyhow!("{error}"));
            return Ok(Exit::Usage);
        }
    };
    stdout::print(if junit { report.junit() } else { report.plain() }.as_bytes())?;
    Ok(match (report.errors(), report.failed()) {
        (0, 0) => Exit::Done,
        (0, _) => Exit::Failed,
        _ => Exit::Usage,
    })
}
