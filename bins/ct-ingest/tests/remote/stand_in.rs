//! A server on loopback that answers as STS, IAM Identity Center, the EC2 metadata service and S3, and keeps requests.

use super::ingest_through;
use crate::common::stderr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A time limit for a request.
const LIMIT: Duration = Duration::from_secs(30);
/// The region that the metadata service names.
pub(super) const MACHINE_REGION: &str = "eu-central-1";

pub(super) struct StandIn {
    pub(super) endpoint: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&seen);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = request(&mut stream);
                drop(stream.write_all(answer(&request).as_bytes()));
                record.lock().unwrap().push(request);
            }
        });
        Self { endpoint, seen }
    }

    /// Lists an empty bucket, and returns the requests that came.
    pub(super) fn list(&self, args: &[&str], env: &[(&str, &str)]) -> (Output, String, Vec<String>) {
        self.seen.lock().unwrap().clear();
        let mut command = ingest_through(&self.endpoint, args);
        command.args(["--list", "s3://bucket"]);
        for (name, value) in env {
            // An empty variable counts as unset, except for the endpoint.
            if value.is_empty() {
                command.env_remove(name)
            } else {
                command.env(name, value)
            };
        }
        let output = command.output().unwrap();
        let log = stderr(&output);
        let seen = self.seen.lock().unwrap().clone();
        (output, log, seen)
    }
}

/// Returns the access key and the region that a request was signed with.
pub(super) fn signer(request: &str) -> Option<(&str, &str)> {
    let mut scope = request.split_once("Credential=")?.1.split('/');
    let key = scope.next()?;
    Some((key, scope.nth(1)?))
}

/// Returns the first host that the program calls through a proxy.
pub(super) fn first_host(source: &str, env: &[(&str, &str)]) -> String {
    let (proxy, hosts) = proxy();
    let mut command = ingest_through("http://127.0.0.1:9", &[source]);
    command.env_remove("AWS_ENDPOINT_URL").env("HTTPS_PROXY", proxy).envs(env.iter().copied());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let host = hosts.recv_timeout(LIMIT);
    drop(child.kill());
    child.wait().unwrap();
    host.unwrap()
}

/// Returns a proxy that refuses every connection, and the hosts that are requested.
fn proxy() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, hosts) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = request(&mut stream);
            let host = request.strip_prefix("CONNECT ").and_then(|rest| rest.split(':').next());
            drop(sender.send(host.unwrap_or(&request).to_owned()));
            drop(stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    (format!("http://{address}"), hosts)
}

/// A request with its body.
fn request(stream: &mut impl Read) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    let is_whole = |text: &str| {
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        body.len() >= length.unwrap_or(0)
    };
    while !is_whole(&text) {
        match stream.read(&mut piece) {
            Ok(count @ 1..) => text.push_str(&String::from_utf8_lossy(&piece[..count])),
            _ => break,
        }
    }
    text
}

fn answer(request: &str) -> String {
    let json = |body: &str| super::environment::http("200 OK", "application/json", body);
    let text = |body: &str| super::environment::http("200 OK", "text/plain", body);
    let xml = |body: &str| super::environment::http("200 OK", "text/xml", body);
    if request.contains("Action=AssumeRole") {
        return xml(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
             <AccessKeyId>of-role</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>",
        );
    }
    let path = request.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default();
    match path {
        "/federation/credentials" => json(
            r#"{"roleCredentials":{"accessKeyId":"of-sso","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}"#,
        ),
        "/latest/api/token" => {
            "HTTP/1.1 200 OK\r\nX-aws-ec2-metadata-token-ttl-seconds: 21600\r\nContent-Length: 5\r\n\
                                Connection: close\r\n\r\ntoken"
                .to_owned()
        }
        "/latest/meta-data/placement/region" => text(MACHINE_REGION),
        "/latest/meta-data/iam/security-credentials/" => text("the-role"),
        "/latest/meta-data/iam/security-credentials/the-role" => json(
            r#"{"Code":"Success","AccessKeyId":"of-machine","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#,
        ),
        _ => xml(
            "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><KeyCount>0</KeyCount>\
             <IsTruncated>false</IsTruncated></ListBucketResult>",
        ),
    }
}
