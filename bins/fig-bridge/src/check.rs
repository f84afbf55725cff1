//! `check` tests everything that the configuration names, without reading or publishing an event.

mod attempts;
mod falcon;
mod line;

use crate::config::settings::Settings;
use program_kit::check::{CheckResult, table};
use program_kit::exit::Exit;
use program_kit::stdout;
use std::path::PathBuf;

/// Runs all checks at once, and prints a line for each.
pub(crate) async fn run(settings: &Settings, files: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut lines = vec![("configuration", configuration(files))];
    lines.extend(Box::pin(attempts::all(settings)).await?);
    let failed = lines.iter().any(|(_, result)| matches!(result, CheckResult::Failed(_)));
    stdout::print(table(&lines).as_bytes())?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Prints that the configuration is wrong and that nothing else was tested.
pub(crate) fn skip(mistakes: usize) -> anyhow::Result<Exit> {
    let many = if mistakes == 1 { "1 mistake" } else { &format!("{mistakes} mistakes") };
    let failed = CheckResult::Failed(format!("{many}, named on stderr; nothing else was tested"));
    stdout::print(table(&[("configuration", failed)]).as_bytes())?;
    Ok(Exit::Usage)
}

fn configuration(files: &[PathBuf]) -> CheckResult {
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    CheckResult::Ok(if names.is_empty() { "no file; the environment and flags".to_owned() } else { names.join(", ") })
}
