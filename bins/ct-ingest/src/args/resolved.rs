//! Resolves the arguments, and reports all mistakes in them.

use super::command_line::Command::{Count, Detect, Report, Timeline};
use super::command_line::{Args, ReadArgs};
use crate::output::Page;
use crate::remote::RemoteOptions;
use crate::source::Source;
use alert_http::Poster;
use anyhow::{Context, anyhow};
use clap::builder::PossibleValue;
use clap::{CommandFactory, ValueEnum};
use cloudtrail_reader::aws::without_password;
use cloudtrail_reader::bucket::Interval;
use cloudtrail_rules::{Code, Loaded, Ruleset};
use field_extract::closest_name;
use jiff::Timestamp;
use program_kit::admin;
use program_kit::logging::{self, EnvFilter};
use program_kit::output_file::{OutputFile, input_of};
use record_queries::{Format, Query, Selection, TimeRange};
use record_report::About;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The environment variable that `--admin` overrides.
const ADMIN_VARIABLE: &str = "ADMIN_ADDR";
/// The longest time that `--until-idle` accepts, in seconds: a day.
const LONGEST_IDLE: u64 = 86_400;

/// The resolved arguments.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) query: Query,
    pub(crate) rules: Loaded,
    pub(crate) source: Source,
    pub(crate) filter: EnvFilter,
    pub(crate) remote: RemoteOptions,
    /// The address of the admin endpoint.
    pub(crate) admin: Option<SocketAddr>,
    /// Posts alerts.
    pub(crate) poster: Option<Poster>,
}

impl Args {
    /// Returns the options for reading.
    pub(crate) fn read(&self) -> &ReadArgs {
        match &self.command {
            Some(Count { read, .. } | Timeline { read, .. } | Detect { read, .. } | Report { read, .. }) => read,
            _ => &self.read,
        }
    }

    /// Resolves the arguments, or returns all mistakes in them.
    pub(crate) fn resolve(&self) -> Result<Resolved, Vec<anyhow::Error>> {
        let (read, now, mut mistakes) = (self.read(), Timestamp::now(), Vec::new());
        let rules = self.load_rules(&mut mistakes);
        let ruleset = rules.as_ref().map(|rules| &rules.ruleset);
        let format = self.resolve_format(ruleset, &mut mistakes);
        let condition = ruleset.and_then(|rules| self.resolve_condition(rules, &mut mistakes));
        let range = read.resolve_range(now, &mut mistakes);
        mistakes.extend(self.mistyped_command());
        let source = Source::parse(&read.sources, &mut mistakes);
        let quiet = read.quiet.then_some(("--quiet", "warn"));
        let filter = logging::filter(read.log_level.as_deref().map(|level| ("--log-level", level)), quiet)
            .map_err(|error| mistakes.push(error));
        let mut remote = self.resolve_remote(source.as_ref(), now, &mut mistakes);
        if !range.is_all() {
            remote.settings.filter.narrow(range.since, range.until);
        }
        let admin = read.resolve_admin(std::env::var(ADMIN_VARIABLE).ok(), &mut mistakes);
        let poster = self.detect().and_then(|detect| detect.http.resolve(&detect.format, "ct-ingest", &mut mistakes));
        mistakes.extend(self.mistake_in_output());
        if read.sort.is_some() && format.as_ref().is_some_and(Format::is_question) {
            mistakes.push(anyhow!("--sort: not with count, timeline, report or --explain"));
        }
        match (format, rules, source, filter) {
            (Some(format), Some(rules), Some(source), Ok(filter)) if mistakes.is_empty() => {
                // A question must not take messages from those who need their records.
                remote.settings.delete &= !format.is_question();
                let query = Query::new(format, range, read.dedupe).with_filter(condition).sorted(read.sort.is_some());
                Ok(Resolved { query, rules, source, filter, remote, admin, poster })
            }
            _ => Err(mistakes),
        }
    }

