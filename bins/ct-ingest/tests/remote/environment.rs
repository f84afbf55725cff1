//! AWS settings in the environment and the shared files: the credentials that are used, and mistakes.

use super::{MOTO, RECORDS, World, ingest_through};
use crate::common::{lines, stderr};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use stand_ins::proxy::Proxy;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

const PROFILES: &str = "[profile named]\naws_access_key_id = of-profile\naws_secret_access_key = s\nregion = us-east-1\n\
                        [profile bare]\nregion = us-east-1\n\
                        [profile orphan]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = gone\n\
                        [profile coded]\nrole_arn = arn:aws:iam::111111111111:role/x\nsource_profile = named\n\
                        mfa_serial = arn:aws:iam::111111111111:mfa/x\n\
                        [profile console]\nlogin_session = arn:aws:iam::111111111111:user/x\n";

/// Returns a folder with these profiles, and the path of their file.
fn profiles() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, PROFILES).unwrap();
    (folder, path.display().to_string())
}

fn run(mut command: Command, env: &[(&str, &str)]) -> (Output, String) {
    let output = command.envs(env.iter().copied()).output().unwrap();
    let log = stderr(&output);
    (output, log)
}

/// Returns the access keys that requests were signed with.
fn keys(proxy: &Proxy) -> BTreeSet<String> {
    let authorization = |value: &str| Some(value.split_once("Credential=")?.1.split_once('/')?.0.to_owned());
    proxy.seen().iter().filter_map(|seen| authorization(seen.head.header("authorization")?)).collect()
}

