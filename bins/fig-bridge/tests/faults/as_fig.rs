//! Tests that the configuration, parameter and proxy of FIG's users work when only the program is exchanged.

use crate::harness::{Aws, CHANNEL, Harness, aws, sorted, wait_for};
use serde_json::json;
use stand_ins::cloudtrail_data::Settings;
use stand_ins::falcon::{Call, Setup};
use stand_ins::ssm::{Pace, Ssm};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figs_configuration_and_parameter_are_taken_as_they_are() {
    let setup =
        Setup { client_secret: "secret-of-the-%tests".to_owned(), region: "us-2".to_owned(), ..Setup::default() };
    for place in ["config.ini", "config/config.ini"] {
        let mut harness = Harness::with(setup.clone(), Settings::new(CHANNEL)).await;
        let ssm = Ssm::start(Pace { latency: Duration::ZERO, writes_per_second: 3 }).await.unwrap();
        let body = json!({ "Name": "last_seen_offsets", "Value": "{'0': 41}", "Type": "String" });
        aws(&ssm.url(), Aws::Ssm, "PutParameter", &body);
        harness.env("AWS_ENDPOINT_URL_SSM", &ssm.url());
        // The harness sets these itself.
        harness.without_env("OFFSET_STORE");
        harness.without_env("DEAD_LETTER");
        std::fs::create_dir_all(harness.path("config")).unwrap();
        std::fs::write(harness.path(place), include_str!("../fig/lake.ini")).unwrap();
        harness.falcon.push_many(0, 50);
        harness.falcon.push_raw(0, "garbage");
        harness.falcon.push_many(0, 1);
        let bridge = harness.bridge_as_it_is();
        harness.wait_for_events(9).await;
        let letters = || std::fs::read_to_string(harness.path("fig-dead-letter.jsonl")).unwrap_or_default();
        wait_for("the dead letter", || letters().lines().count() == 1).await;
        let log = bridge.stop().await;
        assert_eq!(sorted(harness.delivered(0)), (42..51).collect::<Vec<_>>());
        assert_eq!(ssm.value("last_seen_offsets").as_deref(), Some(r#"{"0": 50}"#));
        assert!(!log.contains("not known"), "{log}");
        let feed = harness.falcon.requests_of(Call::Feed).remove(0);
        assert_eq!((feed.query("appId"), feed.query("offset")), (Some("fig_lake-1"), Some("42")));
        let agent = feed.header("user-agent").unwrap();
        let is_figs = agent.starts_with("falcon-integration-gateway/") && agent.ends_with(" CLOUDTRAIL_LAKE-Backend");
        assert!(is_figs, "{agent}");
    }
}

/// A proxy that refuses every connection and keeps the heads of the requests.
fn proxy() -> (SocketAddr, Arc<Mutex<Vec<Vec<String>>>>) {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in proxy.incoming().flatten() {
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            record.lock().unwrap().push(head);
            drop(stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
        }
    });
    (address, asked)
}

/// Like the SDKs for Python and Go, the program calls other hosts if FIPS or dual-stack is set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fips_and_dual_stack_hosts_are_called() {
    for (name, hosts) in [
        ("AWS_USE_FIPS_ENDPOINT", ["ssm-fips.us-east-1.amazonaws.com", "cloudtrail-data-fips.us-east-1.amazonaws.com"]),
        ("AWS_USE_DUALSTACK_ENDPOINT", ["ssm.us-east-1.api.aws", "cloudtrail-data.us-east-1.api.aws"]),
    ] {
        for (store, host) in ["ssm", "memory"].into_iter().zip(hosts) {
            let (address, asked) = proxy();
            let mut harness = Harness::start().await;
            harness.without_env("AWS_ENDPOINT_URL_CLOUDTRAIL_DATA");
            harness.env("HTTPS_PROXY", &format!("http://{address}"));
            harness.env("NO_PROXY", "127.0.0.1,localhost");
            harness.env("OFFSET_STORE", store);
            harness.env(name, "true");
            harness.falcon.push_many(0, 1);
            let bridge = harness.bridge();
            let line = format!("CONNECT {host}:443 ");
            let is_asked = || asked.lock().unwrap().iter().any(|head| head[0].starts_with(&line));
            wait_for(&format!("the proxy to be asked for {host}"), is_asked).await;
            bridge.stop().await;
        }
    }
}

/// Like FIG's `requests` and boto3, the program uses the proxy of the environment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_proxy_of_the_environment_is_asked() {
    let (address, asked) = proxy();
    let mut harness = Harness::start().await;
    harness.without_env("FALCON_BASE_URL");
    harness.without_env("AWS_ENDPOINT_URL_CLOUDTRAIL_DATA");
    harness.set("falcon", "cloud_region", "us-2");
    harness.env("HTTPS_PROXY", &format!("http://user:password@{address}"));
    harness.env("NO_PROXY", "127.0.0.1,localhost");
    let all = || asked.lock().unwrap().clone();
    let bridge = harness.bridge();
    wait_for("the proxy to be asked for the API", || {
        all().iter().any(|head| head[0].starts_with("CONNECT api.us-2.crowdstrike.com:443"))
    })
    .await;
    let is_authorized = |line: &String| line.eq_ignore_ascii_case("proxy-authorization: basic dxnlcjpwyxnzd29yza==");
    assert!(all()[0].iter().any(is_authorized), "{:?}", all());
    bridge.stop().await;

    // The same for AWS: the offsets are read before anything else.
    harness.env("OFFSET_STORE", "ssm");
    let bridge = harness.bridge();
    wait_for("the proxy to be asked for SSM", || {
        all().iter().any(|head| head[0].starts_with("CONNECT ssm.us-east-1.amazonaws.com:443"))
    })
    .await;
    bridge.stop().await;

    // Loopback addresses never go through the proxy.
    let before = all().len();
    harness.env("FALCON_BASE_URL", harness.falcon.url().to_owned().as_str());
    harness.env("AWS_ENDPOINT_URL_CLOUDTRAIL_DATA", harness.cloudtrail.url().as_str());
    harness.env("OFFSET_STORE", "memory");
    harness.falcon.push_many(0, 3);
    let bridge = harness.bridge();
    harness.wait_for_events(3).await;
    bridge.stop().await;
    assert_eq!(all().len(), before);
}
