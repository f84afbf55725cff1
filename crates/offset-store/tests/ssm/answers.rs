//! Tests against a server that gives scripted answers, as SSM gives them in trouble.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State as AxumState,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use offset_store::{Changes, Feed, Offsets, ParameterName, SsmStore, Store as _, StoreError, Writer};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

use crate::{client, offsets};

/// One answer of the server.
#[derive(Clone, Debug)]
enum Reply {
    Error(u16, &'static str),
    Body(String),
    /// The server does not answer.
    Silence,
}

#[derive(Debug, Default)]
struct Script {
    replies: VecDeque<Reply>,
    /// The operations that were called, with their times.
    calls: Vec<(String, Instant)>,
}

type Shared = Arc<Mutex<Script>>;

struct Server {
    script: Shared,
    store: SsmStore,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Gives these answers in order. After them, each read returns `{'0': 41}` and each write succeeds.
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let script = Shared::default();
        script.lock().unwrap().replies.extend(replies);
        let router = Router::new().route("/", post(answer)).with_state(Arc::clone(&script));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let store = SsmStore::new(client(&endpoint), ParameterName::default());
        Self { script, store, task }
    }

    fn calls(&self) -> Vec<String> {
        self.script.lock().unwrap().calls.iter().map(|(operation, _)| operation.clone()).collect()
    }

    fn starts(&self, wanted: &str) -> Vec<Instant> {
        let script = self.script.lock().unwrap();
        script.calls.iter().filter(|(operation, _)| operation == wanted).map(|(_, time)| *time).collect()
    }
}

