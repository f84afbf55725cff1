//! Forwards the libraries' `tracing` messages to Falco's log.

use cloudtrail_reader::source::{self, ReportLine};
use log::Level;
use program_kit::logging::{EnvFilter, forward};
use std::io;

/// The messages that are forwarded. The SDK warns of every missing credential provider, even if another one works.
const FILTER: &str = "warn,aws_config=error,cloudtrail_reader=info";

/// Starts to forward messages, once for all plugins of the process.
pub(crate) fn start() {
    forward(EnvFilter::new(FILTER), |level| LogLine { level: of_log(level), text: Vec::new() });
}

fn of_log(level: tracing::Level) -> Level {
    match level {
        tracing::Level::ERROR => Level::Error,
        tracing::Level::WARN => Level::Warn,
        tracing::Level::INFO => Level::Info,
        tracing::Level::DEBUG => Level::Debug,
        tracing::Level::TRACE => Level::Trace,
    }
}

/// Returns the text in one line and without NULs, which a C string cannot hold: `falco_plugin` drops such a text.
pub(crate) fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").replace('\0', "\\0")
}

/// Logs a line about an input.
pub(crate) fn report(line: ReportLine<'_>) {
    let level = match line.level {
        source::Level::Error => Level::Error,
        source::Level::Warn => Level::Warn,
        source::Level::Info => Level::Info,
        source::Level::Debug => Level::Debug,
    };
    log::log!(level, "{}", one_line(&line.to_string()));
}

/// A log line, written when it is complete.
struct LogLine {
    level: Level,
    text: Vec<u8>,
}

impl io::Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLine {
    fn drop(&mut self) {
        log::log!(self.level, "{}", one_line(&String::from_utf8_lossy(&self.text)));
    }
}
