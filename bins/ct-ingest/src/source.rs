//! Parses the SOURCE arguments.

use anyhow::anyhow;
use cloudtrail_reader::aws::{Address, LogGroup, QueueName, mistyped, without_password};
use cloudtrail_reader::bucket::BucketUri;
use cloudtrail_reader::source::{Local, RemoteAddress};
use field_extract::field;
use std::ffi::{OsStr, OsString};

/// All sources of a run.
#[derive(Debug)]
pub(crate) enum Source {
    /// Files, folders and standard input, in the order given.
    Local(Vec<Local>),
    /// A bucket, which must be the only source.
    S3(BucketUri),
    /// A queue, which must be the only source.
    Sqs(QueueName),
    /// A log group, which must be the only source.
    LogGroup(LogGroup),
}

/// The source that one argument names.
enum Named {
    Local(Local),
    Remote(Source),
}

impl Source {
    /// Parses the SOURCE arguments, and adds what is wrong with them to the mistakes.
    pub(crate) fn parse(texts: &[OsString], mistakes: &mut Vec<anyhow::Error>) -> Option<Self> {
        let before = mistakes.len();
        let mut locals = Vec::new();
        let mut remotes = Vec::new();
        for text in texts {
            match named(text) {
                Ok(Named::Local(Local::Stdin)) if locals.contains(&Local::Stdin) => {
                    mistakes.push(anyhow!("SOURCE -: is given twice, and standard input can be read only once"));
                }
                Ok(Named::Local(local)) => locals.push(local),
                Ok(Named::Remote(source)) => remotes.push((text.to_string_lossy(), source)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if let Some((text, _)) = remotes.first()
            && texts.len() > 1
        {
            mistakes.push(anyhow!(
                "SOURCE {}: a bucket, queue or log group must be the only SOURCE; run ct-ingest once for it and once for the others",
                without_password(text)
            ));
        }
        match remotes.pop() {
            _ if mistakes.len() > before => None,
            Some((_, source)) => Some(source),
            None => Some(Self::Local(locals)),
        }
    }

    /// Returns the names of the sources that have an end.
    pub(crate) fn names(&self, is_followed: bool) -> Vec<String> {
        let local =
            |local: &Local| if let Local::Path(path) = local { path.display().to_string() } else { "-".to_owned() };
        match self {
            Self::Local(locals) => locals.iter().map(local).collect(),
            Self::S3(uri) if !is_followed => vec![RemoteAddress::Bucket(uri.clone()).to_string()],
            Self::LogGroup(group) if !is_followed => vec![RemoteAddress::LogGroup(group.clone()).to_string()],
            _ => Vec::new(),
        }
    }

    /// Returns whether standard input is one of the sources.
    pub(crate) fn has_stdin(&self) -> bool {
        matches!(self, Self::Local(locals) if locals.contains(&Local::Stdin))
    }
}

/// Parses one SOURCE. A path need not exist, but a missing one must not look like an address or a field.
fn named(source: &OsStr) -> anyhow::Result<Named> {
    let path = || Ok(Named::Local(Local::Path(source.into())));
    // Addresses are UTF-8 text.
    let Some(text) = source.to_str() else { return path() };
    let mistake = |error: &dyn std::fmt::Display| anyhow!("SOURCE {}: {error}", without_password(text));
    match text {
        "" => Err(anyhow!(
            "SOURCE: is empty; name a file, a folder, - for standard input, s3://bucket, sqs://queue or cwl://log-group"
        )),
        "-" => Ok(Named::Local(Local::Stdin)),
        _ => match Address::parse(text).map_err(|error| mistake(&error))? {
            Address::Bucket(uri) => Ok(Named::Remote(Source::S3(uri))),
            Address::Queue(queue) => Ok(Named::Remote(Source::Sqs(queue))),
            Address::LogGroup(group) => Ok(Named::Remote(Source::LogGroup(group))),
            Address::Path if std::fs::symlink_metadata(source).is_ok() => path(),
            Address::Path if field(text.trim_matches(',')).is_some() => Err(mistake(
                &"is a field and not a path; --fields takes names separated by commas, without blanks: \
                  --fields ct.id,ct.name",
            )),
            Address::Path => mistyped(text).map_or_else(path, |error| Err(mistake(&error))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: Result<&str, &[&str]>) {
        let texts: Vec<OsString> = texts.iter().map(Into::into).collect();
        let mut mistakes = Vec::new();
        let found = Source::parse(&texts, &mut mistakes).map(|source| format!("{source:?}"));
        let mistakes = mistakes.iter().map(ToString::to_string).collect::<Vec<_>>();
        let expected = expected.map(str::to_owned).map_err(|it| it.iter().map(ToString::to_string).collect());
        assert_eq!(found.ok_or(mistakes), expected, "{texts:?}");
    }

    #[test]
    fn any_number_of_local_sources_in_their_order() {
        check(&["b", "-", "a", "b"], Ok(r#"Local([Path("b"), Stdin, Path("a"), Path("b")])"#));
        check(&["-", "a", "-"], Err(&["SOURCE -: is given twice, and standard input can be read only once"]));
    }

    #[test]
    fn a_bucket_or_a_queue_stands_alone() {
        check(&["s3://my-trail/a"], Ok(r#"S3(BucketUri { bucket: "my-trail", prefix: "a" })"#));
        check(&["arn:aws:s3:::my-trail"], Ok(r#"S3(BucketUri { bucket: "my-trail", prefix: "" })"#));
        check(&["SQS://q"], Ok(r#"Sqs(Name("q"))"#));
        let group = r#"LogGroup(LogGroup { name: "/trail", owner: None, stream_prefix: "a" })"#;
        check(&["cwl:///trail:a"], Ok(group));
        let alone =
            "a bucket, queue or log group must be the only SOURCE; run ct-ingest once for it and once for the others";
        check(&["a", "s3://my-trail"], Err(&[&format!("SOURCE s3://my-trail: {alone}")]));
        check(&["sqs://q", "-"], Err(&[&format!("SOURCE sqs://q: {alone}")]));
        check(&["sqs://q", "s3://my-trail"], Err(&[&format!("SOURCE sqs://q: {alone}")]));
    }

    #[test]
    fn every_wrong_source_is_named() {
        check(
            &["", "s3:/my-trail", "\"sqs://q\"", "ct.name,", "https://u:hunter2@host/q"],
            Err(&[
                "SOURCE: is empty; name a file, a folder, - for standard input, s3://bucket, sqs://queue or cwl://log-group",
                "SOURCE s3:/my-trail: is not a path; an address is written s3://my-trail",
                "SOURCE \"sqs://q\": the quotes around it are part of the value: write sqs://q",
                "SOURCE ct.name,: is a field and not a path; --fields takes names separated by commas, without \
                 blanks: --fields ct.id,ct.name",
                "SOURCE https://host/q: is neither the URL of a queue \
                 (https://sqs.eu-west-1.amazonaws.com/123456789012/name) nor that of a bucket; for a queue of another host \
                 write sqs:// before it, and for a bucket s3://bucket/prefix, with the host in AWS_ENDPOINT_URL_S3",
            ]),
        );
    }

    #[test]
    fn a_path_that_is_there_is_a_path_whatever_it_looks_like() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("\"s3:x\"");
        std::fs::write(&path, "").unwrap();
        let mut mistakes = Vec::new();
        let found = Source::parse(&[path.clone().into_os_string()], &mut mistakes);
        assert!(matches!(found, Some(Source::Local(locals)) if locals == [Local::Path(path)]), "{mistakes:?}");
    }
}
