//! What libraries say through `tracing`, for Falco's log.

use log::Level;
use program_kit::logging::{EnvFilter, forward};
use std::io;

/// What of it is told. The SDK warns of every credential provider that is not there although another one may be.
const FILTER: &str = "warn,aws_config=error,cloudtrail_reader=info";

/// Begins to forward it, once for all plugins of the process.
pub(crate) fn start() {
    forward(EnvFilter::new(FILTER), |level| Line { level: of_log(level), text: Vec::new() });
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

/// Returns the text in one line and without a NUL, which a C string cannot hold: `falco_plugin` drops such a text.
pub(crate) fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ").replace('\0', "\\0")
}

/// One line, which is told when it is complete.
struct Line {
    level: Level,
    text: Vec<u8>,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        log::log!(self.level, "cloudtrail: {}", one_line(&String::from_utf8_lossy(&self.text)));
    }
}
