//! Tests the program's advice about failures between it and the service.

use crate::harness::{Harness, get, wait_for};
use stand_ins::falcon::{Answer, Call};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

const PORTAL: &str =
    "<!DOCTYPE html>\n<html>\n<head><title>Log in to the Wi-Fi</title></head>\n<body>\n<p>Welcome\n</body>\n</html>\n";
const ERROR: &str =
    "{\n  \"errors\": [\n    {\n      \"code\": 403,\n      \"message\": \"access denied\"\n    }\n  ]\n}\n";

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// A server that gives every client the same response.
fn says(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                drop(stream.set_read_timeout(Some(Duration::from_secs(10))));
                let _ = stream.read(&mut [0; 8192]);
                drop(stream.write_all(answer.as_bytes()));
            });
        }
    });
    address.to_string()
}

/// Returns the line of `check` about the token, with these variables instead of the harness's.
async fn token(env: &[(&str, &str)]) -> String {
    let mut harness = Harness::start().await;
    harness.without_env("FALCON_BASE_URL");
    for (name, value) in env {
        harness.env(name, value);
    }
    harness.arg("check");
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(1), "{}", bridge.log());
    let output = bridge.output();
    output.lines().find(|line| line.contains("falcon token")).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_answers_the_token_is_named_with_what_to_do() {
    let html = "Content-Type: text/html; charset=utf-8\r\n";
    let denied = "{\"errors\":[{\"code\":403,\"message\":\"access denied, authorization failed\"}]}";
    for (given, parts) in [
        (answer(200, html, PORTAL), &["200: a web page with the title \"Log in to the Wi-Fi\"", "captive portal"][..]),
        (answer(201, "", PORTAL), &["a web page", "HTTPS_PROXY"]),
        (answer(403, "", PORTAL), &["403: a web page", "firewall"]),
        (answer(502, html, "<html>"), &["502: a web page"]),
        (answer(400, "", "{}"), &["400", "quotes", "swapped"]),
        (answer(401, "", denied), &["401", "id and secret"]),
        (answer(403, "", denied), &["access denied, authorization failed", "allowlist", "another Falcon cloud"]),
        (answer(404, "", ""), &["404", "region or base URL"]),
        (answer(201, "", denied), &["403", "allowlist"]),
        (answer(201, "", ""), &["the answer is empty", "something else than the Falcon API may answer"]),
        (answer(201, "", "[]"), &["the answer is an array, not a JSON object", "base URL"]),
        (answer(201, "", "{\"access_token\":5}"), &["the answer has a number as access_token, not a text", "base URL"]),
        (answer(201, "Content-Encoding: gzip\r\n", "x"), &["compressed (Content-Encoding: gzip)", "proxy in between"]),
        (
            answer(302, "Location: http://portal.example/login?x=1\r\n", ""),
            &["302: a redirection to http://portal.example,"],
        ),
        (answer(429, "X-RateLimit-RetryAfter: 99999999999\r\n", denied), &["429", "300 s"]),
        (answer(500, "", ""), &["500: the service has failed"]),
    ] {
        let url = format!("http://{}", says(given.clone()));
        let line = token(&[("FALCON_BASE_URL", &url)]).await;
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in {line}\nfor {given}");
        }
        assert!(line.starts_with("failed") && !line.contains("ErrorKind") && !line.contains("x=1"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_keeps_from_the_service_is_named_with_what_to_do() {
    let plain = says(answer(200, "", "hello"));
    let port = plain.split(':').next_back().unwrap();
    let tls = format!("https://localhost:{port}");
    let (asks, refuses) = (says(answer(407, "Proxy-Authenticate: Basic\r\n", "")), says(answer(403, "", PORTAL)));
    // Nothing listens on the port of the discard service.
    let gone = "http://127.0.0.1:9";
    for (env, parts) in [
        (&[("FALCON_BASE_URL", tls.as_str())][..], &["does not answer in TLS", "plain HTTP"][..]),
        (&[("FALCON_BASE_URL", gone)], &["no connection", "Connection refused", "firewall"]),
        (&[("FALCON_BASE_URL", "https://falcon.invalid")], &["falcon.invalid leads to no address", "DNS"]),
        (&[("HTTPS_PROXY", asks.as_str())], &["407", "USER:PASSWORD"]),
        (
            &[("HTTPS_PROXY", "http://somebody:hunter2@127.0.0.1:9")],
            &[
                "the proxy that HTTPS_PROXY names cannot be reached (http://127.0.0.1:9: connection refused)",
                "NO_PROXY",
            ],
        ),
        (&[("https_proxy", refuses.as_str())], &["the proxy refuses to connect to api.crowdstrike.com", "NO_PROXY"]),
    ] {
        let line = token(env).await;
        for part in parts {
            assert!(line.contains(part), "{part:?} is not in {line}");
        }
    }
}

/// The feed's server sends a page or an error with status 200. None of it is an event, and no event is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_or_an_error_on_the_feed_is_held_and_not_put_aside() {
    for (body, part) in [(PORTAL, "a web page with the title"), (ERROR, "access denied"), ("503", "503: the service")] {
        let mut harness = Harness::start().await;
        let admin = harness.admin();
        harness.falcon.push_many(0, 5);
        harness.falcon.fail(Call::Feed, 3, &Answer::Body(body.into()));
        let bridge = harness.bridge();
        bridge.wait_for_log(part).await;
        let (mut told, mut looks) = (String::new(), 0);
        while !told.contains(part) && looks < 300 {
            told = get(&admin, "/readyz").await.1;
            looks += 1;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(told.contains(part), "{told}");
        harness.wait_for_events(5).await;
        wait_for("the last offset", || harness.offset(0) == Some(4)).await;
        bridge.stop().await;
        assert_eq!(harness.dead_letters().len(), 0);
        assert_eq!(harness.falcon.requests_of(Call::Feed).len(), 4);
    }
}

/// Errors inside responses with status 200, and lists without feeds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_inside_of_a_list_is_what_it_says() {
    let harness = Harness::start().await;
    let body = r#"{"resources":[],"errors":[{"code":403,"message":"scope missing"}],"meta":{}}"#;
    harness.falcon.fail(Call::List, 1, &Answer::Body(body.into()));
    harness.falcon.fail(Call::List, 1, &Answer::Body(PORTAL.into()));
    harness.falcon.fail(Call::List, 1, &Answer::NullResources);
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    bridge.wait_for_logs(&["scope missing", "Event streams: READ", "Log in to the Wi-Fi"]).await;
    bridge.wait_for_log("another program holds this application id").await;
    harness.wait_for_events(1).await;
    bridge.stop().await;
}

/// A list whose only entry cannot be used is one failure.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_list_is_one_line() {
    let harness = Harness::start().await;
    let answers = [Answer::ForeignFeed("http://firehose.example.com".to_owned()), Answer::Status(500)];
    answers.iter().for_each(|answer| harness.falcon.fail(Call::List, 1, answer));
    harness.falcon.push_many(0, 1);
    let bridge = harness.bridge();
    harness.wait_for_events(1).await;
    let log = bridge.stop().await;
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains("WARN")).collect();
    assert!(warnings.len() == 2 && warnings[0].contains("firehose.example.com"), "{log}");
}
