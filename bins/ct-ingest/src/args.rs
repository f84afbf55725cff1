//! What can be typed, and what it means.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::exit::Exit;
use crate::format::Format;
use crate::logging;
use crate::selection::Selection;
use crate::source::Source;
use anyhow::anyhow;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::ffi::OsString;
use std::io::Write;
use tracing_subscriber::EnvFilter;

/// The version, the commit it was built from, and the machine it was built for.
const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("TRAILBRIDGE_COMMIT"), ", ", env!("TRAILBRIDGE_TARGET"), ")");

const EXAMPLES: &str = "\
Examples:
  Every record of a folder, one a line:
    ct-ingest logs/
  Who did what from where:
    ct-ingest --fields ct.time,ct.user,ct.name,ct.srcip logs/
  Failed calls, counted by name, from standard input:
    zcat *.json.gz | ct-ingest --fields ct.name,ct.error - | jq -r 'select(.\"ct.error\") | .\"ct.name\"' | sort | uniq -c
  A line for people to read:
    ct-ingest --format info 123456789012_CloudTrail_eu-west-1_20260102T0305Z_aBcDeFgHiJkLmNoP.json.gz
  All fields there are:
    ct-ingest fields

Exit codes: 0 done; 1 failed; 2 wrong arguments; 3 finished, but some input was damaged (each damage is named on stderr).";

/// Reads AWS CloudTrail logs and prints each record, its fields, or a summary line.
///
/// Files may be plain or gzip, whatever they are called. Records are printed in the order of the files (sorted by
/// name, folder by folder) and within a file in the file's order. What is damaged is named on stderr with file, record
/// and byte, and costs nothing else.
#[derive(Debug, Parser)]
#[command(name = "ct-ingest", version = VERSION, after_help = EXAMPLES, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// A file, a folder (read with all folders in it), or - for standard input
    #[arg(required = true, value_name = "SOURCE")]
    source: Option<OsString>,

    /// What to print of each record [default: raw, or fields where --fields is given]
    #[arg(long, value_enum)]
    format: Option<FormatName>,

    /// Fields to print as a JSON object, in this order, separated by commas; or all
    #[arg(long, value_name = "a,b|all")]
    fields: Option<String>,

    /// Show no progress bar
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// How log lines are written to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,

    /// The least level that is logged: error, warn, info, debug, trace or off [env: LOG_LEVEL, RUST_LOG] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the table of fields
    Fields {
        /// Print what the Falco plugin answers for get_fields
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    Man,
}

/// What the arguments mean.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) format: Format,
    pub(crate) source: Source,
    pub(crate) filter: EnvFilter,
}

/// Reads the command line; on a mistake it says which, and the program ends with code 2.
pub(crate) fn parse() -> Args {
    Args::parse()
}

impl Args {
    /// What the arguments mean, or everything that is wrong with them.
    pub(crate) fn resolve(&self) -> Result<Resolved, Vec<anyhow::Error>> {
        let mut mistakes = Vec::new();
        let format = match (self.format, &self.fields) {
            (None | Some(FormatName::Fields), Some(names)) => match Selection::parse(names) {
                Ok(selection) => Some(Format::Fields(selection)),
                Err(wrong) => {
                    mistakes.extend(wrong);
                    None
                }
            },
            (Some(FormatName::Fields), None) => {
                mistakes.push(anyhow!("--format fields: name the fields with --fields a,b or --fields all"));
                None
            }
            (Some(FormatName::Raw | FormatName::Info), Some(_)) => {
                mistakes.push(anyhow!("--fields: goes with --format fields only; leave one of the two out"));
                None
            }
            (None | Some(FormatName::Raw), None) => Some(Format::Raw),
            (Some(FormatName::Info), None) => Some(Format::Info),
        };
        let source = Source::parse(self.source.as_deref().unwrap_or_default()).map_err(|error| mistakes.push(error));
        let filter = logging::filter(self.log_level.as_deref()).map_err(|error| mistakes.push(error));
        match (format, source, filter) {
            (Some(format), Ok(source), Ok(filter)) if mistakes.is_empty() => Ok(Resolved { format, source, filter }),
            _ => Err(mistakes),
        }
    }
}

pub(crate) fn print_completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "ct-ingest", &mut text);
    print(&text)
}

pub(crate) fn print_man() -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Args::command()).render(&mut text)?;
    print(&text)
}

/// Prints `text`. A reader that has gone away is no failure.
pub(crate) fn print(text: &[u8]) -> anyhow::Result<Exit> {
    match std::io::stdout().lock().write_all(text).and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(anyhow!(error).context("writing stdout")),
        _ => Ok(Exit::Done),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[track_caller]
    fn check(line: &str, expected: Result<&str, &[&str]>) {
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let found = match args.resolve() {
            Ok(Resolved { format, source, .. }) => Ok(format!("{format:?} of {source:?}")),
            Err(mistakes) => Err(mistakes.iter().map(|mistake| format!("{mistake:#}")).collect::<Vec<_>>()),
        };
        assert_eq!(found, expected.map(str::to_owned).map_err(|it| it.iter().map(ToString::to_string).collect()));
    }

    #[test]
    fn formats_and_sources() {
        check("ct-ingest logs", Ok(r#"Raw of Path("logs")"#));
        check("ct-ingest -", Ok("Raw of Stdin"));
        check("ct-ingest --format info logs", Ok(r#"Info of Path("logs")"#));
        check("ct-ingest --fields ct.id,s3.bytes logs", Ok(r#"Fields(ct.id,s3.bytes) of Path("logs")"#));
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        check(
            "ct-ingest --format fields s3://",
            Err(&[
                "--format fields: name the fields with --fields a,b or --fields all",
                "SOURCE s3://: this version reads files, folders and standard input (-); s3:// and sqs:// are yet to come",
            ]),
        );
        check(
            "ct-ingest --format raw --fields ct.id logs",
            Err(&["--fields: goes with --format fields only; leave one of the two out"]),
        );
        check(
            "ct-ingest --fields ct.nme,ct.id,bogus logs",
            Err(&[
                "--fields ct.nme: no such field; did you mean ct.name?",
                "--fields bogus: no such field; `ct-ingest fields` lists them all",
            ]),
        );
    }
}
