//! The admin endpoint: `/metrics` for Prometheus, `/livez`, `/readyz`, which gives the reasons, and `/` for people.

mod accept;
mod page;
mod readiness;
mod server;

pub use metrics_exporter_prometheus::PrometheusHandle;
pub use page::{StatusPage, StatusTable};
pub use readiness::{Readiness, ReadinessPart};

use crate::environment::quoted;
use accept::accepts;
use anyhow::Context;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
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

/// The media type of Prometheus's text format.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The answer to every other path.
const PATHS: &str = "nothing is served here; see /metrics, /livez and /readyz\n";
/// How often histograms are compacted, so that they stay small without requests.
const UPKEEP: Duration = Duration::from_secs(5);
/// How long open answers may take once the program stops.
const GRACE: Duration = Duration::from_secs(1);

/// Starts to collect metrics, for the whole program. Without this call, measuring costs almost nothing.
///
/// # Errors
/// If metrics are collected already.
pub fn install_metrics() -> anyhow::Result<PrometheusHandle> {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|_| anyhow::anyhow!("metrics are collected already"))?;
    Ok(handle)
}

/// Parses the address that `name`, an option or a variable, gives for the endpoint.
///
/// # Errors
/// What is wrong, with `name`.
pub fn parse_address(name: &str, text: &str) -> Result<SocketAddr, String> {
    match quoted(name, text) {
        Some(quoted) => Err(quoted),
        None => text
            .parse()
            .map_err(|_| format!("{name} {text}: must be ADDRESS:PORT, such as 127.0.0.1:9090 or [::]:9090")),
    }
}

/// Updates values that are counted elsewhere.
type Refresh = Arc<dyn Fn() + Send + Sync>;

/// The endpoint while it is served.
#[derive(Debug)]
pub struct Admin {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Admin {
    /// Serves until `stop` is cancelled. `refresh` is called before each answer but that of `/livez`, to update metrics and
    /// readiness that are kept elsewhere; it must not block. `page` is served to people at `/`.
    ///
    /// # Errors
    /// If the address cannot be bound; the error names it.
    pub async fn serve(
        address: SocketAddr,
        metrics: PrometheusHandle,
        readiness: Readiness,
        refresh: impl Fn() + Send + Sync + 'static,
        page: Option<StatusPage>,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(address).await.with_context(|| format!("admin endpoint: binding {address}"))?;
        let address = listener.local_addr().context("admin endpoint")?;
        let people = if page.is_some() { "/, " } else { "" };
        tracing::info!(%address, "admin endpoint: {people}/metrics, /livez, /readyz");
        let router = router(metrics.clone(), readiness, Arc::new(refresh), page);
        Ok(Self { address, task: tokio::spawn(answer(listener, router, metrics, stop)) })
    }

    /// Returns the address. Its port is a real one even if 0 was requested.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the end of the endpoint, which follows the stop.
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

fn router(metrics: PrometheusHandle, readiness: Readiness, refresh: Refresh, page: Option<StatusPage>) -> Router {
    let (before, rendered) = (Arc::clone(&refresh), metrics.clone());
    let all_metrics = move || async move {
        before();
        ([(CONTENT_TYPE, METRICS_TYPE)], rendered.render())
    };
    let (before, states) = (Arc::clone(&refresh), readiness.clone());
    let for_people = page.map(|page| {
        get(move |headers: HeaderMap| async move {
            before();
            page.answer(&states, &metrics.render(), &headers)
        })
    });
    let is_ready = move |headers: HeaderMap| async move {
        refresh();
        ready(&readiness, &headers)
    };
    for_people
        .map_or_else(Router::new, |page| Router::new().route("/", page))
        .route("/metrics", get(all_metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(is_ready))
        .fallback(|| async { (StatusCode::NOT_FOUND, PATHS) })
        .method_not_allowed_fallback(|| async { (StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n") })
}

/// Answers with 200, or with 503 and each part that is not ready with its reason; as JSON if `Accept` asks for it,
/// otherwise as text.
fn ready(readiness: &Readiness, headers: &HeaderMap) -> Response {
    let waiting = readiness.waiting();
    let status = if waiting.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    if accepts(headers, "json") {
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
