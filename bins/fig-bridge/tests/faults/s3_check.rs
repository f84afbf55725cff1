//! Tests `check` of S3 with services that do not do as S3 does. None may have an object after it, or it is named.

use crate::harness::Harness;
use stand_ins::moto::Moto;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BUCKET: &str = "falcon-audit";
/// The key of the object that is never written.
const KEY: &str = "region=us-east-1/accountId=123456789012/eventDay=19700101/check";
/// RFC 1864: the digest of an empty body.
const MD5_OF_NOTHING: &str = "content-md5: 1b2m2y8asgtpgamy7phcfg==";
/// Far longer than any call takes.
const LIMIT: Duration = Duration::from_secs(60);

/// Answers a write by its head in small letters: with the code and the message of a refusal, or `None` to keep the object.
type Rule = fn(&str) -> Option<(u16, &'static str, &'static str)>;

/// A service that has every bucket. Its threads end with their connections, which carry one call each.
struct Service {
    url: String,
    /// The paths of the objects.
    objects: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let objects = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&objects);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream, rule, &kept);
            }
        });
        Self { url, objects }
    }
}

fn serve(mut stream: TcpStream, rule: Rule, objects: &Mutex<Vec<String>>) -> Option<()> {
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let small = head.to_lowercase();
    let refused = if head.starts_with("PUT ") {
        assert!(small.contains("content-length: 0\r\n"), "the object is empty: {head}");
        rule(&small)
    } else {
        return write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok();
    };
    let (status, body) = match refused {
        Some((status, code, message)) => {
            (status, format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"))
        }
        None => {
            objects.lock().unwrap().push(head.split([' ', '?']).nth(1)?.replace("%3D", "="));
            (200, String::new())
        }
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").ok()
}

/// Runs `check`. Returns its code, its output and the objects of the service.
async fn check(rule: Rule) -> (Option<i32>, String, Vec<String>) {
    let service = Service::start(rule);
    let mut harness = Harness::start().await;
    harness.set("main", "backends", "S3");
    for (key, value) in [("bucket", BUCKET), ("region", Moto::REGION), ("account_id", Moto::ACCOUNT)] {
        harness.set("s3", key, value);
    }
    harness.env("AWS_ENDPOINT_URL_S3", &service.url);
    let mut check = harness.command(&["check"]);
    let code = check.wait().await.code();
    let objects = service.objects.lock().unwrap().clone();
    (code, check.output(), objects)
}

/// Services and proxies that drop the header: `MinIO` did so for an object that does not exist.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_condition_is_ignored_the_digest_keeps_the_object_away() {
    let (code, output, objects) = check(|head| {
        let is_good = !head.contains("content-md5: ") || head.contains(MD5_OF_NOTHING);
        (!is_good).then_some((400, "BadDigest", "The Content-MD5 you specified did not match what we received."))
    })
    .await;
    assert_eq!((code, objects.len()), (Some(0), 0), "{output} {objects:?}");
    assert!(output.contains("falcon-audit exists, and objects can be written"), "{output}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_is_written_all_the_same_is_named() {
    let (code, output, objects) = check(|_| None).await;
    assert_eq!((code, objects), (Some(1), vec![format!("/{BUCKET}/{KEY}")]), "{output}");
    let expected = format!(
        "{BUCKET}: the service ignores the conditions of writes, which keep each event in one object; it has written the \
         empty object {KEY}: delete it"
    );
    assert!(output.contains(&expected), "{output}");
}

/// S3 names the permission whose absence hides that the object is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_cannot_list_the_bucket_is_enough() {
    let (code, output, _) = check(|_| {
        Some((
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/fig is not authorized to perform: s3:ListBucket on resource: \
             &quot;arn:aws:s3:::falcon-audit&quot; because no identity-based policy allows the s3:ListBucket action",
        ))
    })
    .await;
    assert_eq!(code, Some(0), "{output}");
    let (code, output, _) = check(|_| {
        Some((
            403,
            "AccessDenied",
            "User: arn:aws:iam::123456789012:user/fig is not authorized to perform: s3:PutObject on resource: \
             &quot;arn:aws:s3:::falcon-audit/check&quot; because no identity-based policy allows the s3:PutObject action",
        ))
    })
    .await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("allow s3:PutObject and s3:GetObject on the bucket's keys, "), "{output}");
}
