//! What can be typed, and what it means.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::format::Format;
use crate::remote::RemoteOptions;
use crate::selection::Selection;
use crate::settings::SettingArgs;
use crate::source::Source;
use anyhow::anyhow;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;
use program_kit::exit::Exit;
use program_kit::logging::{self, EnvFilter, LogFormat};
use program_kit::{VERSION, man, stdout};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  Every record of a folder, one a line:
    ct-ingest logs/
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

Exit codes: 0 done, or asked to stop; 1 failed: SOURCE, stdout or the address of --admin cannot be used; 2 wrong \
arguments, each mistake of which is named, or a state that cannot be used; 3 finished, but some input was damaged or \
could not be read (each is named on stderr).";

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

/// The variable of the environment that `--admin` wins over.
const ADMIN_VARIABLE: &str = "ADMIN_ADDR";
/// The longest time that `--until-idle` takes, in seconds: a day. Who wants more wants no end.
const LONGEST_IDLE: u64 = 86_400;

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

    /// A file, a folder (read with all folders in it), - for standard input, s3://bucket[/prefix], or sqs:// and a
    /// queue's name, URL or ARN
    #[arg(required = true, value_name = "SOURCE")]
    source: Option<OsString>,

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

/// What the arguments mean.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) format: Format,
    pub(crate) source: Source,
    pub(crate) filter: EnvFilter,
    pub(crate) remote: RemoteOptions,
    /// Where the admin endpoint is to be served.
    pub(crate) admin: Option<SocketAddr>,
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
        let filter = logging::filter(self.log_level.as_deref().map(|level| ("--log-level", level)), None)
            .map_err(|error| mistakes.push(error));
        let remote = self.remote(source.as_ref().ok(), &mut mistakes);
        let admin = self.admin(std::env::var(ADMIN_VARIABLE).ok(), &mut mistakes);
        match (format, source, filter) {
            (Some(format), Ok(source), Ok(filter)) if mistakes.is_empty() => {
                Ok(Resolved { format, source, filter, remote, admin })
            }
            _ => Err(mistakes),
        }
    }

    /// The flag, or else the variable, unless that is empty.
    fn admin(&self, variable: Option<String>, mistakes: &mut Vec<anyhow::Error>) -> Option<SocketAddr> {
        let given = self.admin.clone().map(|text| ("--admin", text));
        let (name, text) = given.or(variable.filter(|text| !text.is_empty()).map(|text| (ADMIN_VARIABLE, text)))?;
        let address = text.parse().ok();
        if address.is_none() {
            mistakes.push(anyhow!("{name} {text}: must be ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090"));
        }
        address
    }

    fn remote(&self, source: Option<&Source>, mistakes: &mut Vec<anyhow::Error>) -> RemoteOptions {
        let settings = self.settings.resolve(Timestamp::now(), mistakes);
        let until_idle = self.until_idle.as_deref().and_then(|text| {
            let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST_IDLE).contains(seconds));
            if seconds.is_none() {
                mistakes.push(anyhow!("--until-idle {text}: must be whole seconds from 1 to {LONGEST_IDLE}"));
            }
            seconds.map(Duration::from_secs)
        });
        let is_s3 = source.is_none_or(|source| matches!(source, Source::S3(_)));
        let is_sqs = source.is_none_or(|source| matches!(source, Source::Sqs(_)));
        if self.state.is_some() && !is_s3 {
            mistakes.push(anyhow!("--state: goes with s3:// only; a queue remembers by itself"));
        }
        if self.follow && !is_s3 {
            mistakes.push(anyhow!("--follow: goes with s3:// only; a queue is always followed"));
        }
        if self.until_idle.is_some() && !is_sqs && !(is_s3 && self.follow) {
            mistakes.push(anyhow!("--until-idle: goes with sqs://, or with s3:// and --follow"));
        }
        if self.list && source.is_some_and(|source| matches!(source, Source::Sqs(_))) {
            mistakes.push(anyhow!(
                "--list: not with sqs://; to see a message is to receive it, which hides it from other readers and \
                 counts towards its dead-letter queue"
            ));
        }
        if self.list && source.is_some_and(|source| matches!(source, Source::Stdin)) {
            mistakes.push(anyhow!("--list: not with -; what comes on standard input is known once it is read"));
        }
        RemoteOptions { settings, state: self.state.clone(), follow: self.follow, until_idle }
    }
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
        check("ct-ingest s3://my-trail/a", Ok(r#"Raw of S3(BucketUri { bucket: "my-trail", prefix: "a" })"#));
        check("ct-ingest sqs://q --until-idle 5", Ok(r#"Raw of Sqs(Name("q"))"#));
        check("ct-ingest --format info logs", Ok(r#"Info of Path("logs")"#));
        check("ct-ingest --fields ct.id,s3.bytes logs", Ok(r#"Fields(ct.id,s3.bytes) of Path("logs")"#));
    }

    #[test]
    fn the_admin_address_comes_from_the_flag_or_the_environment() {
        let admin = |line: &str, variable: &str| {
            let mut mistakes = Vec::new();
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            let address = args.admin(Some(variable.to_owned()), &mut mistakes).map(|it| it.to_string());
            address.or_else(|| mistakes.first().map(ToString::to_string))
        };
        assert_eq!(admin("ct-ingest logs", ""), None);
        assert_eq!(admin("ct-ingest logs", "[::1]:1").as_deref(), Some("[::1]:1"));
        assert_eq!(admin("ct-ingest --admin 127.0.0.1:2 logs", "[::1]:1").as_deref(), Some("127.0.0.1:2"));
        let wrong = "ADMIN_ADDR here: must be ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090";
        assert_eq!(admin("ct-ingest logs", "here").as_deref(), Some(wrong));
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        check(
            "ct-ingest --format fields s3:// --until-idle 0",
            Err(&[
                "--format fields: name the fields with --fields a,b or --fields all",
                "SOURCE s3://: names no bucket; use s3://bucket or s3://bucket/prefix",
                "--until-idle 0: must be whole seconds from 1 to 86400",
            ]),
        );
        check(
            "ct-ingest --state s --follow --sqs-delete maybe logs",
            Err(&[
                "--sqs-delete: must be true or false, not \"maybe\"",
                "--state: goes with s3:// only; a queue remembers by itself",
                "--follow: goes with s3:// only; a queue is always followed",
            ]),
        );
        check(
            "ct-ingest --admin :9090 logs",
            Err(&["--admin :9090: must be ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090"]),
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
