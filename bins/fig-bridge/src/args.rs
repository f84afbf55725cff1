//! The command line.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::config::kinds::Backend;
use crate::config::reference;
use crate::delivery::Pick;
use clap::{Args as Flags, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use layered_settings::Flag;
use program_kit::exit::{self, Exit};
use program_kit::logging::LogFormat;
use program_kit::{VERSION, man, stdout};
use std::path::PathBuf;
use std::time::Duration;

/// The program's name.
pub(crate) const NAME: &str = "fig-bridge";

/// Without options: those of the program have no effect on these commands.
const BARE_HELP: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}";

/// Carries CrowdStrike Falcon's audit events into AWS CloudTrail Lake, CloudWatch Logs or S3, at least once.
///
/// A replacement for the Falcon Integration Gateway (FIG): its config.ini and its environment variables work unchanged.
/// Settings come from, the later winning: defaults, config.ini or config/config.ini or --config, devel.ini, variables
/// that are not empty, flags.
#[derive(Parser)]
#[command(name = NAME, version = VERSION, max_term_width = 100)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) options: Options,
}

#[derive(Flags)]
pub(crate) struct Options {
    /// The configuration, an INI file; devel.ini in its folder is read too [default: config.ini, or config/config.ini]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    sets: Sets,

    /// The same as --set main.backends=LIST
    #[arg(long, global = true, value_name = "LIST")]
    backends: Option<String>,

    /// The same as --set main.offset_store=STORE: ssm, ssm:/NAME, file:PATH or memory
    #[arg(long, global = true, value_name = "STORE")]
    offset_store: Option<String>,

    /// The same as --set main.dead_letter=PLACE: file:PATH or sqs://QUEUE
    #[arg(long, global = true, value_name = "PLACE")]
    dead_letter: Option<String>,

    /// The same as --set main.admin_addr=ADDR: serve the status page /, /metrics, /livez and /readyz there
    #[arg(long, global = true, value_name = "ADDR")]
    admin: Option<String>,

    /// End with code 0 after this many seconds without work; with code 1 if something fails for as long, and for a
    /// minute at least [default: never]
    #[arg(long, global = true, value_name = "SECS", value_parser = clap::value_parser!(u64).range(1..))]
    until_idle: Option<u64>,

    /// How log lines are written to stderr
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,

    /// The lowest level that is logged: error, warn, info, debug, trace or off [env: LOG_LEVEL, RUST_LOG] [default:
    /// info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// Not `global`: clap would forget the values before a command if there are more after it.
#[derive(Flags)]
pub(crate) struct Sets {
    /// Set any setting that is not a secret; may be given several times
    #[arg(long, value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Carry events until stopped; this is the default command
    Run(Sets),
    /// Test everything that the configuration names, without reading or publishing an event
    #[command(after_help = include_str!("help/check.txt").trim_ascii_end())]
    Check(Sets),
    /// Show the stored offsets, or change them
    #[command(after_help = include_str!("help/offsets.txt").trim_ascii_end())]
    Offsets {
        #[command(subcommand)]
        action: OffsetsAction,
    },
    /// Show the dead letters, or send them again
    #[command(after_help = include_str!("help/dead-letter.txt").trim_ascii_end())]
    DeadLetter {
        #[command(subcommand)]
        action: DeadLetterAction,
    },
    /// Print completions for a shell: bash, elvish, fish, powershell or zsh
    #[command(
        after_help = include_str!("help/completions.txt").trim_ascii_end(),
        help_template = BARE_HELP,
        override_usage = "fig-bridge completions <SHELL>"
    )]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    #[command(
        after_help = include_str!("help/man.txt").trim_ascii_end(),
        help_template = BARE_HELP,
        override_usage = "fig-bridge man"
    )]
    Man,
}

#[derive(Subcommand)]
pub(crate) enum OffsetsAction {
    /// Print the stored offset of each feed, as JSON such as {"0": 41}
    Show(Sets),
    /// Store offsets for feeds, and keep those of others
    Set {
        /// A feed, such as 0, and the offset up to which its events count as done
        #[arg(value_name = "FEED=N", required = true)]
        offsets: Vec<String>,
        #[command(flatten)]
        sets: Sets,
    },
    /// Delete all stored offsets, readable or not: every feed starts again from the beginning
    Reset(Sets),
}

#[derive(Subcommand)]
pub(crate) enum DeadLetterAction {
    /// Print the letters: time, feed, offset, code, size and reason
    #[command(after_help = include_str!("help/dead-letter.txt").trim_ascii_end())]
    List {
        #[command(flatten)]
        pick: Picks,
        #[command(flatten)]
        sets: Sets,
    },
    /// Send letters to the backend that refused them, and report the outcome of each
    #[command(after_help = include_str!("help/dead-letter.txt").trim_ascii_end())]
    Replay {
        #[command(flatten)]
        pick: Picks,
        /// Show the letters that would be sent, and send nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        sets: Sets,
    },
}