#[test]
fn an_option_for_the_profile_wins_over_keys_in_the_environment_and_a_variable_does_not() {
    let world = World::new("ingest-profile");
    world.log(1);
    let proxy = world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap();
    let (_folder, config) = profiles();
    let source = "s3://ingest-profile";
    let json = format!(r#"{{"aws":{{"profile":"named","config":"{config}"}}}}"#);
    let named = ["--aws-profile", "named", "--aws-config", &config, source];
    for (args, env, key) in [
        (&named[..], &[][..], "of-profile"),
        (&["--init-config", &json, source], &[], "of-profile"),
        (&named, &[("AWS_PROFILE", "bare")], "of-profile"),
        (&[source], &[("AWS_PROFILE", "named"), ("AWS_CONFIG_FILE", config.as_str())], "test"),
        (&[source], &[("AWS_DEFAULT_PROFILE", "named"), ("AWS_CONFIG_FILE", config.as_str())], "test"),
        // Empty variables, which docker-compose creates, count as unset.
        (
            &[source],
            &[("AWS_PROFILE", ""), ("AWS_CONFIG_FILE", ""), ("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-east-1")],
            "test",
        ),
        (&[source], &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", ""), ("AWS_WEB_IDENTITY_TOKEN_FILE", "")], "test"),
    ] {
        proxy.reset();
        let (output, log) = run(ingest_through(&proxy.endpoint(), args), env);
        assert_eq!((output.status.code(), lines(&output).len()), (Some(0), RECORDS), "{env:?}: {log}");
        assert_eq!(keys(&proxy), BTreeSet::from([key.to_owned()]), "{args:?} {env:?}");
        let is_warned =
            log.contains("AWS_ACCESS_KEY_ID in the environment is used, not the credentials of the profile");
        assert_eq!(is_warned, key == "test" && env[0].1 == "named", "{log}");
    }
    // Without keys, the variable counts.
    let mut command = ingest_through(&proxy.endpoint(), &[source]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    proxy.reset();
    let (output, log) = run(command, &[("AWS_DEFAULT_PROFILE", "named"), ("AWS_CONFIG_FILE", &config)]);
    assert_eq!((output.status.code(), keys(&proxy)), (Some(0), BTreeSet::from(["of-profile".to_owned()])), "{log}");
}

#[test]
fn what_is_wrong_with_the_environment_or_the_files_is_named_at_once() {
    let (folder, config) = profiles();
    let (missing, empty) = (folder.path().join("missing"), folder.path().join("empty.pem"));
    let (missing, empty) = (missing.display().to_string(), empty.display().to_string());
    std::fs::write(&empty, "").unwrap();
    let source = "s3://bucket";
    let profile = |name: &'static str| ["--aws-profile", name, "--aws-config", config.as_str(), source];
    let (gone, gone_file) = (profile("prod"), ["--aws-config", &missing, source]);
    let (orphan, coded, console) = (profile("orphan"), profile("coded"), profile("console"));
    let all = "the profiles there are bare, coded, console, named, orphan";
    for (args, env, said) in [
        (
            &gone[..],
            vec![],
            vec!["AWS profile prod: does not exist in ", &config, ".aws/credentials (no such file)", all],
        ),
        (&[source], vec![("AWS_PROFILE", "prod")], vec!["AWS profile prod: does not exist", "AWS_PROFILE names it"]),
        (&gone_file, vec![], vec!["AWS file ", &missing, "No such file"]),
        (&orphan, vec![], vec!["AWS profile orphan: its source_profile gone does not exist in "]),
        (&coded, vec![], vec!["AWS profile coded: mfa_serial asks for a code"]),
        (&console, vec![], vec!["AWS profile console: login_session"]),
        (&[source], vec![("AWS_REGION", "\"us-east-1\"")], vec!["AWS_REGION: its value stands in quotation marks"]),
        (&[source], vec![("AWS_SECRET_ACCESS_KEY", "'hunter2'")], vec!["AWS_SECRET_ACCESS_KEY: its value stands"]),
        (&[source], vec![("AWS_ENDPOINT_URL_S3", "")], vec!["AWS_ENDPOINT_URL_S3: is empty; unset it"]),
        (&[source], vec![("AWS_MAX_ATTEMPTS", "0")], vec!["AWS_MAX_ATTEMPTS=0: must be a whole number from 1"]),
        (
            &[source],
            vec![("AWS_RETRY_MODE", "often")],
            vec!["AWS_RETRY_MODE=often: must be standard, adaptive or legacy"],
        ),
        (
            &[source],
            vec![("AWS_CA_BUNDLE", &missing), ("REQUESTS_CA_BUNDLE", &empty)],
            vec!["AWS_CA_BUNDLE=", "cannot be read", "REQUESTS_CA_BUNDLE=", "holds no certificate"],
        ),
        (
            &[source],
            vec![("HTTPS_PROXY", "socks5://user:hunter2@p:1")],
            vec!["HTTPS_PROXY or ALL_PROXY: must be a URL"],
        ),
    ] {
        let (output, log) = run(ingest_through("http://127.0.0.1:9", args), &env);
        assert_eq!(output.status.code(), Some(2), "{env:?}: {log}");
        assert!(said.iter().all(|part| log.contains(part)), "{said:?}: {log}");
        assert!(!log.contains("hunter2") && !log.contains("panicked"), "{log}");
    }
}

#[test]
fn where_no_credentials_are_found_one_line_says_what_was_tried() {
    let (_folder, config) = profiles();
    for (args, said) in [
        (
            &["s3://bucket"][..],
            "tried AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (not set), AWS_WEB_IDENTITY_TOKEN_FILE (not set), profile \
             default in /nonexistent/.aws/config (no such file)",
        ),
        (&["--aws-profile", "bare", "--aws-config", &config, "s3://bucket"], "tried profile bare in "),
    ] {
        let mut command = ingest_through("http://127.0.0.1:9", args);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let (output, log) = run(command, &[]);
        assert_eq!(output.status.code(), Some(1), "{log}");
        let line = log.lines().find(|line| line.contains("no AWS credentials were found")).unwrap();
        assert!(line.contains(said) && line.contains("off by AWS_EC2_METADATA_DISABLED"), "{line}");
        assert!(!log.contains("dispatch failure") && !log.contains("Error {"), "{log}");
    }
}

/// Sends each connection one answer, by its number.
fn serve(answer: impl Fn(usize, &str) -> String + Send + Sync + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let text = answer(count.fetch_add(1, Ordering::SeqCst), &head(&mut stream));
            drop(stream.write_all(text.as_bytes()));
        }
    });
    (address, asked)
}

/// A request's head.
fn head(stream: &mut impl Read) -> String {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    while !read.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(count @ 1..) => read.extend_from_slice(&piece[..count]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&read).into_owned()
}

