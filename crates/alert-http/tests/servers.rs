//! Real servers on loopback: slow, failing, refusing, closing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

use alert_http::{CertificateDer, ContentType, Counts, Header, Identity, OptionError, Options, Poster};
use rustls::pki_types::pem::PemObject;
use stand_ins::webhook::{Reply, Webhook};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

fn poster(server: &Webhook) -> Poster {
    Poster::new(&Options::new(format!("{}/alerts?token=hunter2", server.url()), ContentType::Json)).unwrap()
}

/// Posts three alerts, and checks that each was accepted once, in order.
#[track_caller]
fn check(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> (Vec<String>, Poster) {
    let server = Webhook::start(script).unwrap();
    let poster = poster(&server);
    let alerts = ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"];
    for alert in alerts {
        assert!(poster.post(alert.as_bytes(), || false));
    }
    let received = server.received();
    let accepted: Vec<_> = received.iter().filter(|one| one.accepted).map(|one| one.body.clone()).collect();
    assert_eq!(accepted, alerts);
    assert_eq!((poster.status().counts().posted, poster.status().waits_for()), (3, None));
    (received.into_iter().map(|one| one.body).collect(), poster)
}

#[test]
fn requests_are_those_of_falco() {
    let server = Webhook::start(|_| Reply::Status(200)).unwrap();
    assert!(poster(&server).post(b"{}", || false));
    let mut options = Options::new(server.url(), ContentType::Text);
    let token = |_: &str| Ok("Bearer hunter2".to_owned());
    options.headers.push(Header::parse("Authorization: env:TOKEN", token).unwrap());
    options.headers.push(Header::parse("User-Agent: falcosecurity/falco", |text| Ok(text.to_owned())).unwrap());
    assert!(Poster::new(&options).unwrap().post("03:04:05: Notice é".as_bytes(), || false));
    let received = server.received();
    let header = |number: usize, name: &str| received[number].headers.get(name).cloned().unwrap_or_default();
    assert_eq!((received[0].line.as_str(), received[0].body.as_str()), ("POST /alerts?token=hunter2", "{}"));
    assert_eq!(header(0, "content-type"), "application/json");
    assert!(header(0, "user-agent").starts_with("alert-http/"));
    assert_eq!((received[1].line.as_str(), received[1].body.as_str()), ("POST /", "03:04:05: Notice é"));
    assert_eq!(header(1, "content-type"), "text/plain");
    assert_eq!(
        (header(1, "authorization").as_str(), header(1, "user-agent").as_str()),
        ("Bearer hunter2", "falcosecurity/falco")
    );
}

#[test]
fn a_slow_server_gets_each_alert_once() {
    let (received, _) = check(|_| Reply::Late(200, Duration::from_millis(300)));
    assert_eq!(received.len(), 3);
}

#[test]
fn a_server_that_fails_twice_gets_the_alert_again() {
    let (received, poster) = check(|number| Reply::Status(if number < 2 { 500 } else { 200 }));
    assert_eq!(received[..3], ["{\"a\":1}"; 3]);
    let Counts { server_errors, refused, busy, no_answer, .. } = poster.status().counts();
    assert_eq!((received.len(), server_errors, refused, busy, no_answer), (5, 2, 0, 0, 0));
}

#[test]
fn closed_connections_cost_a_try_and_no_alert() {
    let (received, poster) = check(|number| if number % 2 == 0 { Reply::Close } else { Reply::Once });
    assert_eq!((received.len(), poster.status().counts().no_answer), (6, 3));
}

#[test]
fn the_wait_that_a_server_asks_for_is_kept() {
    let begun = Instant::now();
    let (_, poster) = check(|number| if number == 0 { Reply::Busy(1) } else { Reply::Status(200) });
    assert!(begun.elapsed() >= Duration::from_secs(1) && poster.status().counts().busy == 1);
}

#[test]
fn a_refused_alert_is_held_until_the_end_and_the_reason_has_no_secret() {
    for status in [400, 302, 401] {
        let server = Webhook::start(move |_| Reply::Status(status)).unwrap();
        let poster = poster(&server);
        let (begun, shown) = (Instant::now(), poster.status());
        let is_ending = || {
            let is_late = begun.elapsed() > Duration::from_millis(500);
            assert!(!is_late || shown.waits_for().is_some_and(|why| why.contains(&format!("answers {status}"))));
            is_late
        };
        assert!(!poster.post(b"{}", is_ending));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        let why = poster.status().waits_for().unwrap();
        assert!(why.starts_with(server.url()) && !why.contains("hunter2"), "{why}");
        assert_eq!((poster.status().counts().posted, poster.status().counts().refused), (0, 1));
    }
}

#[test]
fn a_server_that_comes_later_gets_the_alert() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let poster = Poster::new(&Options::new(format!("http://{address}"), ContentType::Json)).unwrap();
    let begun = Instant::now();
    assert!(!poster.post(b"{}", || begun.elapsed() > Duration::from_millis(400)));
    assert!(poster.status().counts().no_answer >= 2, "{:?}", poster.status());
    assert!(poster.status().waits_for().unwrap().contains("no answer: "), "{:?}", poster.status());
}

/// Starts a server with a certificate that no system trusts. It takes clients of an authority, if one is given.
fn server_with_tls(name: &str, clients: Option<&str>) -> Webhook {
    Webhook::start_tls(&fixture(""), name, clients, |_| Reply::Once).unwrap()
}

