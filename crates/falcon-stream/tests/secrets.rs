//! Secrets, tokens and the content of events never appear, at any log level, in any `Debug`, in any error. This test
//! has a file of its own because a process has one logger.

mod common;

use common::{config, event, item, open, timing, until};
use falcon_stream::Config;
use stand_ins::falcon::{Answer, Call, Ending, Falcon, FeedPlan, Setup};
use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let log = Log::default();
    // This also records messages that dependencies send through the `log` crate.
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(log.clone()).init();
    let falcon = Falcon::start(Setup { session_life: 1, ..Setup::default() }).await.unwrap();
    falcon.push(0, "A", "{\"UserId\":\"payload-of-the-tests\"}");
    falcon.push_raw(0, "payload-of-the-tests");
    falcon.push(0, "A", "{}");
    falcon.fail(Call::Token, 1, &Answer::Status(403));
    falcon.fail(Call::Token, 1, &Answer::Body("payload-of-the-tests".into()));
    falcon.fail(Call::List, 1, &Answer::Status(401));
    falcon.fail(Call::List, 1, &Answer::Body("payload-of-the-tests".into()));
    falcon.plan(0, FeedPlan { after: Some(1), ending: Ending::AbortInLine, ..FeedPlan::default() });
    let mut timing = timing();
    timing.refresh_fraction = 0.5;
    // The stand-in is also the proxy, which has a password.
    let proxy = falcon.url().replace("http://", "http://user:secret-of-the-tests@");
    let builder = || config(&falcon).timing(timing.clone()).proxy(proxy.clone(), "");
    let mut shown = format!("{:?} {:?}", builder(), builder().build().unwrap());
    let wrong = Config::builder("client-of-the-tests", "secret-of-the-tests").app_id("a b").build().unwrap_err();
    write!(shown, "{wrong} {wrong:?}").unwrap();

    let mut stream = open(builder());
    let monitor = stream.monitor();
    write!(shown, "{:?}", event(&mut stream).await).unwrap();
    write!(shown, "{:?}", item(&mut stream).await).unwrap();
    write!(shown, "{:?}", item(&mut stream).await).unwrap();
    falcon.revoke_tokens();
    until("the session is refreshed", || falcon.requests_of(Call::Refresh).iter().any(|it| it.status == 200)).await;
    falcon.kill_session(0);
    until("it is opened again", || falcon.requests_of(Call::Feed).len() > 2).await;
    write!(shown, "{stream:?} {monitor:?} {:?} {:?}", monitor.snapshot(), monitor.status()).unwrap();
    stream.close().await;

    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // Lines of ours, hyper and reqwest (which uses the `log` crate) prove that logging works.
    for expected in ["reading the feed", "TRACE hyper", "starting new connection"] {
        assert!(logged.contains(expected), "{expected}: not logged");
    }
    let granted = falcon.granted();
    assert!(granted.len() > 4, "{granted:?}");
    let requests = falcon.requests();
    let proxied = requests[0].header("proxy-authorization").and_then(|it| it.strip_prefix("Basic ")).unwrap();
    let secrets = ["secret-of-the-tests", "payload-of-the-tests", proxied].map(str::to_owned);
    for secret in secrets.iter().chain(&granted) {
        assert!(!shown.contains(secret.as_str()), "{secret} is shown");
        let line = logged.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "{secret} is logged");
    }
}
