//! The admin endpoint, as seen by a monitor.

use super::SOON;
use std::time::{Duration, Instant};

/// The pause between two requests, and the number of requests: 30 s in total.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 600;

/// Returns a port that is free at this moment.
pub(crate) fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Returns status and body; status 0 if nothing listens.
pub(crate) async fn get(admin: &str, path: &str) -> (u16, String) {
    drop(rustls::crypto::ring::default_provider().install_default());
    match reqwest::get(format!("http://{admin}{path}")).await {
        Ok(response) => (response.status().as_u16(), response.text().await.unwrap_or_default()),
        Err(_) => (0, String::new()),
    }
}

/// Returns the value of a metric. The name includes its labels, if any.
pub(crate) async fn metric(admin: &str, name: &str) -> f64 {
    let (_, text) = get(admin, "/metrics").await;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_default()
}

/// Waits until the program reports that it is ready.
pub(crate) async fn wait_for_ready(admin: &str) {
    for _ in 0..LOOKS {
        if get(admin, "/readyz").await.0 == 200 {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    assert_eq!(get(admin, "/readyz").await, (200, "ready\n".to_owned()));
}

/// Waits until the program reports that it is not ready, with this text. A failure that passes is logged from the third
/// time on; one that needs a person is logged at once.
pub(crate) async fn wait_until_not_ready(admin: &str, text: &str) -> String {
    let start = Instant::now();
    loop {
        let (status, found) = get(admin, "/readyz").await;
        if status == 503 && found.contains(text) {
            return found;
        }
        assert!(start.elapsed() < 2 * SOON, "waited in vain for {text}: {found}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
