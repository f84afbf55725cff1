//! Log lines, on stderr only. A stderr that cannot be written stops nothing: see [`stderr`].

mod panics;
mod stderr;

pub use stderr::{Stderr, drawing, flush, lines_lost, stderr};

use anyhow::anyhow;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use tracing::{Level, Metadata};
/// What is to be logged, handed on so that programs need not depend on the crate that it is from.
pub use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// What is logged where nothing says otherwise.
const DEFAULT_LEVEL: &str = "info";

/// The variable that wins over [`RUST_LOG`]; FIG knows it, too.
const LOG_LEVEL: &str = "LOG_LEVEL";

/// The variable that Rust programs share; it may hold a whole filter (`warn,aws_config=debug`).
const RUST_LOG: &str = "RUST_LOG";

/// What is held back at the levels warn and info.
const NOISY: &[&str] = &["aws_config=error"];

/// What is held back at the level trace, by how the names of crates begin: spans of the SDK's hold whole requests and
/// answers, and with them the bodies of messages; the crates below it write each frame. No event may get into the log.
const WORDY: &[&str] = &["aws=debug", "hyper=debug", "h2=debug", "reqwest=debug", "rustls=debug", "tower=debug"];

/// The words for a level, for messages.
pub const LEVELS: &str = "error, warn, info, debug, trace or off";

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// What is to be logged: what was `typed` wins over `LOG_LEVEL`, that over `RUST_LOG`, and that over what is
/// `configured`; each of the two is where the level stands, such as `--log-level`, and the level.
///
/// # Errors
/// Names the source of the level, and what would be right.
pub fn filter(typed: Option<(&str, &str)>, configured: Option<(&str, &str)>) -> anyhow::Result<EnvFilter> {
    let owned = |(source, level): (&str, &str)| (source.to_owned(), level.to_owned());
    let from = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(|it| (name.to_owned(), it));
    let (source, level) = typed
        .map(owned)
        .or_else(|| from(LOG_LEVEL))
        .or_else(|| from(RUST_LOG))
        .or_else(|| configured.map(owned))
        .unwrap_or_else(|| owned(("the default", DEFAULT_LEVEL)));
    if source == RUST_LOG {
        let filter = EnvFilter::try_new(&level).map_err(|_| {
            anyhow!("{source} {level}: is no log filter; use a level, or a filter like warn,aws_config=debug")
        })?;
        let is_trace = parse_level(&level) == Some(LevelFilter::TRACE);
        return Ok(if is_trace { quietened(filter, LevelFilter::TRACE) } else { filter });
    }
    let level = parse_level(&level).ok_or_else(|| anyhow!("{source} {level}: is no log level; use {LEVELS}"))?;
    Ok(quietened(EnvFilter::default().add_directive(level.into()), level))
}

/// The SDK warns of every credential provider that is not there, in many lines, although another one may be; that none
/// is, programs say themselves. At the level trace it writes what it sends and gets.
fn quietened(filter: EnvFilter, level: LevelFilter) -> EnvFilter {
    let held = match level {
        LevelFilter::WARN | LevelFilter::INFO => NOISY,
        LevelFilter::TRACE => WORDY,
        _ => return filter,
    };
    held.iter().filter_map(|directive| directive.parse().ok()).fold(filter, EnvFilter::add_directive)
}

/// A level by its name, in any case. Python's names, which FIG's configurations use, are understood too.
#[must_use]
pub fn parse_level(name: &str) -> Option<LevelFilter> {
    let lower = name.trim().to_lowercase();
    let known = match lower.as_str() {
        "warning" => "warn",
        "critical" | "fatal" => "error",
        "notset" => "trace",
        // The parser takes a number for a level, and nothing for error, as nobody expects.
        other if !other.is_empty() && other.bytes().all(|byte| byte.is_ascii_alphabetic()) => other,
        _ => return None,
    };
    known.parse().ok()
}

/// Starts logging to what `writer` gives, once for the whole program: coloured on a terminal that knows colours, unless
/// [`NO_COLOR`](https://no-color.org) is set. The writer must neither block nor fail: give [`stderr`], or a writer that
/// ends there. Panics are logged the same way.
pub fn init<W>(format: LogFormat, filter: EnvFilter, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let colour = has_colours();
    panics::log();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match format {
        LogFormat::Text => builder.with_ansi(colour).with_target(false).init(),
        LogFormat::Json => builder.json().flatten_event(true).with_target(false).init(),
    }
}

/// Returns whether stderr is a terminal that knows colours, and wants them.
pub(crate) fn has_colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let unknown = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stderr().is_terminal() && !unwanted && !unknown
}

/// Gives each event as one line, without time, level and colour, to the writer that `line` makes for its level: for a host
/// with a log of its own. Only the first call of a process counts.
pub fn forward<W, F>(filter: EnvFilter, line: F)
where
    W: Write + 'static,
    F: Fn(Level) -> W + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Forward(line)).with_ansi(false);
    let subscriber = builder.without_time().with_level(false).with_target(false).finish();
    // Somebody was first.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

struct Forward<F>(F);

impl<'a, W: Write, F: Fn(Level) -> W> MakeWriter<'a> for Forward<F> {
    type Writer = W;

    fn make_writer(&'a self) -> W {
        (self.0)(Level::INFO)
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> W {
        (self.0)(*event.level())
    }
}

/// Prints a mistake before, or instead of, logging. [`crate::exit::end`] waits until it is written.
pub fn print_error(error: &anyhow::Error) {
    print(&format!("error: {error:#}\n"));
}

/// Prints a warning before, or instead of, logging.
pub fn print_warning(warning: &str) {
    print(&format!("warning: {warning}\n"));
}

pub(crate) fn print(text: &str) {
    // This way to stderr never fails.
    let _ = stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sdk_is_held_back_unless_more_is_asked_for() {
        for (level, expected) in [
            (LevelFilter::OFF, "off"),
            (LevelFilter::ERROR, "error"),
            (LevelFilter::WARN, "aws_config=error,warn"),
            (LevelFilter::INFO, "aws_config=error,info"),
            (LevelFilter::DEBUG, "debug"),
            (LevelFilter::TRACE, "reqwest=debug,rustls=debug,tower=debug,hyper=debug,aws=debug,h2=debug,trace"),
        ] {
            assert_eq!(quietened(EnvFilter::default().add_directive(level.into()), level).to_string(), expected);
        }
    }

    #[test]
    fn levels_have_rusts_and_pythons_names() {
        for (name, expected) in [
            ("INFO", Some(LevelFilter::INFO)),
            (" warning ", Some(LevelFilter::WARN)),
            ("Critical", Some(LevelFilter::ERROR)),
            ("FATAL", Some(LevelFilter::ERROR)),
            ("NOTSET", Some(LevelFilter::TRACE)),
            ("off", Some(LevelFilter::OFF)),
            ("", None),
            ("3", None),
            ("verbose", None),
            ("info,aws_config=debug", None),
        ] {
            assert_eq!(parse_level(name), expected, "{name}");
        }
    }
}
