//! CrowdStrike's clouds as a program sees them through a proxy. The names are real, a company's own CA signs the
//! certificates, and one stand-in answers for all hosts.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// For the hosts of the clouds, signed by `ca.pem`. Made with openssl for these tests, valid until 2126.
const CERTIFICATE: &[u8] = include_bytes!("../tls/clouds.der");
const KEY: &[u8] = include_bytes!("../tls/clouds.key.der");
/// Far longer than any call takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Answers a path of a host; `None` lets the stand-in answer.
type Rule = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// The proxy. Its threads end with their connections, which carry one request each.
pub(crate) struct Cloud {
    address: String,
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Cloud {
    /// Starts a proxy in front of the stand-in. `rule` may return a whole HTTP response instead.
    pub(crate) fn start(stand_in: &str, rule: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let service = stand_in.strip_prefix("http://").unwrap().to_owned();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(KEY).unwrap().clone_key();
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
            .unwrap();
        let (tls, rule, asked): (_, Arc<Rule>, Arc<Mutex<Vec<_>>>) = (Arc::new(tls), Arc::new(rule), Arc::default());
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (service, tls) = (service.clone(), Arc::clone(&tls));
                let (rule, record) = (Arc::clone(&rule), Arc::clone(&record));
                std::thread::spawn(move || serve(stream, &service, tls, &*rule, &record));
            }
        });
        Self { address, asked }
    }

    /// Returns the value for `HTTPS_PROXY`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the hosts and paths of all requests, in order.
    pub(crate) fn asked(&self) -> Vec<(String, String)> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns the hosts that received a request for a path.
    pub(crate) fn hosts_of(&self, path: &str) -> Vec<String> {
        self.asked().into_iter().filter(|(_, asked)| asked.starts_with(path)).map(|(host, _)| host).collect()
    }

    /// Returns the root certificate of the clouds.
    pub(crate) fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls/ca.pem")
    }
}

fn serve(
    mut stream: TcpStream,
    service: &str,
    tls: Arc<rustls::ServerConfig>,
    rule: &Rule,
    record: &Mutex<Vec<(String, String)>>,
) -> Option<()> {
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let connect = head(&mut stream)?;
    let host = connect.strip_prefix("CONNECT ")?.split(':').next()?.to_owned();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let mut secured = rustls::StreamOwned::new(rustls::ServerConnection::new(tls).ok()?, stream);
    let head = head(&mut secured)?;
    let path = head.split(' ').nth(1)?.to_owned();
    record.lock().unwrap().push((host.clone(), path.clone()));
    if let Some(answer) = rule(&host, &path) {
        secured.write_all(answer.as_bytes()).ok()?;
        secured.conn.send_close_notify();
        return secured.flush().ok();
    }
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    secured.read_exact(&mut body).ok()?;
    let mut behind = TcpStream::connect(service).ok()?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    behind.write_all(head.as_bytes()).ok()?;
    behind.write_all(&body).ok()?;
    let mut piece = [0; 4096];
    while let Ok(count @ 1..) = behind.read(&mut piece) {
        secured.write_all(&piece[..count]).ok()?;
        secured.flush().ok()?;
    }
    secured.conn.send_close_notify();
    secured.flush().ok()
}

/// Reads everything up to and including the empty line.
fn head(stream: &mut impl Read) -> Option<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}
