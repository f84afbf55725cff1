//! The options for posting alerts.
#![expect(clippy::doc_markdown, reason = "these doc comments are the help text, where backticks would be shown")]

use crate::certificates;
use crate::environment::referenced;
use crate::proxy;
use alert_http::{ContentType, Header, Identity, Options, Poster};
use anyhow::anyhow;
use std::fmt;
use std::path::{Path, PathBuf};

/// The options for posting alerts. `Debug` shows no secret.
#[derive(clap::Args)]
pub struct HttpArgs {
    /// Also post each alert to this URL, as Falco's http_output. Reading waits until the server accepts it: a message is
    /// acknowledged, and --state moves, only then. The URL may be in a variable (env:NAME) or a file (@FILE)
    #[arg(long, value_name = "URL", conflicts_with_all = ["validate", "explain"])]
    http: Option<String>,

    /// Send this header with each alert; VALUE may be env:NAME or @FILE, as a secret should be; may be repeated
    #[arg(long, value_name = "NAME: VALUE", requires = "http")]
    http_header: Vec<String>,

    /// Trust the certificates in this file (PEM) as well
    #[arg(long, value_name = "FILE", requires = "http")]
    http_ca: Option<PathBuf>,

    /// Show the certificate in this file (PEM) to the server, as Falco's client_cert with mtls
    #[arg(long, value_name = "FILE", requires = "http")]
    http_cert: Option<PathBuf>,

    /// The key of --http-cert (PEM), if it is in another file
    #[arg(long, value_name = "FILE", requires = "http_cert")]
    http_key: Option<PathBuf>,

    /// Compress posted alerts (Content-Encoding: gzip)
    #[arg(long, requires = "http")]
    http_gzip: bool,
}