pub(super) fn http(status: &str, kind: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

#[test]
fn a_container_endpoint_that_fails_at_first_is_asked_again() {
    let world = World::new("ingest-container");
    world.log(1);
    // The SDK's default is three attempts.
    let (address, asked) = serve(|number, _| match number {
        0..5 => http("500 X", "text/plain", "starting"),
        _ => http(
            "200 OK",
            "application/json",
            r#"{"AccessKeyId":"of-container","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#,
        ),
    });
    let mut command = ingest_through(&MOTO.endpoint(), &["s3://ingest-container"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let endpoint = format!("http://{address}/v1/credentials");
    let (output, log) = run(command, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &endpoint)]);
    assert_eq!((output.status.code(), lines(&output).len()), (Some(0), RECORDS), "{log}");
    assert!(asked.load(Ordering::SeqCst) >= 6, "{log}");
}

/// Returns the first log line about the queue that cannot be read. The program would try it forever.
fn first_warning(endpoint: &str, env: &[(&str, &str)]) -> String {
    let mut command = ingest_through(endpoint, &["sqs://queue"]);
    let mut child = command.envs(env.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let is_first = |line: &String| !line.contains("go nowhere");
    let line = lines
        .find(|line| is_first(line) && (line.contains("WARN") || line.contains("ERROR") || line.contains("error: ")));
    drop(child.kill());
    child.wait().unwrap();
    line.unwrap_or_default()
}

#[test]
fn a_proxy_that_refuses_and_a_web_page_instead_of_an_answer_are_named() {
    for (answer, said) in [
        ("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", "wants a user name and a password"),
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "the proxy (HTTPS_PROXY) refused the connection"),
    ] {
        let (address, _) = serve(|_, _| answer.to_owned());
        let proxy = format!("http://user:hunter2@{address}");
        let line = first_warning("https://sqs.example.test", &[("HTTPS_PROXY", &proxy)]);
        assert!(line.contains(said) && !line.contains("hunter2"), "{line}");
    }
    for status in ["200 OK", "403 Forbidden", "511 X"] {
        let (address, _) = serve(|_, _| http(status, "text/html; charset=utf-8", "<html><body>Sign in</body></html>"));
        let line = first_warning(&format!("http://{address}"), &[]);
        assert!(line.contains("a web page answered, not AWS"), "{status}: {line}");
        assert!(!line.contains("is needed") && !line.contains("Error {"), "{line}");
    }
}

/// S3 with one empty bucket and a certificate from a test authority.
fn s3_with_tls() -> String {
    let file = |name: &str| crate::common::fixture("tls").join(name);
    let chain = CertificateDer::pem_file_iter(file("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = |stream: TcpStream, config| {
        let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
        if head(&mut stream).is_empty() {
            return;
        }
        let body = "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><KeyCount>0</KeyCount>\
                    <IsTruncated>false</IsTruncated></ListBucketResult>";
        drop(stream.write_all(http("200 OK", "application/xml", body).as_bytes()));
        stream.conn.send_close_notify();
        drop(stream.flush());
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            std::thread::spawn(move || answer(stream, config));
        }
    });
    format!("https://{address}")
}

#[test]
fn certificates_of_the_environment_and_of_the_profile_are_trusted() {
    let endpoint = s3_with_tls();
    let authority = crate::common::fixture("tls/authority.pem").canonicalize().unwrap().display().to_string();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config").display().to_string();
    std::fs::write(&config, format!("[default]\nca_bundle = {authority}\n")).unwrap();
    std::fs::copy(&authority, folder.path().join("one.pem")).unwrap();
    let folder = folder.path().display().to_string();
    for env in [
        [("AWS_CA_BUNDLE", &authority)],
        [("REQUESTS_CA_BUNDLE", &authority)],
        [("CURL_CA_BUNDLE", &authority)],
        [("SSL_CERT_FILE", &authority)],
        [("SSL_CERT_DIR", &folder)],
        [("AWS_CONFIG_FILE", &config)],
    ] {
        let env = env.map(|(name, value)| (name, value.as_str()));
        let (output, log) = run(ingest_through(&endpoint, &["--list", "s3://bucket"]), &env);
        assert_eq!(output.status.code(), Some(0), "{env:?}: {log}");
    }
    let line = first_warning(&endpoint, &[]);
    assert!(line.contains("authority that is not trusted here") && line.contains("AWS_CA_BUNDLE"), "{line}");
}
