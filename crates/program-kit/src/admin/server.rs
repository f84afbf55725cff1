//! The HTTP server of the admin endpoint, with its own limits: whatever its clients do, it leaves file descriptors and
//! time for the program's work.

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::VecDeque;
use std::io::ErrorKind;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// The most concurrent connections. A Prometheus or two, the kubelet's probes and a person need a few, each for some
/// milliseconds. A further one replaces the oldest, so that idle connections do not keep probes out.
const CONNECTIONS: usize = 32;
/// How long a request may take to arrive. A probe's request is one packet.
const REQUEST: Duration = Duration::from_secs(5);
/// How long a connection may last, its answer included: Prometheus waits ten seconds by default (`scrape_timeout`).
const WHOLE: Duration = Duration::from_secs(10);
/// The wait after the system has refused a connection, usually for lack of file descriptors. They become free when
/// other work is done, and an immediate retry would use the CPU.
const REFUSED: Duration = Duration::from_secs(1);

/// The connections, oldest first.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    order: VecDeque<AbortHandle>,
}

/// Answers until `stop` is cancelled, and then finishes open answers for at most `grace`.
pub(super) async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, grace: Duration) {
    let mut connections = Connections::default();
    let mut is_refused = false;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.tasks.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                is_refused = false;
                connections.begin(stream, &router, &stop);
            }
            // The peer has closed the connection before it was accepted.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset) => {}
            Err(error) => {
                if !std::mem::replace(&mut is_refused, true) {
                    tracing::warn!(%error, "admin endpoint: a connection cannot be accepted; trying again every second");
                }
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(REFUSED) => {}
                }
            }
        }
    }
    drop(listener);
    let ended = async { while connections.tasks.join_next().await.is_some() {} };
    // Unfinished answers are dropped with their connections.
    let _ = tokio::time::timeout(grace, ended).await;
}

impl Connections {
    fn begin(&mut self, stream: TcpStream, router: &Router, stop: &CancellationToken) {
        self.order.retain(|task| !task.is_finished());
        if self.order.len() >= CONNECTIONS
            && let Some(oldest) = self.order.pop_front()
        {
            oldest.abort();
        }
        self.order.push_back(self.tasks.spawn(answer(stream, router.clone(), stop.clone())));
    }
}

/// Handles one request. A connection that is kept open costs a file descriptor, and a new one costs almost nothing.
async fn answer(stream: TcpStream, router: Router, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(REQUEST).keep_alive(false);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    // A slow peer, another protocol, or a closed connection is the peer's problem. It may happen all day, so it is not
    // logged.
    tokio::select! {
        _ = tokio::time::timeout(WHOLE, serving.as_mut()) => return,
        () = stop.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
