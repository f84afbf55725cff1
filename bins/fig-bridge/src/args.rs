//! What can be typed.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::config::kinds::Backend;
use crate::config::{Override, reference};
use crate::delivery::Pick;
use clap::{Args as Flags, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use program_kit::exit::{self, Exit};
use program_kit::logging::LogFormat;
use program_kit::{VERSION, man, stdout};
use std::path::PathBuf;
use std::time::Duration;

/// The program's name.
pub(crate) const NAME: &str = "fig-bridge";

const EXAMPLES: &str = "\
Examples:
  Run where FIG ran, with its config.ini and variables:
    fig-bridge
  See whether everything is right, without publishing anything:
    fig-bridge check --config /etc/fig/config.ini
  Try it out: events as lines on stdout, until there was nothing for a minute:
    FALCON_CLIENT_ID=... FALCON_CLIENT_SECRET=... fig-bridge --backends GENERIC --until-idle 60
  Look at the stored offsets, and go back to an earlier one (while no instance runs):
    fig-bridge offsets show
    fig-bridge offsets set 0=41
  Look at the events that no backend took, and send them again:
    fig-bridge dead-letter list
    fig-bridge dead-letter replay

Exit codes: 0 done, or asked to stop; 1 failed; 2 wrong arguments or configuration, each mistake
of which is named; 3 finished, but some events went to the dead letter.";

const CHECK_EXAMPLES: &str = "\
Examples:
  fig-bridge check
  fig-bridge check --config /etc/fig/config.ini

A line for each thing: ok, failed with what to do, or skipped. Exit codes: 0 nothing is wrong; 1 something failed;
2 the configuration is wrong.";
const OFFSETS_EXAMPLES: &str = "\
Examples:
  fig-bridge offsets show
  fig-bridge offsets set 0=41 1=7          # while no instance runs: it would store its own again
  fig-bridge offsets reset --offset-store file:/var/lib/fig-bridge/offsets.json

Exit codes: 0 done; 1 the store cannot be reached; 2 what is stored cannot be read (reset mends it), or the
configuration is wrong.";
const DEAD_LETTER_EXAMPLES: &str = "\
Examples:
  fig-bridge dead-letter list
  fig-bridge dead-letter list --json --dead-letter file:/var/lib/fig-bridge/dead.jsonl | jq -r .code | sort | uniq -c
  fig-bridge dead-letter replay --dry-run
  fig-bridge dead-letter replay --code InvalidData --feed 0

An instance may run meanwhile. A letter leaves the dead letter once the backend has confirmed its event, so that an
event may be published twice and none is lost. Lines that are no letters are named and stay.
With sqs://QUEUE both commands take messages from the queue for two minutes, which counts as a receive of each; messages
that others have taken are not seen, and letters in several parts are not sent.

Exit codes: 0 done, and nothing is left; 1 failed; 2 wrong arguments or configuration; 3 some letters could not be read,
were refused again, or are left; each is named.";
const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  fig-bridge completions bash > ~/.local/share/bash-completion/completions/fig-bridge
  fig-bridge completions zsh > ~/.zfunc/_fig-bridge
  fig-bridge completions fish > ~/.config/fish/completions/fig-bridge.fish";
const MAN_EXAMPLES: &str = "\
Examples:
  fig-bridge man > fig-bridge.1 && man ./fig-bridge.1";
/// Without the options: those of the program mean nothing to these commands.
const BARE_HELP: &str = "{about-with-newline}\n{usage-heading} {usage}{after-help}";

/// Carries CrowdStrike Falcon's audit events into AWS CloudTrail Lake, at least once.
///
/// A replacement of the Falcon Integration Gateway (FIG): its config.ini and its environment variables work unchanged.
/// Later wins: defaults, config.ini or config/config.ini or --config, devel.ini, variables that are not empty, flags.
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
    /// The configuration, an INI file, and devel.ini beside it [default: config.ini, or config/config.ini]
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

    /// The same as --set main.admin_addr=ADDR: serve /metrics, /livez and /readyz there
    #[arg(long, global = true, value_name = "ADDR")]
    admin: Option<String>,

    /// End with code 0 once there was nothing to do for so many seconds [default: never]
    #[arg(long, global = true, value_name = "SECS", value_parser = clap::value_parser!(u64).range(1..))]
    until_idle: Option<u64>,

    /// How log lines are written to stderr
    #[arg(long, global = true, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,

    /// The least level that is logged: error, warn, info, debug, trace or off [env: LOG_LEVEL, RUST_LOG] [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<String>,
}

