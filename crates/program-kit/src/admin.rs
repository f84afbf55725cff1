//! The admin endpoint: `/metrics` for Prometheus, `/livez`, and `/readyz`, which says why not.

mod readiness;
mod server;

pub use metrics_exporter_prometheus::PrometheusHandle;
pub use readiness::{Part, Readiness};

use anyhow::Context;
use axum::Router;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What Prometheus calls its text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The answer to every other path.
const PATHS: &str = "nothing is served here; see /metrics, /livez and /readyz\n";
/// How often histograms are folded, so that they stay small where nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long answers that are under way may take once the program stops.
const GRACE: Duration = Duration::from_secs(1);

/// Collects metrics from now on, once for the whole program. Before that, and where it is not called, measuring costs
/// next to nothing.
///
/// # Errors
/// Where something collects them already.
pub fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| anyhow::anyhow!("metrics are collected already"))?;
    Ok(handle)
}

/// Brings up to date what is counted elsewhere.
type Refresh = Arc<dyn Fn() + Send + Sync>;

/// The endpoint, while it is served.
#[derive(Debug)]
pub struct Admin {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Admin {
    /// Serves until `stop` is cancelled.
    ///
    /// # Errors
    /// Names the address where it cannot be bound to.
    pub async fn serve(
        address: SocketAddr,
        metrics: PrometheusHandle,
        readiness: Readiness,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        Self::serve_fresh(address, metrics, readiness, || (), stop).await
    }

    /// The same, for a program that counts elsewhere: `refresh` is called before each answer of `/metrics` and
    /// `/readyz`, to bring both up to date. It must not block.
    ///
    /// # Errors
    /// Names the address where it cannot be bound to.
    pub async fn serve_fresh(
        address: SocketAddr,
        metrics: PrometheusHandle,
        readiness: Readiness,
        refresh: impl Fn() + Send + Sync + 'static,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("admin endpoint: binding {address}"))?;
        let address = listener.local_addr().context("admin endpoint")?;
        tracing::info!(%address, "admin endpoint: /metrics, /livez, /readyz");
        let router = router(metrics.clone(), readiness, Arc::new(refresh));
        Ok(Self { address, task: tokio::spawn(answer(listener, router, metrics, stop)) })
    }

    /// Where it is served; the port is a real one even if 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for its end, which comes soon after the stop.
    pub async fn finished(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "admin endpoint: ended");
        }
    }
}

async fn answer(listener: TcpListener, router: Router, metrics: PrometheusHandle, stop: CancellationToken) {
    let mut serving = std::pin::pin!(server::serve(listener, router, stop, GRACE));
    let mut upkeep = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            () = &mut serving => return,
            _ = upkeep.tick() => metrics.run_upkeep(),
        }
    }
}

fn router(metrics: PrometheusHandle, readiness: Readiness, refresh: Refresh) -> Router {
    let before = Arc::clone(&refresh);
    let all_metrics = move || async move {
        before();
        ([(CONTENT_TYPE, METRICS_TYPE)], metrics.render())
    };
    let is_ready = move |headers: HeaderMap| async move {
        refresh();
        ready(&readiness, &headers)
    };
    Router::new()
        .route("/metrics", get(all_metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(is_ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, PATHS) })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n") })
}

/// 200 or 503 with every part that is not ready and why, as text or, where JSON is asked for, as JSON.
fn ready(readiness: &Readiness, headers: &HeaderMap) -> Response {
    let waiting = readiness.waiting();
    let status = if waiting.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let wants_json =
        headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("json"));
    if wants_json {
        let reasons: serde_json::Map<_, _> =
            waiting.iter().map(|(part, why)| (part.clone(), why.clone().into())).collect();
        let body = serde_json::json!({ "ready": waiting.is_empty(), "waiting": reasons });
        return (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response();
    }
    let mut text = String::from(if waiting.is_empty() { "ready\n" } else { "not ready\n" });
    for (part, why) in waiting {
        text.extend([part.as_str(), ": ", why.as_str(), "\n"]);
    }
    (status, text).into_response()
}
