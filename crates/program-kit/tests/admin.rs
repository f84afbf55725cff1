//! The admin endpoint over a real connection.
#![cfg(feature = "admin")]
#![allow(clippy::unwrap_used, reason = "a test fails where its set-up does")]

use program_kit::admin::{Admin, PrometheusHandle, Readiness, StatusPage, install_metrics};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Longer than any step takes.
const LIMIT: Duration = Duration::from_secs(20);

/// Returns the number of file descriptors of this process.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Hundreds of incomplete requests take a bounded number of descriptors, and are closed in time.
async fn half_open_requests_keep_nobody_out(address: SocketAddr) {
    let before = descriptors();
    let mut slow = Vec::new();
    for number in 0..200 {
        let mut connection = TcpStream::connect(address).await.unwrap();
        if number % 2 == 0 {
            connection.write_all(b"GET /livez HTTP/1.1\r\nHost:").await.unwrap();
        }
        slow.push(connection);
    }
    assert_eq!(get(address, "/livez", "").await, (200, "ok\n".to_owned()), "a probe is answered all the same");
    // The connections of the test are descriptors of this process too.
    assert!(descriptors() <= before + slow.len() + 40, "{before} before, {} now", descriptors());
    let closed = async {
        for mut connection in slow {
            let _ = connection.read_to_end(&mut Vec::new()).await;
        }
    };
    timeout(LIMIT, closed).await.unwrap();
}

/// Returns the answer to this text.
async fn ask(address: SocketAddr, text: &str) -> String {
    let ask = async {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // An unread body may end the connection with a reset.
        let _ = connection.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    timeout(LIMIT, ask).await.unwrap()
}

/// Returns the status and the body.
async fn get(address: SocketAddr, path: &str, header: &str) -> (u16, String) {
    let ask = async {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = timeout(LIMIT, ask).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

async fn a_path_without_a_page_refreshes_nothing(
    metrics: PrometheusHandle,
    readiness: Readiness,
    stop: CancellationToken,
) {
    let refreshed = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&refreshed);
    let refresh = move || {
        counter.fetch_add(1, Ordering::Relaxed);
    };
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let address = Admin::serve(any, metrics, readiness, refresh, None, stop).await.unwrap().address();
    for (path, status, count) in [("/", 404, 0), ("/nothing", 404, 0), ("/livez", 200, 0), ("/readyz", 200, 1)] {
        assert_eq!(get(address, path, "").await.0, status, "{path}");
        assert_eq!(refreshed.load(Ordering::Relaxed), count, "{path}");
    }
}

#[tokio::test]
async fn metrics_and_health_are_served_until_the_stop() {
    let (readiness, stop) = (Readiness::default(), CancellationToken::new());
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let metrics = install_metrics().unwrap();
    assert!(install_metrics().is_err(), "once for the whole program");
    let page = Some(StatusPage { program: "app", tables: &[] });
    let admin = Admin::serve(any, metrics.clone(), readiness.clone(), || (), page, stop.clone()).await.unwrap();
    let address = admin.address();
    let taken = Admin::serve(address, metrics.clone(), readiness.clone(), || (), None, stop.clone()).await.unwrap_err();
    assert!(format!("{taken:#}").contains(&address.to_string()), "{taken:#}");

    metrics::counter!("events_total", "feed" => "0").increment(7);
    metrics::histogram!("call_seconds").record(0.5);
    let (status, text) = get(address, "/metrics", "").await;
    assert!(status == 200 && text.contains("events_total{feed=\"0\"} 7"), "{text}");
    assert!(text.contains("call_seconds_count 1"), "{text}");

    assert_eq!(get(address, "/livez", "").await, (200, "ok\n".to_owned()));
    assert_eq!(get(address, "/readyz", "").await.0, 503, "nothing is begun");
    let feed = readiness.part("feed 0", "a \"connection\"");
    assert_eq!(get(address, "/readyz", "").await, (503, "not ready\nfeed 0: a \"connection\"\n".to_owned()));
    let json = r#"{"ready":false,"waiting":{"feed 0":"a \"connection\""}}"#;
    assert_eq!(get(address, "/readyz", "Accept: application/json\r\n").await, (503, json.to_owned()));
    let (status, html) = get(address, "/", "").await;
    assert!(status == 200 && html.contains("<td>a &quot;connection&quot;</td>"), "{html}");
    let (status, text) = get(address, "/", "Accept: text/plain\r\n").await;
    assert!(status == 200 && text.contains("  feed 0  a \"connection\"\n"), "{text}");
    feed.mark_ready();
    assert_eq!(get(address, "/readyz", "").await, (200, "ready\n".to_owned()));
    assert_eq!(
        get(address, "/nothing", "").await,
        (404, "nothing is served here; see /metrics, /livez and /readyz\n".into())
    );
    assert!(ask(address, "HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n").await.starts_with("HTTP/1.1 200 OK\r\n"));
    let refused = ask(address, "POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").await.to_lowercase();
    assert!(refused.starts_with("http/1.1 405 ") && refused.contains("\r\nallow: get,head\r\n"), "{refused}");
    assert!(ask(address, "\x16\x03\x01 no HTTP\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    half_open_requests_keep_nobody_out(address).await;
    a_path_without_a_page_refreshes_nothing(metrics, readiness, stop.clone()).await;

    // An idle connection must not delay the end.
    let _idle = TcpStream::connect(address).await.unwrap();
    stop.cancel();
    timeout(LIMIT, admin.finished()).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
