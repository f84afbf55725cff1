//! A server in front of an AWS service that fails on request, and calls to AWS without the SDK.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Far longer than any call takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The action for a call.
pub(crate) enum FrontAction {
    /// Forwards it unchanged, and returns the service's response.
    Pass,
    /// Forwards it, and changes the response.
    Change(Box<dyn FnOnce(&mut Value) + Send>),
    /// Answers it without the service.
    Answer(u16, Value),
}

type Rule = dyn FnMut(&str, &mut Value) -> FrontAction + Send;

/// The server. Its threads end with their connections, which carry one call each.
pub(crate) struct Front {
    address: String,
}

impl Front {
    /// Starts a server in front of `service`, an `http://` URL. `rule` gets the operation of each call.
    pub(crate) fn start(service: &str, rule: impl FnMut(&str, &mut Value) -> FrontAction + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let service = service.strip_prefix("http://").unwrap().to_owned();
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(rule));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (service, rule) = (service.clone(), Arc::clone(&rule));
                // A program that is killed during a call ends only this thread.
                std::thread::spawn(move || serve(stream, &service, &*rule));
            }
        });
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(mut stream: TcpStream, service: &str, rule: &Mutex<Rule>) -> Option<()> {
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let (head, body) = message(&mut stream)?;
    let target = header(&head, "x-amz-target")?.to_owned();
    let mut json: Value = serde_json::from_slice(&body).ok()?;
    let verdict = rule.lock().unwrap()(&target, &mut json);
    let (status, answer) = match verdict {
        FrontAction::Pass => forward(service, &head, &json)?,
        FrontAction::Change(change) => {
            let (status, mut answer) = forward(service, &head, &json)?;
            change(&mut answer);
            (status, answer)
        }
        FrontAction::Answer(status, answer) => (status, answer),
    };
    let text = answer.to_string();
    let kind = header(&head, "content-type").unwrap_or("application/x-amz-json-1.0");
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    )
    .ok()
}

/// Replaces the body of a call. The signature no longer matches; stand-ins do not check it.
fn forward(service: &str, head: &str, body: &Value) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(service).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let text = body.to_string();
    write!(stream, "POST / HTTP/1.1\r\nHost: {service}\r\nConnection: close\r\nContent-Length: {}\r\n", text.len())
        .ok()?;
    for name in ["x-amz-target", "content-type", "authorization"] {
        write!(stream, "{name}: {}\r\n", header(head, name).unwrap_or_default()).ok()?;
    }
    write!(stream, "\r\n{text}").ok()?;
    let (head, body) = message(&mut stream)?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_slice(&body).unwrap_or_default()))
}

/// Reads head and body of a request.
fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(piece.get(..count)?);
    };
    let head = String::from_utf8(read.get(..end)?.to_vec()).ok()?;
    let mut body = read.split_off(end);
    let length: usize = header(&head, "content-length")?.parse().ok()?;
    while body.len() < length {
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        body.extend_from_slice(piece.get(..count)?);
    }
    Some((head, body))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// An AWS service with a JSON API.
#[derive(Clone, Copy)]
pub(crate) enum Aws {
    Ssm,
    Sqs,
    Logs,
}

/// Calls a service like an SDK, without a signature. The call must succeed.
pub(crate) fn aws(endpoint: &str, service: Aws, operation: &str, body: &Value) -> Value {
    let (status, answer) = try_aws(endpoint, service, operation, body);
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// Calls a service, and returns the status too.
pub(crate) fn try_aws(endpoint: &str, service: Aws, operation: &str, body: &Value) -> (u16, Value) {
    let (name, prefix) = match service {
        Aws::Ssm => ("ssm", "AmazonSSM"),
        Aws::Sqs => ("sqs", "AmazonSQS"),
        Aws::Logs => ("logs", "Logs_20140328"),
    };
    let head = format!(
        "POST / HTTP/1.1\r\nX-Amz-Target: {prefix}.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{name}/aws4_request\r\n\r\n"
    );
    forward(endpoint.strip_prefix("http://").unwrap(), &head, body).unwrap()
}
