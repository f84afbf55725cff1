//! Tests that no secret is on stdout, on stderr at any level and in any format, or at the admin endpoint, and that
//! tokens are sent only to the Falcon API.

use crate::harness::{CHANNEL, Harness, get, login, wait_for};
use stand_ins::cloudtrail_data::{CallFault, EntryCode, Settings};
use stand_ins::falcon::{Answer, Call, Ending, Falcon, Setup};

const SECRETS: &[(&str, &str)] = &[
    ("the AWS secret key", "aws-secret-key-of-the-tests"),
    ("the AWS session token", "aws-session-token-of-the-tests"),
    ("the proxy's password", "proxy-password-of-the-tests"),
    ("the client secret", "falcon-secret-of-the-tests"),
    ("an event", "payload-of-the-tests"),
];

/// Causes every failure that makes the program log.
async fn whole_session(harness: &Harness, admin: &str) -> String {
    let (falcon, faults) = (&harness.falcon, harness.cloudtrail.faults());
    let event = login(0).replace("a@example.com", "payload-of-the-tests");
    let exception = |status, code: &str| CallFault::Exception { status, code: code.to_owned() };
    // This comes first, since the wait for a person doubles with every failure in a row.
    faults.fail_calls(exception(403, "AccessDeniedException"), 1);
    faults.fail_calls(exception(400, "ThrottlingException"), 1);
    faults.fail_calls(CallFault::Status(503), 1);
    faults.fail_calls(CallFault::Reset, 1);
    faults.fail_entry("0_0", EntryCode::InvalidData, u32::MAX);
    faults.fail_entry("0_1", EntryCode::Throttling, 1);
    falcon.fail(Call::Token, 1, &Answer::Status(500));
    falcon.fail(Call::Token, 1, &Answer::Body("payload-of-the-tests".into()));
    falcon.fail(Call::List, 1, &Answer::Body("payload-of-the-tests".into()));
    for _ in 0..3 {
        falcon.push(0, "AuthActivityAuditEvent", &event);
    }
    falcon.push_raw(0, "payload-of-the-tests");
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 2).await;
    let mut pages = String::new();
    falcon.revoke_tokens();
    falcon.disconnect(0, Ending::Abort);
    falcon.push(0, "AuthActivityAuditEvent", &event);
    harness.wait_for_offset(0, 3).await;
    falcon.kill_session(0);
    // A session lives for two seconds here: it is refreshed.
    wait_for("a refresh", || !falcon.requests_of(Call::Refresh).is_empty()).await;
    falcon.push(0, "AuthActivityAuditEvent", &event);
    harness.wait_for_offset(0, 4).await;
    faults.fail_calls(exception(400, "ChannelNotFound"), 1);
    falcon.push(0, "AuthActivityAuditEvent", &event);
    bridge.wait_for_log("ChannelNotFound").await;
    for path in ["/metrics", "/readyz", "/livez", "/", "/config", "/debug"] {
        pages.push_str(&get(admin, path).await.1);
    }
    harness.wait_for_offset(0, 5).await;
    assert!(pages.contains("fig_events_received_total") && pages.contains("ChannelNotFound"), "{pages}");
    let output = bridge.output();
    let log = bridge.stop().await;
    format!("{output}{pages}{log}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_secret_is_shown() {
    for format in ["text", "json"] {
        let secret = "falcon-secret-of-the-tests".to_owned();
        let setup = Setup { client_secret: secret, session_life: 2, ..Setup::default() };
        let mut harness = Harness::with(setup, Settings::new(CHANNEL)).await;
        let admin = harness.admin();
        harness.arg("--log-format");
        harness.arg(format);
        harness.env("LOG_LEVEL", "trace");
        harness.env("AWS_SECRET_ACCESS_KEY", "aws-secret-key-of-the-tests");
        harness.env("AWS_SESSION_TOKEN", "aws-session-token-of-the-tests");
        harness.env("HTTPS_PROXY", "http://user:proxy-password-of-the-tests@127.0.0.1:9");
        harness.env("NO_PROXY", "127.0.0.1");
        let shown = whole_session(&harness, &admin).await;
        // The lines of this program. The SDK and hyper are held at info, since their spans contain events.
        assert!(shown.contains("DEBUG"), "the log is a whole one");
        let granted = harness.falcon.granted();
        assert!(granted.len() >= 4, "{granted:?}");
        let tokens = granted.iter().map(|token| ("a token", token.as_str()));
        for (what, secret) in SECRETS.iter().copied().chain(tokens) {
            let found = shown.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{format}: {what}");
        }
    }
}

/// A server that changes the API's responses, or intercepts them, does not get a token. The program would reach a
/// foreign host through the proxy, which is the attacker here and records all requests.
async fn steal(mut harness: Harness, with: impl FnOnce(&Falcon)) {
    let thief = Falcon::start(Setup::default()).await.unwrap();
    harness.env("HTTPS_PROXY", thief.url());
    harness.env("NO_PROXY", "127.0.0.1");
    with(&harness.falcon);
    harness.falcon.push_many(0, 3);
    let bridge = harness.bridge();
    harness.wait_for_offset(0, 2).await;
    assert!(harness.falcon.requests_of(Call::List).len() >= 3, "all of it has happened");
    bridge.stop().await;
    assert!(thief.requests().is_empty(), "{:?}", thief.requests());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_do_not_follow_a_redirection() {
    let redirect = |falcon: &Falcon| {
        for call in [Call::Token, Call::List, Call::Feed] {
            falcon.fail(call, 1, &Answer::Redirect("http://api.example.com/stolen".to_owned()));
        }
    };
    steal(Harness::start().await, redirect).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_do_not_go_where_a_list_says_that_feeds_are() {
    let mislead = |falcon: &Falcon| {
        falcon.fail(Call::List, 1, &Answer::ForeignFeed("http://firehose.example.com".to_owned()));
        falcon.fail(Call::List, 1, &Answer::ForeignRefresh("http://api.example.com".to_owned()));
    };
    // So short that a session is refreshed at once.
    let setup = Setup { session_life: 2, ..Setup::default() };
    steal(Harness::with(setup, Settings::new(CHANNEL)).await, mislead).await;
}
