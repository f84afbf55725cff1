//! The HTTP server of the admin endpoint, with limits of its own: whatever is done to its port, it takes neither the file
//! descriptors nor the time that the program's work needs.

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

/// Connections at the same time. A Prometheus or two, the kubelet's probes and a person need a handful, each for some
/// milliseconds. The next one takes the place of the oldest, so that connections that only wait do not keep probes out.
const CONNECTIONS: usize = 32;
/// How long a request may take to arrive. A probe's is one packet.
const REQUEST: Duration = Duration::from_secs(5);
/// How long a connection may last, its answer included: Prometheus waits ten seconds by default (`scrape_timeout`).
const WHOLE: Duration = Duration::from_secs(10);
/// How long to wait where the system refuses a connection, mostly for want of file descriptors: they come back when
/// something else is done, and asking at once would spin.
const REFUSED: Duration = Duration::from_secs(1);

/// The connections, oldest first.
#[derive(Default)]
struct Connections {
    tasks: JoinSet<()>,
    order: VecDeque<AbortHandle>,
}

/// Answers until `stop` is cancelled, and after that, for at most `grace`, what is under way.
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
            // The peer has gone before it was its turn.
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
    // What has not been answered by then is dropped with its connection.
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

/// One request, and its answer. There is no second one: a connection that is kept open costs a file descriptor, and a new
/// one next to nothing.
async fn answer(stream: TcpStream, router: Router, stop: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(REQUEST).keep_alive(false);
    let mut serving = pin!(http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)));
    // That the peer was too slow, spoke something else or has gone is the peer's affair, and it may do so all day, so that
    // it makes no line in the log.
    tokio::select! {
        _ = tokio::time::timeout(WHOLE, serving.as_mut()) => return,
        () = stop.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}