impl fmt::Debug for HttpArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { http_ca, http_cert, http_key, http_gzip, .. } = self;
        let mut shown = f.debug_struct("HttpArgs");
        shown.field("http_ca", http_ca).field("http_cert", http_cert).field("http_key", http_key);
        shown.field("http_gzip", http_gzip).finish_non_exhaustive()
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
        let identity = self.identity().map_err(|wrong| mistakes.extend(wrong.into_iter().map(anyhow::Error::msg)));
        options.identity = identity.ok().flatten();
        options.compress = self.http_gzip;
        options.proxy = proxy::from_env().map(|proxy| (proxy.url.into(), proxy.direct));
        let url = url?;
        if self.http_ca.is_some() && url.trim_start().to_ascii_lowercase().starts_with("http://") {
            let advice = "use https://, or leave --http-ca out";
            mistakes.push(anyhow!("--http: begins with http://, over which no certificate is checked: {advice}"));
        }
        options.url = url.into();
        let poster = Poster::new(&options).map_err(|error| mistakes.push(anyhow!("--http: {error}")));
        poster.ok().filter(|_| mistakes.len() == before)
    }

    /// Returns the certificate of `--http-cert` and its key.
    fn identity(&self) -> Result<Option<Identity>, Vec<String>> {
        let Some(certificate) = &self.http_cert else { return Ok(None) };
        let key = self.http_key.as_ref().unwrap_or(certificate);
        let read = |option: &str, file: &Path| {
            std::fs::read(file).map_err(|error| format!("{option}={}: cannot be read: {error}", file.display()))
        };
        match (read("--http-cert", certificate), self.http_key.as_ref().map(|file| read("--http-key", file))) {
            (Ok(certificate), None) => Identity::from_pem(&certificate, &certificate),
            (Ok(certificate), Some(Ok(key))) => Identity::from_pem(&certificate, &key),
            (certificate, key) => {
                return Err([certificate.err(), key.and_then(Result::err)].into_iter().flatten().collect());
            }
        }
        .map(Some)
        .map_err(|error| {
            vec![format!("--http-cert={}, with the key in {}: {error}", certificate.display(), key.display())]
        })
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
        wrong(&[&["--http", "https://x"], &more[..]].concat(), &of_more);
        let plain = "--http: begins with http://, over which no certificate is checked: use https://";
        wrong(&[&["--http", "http://x"], &more[..]].concat(), &[&of_more[..], &[plain]].concat());
        // A URL that cannot be found is not checked.
        wrong(&[&["--http", "@none"], &more[..]].concat(), &[&["--http: none: "], &of_more[..]].concat());
        wrong(&["--http", "ftp://hunter2"], &["--http: is not a URL like https://host/path"]);
    }

    #[test]
    fn a_certificate_of_the_client_needs_its_key() {
        let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tls");
        let at = |name: &str| tls.join(name).display().to_string();
        let resolve = |args: &[&str]| {
            let mut mistakes = Vec::new();
            let poster = parse(&[&["--http", "https://x", "--http-gzip"], args].concat());
            let poster = poster.http.resolve("json", "program", &mut mistakes);
            assert_eq!(poster.is_some(), mistakes.is_empty(), "{args:?}");
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        let (certificate, key) = (at("client.pem"), at("client.key"));
        assert_eq!(resolve(&["--http-cert", &certificate, "--http-key", &key]), "");
        let folder = tempfile::tempdir().unwrap();
        let both = folder.path().join("both.pem").display().to_string();
        std::fs::write(&both, [&certificate, &key].map(|file| std::fs::read_to_string(file).unwrap()).concat())
            .unwrap();
        assert_eq!(resolve(&["--http-cert", &both]), "");
        // Every way in which a copy can fail is told in words, and the bytes are not listed.
        let text = |file: &str| std::fs::read_to_string(file).unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name).display().to_string();
            std::fs::write(&path, text).unwrap();
            path
        };
        let cut = |file: &str| text(file).split_once("-----END").unwrap().0.to_owned();
        let middle = |file: &str| {
            text(file).split_inclusive('\n').enumerate().filter(|(n, _)| *n != 2).map(|(_, l)| l).collect::<String>()
        };
        let cut_certificate = write("cut.pem", &cut(&certificate));
        let cut_key = write("cut.key", &cut(&key));
        let odd = write("odd.pem", &text(&certificate).replacen('M', "*", 1));
        let start = write("start.pem", &text(&certificate).replacen("CERTIFICATE-----", "CERTIFICATE", 1));
        let damaged = write("damaged.pem", &middle(&certificate));
        let damaged_key = write("damaged.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        for (certificate, key, expected) in [
            (
                &cut_certificate,
                &key,
                "the certificate cannot be read: it is cut: the line -----END CERTIFICATE----- is",
            ),
            (&certificate, &cut_key, "the key cannot be read: it is cut: the line -----END"),
            (&odd, &key, "the certificate cannot be read: the text between its lines"),
            (&start, &key, "the certificate cannot be read: a line with -----BEGIN is broken"),
            (&damaged, &key, "the certificate is damaged"),
            (&certificate, &damaged_key, "the key is damaged"),
        ] {
            let wrong = resolve(&["--http-cert", certificate, "--http-key", key]);
            let names = wrong.contains(&**certificate) && wrong.contains(&**key);
            assert!(names && wrong.contains(expected) && !wrong.contains('['), "{expected}: {wrong}");
        }
        let mut mistakes = Vec::new();
        let plain = parse(&["--http", "http://x", "--http-cert", &certificate, "--http-key", &key]);
        assert!(plain.http.resolve("json", "program", &mut mistakes).is_none());
        let plain = mistakes.iter().map(ToString::to_string).collect::<String>();
        assert!(plain.starts_with("--http: begins with http://, over which no certificate is sent"), "{plain}");
        for (args, expected) in [
            (&["--http-cert", &*certificate][..], "client.pem: there is no key"),
            (&["--http-cert", &certificate, "--http-key", &at("server.key")], "the key is that of another certificate"),
            (&["--http-cert", "none.pem", "--http-key", &key], "--http-cert=none.pem: cannot be read: No such file"),
            (&["--http-cert", &certificate, "--http-key", "none.key"], "--http-key=none.key: cannot be read: No such"),
        ] {
            let wrong = resolve(args);
            assert!(wrong.contains(expected) && !wrong.contains('\n'), "{args:?}: {wrong}");
        }
        assert_eq!(resolve(&["--http-cert", "a", "--http-key", "b"]).lines().count(), 2);
        for args in [&["--http", "https://x", "--http-key", "a"][..], &["--http-cert", "a"], &["--http-gzip"]] {
            assert!(Program::try_parse_from([&["program"], args].concat()).is_err(), "{args:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let args = ["--http", "https://me:hunter2@x/hunter2", "--http-header", "a: hunter2", "--http-ca", "a.pem"];
        let shown = format!("{:?}", parse(&args));
        assert!(shown.contains("a.pem") && !shown.contains("hunter2"), "{shown}");
    }
}