    /// Returns what is wrong if the first SOURCE is a mistyped command.
    fn mistyped_command(&self) -> Option<anyhow::Error> {
        let first = self.read.sources.first().filter(|path| !Path::new(path).exists())?.to_str()?;
        if first == "verify" {
            return Some(anyhow!(
                "SOURCE verify: is not there, and there is no such command: `aws cloudtrail validate-logs` verifies digest files"
            ));
        }
        let commands = Self::command();
        let name = closest_name(first, commands.get_subcommands().map(clap::Command::get_name))?;
        Some(anyhow!("SOURCE {first}: is not there; did you mean the command {name}?"))
    }

    /// Returns what is wrong if the output would change an input.
    fn mistake_in_output(&self) -> Option<anyhow::Error> {
        let read = self.read();
        let output = if let Some(Report { output, .. }) = &self.command { output } else { Path::new("-") };
        let is_rules =
            |path: &&PathBuf| path.is_file() || output.extension().is_some_and(|it| it == "yaml" || it == "yml");
        let others = read.rules.iter().filter(is_rules).chain(&read.state).map(PathBuf::as_path);
        let input = input_of(output, read.sources.iter().map(Path::new).chain(others))?;
        let is_standard = |path: &Path| path.as_os_str() == "-";
        let input = if is_standard(input) { "stdin".to_owned() } else { input.display().to_string() };
        let name = if is_standard(output) { "stdout".to_owned() } else { format!("--output {}", output.display()) };
        Some(anyhow!("{name}: is the same file as {input}, or lies in it, and would be read; write it elsewhere"))
    }

    /// Starts the page of `report`, and tries that its file can be written before anything is read.
    pub(crate) fn page(&self, query: &Query) -> anyhow::Result<Option<Page>> {
        let Some(Report { output, title, every, read }) = &self.command else { return Ok(None) };
        let sources = read.sources.iter().map(|it| ("Source", without_password(&it.to_string_lossy()).into_owned()));
        let rules = read.rules.iter().map(|path| ("Rules", path.display().to_string()));
        let asked = sources.chain(read.condition.iter().map(|it| ("Where", it.clone()))).chain(rules).collect();
        let about = About::new(title, asked, query, concat!("ct-ingest ", env!("CARGO_PKG_VERSION")));
        let page = record_report::Report::new(about.made_at(Timestamp::now()), query, *every);
        Ok(Some((page, OutputFile::open(output).context("--output")?)))
    }

    /// Warns of options that have no effect on the source, and of what is odd in rules.
    pub(crate) fn warn(&self, source: &Source, rules: &Loaded) {
        // What no rule uses may be there for conditions.
        let is_for_conditions = |code| self.detect().is_none() && matches!(code, Code::UnusedMacro | Code::UnusedList);
        for warning in rules.diagnostics.iter().filter(|it| !is_for_conditions(it.code)) {
            tracing::warn!("{warning}");
        }
        let settings = &self.read().settings;
        for (option, kind) in settings.options_without_effect(source) {
            tracing::warn!("{option} has no effect here: it is for {kind} only");
        }
        if settings.is_interval_empty() {
            tracing::warn!("--s3-interval is empty: objects and log events of all times are read");
        }
    }

    fn resolve_format(&self, rules: Option<&Ruleset>, mistakes: &mut Vec<anyhow::Error>) -> Option<Format> {
        match &self.command {
            Some(Count { by, top, .. }) => {
                let by =
                    Selection::parse(by).map_err(|wrong| mistakes.extend(wrong.iter().map(|it| anyhow!("--by{it}"))));
                return Some(Format::Count { by: by.ok()?, top: top.map(NonZero::get) });
            }
            Some(Timeline { every, .. }) => return Some(Format::Timeline(*every)),
            Some(Report { .. }) => return Some(record_report::format(rules?)),
            Some(Detect { detect, .. }) => return detect.resolve(rules?, mistakes),
            _ => {}
        }
        let name = self.format.and_then(|name| name.to_possible_value());
        let format = Format::parse(name.as_ref().map(PossibleValue::get_name), self.fields.as_deref());
        format.map_err(|wrong| mistakes.extend(wrong.into_iter().map(anyhow::Error::msg))).ok()
    }

