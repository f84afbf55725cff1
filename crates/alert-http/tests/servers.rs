//! Real servers on loopback: slow, failing, refusing, closing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where its set-up does")]

use alert_http::{CertificateDer, ContentType, Counts, Header, Options, Poster};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use stand_ins::webhook::{Reply, Webhook};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
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

/// Starts a server with a certificate that no system trusts. Each connection serves one request.
fn server_with_tls(name: &str) -> String {
    let chain = CertificateDer::pem_file_iter(fixture(&format!("{name}.pem"))).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(fixture(&format!("{name}.key"))).unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    let config = Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), stream);
            // A client that does not trust the certificate ends the connection.
            if stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        }
    });
    format!("https://127.0.0.1:{port}/alerts")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/tls").join(name)
}

#[test]
fn a_certificate_is_trusted_only_with_its_authority() {
    let mut options = Options::new(server_with_tls("server"), ContentType::Json);
    let poster = Poster::new(&options).unwrap();
    let begun = Instant::now();
    assert!(!poster.post(b"{}", || begun.elapsed() > Duration::from_millis(500)));
    let (why, counts) = (poster.status().waits_for().unwrap(), poster.status().counts());
    assert!(why.contains("its certificate is not trusted (") && counts.refused == 1, "{why}");
    options.roots = CertificateDer::pem_file_iter(fixture("authority.pem")).unwrap().map(Result::unwrap).collect();
    let poster = Poster::new(&options).unwrap();
    assert!(poster.post(b"{}", || begun.elapsed() > Duration::from_secs(10)), "{:?}", poster.status());
}

/// `openssl req -x509` makes the certificate of an authority, which is not that of a server, trusted or not.
#[test]
fn the_certificate_of_an_authority_is_named_as_that() {
    let mut options = Options::new(server_with_tls("self-signed"), ContentType::Json);
    options.roots = CertificateDer::pem_file_iter(fixture("self-signed.pem")).unwrap().map(Result::unwrap).collect();
    let (poster, begun) = (Poster::new(&options).unwrap(), Instant::now());
    assert!(!poster.post(b"{}", || begun.elapsed() > Duration::from_millis(500)));
    let why = poster.status().waits_for().unwrap();
    assert!(
        why.contains("not trusted (it is the certificate of an authority, not of a server); give the server"),
        "{why}"
    );
}
