//! What the arguments mean, and all that is wrong with them.

use super::{Args, FormatName};
use crate::format::Format;
use crate::remote::RemoteOptions;
use crate::selection::Selection;
use crate::source::Source;
use anyhow::anyhow;
use jiff::Timestamp;
use program_kit::logging::{self, EnvFilter};
use std::net::SocketAddr;
use std::time::Duration;

/// The variable of the environment that `--admin` wins over.
const ADMIN_VARIABLE: &str = "ADMIN_ADDR";
/// The longest time that `--until-idle` takes, in seconds: a day. Who wants more wants no end.
const LONGEST_IDLE: u64 = 86_400;

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

impl Args {
    /// What the arguments mean, or everything that is wrong with them.
    pub(crate) fn resolve(&self) -> Result<Resolved, Vec<anyhow::Error>> {
        let mut mistakes = Vec::new();
        let format = self.format(&mut mistakes);
        let source = Source::parse(&self.sources, &mut mistakes);
        let filter = logging::filter(self.log_level.as_deref().map(|level| ("--log-level", level)), None)
            .map_err(|error| mistakes.push(error));
        let remote = self.remote(source.as_ref(), &mut mistakes);
        let admin = self.admin(std::env::var(ADMIN_VARIABLE).ok(), &mut mistakes);
        match (format, source, filter) {
            (Some(format), Some(source), Ok(filter)) if mistakes.is_empty() => {
                Ok(Resolved { format, source, filter, remote, admin })
            }
            _ => Err(mistakes),
        }
    }

    /// Warns of options that mean nothing for the source, which their user may not know.
    pub(crate) fn warn(&self, source: &Source) {
        for (option, kind) in self.settings.without_effect(source) {
            tracing::warn!("{option} has no effect here: it is for {kind} only");
        }
    }

    fn format(&self, mistakes: &mut Vec<anyhow::Error>) -> Option<Format> {
        match (self.format, &self.fields) {
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
        if self.list && source.is_some_and(Source::has_stdin) {
            mistakes.push(anyhow!("--list: not with -; what comes on standard input is known once it is read"));
        }
        RemoteOptions { settings, state: self.state.clone(), follow: self.follow, until_idle }
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
            Ok(Resolved { format, source, .. }) => Ok(format!("{format:?} of {source:?}")),
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
        check("ct-ingest --fields ct.id,s3.bytes logs", Ok(r#"Fields(ct.id,s3.bytes) of Local([Path("logs")])"#));
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
