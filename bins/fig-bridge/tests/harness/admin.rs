//! The admin endpoint, as who watches the program sees it.

use std::time::Duration;

/// Between two looks, and how many there are: 30 s.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS: u32 = 600;

/// A port that is free at this moment.
pub(crate) fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Status and body; 0 while nobody listens.
pub(crate) async fn get(admin: &str, path: &str) -> (u16, String) {
    drop(rustls::crypto::ring::default_provider().install_default());
    match reqwest::get(format!("http://{admin}{path}")).await {
        Ok(response) => (response.status().as_u16(), response.text().await.unwrap_or_default()),
        Err(_) => (0, String::new()),
    }
}

/// The value of a metric without labels, or with these in its name; 0 where there is none.
pub(crate) async fn metric(admin: &str, name: &str) -> f64 {
    let (_, text) = get(admin, "/metrics").await;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_default()
}

/// Waits until the program says that it is ready.
pub(crate) async fn wait_for_ready(admin: &str) {
    for _ in 0..LOOKS {
        if get(admin, "/readyz").await.0 == 200 {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    assert_eq!(get(admin, "/readyz").await, (200, "ready\n".to_owned()));
}
