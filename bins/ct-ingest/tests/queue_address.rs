//! The host at which the program looks for a queue, and the region for which it signs, seen by a server that records
//! requests.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

mod common;

use common::{program, stderr};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A time limit for a request, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The configured region.
const CONFIGURED: &str = "eu-west-3";

/// A received request.
#[derive(Debug)]
struct Request {
    line: String,
    host: String,
    /// The region of the signature.
    region: String,
    body: String,
}

/// Answers that the queue does not exist, so that the program ends after its first request.
fn serve() -> (SocketAddr, Receiver<Request>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(request) = answer(stream.unwrap()) else { continue };
            if sender.send(request).is_err() {
                return;
            }
        }
    });
    (address, requests)
}

fn answer(stream: TcpStream) -> std::io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (mut host, mut signed, mut length) = (String::new(), String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "host" => value.clone_into(&mut host),
            "authorization" => value.clone_into(&mut signed),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let text = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no such queue"}"#;
    let head = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.0\r\n";
    write!(reader.get_mut(), "{head}content-length: {}\r\n\r\n{text}", text.len())?;
    let scope = signed.split("Credential=").nth(1).unwrap_or_default();
    let region = scope.split('/').nth(2).unwrap_or_default().to_owned();
    Ok(Request { line: line.trim().to_owned(), host, region, body: String::from_utf8(body).unwrap() })
}

/// Returns the program, without the user's AWS settings.
fn ingest(queue: &str) -> Command {
    let mut command = program();
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") || name.to_ascii_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command.env("AWS_REGION", CONFIGURED).env("HOME", "/nonexistent").env("AWS_EC2_METADATA_DISABLED", "true");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").arg(queue);
    command
}

#[test]
fn a_queue_of_another_host_is_asked_there_for_the_configured_region() {
    let (address, requests) = serve();
    let url = format!("http://{address}/123456789012/q.fifo");
    for source in [format!("sqs://{url}"), url.clone(), format!("SQS://{url}/")] {
        let output = ingest(&source).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{source}: {}", stderr(&output));
        let request = requests.recv_timeout(PATIENCE).unwrap();
        assert_eq!((request.host, request.region), (address.to_string(), CONFIGURED.to_owned()), "{source}");
        assert_eq!(request.line, "POST / HTTP/1.1");
        assert!(request.body.contains(&format!("\"QueueUrl\":\"{url}\"")), "{}", request.body);
    }
}

#[test]
fn an_endpoint_that_is_set_wins_and_the_log_says_so() {
    let (address, requests) = serve();
    let url = "https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/123456789012/q";
    let arn = "arn:aws:sqs:us-west-2:123456789012:q";
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"] {
        for source in [url, arn] {
            let output = ingest(source).env(variable, format!("http://{address}")).output().unwrap();
            let request = requests.recv_timeout(PATIENCE).unwrap();
            assert_eq!((request.host, request.region), (address.to_string(), "us-west-2".to_owned()), "{source}");
            let said = stderr(&output).contains("requests go there, not to the host of the queue's URL");
            assert_eq!(said, source == url, "{source}: {}", stderr(&output));
        }
    }
}

#[test]
fn hosts_of_private_and_special_endpoints_are_asked() {
    for (source, host) in [
        ("https://vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com/1/q", "vpce-0a1b.sqs.us-west-2.vpce.amazonaws.com"),
        ("https://us-west-2.queue.amazonaws.com/1/q", "us-west-2.queue.amazonaws.com"),
        ("https://queue.amazonaws.com/1/q", "queue.amazonaws.com"),
        ("https://sqs-fips.us-west-2.amazonaws.com/1/q", "sqs-fips.us-west-2.amazonaws.com"),
        ("https://sqs.us-west-2.api.aws/1/q", "sqs.us-west-2.api.aws"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/q", "sqs.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q", "sqs.us-gov-west-1.amazonaws.com"),
    ] {
        // Nothing leaves the machine: a proxy receives the name and reports it.
        let (address, requests) = serve();
        let mut child = ingest(&format!("sqs://{source}"))
            .env("HTTPS_PROXY", format!("http://{address}"))
            .args(["--log-level", "off"])
            .spawn()
            .unwrap();
        let request = requests.recv_timeout(PATIENCE);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(request.unwrap().line, format!("CONNECT {host}:443 HTTP/1.1"), "{source}");
    }
}
