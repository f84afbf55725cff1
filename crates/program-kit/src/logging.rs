//! Log lines, on stderr only. A stderr that cannot be written does not stop the program: see [`stderr`].

mod panics;
mod stderr;

pub use stderr::{Stderr, drawing, flush, lines_lost, stderr};

use crate::environment::quoted;
use crate::text::{causes, printable};
use anyhow::anyhow;
use clap::ValueEnum;
use std::io::{IsTerminal, Write};
use tracing::{Level, Metadata};
/// A filter for log lines, exported so that programs need not depend on its crate.
pub use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The default level.
const DEFAULT_LEVEL: &str = "info";

/// The variable that wins over [`RUST_LOG`]. FIG reads it too.
const LOG_LEVEL: &str = "LOG_LEVEL";

/// The common variable of Rust programs; it may hold a whole filter (`warn,aws_config=debug`).
const RUST_LOG: &str = "RUST_LOG";

/// Directives at the levels warn and info.
const NOISY: &[&str] = &["aws_config=error"];

/// Directives at the levels debug and trace, by the beginnings of crate names: the SDK and the crates below it write
/// many lines for each call, without information about the program. `RUST_LOG=info,aws=debug` shows them.
const WORDY: &[&str] = &["aws=info", "hyper=info", "h2=info", "reqwest=info", "rustls=info", "tower=info"];

/// Directives that are added to [`RUST_LOG`] at the level trace: the SDK's spans hold whole requests and answers, with
/// the bodies of messages; the crates below it log each frame. No event may get into the log.
const SPANS: &[&str] = &["aws=debug", "hyper=debug", "h2=debug", "reqwest=debug", "rustls=debug", "tower=debug"];

/// The names of levels, for messages.
pub const LEVELS: &str = "error, warn, info, debug, trace or off";

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Returns the log filter. `typed` wins over `LOG_LEVEL`, that over `RUST_LOG`, and that over `configured`. Each of the
/// two has the source of the level, such as `--log-level`, and the level.
///
/// # Errors
/// If the level is not valid; the message names its source and what would be right.
pub fn filter(typed: Option<(&str, &str)>, configured: Option<(&str, &str)>) -> anyhow::Result<EnvFilter> {
    let owned = |(source, level): (&str, &str)| (source.to_owned(), level.to_owned());
    let from = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(|it| (name.to_owned(), it));
    let (source, level) = typed
        .map(owned)
        .or_else(|| from(LOG_LEVEL))
        .or_else(|| from(RUST_LOG))
        .or_else(|| configured.map(owned))
        .unwrap_or_else(|| owned(("the default", DEFAULT_LEVEL)));
    if let Some(quoted) = quoted(&source, &level) {
        return Err(anyhow!(quoted));
    }
    if source == RUST_LOG {
        let filter = EnvFilter::try_new(&level).map_err(|_| {
            anyhow!("{source} {level}: is no log filter; use a level, or a filter like warn,aws_config=debug")
        })?;
        let is_trace = parse_level(&level) == Some(LevelFilter::TRACE);
        return Ok(if is_trace { without(filter, SPANS) } else { filter });
    }
    let level = parse_level(&level).ok_or_else(|| anyhow!("{source} {level}: is no log level; use {LEVELS}"))?;
    Ok(quietened(EnvFilter::default().add_directive(level.into()), level))
}

/// Suppresses log lines of the SDK. It warns about every credential provider without credentials, in many lines,
/// although another one may have some; programs report missing credentials themselves. At the levels debug and trace it
/// logs all requests and answers.
fn quietened(filter: EnvFilter, level: LevelFilter) -> EnvFilter {
    let held = match level {
        LevelFilter::WARN | LevelFilter::INFO => NOISY,
        LevelFilter::DEBUG | LevelFilter::TRACE => WORDY,
        _ => return filter,
    };
    without(filter, held)
}

fn without(filter: EnvFilter, held: &[&str]) -> EnvFilter {
    held.iter().filter_map(|directive| directive.parse().ok()).fold(filter, EnvFilter::add_directive)
}

/// Returns the level with this name, in any case. Python's names, which FIG's configurations use, are valid too.
#[must_use]
pub fn parse_level(name: &str) -> Option<LevelFilter> {
    let lower = name.trim().to_lowercase();
    let known = match lower.as_str() {
        "warning" => "warn",
        "critical" | "fatal" => "error",
        "notset" => "trace",
        // The parser would accept numbers, and an empty text as error, which nobody expects.
        other if !other.is_empty() && other.bytes().all(|byte| byte.is_ascii_alphabetic()) => other,
        _ => return None,
    };
    known.parse().ok()
}

/// Starts logging to `writer`, for the whole program: in colour on a terminal that supports it, unless
/// [`NO_COLOR`](https://no-color.org) is set. The writer must neither block nor fail: use [`stderr`], or a writer that
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

/// Returns whether stderr is a terminal that supports colours and may have them.
pub(crate) fn has_colours() -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let unknown = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    std::io::stderr().is_terminal() && !unwanted && !unknown
}

/// Passes each event as one line, without time, level and colour, to the writer that `line` creates for its level: for
/// a host with its own log. Only the first call of a process counts.
pub fn forward<W, F>(filter: EnvFilter, line: F)
where
    W: Write + 'static,
    F: Fn(Level) -> W + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Forward(line)).with_ansi(false);
    let subscriber = builder.without_time().with_level(false).with_target(false).finish();
    // Another call was first.
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

/// Prints an error before, or instead of, logging. [`crate::exit::end`] waits until it is written. Control characters in
/// it, such as those of a file's name, are escaped; only line breaks stay.
pub fn print_error(error: &anyhow::Error) {
    let text = causes(error);
    print(&format!("error: {}\n", text.split('\n').map(printable).collect::<Vec<_>>().join("\n")));
}

/// Prints a warning before, or instead of, logging.
pub fn print_warning(warning: &str) {
    print(&format!("warning: {warning}\n"));
}

pub(crate) fn print(text: &str) {
    // This writer never fails.
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
            (LevelFilter::DEBUG, "reqwest=info,rustls=info,tower=info,hyper=info,aws=info,h2=info,debug"),
            (LevelFilter::TRACE, "reqwest=info,rustls=info,tower=info,hyper=info,aws=info,h2=info,trace"),
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
