//! Tests names, certificates and proxies of the real service, as `requests` and falconpy handle them for FIG's users.

use crate::harness::{CHANNEL, Cloud, Harness, sorted};
use stand_ins::cloudtrail_data::Settings;
use stand_ins::falcon::{Call, Setup};

const DENIED: &str = "{\"errors\":[{\"code\":401,\"message\":\"access denied, invalid bearer token\"}]}";

/// A tenant in eu-1: us-1 grants a token, names eu-1, and refuses the list.
async fn tenant_in_eu1() -> (Harness, Cloud) {
    let origin = Some("https://firehose.eu-1.crowdstrike.com".to_owned());
    let setup = Setup { region: "eu-1".to_owned(), origin, ..Setup::default() };
    let mut harness = Harness::with(setup, Settings::new(CHANNEL)).await;
    let cloud = Cloud::start(harness.falcon.url(), |host, path| {
        let refused = host == "api.crowdstrike.com" && path.starts_with("/sensors");
        refused.then(|| format!("HTTP/1.1 401 X\r\nContent-Length: {}\r\n\r\n{DENIED}", DENIED.len()))
    });
    harness.without_env("FALCON_BASE_URL");
    harness.env("HTTPS_PROXY", &cloud.url());
    harness.env("NO_PROXY", "127.0.0.1");
    (harness, cloud)
}

/// FIG's default us-1 counts as set, but falconpy still follows the header.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_never_set_its_region_publishes() {
    for (name, region) in
        [("REQUESTS_CA_BUNDLE", None), ("CURL_CA_BUNDLE", Some("us-2")), ("SSL_CERT_FILE", Some("auto"))]
    {
        let (mut harness, cloud) = tenant_in_eu1().await;
        harness.env(name, &Cloud::root().display().to_string());
        if let Some(region) = region {
            harness.env("FALCON_CLOUD_REGION", region);
        }
        // requests would send the credentials in this file instead of the token.
        std::fs::write(harness.path(".netrc"), "default login other password other\n").unwrap();
        harness.falcon.push_many(0, 20);
        let bridge = harness.bridge();
        harness.wait_for_events(20).await;
        let log = bridge.stop().await;
        assert_eq!(sorted(harness.delivered(0)), (0..20).collect::<Vec<_>>());
        let first = if region == Some("us-2") { "api.us-2.crowdstrike.com" } else { "api.crowdstrike.com" };
        assert_eq!(cloud.hosts_of("/oauth2"), [first, "api.eu-1.crowdstrike.com"], "{name}");
        assert!(cloud.hosts_of("/sensors").iter().all(|host| host.ends_with("eu-1.crowdstrike.com")), "{name}");
        let told = log.lines().filter(|line| line.contains("another Falcon cloud")).count();
        assert_eq!(told, usize::from(region != Some("auto")), "{name}: {log}");
        let bearer = harness.falcon.requests_of(Call::List)[0].header("authorization").map(str::to_owned);
        assert!(bearer.is_some_and(|it| it.starts_with("Bearer ")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn check_says_where_the_tenant_is() {
    let (mut harness, _cloud) = tenant_in_eu1().await;
    harness.env("REQUESTS_CA_BUNDLE", &Cloud::root().display().to_string());
    harness.arg("check");
    let mut bridge = harness.bridge();
    bridge.wait().await;
    let told = bridge.output();
    assert!(told.contains("the tenant is in eu-1, so that region is used: set falcon.cloud_region = eu-1"), "{told}");
    assert!(told.contains("1 feed for the application id"), "{told}");
}

/// A company's proxy that decrypts TLS, without its CA in the configuration.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_nobody_vouches_for_is_explained() {
    let (mut harness, cloud) = tenant_in_eu1().await;
    let admin = harness.admin();
    let bridge = harness.bridge();
    bridge.wait_for_logs(&["api.crowdstrike.com is not signed by an authority", "REQUESTS_CA_BUNDLE"]).await;
    let (status, text) = crate::harness::get(&admin, "/readyz").await;
    assert!(status == 503 && text.contains("invalid peer certificate"), "{text}");
    assert!(cloud.asked().is_empty(), "nothing was sent");
    bridge.stop().await;
    harness.env("REQUESTS_CA_BUNDLE", "/nonexistent/ca.pem");
    let mut bridge = harness.bridge();
    assert_eq!(bridge.wait().await.code(), Some(2));
    assert!(bridge.log().contains("REQUESTS_CA_BUNDLE=/nonexistent/ca.pem: cannot be read"), "{}", bridge.log());
}

/// FIG's image has a working folder that the user may not write to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_working_folder_that_cannot_be_written_is_no_hindrance() {
    let mut harness = Harness::start().await;
    harness.without_env("DEAD_LETTER");
    harness.falcon.push_many(0, 3);
    harness.falcon.push_raw(0, "garbage");
    harness.falcon.push_many(0, 1);
    // Nobody can write there, not even root.
    let bridge = harness.bridge_in(std::path::Path::new("/proc"));
    harness.wait_for_events(4).await;
    let log = bridge.stop().await;
    let letters = std::fs::read_to_string(harness.path("fig-dead-letter.jsonl")).unwrap();
    assert_eq!(letters.lines().count(), 1);
    assert!(log.contains("the working folder cannot be written") && log.contains("DEAD_LETTER"), "{log}");
}
