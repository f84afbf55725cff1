//! Proxies that cannot be used: the message names the proxy without its password, and says what happened and what to
//! do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use falcon_stream::{Config, Timing, probe};
use std::net::TcpListener;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// A connection that is not answered for so long waits in a full queue.
const UNANSWERED: Duration = Duration::from_millis(300);

/// Returns the error of a program that reaches the service over `proxy`.
async fn told(proxy: &str) -> String {
    let timing = Timing { connect: Duration::from_millis(300), answer: Duration::from_secs(5), ..Timing::default() };
    let builder = Config::builder("client-of-the-tests", "secret-of-the-tests").timing(timing);
    probe(builder.proxy(proxy, "").build().unwrap()).await.unwrap_err().to_string()
}

/// A proxy that answers every request with this status.
async fn answers(status: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    address
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_named_with_what_to_do() {
    // Nothing listens on the port of the discard service, and none of the servers below gets it.
    let gone = "127.0.0.1:9";
    // The queue of connections is full, so the next one is not answered.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = socket.listen(1).unwrap();
    let full_at = full.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(stream) = timeout(UNANSWERED, TcpStream::connect(full_at)).await {
        held.push(stream.unwrap());
    }
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_at = silent.local_addr().unwrap();
    for (at, parts) in [
        (
            gone.to_string(),
            &["the proxy that HTTPS_PROXY names cannot be reached", "connection refused", "NO_PROXY"][..],
        ),
        (full_at.to_string(), &["cannot be reached", "no answer in time", "NO_PROXY"]),
        (silent_at.to_string(), &["no connection to api.crowdstrike.com in time", "check that the proxy works"]),
        ("proxy.invalid:3128".to_owned(), &["cannot be reached", "its name has no address (DNS)"]),
        (answers("403 Forbidden").await, &["refuses to connect to api.crowdstrike.com", "let it allow"]),
        (answers("502 Bad Gateway").await, &["refuses to connect to api.crowdstrike.com, or fails", "NO_PROXY"]),
        (
            answers("407 Proxy Authentication Required").await,
            &["does not accept the user name and password (407)", "%40"],
        ),
    ] {
        let said = told(&format!("http://somebody:hunter2@{at}")).await;
        let named = format!("http://{at}");
        for part in parts.iter().copied().chain([named.as_str()]) {
            assert!(said.contains(part), "{part:?} is not in {said}");
        }
        for wrong in ["hunter2", "somebody", "TimedOut", "elapsed", "os error", "tunnel"] {
            assert!(!said.contains(wrong), "{wrong:?} is in {said}");
        }
    }
    let said = told(&format!("http://{}", answers("407 Proxy Authentication Required").await)).await;
    assert!(said.contains("asks for a user name and password (407)"), "{said}");
    let said = told("socks5://127.0.0.1:9").await;
    assert!(said.contains("socks5://127.0.0.1:9") && said.contains("only http:// and https:// proxies"), "{said}");
}
