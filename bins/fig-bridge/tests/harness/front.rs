//! A server in front of an AWS service that fails as a test wants it, and calls to AWS without the SDK.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Far beyond what any call takes.
const LIMIT: Duration = Duration::from_secs(60);

/// What is to become of a call.
pub(crate) enum Verdict {
    /// It goes on as it is now, and the answer is what the service says.
    Pass,
    /// It goes on, and its answer is changed.
    Change(Box<dyn FnOnce(&mut Value) + Send>),
    /// The service never sees it.
    Answer(u16, Value),
}

type Rule = dyn FnMut(&str, &mut Value) -> Verdict + Send;

/// The server. Its threads end with their connections, which are one call each.
pub(crate) struct Front {
    address: String,
}

impl Front {
    /// Stands before `service`, an `http://` URL; `rule` is asked for each call by the operation's name.
    pub(crate) fn start(service: &str, rule: impl FnMut(&str, &mut Value) -> Verdict + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let service = service.strip_prefix("http://").unwrap().to_owned();
        let rule: Arc<Mutex<Rule>> = Arc::new(Mutex::new(rule));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (service, rule) = (service.clone(), Arc::clone(&rule));
                // A program that is killed in the middle of a call ends its thread, and nothing else.
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
        Verdict::Pass => forward(service, &head, &json)?,
        Verdict::Change(change) => {
            let (status, mut answer) = forward(service, &head, &json)?;
            change(&mut answer);
            (status, answer)
        }
        Verdict::Answer(status, answer) => (status, answer),
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

/// The call with another body; AWS's signature no longer fits, and no stand-in looks at it.
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

/// Head and body of what comes.
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

/// A service of AWS that is called with JSON.
#[derive(Clone, Copy)]
pub(crate) enum Aws {
    Ssm,
    Sqs,
}

/// Calls a service as an SDK would, but for the signature; it has to succeed.
pub(crate) fn aws(endpoint: &str, service: Aws, operation: &str, body: &Value) -> Value {
    let (status, answer) = try_aws(endpoint, service, operation, body);
    assert_eq!(status, 200, "{operation}: {answer}");
    answer
}

/// The same, with the status.
pub(crate) fn try_aws(endpoint: &str, service: Aws, operation: &str, body: &Value) -> (u16, Value) {
    let (name, prefix) = match service {
        Aws::Ssm => ("ssm", "AmazonSSM"),
        Aws::Sqs => ("sqs", "AmazonSQS"),
    };
    let head = format!(
        "POST / HTTP/1.1\r\nX-Amz-Target: {prefix}.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{name}/aws4_request\r\n\r\n"
    );
    forward(endpoint.strip_prefix("http://").unwrap(), &head, body).unwrap()
}