    fn resolve_remote(
        &self,
        source: Option<&Source>,
        now: Timestamp,
        mistakes: &mut Vec<anyhow::Error>,
    ) -> RemoteOptions {
        let read = self.read();
        let settings = read.settings.resolve(now, mistakes);
        let until_idle = read.until_idle.as_deref().and_then(|text| {
            let seconds = text.parse().ok().filter(|seconds| (1..=LONGEST_IDLE).contains(seconds));
            if seconds.is_none() {
                mistakes.push(anyhow!("--until-idle {text}: must be whole seconds from 1 to {LONGEST_IDLE}"));
            }
            seconds.map(Duration::from_secs)
        });
        // These list what there is, and do not keep track of what was read.
        let is_listed = source.is_none_or(|source| matches!(source, Source::S3(_) | Source::LogGroup(_)));
        let is_sqs = source.is_none_or(|source| matches!(source, Source::Sqs(_)));
        if read.state.is_some() && !is_listed {
            mistakes
                .push(anyhow!("--state: goes with s3:// and cwl:// only; a queue itself keeps track of what was read"));
        }
        if read.follow && !is_listed {
            mistakes.push(anyhow!("--follow: goes with s3:// and cwl:// only; a queue is always followed"));
        }
        if read.until_idle.is_some() && !is_sqs && !(is_listed && read.follow) {
            mistakes.push(anyhow!("--until-idle: goes with sqs://, or with s3:// or cwl:// and --follow"));
        }
        if read.sort.is_some() && (read.follow || matches!(source, Some(Source::Sqs(_)))) {
            mistakes.push(anyhow!("--sort: not with --follow or sqs://: messages that come later may be older"));
        }
        if self.list && source.is_some_and(|source| matches!(source, Source::Sqs(_))) {
            mistakes.push(anyhow!(
                "--list: not with sqs://; listing would receive messages, which hides them from other readers and \
                 counts towards their dead-letter queue"
            ));
        }
        if self.list && source.is_some_and(Source::has_stdin) {
            mistakes.push(anyhow!("--list: not with -; standard input is known only after it was read"));
        }
        RemoteOptions { settings, state: read.state.clone(), follow: read.follow, until_idle }
    }
}

impl ReadArgs {
    fn resolve_range(&self, now: Timestamp, mistakes: &mut Vec<anyhow::Error>) -> TimeRange {
        let mut time = |option: &str, text: &Option<String>| {
            let time = text.as_deref().map(|text| Interval::time(text, now))?;
            time.map_err(|error| mistakes.push(anyhow!("{option}: {error}"))).ok()
        };
        let range = TimeRange { since: time("--since", &self.since), until: time("--until", &self.until) };
        if let TimeRange { since: Some(since), until: Some(until) } = range
            && since >= until
        {
            mistakes.push(anyhow!("--until: {until} is not after --since, {since}"));
        }
        range
    }

