//! `check`: trying out everything that the configuration names, without reading or publishing an event.

mod attempts;
mod falcon;

use crate::config::settings::Settings;
use attempts::Verdict;
use program_kit::exit::Exit;
use program_kit::stdout;
use std::fmt::Write;
use std::path::PathBuf;

/// Tries everything at once, and prints a line for each.
pub(crate) async fn run(settings: &Settings, files: &[PathBuf]) -> anyhow::Result<Exit> {
    let mut lines = vec![("configuration", configuration(files))];
    lines.extend(Box::pin(attempts::all(settings)).await?);
    let failed = lines.iter().any(|(_, verdict)| matches!(verdict, Verdict::Failed(_)));
    stdout::print(table(&lines).as_bytes())?;
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// What is printed where the configuration is wrong: nothing can be tried.
pub(crate) fn skip(mistakes: usize) -> anyhow::Result<Exit> {
    let many = if mistakes == 1 { "1 mistake" } else { &format!("{mistakes} mistakes") };
    let failed = Verdict::Failed(format!("{many}, named on stderr; nothing else was tried"));
    stdout::print(table(&[("configuration", failed)]).as_bytes())?;
    Ok(Exit::Usage)
}

fn configuration(files: &[PathBuf]) -> Verdict {
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    Verdict::Ok(if names.is_empty() { "no file; the environment and flags".to_owned() } else { names.join(", ") })
}

fn table(lines: &[(&str, Verdict)]) -> String {
    let widest = lines.iter().map(|(what, _)| what.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (what, verdict) in lines {
        let (word, reason) = match verdict {
            Verdict::Ok(reason) => ("ok", reason),
            Verdict::Failed(reason) => ("failed", reason),
            Verdict::Skipped(reason) => ("skipped", reason),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{word:<8} {what:<widest$}  {reason}");
    }
    text
}
