//! The options of the command line, with their help text.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use super::detect::DetectArgs;
use crate::settings::SettingArgs;
use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use program_kit::VERSION;
use program_kit::logging::LogFormat;
use record_queries::Width;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Returns the text of a file of the folder `examples`.
macro_rules! examples {
    ($name:literal) => {
        include_str!(concat!("examples/", $name, ".txt")).trim_ascii_end()
    };
}

/// Reads AWS CloudTrail logs and prints each record, its fields, or a summary line.
///
/// Files may be plain or gzip, with any name. Records are printed in the order of the SOURCEs, in a folder in the order
/// of the files (sorted by name, folder by folder), and within a file in the file's order. Damage is reported on stderr
/// with file, record and byte; all other records are still printed.
///
/// A file may be a CloudTrail log file, an array of records, or one record a line. It may also hold records in what other
/// tools write: log events of CloudWatch Logs (subscriptions, export tasks, filter-log-events, Logs Insights), the answers
/// of lookup-events, EventBridge events, messages of SQS, SNS, Kinesis and Firehose, and exports of Elastic, Splunk, Wazuh
/// and StreamAlert.
#[derive(Debug, Parser)]
#[command(name = "ct-ingest", version = VERSION, after_help = examples!("all"), max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// What to print of each record [default: raw, or fields where --fields is given]
    #[arg(long, value_enum)]
    pub(super) format: Option<FormatName>,

    /// Fields to print, in this order, separated by commas; or all. A JSON object, unless --format says otherwise
    #[arg(long, value_name = "a,b|all")]
    pub(super) fields: Option<String>,

    /// List each file or object that would be read, with its size, and read nothing; not with sqs:// or -
    #[arg(long)]
    pub(crate) list: bool,

    // This must be the last field, since it has a heading for its last options.
    #[command(flatten)]
    pub(super) read: ReadArgs,
}

/// The options of every command that reads records.
#[derive(Debug, clap::Args)]
pub(crate) struct ReadArgs {
    /// Files, folders (read with all folders in them) and - for standard input, as many as you like; or one bucket,
    /// s3://bucket[/prefix] or its ARN; or one queue, sqs:// and its name, URL or ARN; or one log group of CloudWatch
    /// Logs, cwl://LOG-GROUP[:STREAM-PREFIX] or its ARN
    #[arg(required = true, value_name = "SOURCE")]
    pub(super) sources: Vec<OsString>,

    /// Only records from this time on: 2h (that long before now; s, m, h, d, w), 2026-01-02T15:04:05Z, or 2026-01-02 (00:00
    /// UTC); records without a readable time are kept
    #[arg(long, value_name = "TIME")]
    pub(super) since: Option<String>,

    /// Only records before this time. With s3:// and cwl://, what was delivered up to a day later is read, unless
    /// --s3-interval is given
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<String>,

    /// Only records for which this holds, in the language of Falco's rules: 'ct.name = CreateUser and not ct.error exists'
    #[arg(long = "where", value_name = "CONDITION")]
    pub(super) condition: Option<String>,

    /// Rules files, in this order, or folders of *.yaml and *.yml: for detect and report, or for the macros and lists of
    /// --where; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) rules: Vec<PathBuf>,

    /// Drop records with the eventID and the text of an earlier one; uses temporary files above 1.8 million records
    #[arg(long)]
    pub(super) dedupe: bool,

    /// Print or check records in the order of their eventTime, those without a readable one last; not with --follow or
    /// sqs://; uses temporary files above 64 MiB
    #[arg(long, value_name = "time", value_parser = ["time"])]
    pub(super) sort: Option<String>,

    /// s3:// and cwl:// only: remember in this file what has been read, and read only what is new
    #[arg(long, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,

    /// s3:// and cwl:// only: keep looking, and read what is new
    #[arg(long)]
    pub(super) follow: bool,

    /// sqs://, or s3:// and cwl:// with --follow: end after this many seconds without anything to do, 1 to 86400 [default: never]
    #[arg(long, value_name = "SECS")]
    pub(super) until_idle: Option<String>,

