//! What can be typed.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

mod resolved;

pub(crate) use resolved::Resolved;

use crate::settings::SettingArgs;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use program_kit::exit::{self, Exit};
use program_kit::logging::LogFormat;
use program_kit::{VERSION, man, stdout};
use std::ffi::OsString;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  Every record of a folder, one a line:
    ct-ingest logs/
  The same of some files and a folder, one after the other:
    ct-ingest 2026-01-*.json.gz more/
  Who did what from where:
    ct-ingest --fields ct.time,ct.user,ct.name,ct.srcip logs/
  Failed calls, from standard input:
    zcat *.json.gz | ct-ingest --fields ct.name,ct.error - | jq -c 'select(.\"ct.error\")'
  A line for each record, for people to read:
    ct-ingest --format info logs/123456789012.json.gz
  The last day of a bucket, then only what is new:
    ct-ingest --s3-interval 1d --state seen.json s3://my-trail/AWSLogs/123456789012/
  What that would read, and how much it is, without reading it:
    ct-ingest --s3-interval 1d --state seen.json --list s3://my-trail/AWSLogs/123456789012/
  What a queue is told about, for ever:
    ct-ingest sqs://my-trail-queue
  All fields there are:
    ct-ingest fields

Exit codes: 0 done, or asked to stop; 1 failed: no SOURCE can be opened, or stdout or the address of --admin cannot be \
used; 2 wrong arguments, each mistake of which is named, or a state that cannot be used; 3 finished, but some input was \
damaged or could not be read, such as one SOURCE of several that is not there (each is named on stderr).";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  ct-ingest completions bash > ~/.local/share/bash-completion/completions/ct-ingest
  ct-ingest completions zsh > ~/.zfunc/_ct-ingest
  ct-ingest completions fish > ~/.config/fish/completions/ct-ingest.fish";
const FIELDS_EXAMPLES: &str = "\
Examples:
  ct-ingest fields | grep bucket
  ct-ingest fields --json | jq -r '.[].name'";
const MAN_EXAMPLES: &str = "\
Examples:
  ct-ingest man > ct-ingest.1 && man ./ct-ingest.1";

/// Reads AWS CloudTrail logs and prints each record, its fields, or a summary line.
///
/// Files may be plain or gzip, whatever they are called. Records are printed in the order of the SOURCEs, in a folder in
/// the order of the files (sorted by name, folder by folder), and within a file in the file's order. What is damaged is named on stderr with file, record
/// and byte, and costs nothing else.
#[derive(Debug, Parser)]
#[command(name = "ct-ingest", version = VERSION, after_help = EXAMPLES, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Files, folders (read with all folders in them) and - for standard input, as many as you like; or one bucket,
    /// s3://bucket[/prefix] or its ARN; or one queue, sqs:// and its name, URL or ARN
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<OsString>,

    /// What to print of each record [default: raw, or fields where --fields is given]
    #[arg(long, value_enum)]
    format: Option<FormatName>,

    /// Fields to print as a JSON object, in this order, separated by commas; or all
    #[arg(long, value_name = "a,b|all")]
    fields: Option<String>,

    /// Show what would be read, each file or object with its bytes, and read nothing; not with sqs:// or -
    #[arg(long)]
    pub(crate) list: bool,

    /// s3:// only: remember in this file what has been read, and read only what is new
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// s3:// only: keep listing, and read what is new
    #[arg(long)]
    follow: bool,

    /// sqs://, or s3:// with --follow: end once there was nothing to do for so many seconds, 1 to 86400 [default: never]
    #[arg(long, value_name = "SECS")]
    until_idle: Option<String>,

    /// Serve /metrics (Prometheus), /livez and /readyz there, such as 127.0.0.1:9090 [env: ADMIN_ADDR] [default: nowhere]
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,

    /// Show no progress bar
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// How log lines are written to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,

    /// The least level that is logged: error, warn, info, debug, trace or off [env: LOG_LEVEL, RUST_LOG] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,

    // The last: the heading of its options would be that of any behind them.
    #[command(flatten)]
    settings: SettingArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// The record's own JSON, one record a line
    Raw,
    /// A JSON object of the fields that --fields names; those that a record does not have are left out
    Fields,
    /// A summary line: region, user, service, event, and what it was about
    Info,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the table of fields: name, type, description
    #[command(after_help = FIELDS_EXAMPLES)]
    Fields {
        /// Print what the Falco plugin answers for get_fields, a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    #[command(after_help = MAN_EXAMPLES)]
    Man,
}

/// Reads the command line; on a mistake it says which, and the program ends with code 2.
pub(crate) fn parse() -> Args {
    Args::try_parse().unwrap_or_else(|error| exit::on_command_line(&error))
}

pub(crate) fn print_completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "ct-ingest", &mut text);
    stdout::print(&text)
}

pub(crate) fn print_man() -> anyhow::Result<Exit> {
    stdout::print(&man::page(Args::command())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