    /// Returns the address from the flag, or else from the variable, unless it is empty.
    fn resolve_admin(&self, variable: Option<String>, mistakes: &mut Vec<anyhow::Error>) -> Option<SocketAddr> {
        let given = self.admin.clone().map(|text| ("--admin", text));
        let (name, text) = given.or(variable.filter(|text| !text.is_empty()).map(|text| (ADMIN_VARIABLE, text)))?;
        admin::parse_address(name, &text).map_err(|wrong| mistakes.push(anyhow!(wrong))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[track_caller]
    fn check(line: &str, expected: Result<&str, &[&str]>) {
        let args = Args::try_parse_from(line.split(' ')).unwrap();
        let found = match args.resolve() {
            Ok(Resolved { query, source, .. }) => Ok(format!("{:?} of {source:?}", query.format())),
            Err(mistakes) => Err(mistakes.iter().map(|mistake| format!("{mistake:#}")).collect::<Vec<_>>()),
        };
        assert_eq!(found, expected.map(str::to_owned).map_err(|it| it.iter().map(ToString::to_string).collect()));
    }

    #[test]
    fn formats_and_sources() {
        check("ct-ingest logs", Ok(r#"Raw of Local([Path("logs")])"#));
        check("ct-ingest a --quiet b", Ok(r#"Raw of Local([Path("a"), Path("b")])"#));
        check("ct-ingest logs fields", Ok(r#"Raw of Local([Path("logs"), Path("fields")])"#));
        check("ct-ingest -", Ok("Raw of Local([Stdin])"));
        check("ct-ingest s3://my-trail/a", Ok(r#"Raw of S3(BucketUri { bucket: "my-trail", prefix: "a" })"#));
        check("ct-ingest sqs://q --until-idle 5", Ok(r#"Raw of Sqs(Name("q"))"#));
        check("ct-ingest --format info logs", Ok(r#"Info of Local([Path("logs")])"#));
        check("ct-ingest --fields ct.id,s3.bytes logs", Ok(r#"Json(ct.id,s3.bytes) of Local([Path("logs")])"#));
    }

    #[test]
    fn questions_have_the_same_sources_and_options() {
        check(
            "ct-ingest count --by ct.name s3://my-trail",
            Ok(r#"Count { by: ct.name, top: None } of S3(BucketUri { bucket: "my-trail", prefix: "" })"#),
        );
        check(
            "ct-ingest count --by ct.name,ct.user --top 3 --since 1d --dedupe -",
            Ok("Count { by: ct.name,ct.user, top: Some(3) } of Local([Stdin])"),
        );
        check("ct-ingest timeline --every 1h a b", Ok(r#"Timeline(Some(Width(60))) of Local([Path("a"), Path("b")])"#));
        check("ct-ingest count --by eventName x", Err(&["--by eventName: no such field; did you mean ct.name?"]));
        let deletes =
            |line: &str| Args::try_parse_from(line.split(' ')).unwrap().resolve().unwrap().remote.settings.delete;
        assert!(deletes("ct-ingest sqs://q"));
        assert!(
            !deletes("ct-ingest timeline sqs://q")
                && !deletes("ct-ingest count --by ct.name --sqs-delete true sqs://q")
        );
    }

    #[test]
    fn a_range_of_time_narrows_the_listing() {
        let filter =
            |line: &str| Args::try_parse_from(line.split(' ')).unwrap().resolve().unwrap().remote.settings.filter;
        let day = "--since 2026-01-02 --until 2026-01-03T00:00:00Z";
        let interval = filter(&format!("ct-ingest {day} s3://my-trail")).interval.unwrap();
        assert_eq!(interval.start.to_string(), "2026-01-01T23:00:00Z");
        assert_eq!(interval.end.unwrap().to_string(), "2026-01-04T00:00:00Z");
        let typed =
            filter(&format!("ct-ingest {day} --s3-interval 2025-01-01T00:00:00Z s3://my-trail")).interval.unwrap();
        assert_eq!((typed.start.to_string().as_str(), typed.end), ("2025-01-01T00:00:00Z", None));
        assert_eq!(filter("ct-ingest s3://my-trail").interval, None);
        check(
            "ct-ingest --since 2026-01-03 --until 2026-01-02 logs",
            Err(&["--until: 2026-01-02T00:00:00Z is not after --since, 2026-01-03T00:00:00Z"]),
        );
    }

    #[test]
    fn the_admin_address_comes_from_the_flag_or_the_environment() {
        let admin = |line: &str, variable: &str| {
            let mut mistakes = Vec::new();
            let args = Args::try_parse_from(line.split(' ')).unwrap();
            let address = args.read().resolve_admin(Some(variable.to_owned()), &mut mistakes).map(|it| it.to_string());
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
                "--state: goes with s3:// and cwl:// only; a queue itself keeps track of what was read",
                "--follow: goes with s3:// and cwl:// only; a queue is always followed",
            ]),
        );
        check(
            "ct-ingest --admin :9090 logs",
            Err(&["--admin :9090: must be ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090"]),
        );
        check(
            "ct-ingest --format raw --fields ct.id logs",
            Err(&["--fields: not with --format raw or info; remove one of the two"]),
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