    /// Serve /metrics (Prometheus), /livez and /readyz at this address, such as 127.0.0.1:9090 [env: ADMIN_ADDR]
    /// [default: not served]
    #[arg(long, value_name = "ADDR")]
    pub(super) admin: Option<String>,

    /// Show no progress bar, and log only warnings and errors unless --log-level is given
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// How log lines are written to stderr
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) log_format: LogFormat,

    /// The least level that is logged: error, warn, info, debug, trace or off [env: LOG_LEVEL, RUST_LOG] [default: info]
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,

    // This must be the last field: the heading of its options would also apply to any options after them.
    #[command(flatten)]
    pub(super) settings: SettingArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatName {
    /// The record's own JSON, one record a line
    Raw,
    /// A JSON object of the fields that --fields names; fields that a record does not have are left out
    Fields,
    /// Comma-separated values (RFC 4180), with a heading
    Csv,
    /// Tab-separated values, with a heading; tabs, line breaks and backslashes become \t, \n, \r and \\
    Tsv,
    /// Aligned columns for people
    Table,
    /// A summary line: time, region, user, service, event, and its object
    Info,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Count records by the values of fields, the most frequent first: bars on a terminal, JSON elsewhere
    ///
    /// Nothing is acknowledged: messages stay in their queue, and --state is read and not changed.
    #[command(after_help = examples!("count"))]
    Count {
        /// The fields, separated by commas
        #[arg(long, value_name = "a,b")]
        by: String,
        /// Show only the N most frequent combinations [default: all]
        #[arg(long, value_name = "N")]
        top: Option<NonZeroUsize>,
        #[command(flatten)]
        read: Box<ReadArgs>,
    },
    /// Count records by their time: bars on a terminal, JSON elsewhere
    ///
    /// Nothing is acknowledged: messages stay in their queue, and --state is read and not changed.
    #[command(after_help = examples!("timeline"))]
    Timeline {
        /// The time of one bar, such as 15m, 1h or 1d [default: what gives at most 60 bars, up to four weeks]
        #[arg(long, value_name = "WIDTH")]
        every: Option<Width>,
        #[command(flatten)]
        read: Box<ReadArgs>,
    },
    /// Check records with Falco's rules, and print their alerts as Falco does
    ///
    /// A message is acknowledged after the alerts of its records are written. Times are in UTC. Records that Falco's
    /// plugin skips are not checked, but counted: those without a valid eventTime or an eventType.
    #[command(after_help = examples!("detect"))]
    #[command(mut_arg("sources", |sources| sources.required(false).required_unless_present("validate").conflicts_with("validate")))]
    Detect {
        #[command(flatten)]
        detect: Box<DetectArgs>,
        #[command(flatten)]
        read: Box<ReadArgs>,
    },
    /// Write a page (HTML) about the records: when, who, from where, what failed, what is new, and the alerts of rules
    ///
    /// The page is one file that needs no script and no network. --rules adds alerts: of each record, that of the first
    /// rule that matches. Nothing is acknowledged: messages stay in their queue, and --state is read and not changed.
    #[command(after_help = examples!("report"))]
    Report {
        /// The file of the page, replaced when the page is complete; or - for stdout
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// The title of the page
        #[arg(long, value_name = "TEXT", default_value = "CloudTrail report")]
        title: String,
        /// The time of one bar, such as 15m, 1h or 1d [default: what gives at most 60 bars, up to four weeks]
        #[arg(long, value_name = "WIDTH")]
        every: Option<Width>,
        #[command(flatten)]
        read: Box<ReadArgs>,
    },
    /// Work on rules
    Rules {
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Print the table of fields: name, type, description
    #[command(after_help = examples!("fields"))]
    Fields {
        /// Print a JSON array, as the Falco plugin returns it for get_fields
        #[arg(long)]
        json: bool,
    },
    /// Print completions for a shell
    #[command(after_help = examples!("completions"))]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page
    #[command(after_help = examples!("man"))]
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Run tests of rules: files that name records and the alerts that they must give
    #[command(after_help = examples!("rules-test"))]
    Test {
        /// A test file, or a folder, read with all folders in it
        #[arg(value_name = "DIR")]
        path: PathBuf,
        /// Print JUnit XML
        #[arg(long)]
        junit: bool,
    },
}
