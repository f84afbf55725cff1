//! Panics as log lines.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

/// Logs panics. The standard library would write to stderr by itself, and block if its reader is stuck.
pub(super) fn log() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("no reason given");
        let (place, thread) = (place(panic), std::thread::current());
        let thread = thread.name().unwrap_or("unnamed");
        if tracing::enabled!(tracing::Level::ERROR) {
            tracing::error!(thread, place, "panicked, which is a bug of this program: {what}");
        } else {
            super::print(&format!("error: thread {thread} panicked at {place}: {what}\n"));
        }
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            super::print(&format!("{trace}\n"));
        }
    }));
}

fn place(panic: &PanicHookInfo<'_>) -> String {
    panic.location().map(ToString::to_string).unwrap_or_default()
}
