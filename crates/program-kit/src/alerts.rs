//! The options for posting alerts.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::certificates;
use crate::environment::referenced;
use crate::proxy;
use alert_http::{ContentType, Header, Options, Poster};
use anyhow::anyhow;
use std::fmt;
use std::path::PathBuf;

/// The options for posting alerts. `Debug` shows no secret.
#[derive(clap::Args)]
pub struct HttpArgs {
    /// Also post each alert to this URL, as Falco's http_output. Reading waits until the server accepts it: a message is
    /// acknowledged, and --state moves, only then. The URL may be in a variable (env:NAME) or a file (@FILE)
    #[arg(long, value_name = "URL", conflicts_with_all = ["validate", "explain"])]
    http: Option<String>,

    /// Send this header with each alert; VALUE may be in a variable (env:NAME) or a file (@FILE), as a secret should be; may
    /// be repeated
    #[arg(long, value_name = "NAME: VALUE", requires = "http")]
    http_header: Vec<String>,

    /// Trust the certificates in this file (PEM) as well, for --http
    #[arg(long, value_name = "FILE", requires = "http")]
    http_ca: Option<PathBuf>,
}

impl fmt::Debug for HttpArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpArgs").field("http_ca", &self.http_ca).finish_non_exhaustive()
    }
}

impl HttpArgs {
    /// Returns the client that posts alerts, and adds what is wrong to the mistakes. `None` without `--http`, and
    /// with a mistake in these options.
    #[must_use]
    pub fn resolve(&self, format: &str, program: &str, mistakes: &mut Vec<anyhow::Error>) -> Option<Poster> {
        let content_type = if format == "text" { ContentType::Text } else { ContentType::Json };
        let (url, before) = (referenced(self.http.as_deref()?), mistakes.len());
        let url = url.map_err(|error| mistakes.push(anyhow!("--http: {error}"))).ok();
        let mut options = Options::new("", content_type);
        options.user_agent = format!("{program}/{}", env!("CARGO_PKG_VERSION"));
        for header in self.http_header.iter().map(|text| Header::parse(text, referenced)) {
            options.headers.extend(header.map_err(|error| mistakes.push(anyhow!("--http-header: {error}"))));
        }
        match certificates::from_env_and("--http-ca", self.http_ca.as_deref()) {
            Ok(roots) => options.roots = roots,
            Err(wrong) => mistakes.extend(wrong.into_iter().map(anyhow::Error::msg)),
        }
        options.proxy = proxy::from_env().map(|proxy| (proxy.url.into(), proxy.direct));
        options.url = url?.into();
        let poster = Poster::new(&options).map_err(|error| mistakes.push(anyhow!("--http: {error}")));
        poster.ok().filter(|_| mistakes.len() == before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Program {
        #[command(flatten)]
        http: HttpArgs,
        #[arg(long)]
        validate: bool,
        #[arg(long)]
        explain: bool,
    }

    fn parse(args: &[&str]) -> Program {
        Program::try_parse_from([&["program"], args].concat()).unwrap()
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let wrong = |args: &[&str], expected: &[&str]| {
            let mut mistakes = vec![anyhow!("--since: an earlier mistake")];
            assert!(parse(args).http.resolve("json", "program", &mut mistakes).is_none(), "{args:?}");
            let found: Vec<_> = mistakes.iter().skip(1).map(ToString::to_string).collect();
            let is_all = found.len() == expected.len() && found.iter().zip(expected).all(|(one, it)| one.contains(it));
            assert!(is_all, "{args:?}: {found:?}");
        };
        let more = ["--http-header", "hunter2", "--http-header", "a: env:NO_SUCH_VARIABLE", "--http-ca", "none.pem"];
        let of_more = ["--http-header: must be NAME: VALUE", "--http-header: the header a: ", "--http-ca=none.pem"];
        let expected = [&of_more[..], &["--http: is not a URL like https://host/path"]].concat();
        wrong(&[&["--http", "ftp://hunter2"], &more[..]].concat(), &expected);
        wrong(&[&["--http", "http://x"], &more[..]].concat(), &of_more);
        // A URL that cannot be found is not checked.
        wrong(&[&["--http", "@none"], &more[..]].concat(), &[&["--http: none: "], &of_more[..]].concat());
        wrong(&["--http", "ftp://hunter2"], &["--http: is not a URL like https://host/path"]);
    }

    #[test]
    fn debug_shows_no_secret() {
        let args = ["--http", "https://me:hunter2@x/hunter2", "--http-header", "a: hunter2", "--http-ca", "a.pem"];
        let shown = format!("{:?}", parse(&args));
        assert!(shown.contains("a.pem") && !shown.contains("hunter2"), "{shown}");
    }
}