/// Not `global`: clap would forget those before a command where there are more behind it.
#[derive(Flags)]
pub(crate) struct Sets {
    /// Set any setting but a secret; may be given several times
    #[arg(long, value_name = "SECTION.KEY=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Carry events until told to stop; this is also what happens without a command
    Run(Sets),
    /// Try out everything that the configuration names, without reading or publishing an event
    #[command(after_help = CHECK_EXAMPLES)]
    Check(Sets),
    /// Look at the stored offsets, or change them
    #[command(after_help = OFFSETS_EXAMPLES)]
    Offsets {
        #[command(subcommand)]
        action: OffsetsAction,
    },
    /// Look at the dead letters, or send them again
    #[command(after_help = DEAD_LETTER_EXAMPLES)]
    DeadLetter {
        #[command(subcommand)]
        action: DeadLetterAction,
    },
    /// Print completions for a shell: bash, elvish, fish, powershell or zsh
    #[command(after_help = COMPLETIONS_EXAMPLES, help_template = BARE_HELP)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    #[command(after_help = MAN_EXAMPLES, help_template = BARE_HELP)]
    Man,
}

#[derive(Subcommand)]
pub(crate) enum OffsetsAction {
    /// Print the stored offset of each feed, as JSON such as {"0": 41}
    Show(Sets),
    /// Store offsets for feeds; those of others stay as they are
    Set {
        /// A feed, such as 0, and the offset up to which its events count as done
        #[arg(value_name = "FEED=N", required = true)]
        offsets: Vec<String>,
        #[command(flatten)]
        sets: Sets,
    },
    /// Forget all stored offsets, readable or not: every feed starts anew
    Reset(Sets),
}

#[derive(Subcommand)]
pub(crate) enum DeadLetterAction {
    /// Print the letters: time, feed, offset, code, size and reason
    #[command(after_help = DEAD_LETTER_EXAMPLES)]
    List {
        #[command(flatten)]
        pick: Picks,
        #[command(flatten)]
        sets: Sets,
    },
    /// Send letters to the backend that refused them, and say what became of each
    #[command(after_help = DEAD_LETTER_EXAMPLES)]
    Replay {
        #[command(flatten)]
        pick: Picks,
        /// Say what would be sent, and send nothing
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        sets: Sets,
    },
}

/// Which letters are meant; all where none is named.
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
    /// Only letters of this backend, and those that name none
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

/// Reads the command line; on a mistake it says which, and the program ends with code 2.
pub(crate) fn parse() -> Args {
    let read = command().try_get_matches().and_then(|matches| Args::from_arg_matches(&matches));
    read.unwrap_or_else(|error| exit::on_command_line(&error))
}

/// The command line, with its examples and, for `--help`, the table of settings.
pub(crate) fn command() -> clap::Command {
    Args::command().after_help(EXAMPLES).after_long_help(format!("{EXAMPLES}\n\n{}", reference::help()))
}

fn backend(text: &str) -> Result<Backend, String> {
    Backend::from_word(text).ok_or_else(|| format!("must be one of {}", Backend::WORDS.join(", ")))
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write SECTION.KEY=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

impl Args {
    /// The settings that were typed; those with a flag of their own win over --set.
    pub(crate) fn overrides(&self) -> Vec<Override> {
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
        let any = any.map(|(name, value)| Override { name: name.clone(), value: value.clone(), flag: "--set" });
        let own = named
            .into_iter()
            .filter_map(|(flag, name, value)| Some(Override { name: name.to_owned(), value: value.clone()?, flag }));
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
    /// After how long without anything to do the program ends.
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
            args.overrides().iter().map(|Override { name, value, flag }| format!("{flag} {name} {value}")).collect();
        let expected = [
            "--set events.offset 5",
            "--set a.b c=d",
            "--admin main.admin_addr [::1]:1",
            "--log-level logging.level debug",
        ];
        assert_eq!(found, expected);
    }
}
