//! A server with a certificate that is not trusted receives nothing.

use falcon_stream::{CancellationToken, Config, connect};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

/// Self-signed for localhost, made with openssl for this test, good until 2126.
const CERTIFICATE: &[u8] = include_bytes!("tls/localhost.der");
const KEY: &[u8] = include_bytes!("tls/localhost.key.der");

#[tokio::test]
async fn tls_is_verified() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivateKeyDer::try_from(KEY).unwrap().clone_key();
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
            .unwrap();
        let mut session = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut text = Vec::new();
        let error = rustls::Stream::new(&mut session, &mut socket).read_to_end(&mut text).err();
        (text, error.map(|error| error.to_string()))
    });
    let config = Config::builder("client", "secret").base_url(&format!("https://localhost:{port}")).build().unwrap();
    let stream = connect(config, &CancellationToken::new()).unwrap();
    let monitor = stream.monitor();
    let (text, error) = tokio::task::spawn_blocking(move || server.join().unwrap()).await.unwrap();
    assert!(text.is_empty(), "not a byte of a request");
    assert!(error.unwrap().contains("alert"), "the client says why it goes");
    let known = async {
        while monitor.snapshot().errors.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), known).await.unwrap();
    let shown = format!("{:?}", monitor.snapshot());
    assert!(shown.contains("invalid peer certificate"), "{shown}");
    stream.close().await;
}
