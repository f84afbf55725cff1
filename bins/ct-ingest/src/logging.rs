//! Log lines, on stderr only.

use crate::args::LogFormat;
use crate::progress::Progress;
use anyhow::anyhow;
use std::io::{IsTerminal, Write, stderr};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// What is logged where neither `--log-level` nor the environment says so.
const DEFAULT_LEVEL: &str = "info";

/// The variable that Rust programs share; it may hold a whole filter (`warn,ct_ingest=debug`).
const RUST_LOG: &str = "RUST_LOG";

/// What is to be logged. `--log-level` wins over `LOG_LEVEL`, and that over `RUST_LOG`.
pub(crate) fn filter(typed: Option<&str>) -> anyhow::Result<EnvFilter> {
    let from = |name: &'static str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(|it| (name, it));
    let (source, level) = typed
        .map(|level| ("--log-level", level.to_owned()))
        .or_else(|| from("LOG_LEVEL"))
        .or_else(|| from(RUST_LOG))
        .unwrap_or_else(|| ("the default", DEFAULT_LEVEL.to_owned()));
    if source == RUST_LOG {
        return EnvFilter::try_new(&level).map_err(|_| {
            anyhow!("{source} {level}: is no log filter; use a level, or a filter like warn,ct_ingest=debug")
        });
    }
    let wrong = || anyhow!("{source} {level}: is no log level; use error, warn, info, debug, trace or off");
    // Python's names, which FIG's configurations use, are understood too. A filter would take a typo for a module.
    let known = level.to_lowercase().replace("warning", "warn").replace("critical", "error");
    let level: LevelFilter = known.parse().map_err(|_| wrong())?;
    Ok(EnvFilter::default().add_directive(level.into()))
}

/// Starts logging.
pub(crate) fn init(format: LogFormat, filter: EnvFilter, progress: &Progress) {
    let colour = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let progress = progress.clone();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || progress.writer());
    match format {
        LogFormat::Text => builder.with_ansi(colour).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).with_target(false).init(),
    }
}

/// Tells of a mistake before, or instead of, logging.
pub(crate) fn print_error(error: &anyhow::Error) {
    // If stderr is gone there is nobody to tell.
    let _ = writeln!(stderr(), "error: {error:#}");
}