async fn answer(AxumState(script): AxumState<Shared>, headers: HeaderMap) -> (StatusCode, String) {
    let target = headers.get("x-amz-target").unwrap().to_str().unwrap();
    let operation = target.split('.').next_back().unwrap().to_owned();
    let reply = {
        let mut script = script.lock().unwrap();
        script.calls.push((operation.clone(), Instant::now()));
        script.replies.pop_front()
    };
    match reply {
        Some(Reply::Error(status, code)) => {
            let body = format!(r#"{{"__type": "{code}", "message": "as it is told"}}"#);
            (StatusCode::from_u16(status).unwrap(), body)
        }
        Some(Reply::Body(body)) => (StatusCode::OK, body),
        Some(Reply::Silence) => std::future::pending().await,
        None if operation == "GetParameter" => (StatusCode::OK, parameter("{'0': 41}", 3)),
        None => (StatusCode::OK, r#"{"Version": 4}"#.to_owned()),
    }
}

fn parameter(value: &str, version: u32) -> String {
    format!(
        r#"{{"Parameter": {{"Name": "last_seen_offsets", "Type": "String", "Value": "{value}", "Version": {version}}}}}"#
    )
}

#[tokio::test]
async fn every_failure_is_an_error_with_its_code_and_none_is_zero() {
    for (status, code, transient) in [
        (400, "ThrottlingException", true),
        (400, "TooManyUpdates", true),
        (500, "InternalServerError", true),
        (503, "ServiceUnavailable", true),
        (400, "AccessDeniedException", false),
        (400, "ParameterMaxVersionLimitExceeded", false),
        (400, "ParameterLimitExceeded", false),
        (400, "ExpiredTokenException", false),
    ] {
        let server = Server::start(vec![Reply::Error(status, code); 3]).await;
        let changes = offsets(&[(0, 42)]);
        let errors = [
            ("GetParameter", server.store.open().await.map(|_| ()).unwrap_err()),
            ("GetParameter", server.store.save(&Changes::set(changes.clone())).await.map(|_| ()).unwrap_err()),
            ("PutParameter", server.store.replace(&changes).await.unwrap_err()),
        ];
        for (operation, error) in errors {
            let advice = match code {
                "AccessDeniedException" => {
                    "; allow ssm:GetParameter and ssm:PutParameter on this parameter in the role's policy"
                }
                _ => "",
            };
            let message = format!("SSM parameter last_seen_offsets: {operation}: {code}: as it is told{advice}");
            assert_eq!((error.to_string(), error.is_transient()), (message, transient));
        }
        // The SDK does not retry, and a failed read is not followed by a write (facts D11).
        assert_eq!(server.calls(), ["GetParameter", "GetParameter", "PutParameter"]);
    }
}

#[tokio::test]
async fn a_write_that_fails_after_its_read_names_the_write() {
    let replies = [Reply::Body(parameter("{}", 1)), Reply::Error(400, "TooManyUpdates")];
    let server = Server::start(replies).await;
    let error = server.store.save(&Changes::set(offsets(&[(0, 42)]))).await.unwrap_err().to_string();
    assert_eq!(error, "SSM parameter last_seen_offsets: PutParameter: TooManyUpdates: as it is told");
}

#[tokio::test]
async fn a_parameter_that_others_create_at_the_same_time_is_read() {
    let replies = [Reply::Error(400, "ParameterNotFound"), Reply::Error(400, "ParameterAlreadyExists")];
    let server = Server::start(replies).await;
    assert_eq!(server.store.open().await.unwrap(), offsets(&[(0, 41)]));
    assert_eq!(server.calls(), ["GetParameter", "PutParameter", "GetParameter"]);
}

#[tokio::test]
async fn answers_that_make_no_sense_are_errors() {
    for body in ["{}", r#"{"Parameter": {"Type": "String"}}"#, r#"{"Parameter": {"Value": "{}"}}"#, "<html>", ""] {
        let server = Server::start([Reply::Body(body.to_owned())]).await;
        let error = server.store.load().await.unwrap_err();
        assert!(error.to_string().contains("last_seen_offsets"), "{error}");
    }
}

#[tokio::test]
async fn silence_ends_after_seconds() {
    let server = Server::start([Reply::Silence]).await;
    let started = Instant::now();
    let error = server.store.load().await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("SSM parameter last_seen_offsets: GetParameter: timeout; see whether this machine"),
        "{text}"
    );
    assert!(error.is_transient() && started.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn nobody_there_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = SsmStore::new(client(&endpoint), ParameterName::default()).load().await.unwrap_err();
    let StoreError::Aws(error) = error else { panic!("{error}") };
    assert_eq!((error.operation, error.code.as_str(), error.transient), ("GetParameter", "no connection", true));
}

/// Another program wrote version 4 between our read of 3 and our write of 5.
#[tokio::test]
async fn a_write_in_between_is_noticed() {
    let replies = [Reply::Body(parameter("{'0': 41}", 3)), Reply::Body(r#"{"Version": 5}"#.to_owned())];
    let server = Server::start(replies).await;
    assert!(server.store.save(&Changes::set(offsets(&[(0, 42)]))).await.unwrap().raced);
    assert!(!server.store.save(&Changes::set(offsets(&[(0, 42)]))).await.unwrap().raced);
}

#[tokio::test]
async fn the_writer_outlasts_throttling_at_its_own_pace() {
    let ok = || Reply::Body(parameter("{'0': 41}", 3));
    let throttled = || Reply::Error(400, "ThrottlingException");
    let server = Server::start([throttled(), ok(), Reply::Error(400, "TooManyUpdates"), throttled()]).await;
    let writer = Writer::spawn(Arc::new(server.store.clone()), offsets(&[(0, 41)]));
    let (reporter, mut state) = (writer.reporter(), writer.state());
    let mut offset = 41;
    while state.borrow_and_update().writes == 0 {
        offset += 1;
        let started = Instant::now();
        reporter.report(&Feed::of_partition(0), offset);
        assert!(started.elapsed() < Duration::from_millis(100), "a report does not wait for SSM");
        tokio::time::timeout(Duration::from_secs(60), state.changed()).await.unwrap().unwrap();
    }
    // Retries of the SDK would show as two calls within a second.
    for pair in server.starts("GetParameter").windows(2) {
        assert!(pair[1] - pair[0] >= offset_store::INTERVAL, "{pair:?}");
    }
    let state = writer.close(Duration::from_secs(20)).await.unwrap();
    assert_eq!(state.stored.get(&Feed::of_partition(0)), Some(offset));
    assert_eq!((state.conflicts, state.failures), (0, 0));
    assert_ne!(state.stored, Offsets::new());
}