/// Returns a server's options with the certificates of a file.
fn trusting(server: &Webhook, file: &str) -> Options {
    let mut options = Options::new(format!("{}/alerts", server.url()), ContentType::Json);
    options.roots = CertificateDer::pem_file_iter(fixture(file)).unwrap().map(Result::unwrap).collect();
    options
}

/// Returns why the server does not accept an alert for a while.
#[track_caller]
fn refused(options: &Options) -> (String, Counts) {
    let (poster, begun) = (Poster::new(options).unwrap(), Instant::now());
    assert!(!poster.post(b"{}", || begun.elapsed() > Duration::from_millis(500)));
    (poster.status().waits_for().unwrap(), poster.status().counts())
}

#[track_caller]
fn accepted(options: &Options) {
    let (poster, begun) = (Poster::new(options).unwrap(), Instant::now());
    assert!(poster.post(b"{}", || begun.elapsed() > Duration::from_secs(10)), "{:?}", poster.status());
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tls").join(name)
}

#[test]
fn a_certificate_is_trusted_only_with_its_authority() {
    let server = server_with_tls("server", None);
    let mut options = trusting(&server, "authority.pem");
    let roots = std::mem::take(&mut options.roots);
    let (why, counts) = refused(&options);
    assert!(why.contains("its certificate is not trusted (") && counts.refused == 1, "{why}");
    options.roots = roots;
    accepted(&options);
}

/// `openssl req -x509` makes the certificate of an authority, which is not that of a server, trusted or not.
#[test]
fn the_certificate_of_an_authority_is_named_as_that() {
    let server = server_with_tls("self-signed", None);
    let (why, _) = refused(&trusting(&server, "self-signed.pem"));
    assert!(
        why.contains("not trusted (it is the certificate of an authority, not of a server); give the server"),
        "{why}"
    );
}

fn identity(certificate: &str, key: &str) -> Result<Identity, OptionError> {
    let file = |name| std::fs::read(fixture(name)).unwrap();
    Identity::from_pem(&file(certificate), &file(key))
}

#[test]
fn a_server_that_asks_for_it_gets_the_certificate_of_the_client() {
    let server = server_with_tls("server", Some("clients.pem"));
    let mut options = trusting(&server, "authority.pem");
    let (why, counts) = refused(&options);
    assert!(why.contains("it wants a certificate of this client") && counts.refused == 1, "{why}");
    options.identity = Some(identity("server.pem", "server.key").unwrap());
    let (why, counts) = refused(&options);
    assert!(why.contains("it does not trust this client's certificate (") && counts.refused == 1, "{why}");
    assert!(server.received().is_empty());
    options.identity = Some(identity("client.pem", "client.key").unwrap());
    accepted(&options);
    assert_eq!(server.received().len(), 1);
    // A server that does not ask for it works as well.
    let mut other = trusting(&server_with_tls("server", None), "authority.pem");
    other.identity = options.identity;
    accepted(&other);
}

#[test]
fn a_client_certificate_needs_its_key_and_tls() {
    for (certificate, key, expected) in [
        ("client.pem", "server.key", "the key is that of another certificate"),
        ("client.key", "client.key", "there is no certificate"),
        ("client.pem", "client.pem", "there is no key"),
    ] {
        let wrong = identity(certificate, key).unwrap_err().to_string();
        assert!(wrong.starts_with(expected), "{wrong}");
    }
    let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\naHVudGVyMg==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let certificate = std::fs::read(fixture("client.pem")).unwrap();
    let wrong = Identity::from_pem(&certificate, encrypted).unwrap_err().to_string();
    assert!(wrong.contains("a key with a password is not read") && !wrong.contains("aHVu"), "{wrong}");
    let mut options = Options::new("http://127.0.0.1:1", ContentType::Json);
    options.identity = Some(identity("client.pem", "client.key").unwrap());
    assert!(Poster::new(&options).unwrap_err().to_string().contains("use https://"));
    let shown = format!("{options:?}");
    let key = std::fs::read_to_string(fixture("client.key")).unwrap();
    assert!(shown.contains("Identity") && !key.lines().any(|line| shown.contains(line)), "{shown}");
}

#[test]
fn alerts_are_compressed_if_wanted() {
    let server = Webhook::start(|number| Reply::Status(if number == 0 { 500 } else { 200 })).unwrap();
    let alert = format!("{{\"output\":\"é{}\"}}", "a".repeat(5_000));
    let mut options = Options::new(server.url(), ContentType::Json);
    options.compress = true;
    assert!(Poster::new(&options).unwrap().post(alert.as_bytes(), || false));
    options.compress = false;
    assert!(Poster::new(&options).unwrap().post(alert.as_bytes(), || false));
    let received = server.received();
    let header = |number: usize, name: &str| received[number].headers.get(name).map(String::as_str);
    let length = |number| header(number, "content-length").unwrap().parse::<usize>().unwrap();
    assert_eq!(received.iter().filter(|one| one.body == alert).count(), 3);
    for number in [0, 1] {
        assert_eq!(
            (header(number, "content-encoding"), header(number, "content-type")),
            (Some("gzip"), Some("application/json"))
        );
        assert!(length(number) < 200, "{}", length(number));
    }
    assert_eq!((header(2, "content-encoding"), length(2)), (None, alert.len()));
}