/// Selects letters; without an option, all of them.
#[derive(Flags)]
pub(crate) struct Picks {
    /// Only letters of this feed
    #[arg(long, value_name = "FEED")]
    feed: Option<String>,
    /// Only letters with this offset
    #[arg(long, value_name = "N")]
    offset: Option<u64>,
    /// Only letters with this code; may be given several times
    #[arg(long, value_name = "CODE")]
    code: Vec<String>,
    /// Only letters of this backend, and letters without a backend
    #[arg(long, value_name = "BACKEND", value_parser = backend)]
    backend: Option<Backend>,
    /// Print a JSON object for each letter
    #[arg(long)]
    json: bool,
}

impl Picks {
    pub(crate) fn pick(&self) -> Pick {
        let Self { feed, offset, code, backend, json } = self;
        Pick {
            feed: feed.clone(),
            offset: *offset,
            codes: code.clone(),
            backend: *backend,
            is_json: *json,
            ..Pick::default()
        }
    }
}

/// Reads the command line. After a mistake it prints a message and ends the program with code 2.
pub(crate) fn parse() -> Args {
    let read = command().try_get_matches().and_then(|matches| Args::from_arg_matches(&matches));
    read.unwrap_or_else(|error| exit::on_command_line(&error))
}

/// Returns the command line, with its examples and, for `--help`, the table of settings.
pub(crate) fn command() -> clap::Command {
    let examples = include_str!("help/program.txt").trim_ascii_end();
    Args::command().after_help(examples).after_long_help(format!("{examples}\n\n{}", reference::help()))
}

fn backend(text: &str) -> Result<Backend, String> {
    Backend::from_word(text).ok_or_else(|| format!("must be one of {}", Backend::WORDS.join(", ")))
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write SECTION.KEY=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl Args {
    /// Returns the settings on the command line. A flag of its own wins over --set.
    pub(crate) fn flags(&self) -> Vec<Flag> {
        let behind = match &self.command {
            Some(Command::Run(sets) | Command::Check(sets)) => Some(sets),
            Some(Command::Offsets { action }) => Some(action.sets()),
            Some(Command::DeadLetter { action }) => Some(action.sets()),
            Some(Command::Completions { .. } | Command::Man) | None => None,
        };
        let Options { sets, backends, offset_store, dead_letter, admin, log_level, .. } = &self.options;
        let named = [
            ("--backends", "main.backends", backends),
            ("--offset-store", "main.offset_store", offset_store),
            ("--dead-letter", "main.dead_letter", dead_letter),
            ("--admin", "main.admin_addr", admin),
            ("--log-level", "logging.level", log_level),
        ];
        let any = [Some(sets), behind].into_iter().flatten().flat_map(|sets| &sets.set);
        let any = any.map(|(name, value)| Flag { name: name.clone(), value: value.clone(), flag: "--set" });
        let own = named
            .into_iter()
            .filter_map(|(flag, name, value)| Some(Flag { name: name.to_owned(), value: value.clone()?, flag }));
        any.chain(own).collect()
    }
}

impl OffsetsAction {
    fn sets(&self) -> &Sets {
        match self {
            Self::Show(sets) | Self::Set { sets, .. } | Self::Reset(sets) => sets,
        }
    }
}

impl DeadLetterAction {
    fn sets(&self) -> &Sets {
        match self {
            Self::List { sets, .. } | Self::Replay { sets, .. } => sets,
        }
    }
}

impl Options {
    /// Returns after how long without work the program ends.
    pub(crate) fn until_idle(&self) -> Option<Duration> {
        self.until_idle.map(Duration::from_secs)
    }
}

pub(crate) fn print_completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), NAME, &mut text);
    stdout::print(&text)
}

pub(crate) fn print_man() -> anyhow::Result<Exit> {
    stdout::print(&man::page(command())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn flags_become_settings() {
        let line = "fig-bridge --set events.offset=5 check --admin [::1]:1 --set a.b=c=d --log-level debug";
        let matches = command().try_get_matches_from(line.split(' ')).unwrap();
        let args = Args::from_arg_matches(&matches).unwrap();
        let found: Vec<String> =
            args.flags().iter().map(|Flag { name, value, flag }| format!("{flag} {name} {value}")).collect();
        let expected = [
            "--set events.offset 5",
            "--set a.b c=d",
            "--admin main.admin_addr [::1]:1",
            "--log-level logging.level debug",
        ];
        assert_eq!(found, expected);
    }
}
