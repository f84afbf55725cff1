//! Exit codes, on which scripts rely, and the end of a program.

use crate::line_end::break_before;
use crate::logging;
use crate::stop::outlive_file_limit;
use anyhow::anyhow;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// The outcome of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All input was read and delivered, or the program was asked to stop.
    Done = 0,
    /// The program failed.
    Failed = 1,
    /// The arguments or the configuration are wrong.
    Usage = 2,
    /// The program finished, but some input could not be read or delivered. stderr has a line for each.
    Incomplete = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// All mistakes in the configuration. Each is a sentence that names the setting and what would be right. The error ends
/// a program with [`Exit::Usage`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misconfigured(pub Vec<String>);

impl fmt::Display for Misconfigured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl Error for Misconfigured {}

/// Ends a program's `main`: prints the error, if any, and waits a moment for the last log lines.
#[must_use]
pub fn end(result: anyhow::Result<Exit>) -> ExitCode {
    logged(result).into()
}

/// Prints the error, if any, waits a moment for the last log lines, and returns the outcome.
fn logged(result: anyhow::Result<Exit>) -> Exit {
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
    exit
}

/// Returns the outcome of a program that only prints to stdout. A closed reader (`| head`) is not a failure.
pub(crate) fn printed(written: io::Result<()>) -> anyhow::Result<Exit> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(anyhow!(error).context("writing stdout")),
        _ => Ok(Exit::Done),
    }
}

/// Adds a tip to an error about an option that is not known, if a later argument is the name of a command: it must be
/// the first argument. `arguments` begin with the name of the program.
#[must_use]
pub fn with_command_tip(
    mut error: clap::Error,
    command: &clap::Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> clap::Error {
    let mut commands = arguments.into_iter().skip(1).map(|argument| command.find_subcommand(argument));
    let (first, later) = (commands.next().flatten(), commands.flatten().next());
    if let (ErrorKind::UnknownArgument, None, Some(found)) = (error.kind(), first, later) {
        let tip = format!("the command comes first: {} {} ...", command.get_name(), found.get_name());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

/// Ends the program with clap's help or error. Help goes to stdout, an error to stderr, which may be blocked.
pub fn on_command_line(error: &clap::Error) -> ! {
    if !error.use_stderr() {
        outlive_file_limit();
        // clap itself ignores a full disk.
        let text = io::stdout().write_all(break_before(&io::stdout())).and_then(|()| error.print());
        let text = text.and_then(|()| io::stdout().flush());
        std::process::exit(logged(printed(text)) as i32);
    }
    let text = error.render();
    logging::print(&if logging::has_colours() { text.ansi().to_string() } else { text.to_string() });
    logging::flush();
    std::process::exit(error.exit_code());
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, Command};

    #[test]
    fn a_command_after_an_option_is_pointed_out() {
        let command = || {
            let quiet = Arg::new("quiet").short('q').action(ArgAction::SetTrue);
            let count = Command::new("count").arg(Arg::new("by").long("by"));
            Command::new("p").arg(quiet).arg(Arg::new("SOURCE").num_args(0..)).subcommand(count)
        };
        let tip = "tip: the command comes first: p count ...";
        for (line, expected) in [
            ("p -q count --by x", true),
            ("p a --by count", true),
            ("p -q total --by x", false),
            ("p count --bye x", false),
            ("p count --bye count", false),
        ] {
            let arguments = || line.split(' ').map(OsString::from);
            let error = command().args_conflicts_with_subcommands(true).try_get_matches_from(arguments()).unwrap_err();
            let text = with_command_tip(error, &command(), arguments()).render().to_string();
            assert_eq!(text.contains(tip), expected, "{line}: {text}");
        }
    }
}
