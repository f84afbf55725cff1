//! Posts alerts, one after the other.

use crate::client::client;
use crate::error::OptionError;
use crate::failure::Failure;
use crate::options::Options;
use crate::status::Status;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Client, Url};
use std::fmt;
use std::io::{self, Write};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::sleep;

/// The interval at which a post checks whether it must end.
const END_CHECK: Duration = Duration::from_millis(100);
/// The longest that a connection may be idle before the next alert gets a new one. The runtime runs only during a post, so
/// the end of an idle connection goes unnoticed until an alert is sent on it, and that try fails. Servers close idle
/// connections after 5 s (Node.js) to 60 s (AWS's Application Load Balancer).
const IDLE: Duration = Duration::from_secs(4);
/// The most bytes of an answer that are read, so that its connection serves the next alert. Answers have some hundred.
const MOST_OF_ANSWER: usize = 64 << 10;
/// This many failures in a row pass before the first warning: about a second.
const FIRST_WARNING: u32 = 4;
/// After the first line, one failure in this many is logged: with the longest wait, one in some minutes.
const LOGGED_EVERY: u32 = 16;

/// Posts alerts, one after the other, and tries each until the server accepts it. `Debug` shows no secret.
pub struct Poster {
    runtime: Runtime,
    client: Client,
    url: Url,
    compress: bool,
    /// The URL without its secrets.
    server: String,
    status: Status,
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, status, .. } = self;
        f.debug_struct("Poster").field("server", server).field("status", status).finish_non_exhaustive()
    }
}

impl Poster {
    /// Makes the HTTP client. Nothing is sent yet.
    ///
    /// # Errors
    /// The mistake in the options.
    pub fn new(options: &Options) -> Result<Self, OptionError> {
        Self::with_idle(options, IDLE)
    }

    /// Makes a client that uses no connection that was idle for longer than `idle`.
    fn with_idle(options: &Options, idle: Duration) -> Result<Self, OptionError> {
        let (url, client) = (options.parse_url()?, client(options, idle)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| OptionError::Client(error.to_string()))?;
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let server = format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default());
        Ok(Self { runtime, client, url, compress: options.compress, server, status: Status::default() })
    }

    /// Returns how posting goes, which other threads may keep.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.clone()
    }

    /// Returns the server, without the secrets of the URL.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Logs how many of these alerts the server has accepted.
    pub fn log_summary(&self, alerts: u64) {
        let (server, accepted) = (&self.server, self.status.counts().posted);
        match alerts.saturating_sub(accepted) {
            0 => tracing::info!(server, accepted, "all alerts are accepted"),
            not_accepted => tracing::warn!(
                server,
                accepted,
                not_accepted,
                "stopped before the server accepted all alerts: those of messages, and of input that --state would note, \
                 are posted when it is read again; for other input, run it again"
            ),
        }
    }

    /// Posts an alert, and waits until the server accepts it. An alert is never given up. Returns false if `is_ending` became
    /// true before. An alert may be accepted twice if an answer got lost.
    ///
    /// Do not call it in an asynchronous task.
    #[must_use]
    pub fn post(&self, alert: &[u8], is_ending: impl Fn() -> bool) -> bool {
        // Writing into memory does not fail.
        let compressed = self.compress.then(|| gzip(alert).ok()).flatten();
        let is_compressed = compressed.is_some();
        let alert = compressed.map_or_else(|| Bytes::copy_from_slice(alert), Bytes::from);
        let end = async {
            while !is_ending() {
                sleep(END_CHECK).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.deliver(alert, is_compressed) => true,
                () = end => false,
            }
        })
    }

    async fn deliver(&self, alert: Bytes, is_compressed: bool) {
        let mut failures = 0;
        let mut is_logged = false;
        while let Err(failure) = self.send(alert.clone(), is_compressed).await {
            failures += 1;
            self.status.note_failure(&failure, &self.server);
            let (server, wait) = (&self.server, failure.wait(failures));
            let bytes = alert.len();
            if failure.needs_person() && (!is_logged || failures.is_multiple_of(LOGGED_EVERY)) {
                tracing::error!(server, failures, bytes, "alerts wait until a person has repaired this: {failure}");
                is_logged = true;
            } else if failures % LOGGED_EVERY == FIRST_WARNING {
                tracing::warn!(server, failures, bytes, "an alert is not accepted; trying again: {failure}");
                is_logged = true;
            } else {
                tracing::debug!(server, failures, bytes, "an alert is not accepted; trying again: {failure}");
            }
            sleep(wait).await;
        }
        self.status.note_accepted();
        if is_logged {
            tracing::info!(server = self.server, failures, "alerts are accepted again");
        }
    }

    async fn send(&self, alert: Bytes, is_compressed: bool) -> Result<(), Failure> {
        let mut request = self.client.post(self.url.clone()).body(alert);
        if is_compressed {
            request = request.header(CONTENT_ENCODING, "gzip");
        }
        let mut answer = request.send().await.map_err(Failure::of_request)?;
        let failure = Failure::of_answer(answer.status(), answer.headers());
        let mut read = 0;
        while let (true, Ok(Some(some))) = (read < MOST_OF_ANSWER, answer.chunk().await) {
            read += some.len();
        }
        failure.map_or(Ok(()), Err)
    }
}

fn gzip(alert: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(alert)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{ContentType, Header};
    use std::io::Read;
    use std::net::TcpListener;

    #[test]
    fn debug_shows_the_server_and_no_secret() {
        let url = "http://me:hunter2@127.0.0.1:1/hunter2?token=hunter2";
        let mut options = Options::new(url, ContentType::Json);
        options.headers.push(Header::parse("a: hunter2", |text| Ok(text.to_owned())).unwrap());
        options.proxy = Some(("http://me:hunter2@127.0.0.1:2".to_owned().into(), String::new()));
        let shown = format!("{:?}", Poster::new(&options).unwrap());
        assert!(shown.contains("http://127.0.0.1:1") && !shown.contains("hunter2"), "{shown}");
    }

    /// Starts a server that closes each connection some time after its answer, as if it was idle for too long.
    fn closing_server(after: Duration) -> String {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                std::thread::sleep(after);
            }
        });
        url
    }

    #[test]
    fn an_idle_connection_that_the_server_has_closed_costs_no_try() {
        let idle = Duration::from_millis(50);
        let options = Options::new(closing_server(idle / 2), ContentType::Json);
        let poster = Poster::with_idle(&options, idle).unwrap();
        for _ in 0..5 {
            assert!(poster.post(b"{}", || false));
            std::thread::sleep(2 * idle);
        }
        assert_eq!((poster.status().counts().posted, poster.status().counts().no_answer), (5, 0));
    }
}
