//! The exit codes that scripts rely on, and the end of a program.

use crate::logging;
use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All was read and delivered, or the program was asked to stop.
    Done = 0,
    /// It could not do its work.
    Failed = 1,
    /// The arguments or the configuration are wrong.
    Usage = 2,
    /// It finished, but some input could not be read or delivered; each is named on stderr.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error for everything that is wrong with the configuration, each mistake a sentence that names what is set and what
/// would be right. It ends a program with [`Exit::Usage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misconfigured(pub Vec<String>);

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl Error for Misconfigured {}

/// Ends a program's `main`: prints the error, if there is one, and waits a moment for the last log lines to be written.
#[must_use]
pub fn end(result: anyhow::Result<Exit>) -> ExitCode {
    let exit = result.unwrap_or_else(|error| match error.downcast_ref::<Misconfigured>() {
        Some(Misconfigured(mistakes)) => {
            mistakes.iter().for_each(|mistake| logging::print(&format!("error: {mistake}\n")));
            Exit::Usage
        }
        None => {
            logging::print_error(&error);
            Exit::Failed
        }
    });
    logging::flush();
    exit.into()
}

/// Ends the program where the command line asks for help, or is wrong. Help goes to stdout, a mistake to stderr, which may
/// be one that nobody reads.
pub fn on_command_line(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        error.exit();
    }
    let text = error.render();
    logging::print(&if logging::has_colours() { text.ansi().to_string() } else { text.to_string() });
    logging::flush();
    std::process::exit(error.exit_code());
}
