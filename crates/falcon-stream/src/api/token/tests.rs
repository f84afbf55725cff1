use super::*;
use jiff::Timestamp;
use reqwest::header::DATE;
use stand_ins::falcon::{Answer, Call as Asked, Falcon, Setup};

fn config(falcon: &Falcon, discover: bool) -> Arc<Config> {
    let builder = Config::builder("client-of-the-tests", "secret-of-the-tests");
    let builder = if discover { builder.discover_region() } else { builder.base_url(falcon.url()) };
    Arc::new(builder.build().unwrap())
}

fn tokens(config: &Arc<Config>) -> Tokens {
    Tokens::new(Arc::clone(config), http::client(config).unwrap())
}

#[tokio::test]
async fn one_token_serves_everybody_until_it_is_old() {
    let falcon = Falcon::start(Setup { token_life: 2, ..Setup::default() }).await.unwrap();
    let tokens = Arc::new(tokens(&config(&falcon, false)));
    let all = futures_util::future::join_all((0..10).map(|_| tokens.get())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(falcon.requests_of(Asked::Token).len(), 1);
    tokio::time::sleep(Duration::from_millis(1600)).await;
    assert!(tokens.is_cold().await, "renewed before it expires");
    tokens.get().await.unwrap();
    assert_eq!(falcon.requests_of(Asked::Token).len(), 2);
    assert!(falcon.violations().is_empty());
}

#[tokio::test]
async fn a_failure_is_shared_for_a_while() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    falcon.fail(Asked::Token, 5, &Answer::Status(403));
    let tokens = tokens(&config(&falcon, false));
    for _ in 0..20 {
        assert_eq!(tokens.get().await.err().map(|error| error.kind), Some(ErrorKind::Forbidden));
    }
    assert_eq!(falcon.requests_of(Asked::Token).len(), 1);
}

#[tokio::test]
async fn a_child_account_is_named() {
    let setup = Setup { member_cid: Some("0123".into()), ..Setup::default() };
    let falcon = Falcon::start(setup).await.unwrap();
    let builder = Config::builder("client-of-the-tests", "secret-of-the-tests").base_url(falcon.url());
    let config = Arc::new(builder.member_cid("0123").build().unwrap());
    assert!(tokens(&config).get().await.is_ok());
    assert_eq!(falcon.requests_of(Asked::Token)[0].form("member_cid"), Some("0123"));
}

#[tokio::test]
async fn the_region_is_found_out_by_the_header() {
    let us1 = Falcon::start(Setup { region: "eu-1".into(), ..Setup::default() }).await.unwrap();
    let eu1 = Falcon::start(Setup { region: "eu-1".into(), token_life: 1, ..Setup::default() }).await.unwrap();
    let mut tokens = tokens(&config(&us1, true));
    let (us1_url, eu1_url) = (us1.url().to_owned(), eu1.url().to_owned());
    tokens.base_of = Box::new(move |region| match region {
        Region::Us1 => Url::parse(&us1_url).ok(),
        Region::Eu1 => Url::parse(&eu1_url).ok(),
        _ => None,
    });
    let token = tokens.get().await.unwrap();
    assert_eq!(token.base.as_str().trim_end_matches('/'), eu1.url());
    tokio::time::sleep(Duration::from_millis(900)).await;
    tokens.get().await.unwrap();
    assert_eq!((us1.requests().len(), eu1.requests().len()), (1, 2), "found out once");
}

#[tokio::test]
async fn a_base_url_is_never_left() {
    let falcon = Falcon::start(Setup { region: "eu-1".into(), ..Setup::default() }).await.unwrap();
    let builder = Config::builder("client-of-the-tests", "secret-of-the-tests").discover_region();
    let config = Arc::new(builder.base_url(falcon.url()).build().unwrap());
    let tokens = tokens(&config);
    assert_eq!(tokens.get().await.unwrap().base.as_str().trim_end_matches('/'), falcon.url());
    assert_eq!(falcon.requests().len(), 1);
}

/// Starts two clouds: the first grants tokens and names the region of the second.
async fn two_clouds(named: Region, said: &str) -> (Falcon, Falcon, Tokens) {
    let first = Falcon::start(Setup { region: said.into(), ..Setup::default() }).await.unwrap();
    let second = Falcon::start(Setup { region: said.into(), token_life: 1, ..Setup::default() }).await.unwrap();
    let builder = Config::builder("client-of-the-tests", "secret-of-the-tests").region(named);
    let mut tokens = tokens(&Arc::new(builder.build().unwrap()));
    let (first_url, second_url) = (first.url().to_owned(), second.url().to_owned());
    let said: Option<Region> = said.parse().ok();
    tokens.base_of = Box::new(move |region| match region {
        region if region == named => Url::parse(&first_url).ok(),
        region if Some(region) == said => Url::parse(&second_url).ok(),
        _ => None,
    });
    (first, second, tokens)
}

#[tokio::test]
async fn a_named_region_is_left_where_the_service_names_another() {
    let (us1, eu1, tokens) = two_clouds(Region::Us1, "eu-1").await;
    let token = tokens.get().await.unwrap();
    assert_eq!(token.base.as_str().trim_end_matches('/'), eu1.url());
    assert_eq!(tokens.moved_to().await, Some(Region::Eu1));
    tokio::time::sleep(Duration::from_millis(900)).await;
    tokens.get().await.unwrap();
    assert_eq!((us1.requests().len(), eu1.requests().len()), (1, 2), "found out once");
    // After the other region refuses, the configured one is asked again.
    eu1.fail(Asked::Token, 1, &Answer::Status(403));
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert!(tokens.get().await.is_err());
    tokio::time::sleep(Duration::from_millis(1200)).await;
    tokens.get().await.unwrap();
    assert_eq!((us1.requests().len(), eu1.requests().len()), (2, 4));
}

#[tokio::test]
async fn government_clouds_are_neither_left_nor_entered() {
    for (named, said) in [(Region::Us1, "us-gov-1"), (Region::UsGov1, "us-1"), (Region::UsGov2, "us-gov-1")] {
        let (first, second, tokens) = two_clouds(named, said).await;
        assert_eq!(tokens.get().await.unwrap().base.as_str().trim_end_matches('/'), first.url(), "{named} {said}");
        assert_eq!((second.requests().len(), tokens.moved_to().await), (0, None));
    }
}

#[tokio::test]
async fn names_that_are_no_region_change_nothing() {
    for said in ["", "us-9", "https://evil.example", "US-1"] {
        let (first, _second, tokens) = two_clouds(Region::Us1, said).await;
        assert_eq!(tokens.get().await.unwrap().base.as_str().trim_end_matches('/'), first.url(), "{said}");
    }
}

#[tokio::test]
async fn another_client_is_asked_for_once_the_known_one_is_refused() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    let builder = Config::builder("client-of-the-tests", "an-old-secret").base_url(falcon.url()).renewal(|| async {
        Some(ApiClient { id: "client-of-the-tests".into(), secret: SecretString::from("secret-of-the-tests") })
    });
    let tokens = tokens(&Arc::new(builder.build().unwrap()));
    assert_eq!(tokens.get().await.err().map(|error| error.kind), Some(ErrorKind::Forbidden));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(tokens.get().await.is_ok());
}

#[test]
fn a_clock_that_is_wrong_is_noticed() {
    let at = |now: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, reqwest::header::HeaderValue::from_static("Fri, 02 Jan 2026 03:04:00 GMT"));
        clock_difference(&headers, now.parse().unwrap())
    };
    assert_eq!(at("2026-01-02T03:09:00Z"), None);
    assert_eq!(at("2026-01-02T04:04:00Z"), Some(3600));
    assert_eq!(at("2025-01-02T03:04:00Z"), Some(-365 * 86_400));
    assert_eq!(clock_difference(&HeaderMap::new(), Timestamp::now()), None);
}

#[test]
fn an_answer_without_a_token_says_what_is_wrong_with_it() {
    for (body, wrong) in [
        ("", "the answer is empty"),
        ("hello", "the answer is not JSON (5 bytes)"),
        ("[]", "the answer is an array, not a JSON object"),
        ("\"token\"", "the answer is a text, not a JSON object"),
        ("{", "the answer is incomplete JSON (1 bytes)"),
        ("{}", "the answer has no access_token"),
        (r#"{"access_token":null,"expires_in":1799}"#, "the answer has no access_token"),
        (r#"{"access_token":"","expires_in":1799}"#, "the answer has an empty access_token"),
        (r#"{"access_token":["t"],"expires_in":1799}"#, "the answer has an array as access_token, not a text"),
        (r#"{"access_token":"token-1"}"#, "the answer has no expires_in"),
        (r#"{"access_token":"token-1","expires_in":-1}"#, "the answer has a number below 0 as expires_in"),
        (r#"{"access_token":"token-1","expires_in":"soon"}"#, "the answer has a text as expires_in, not a number"),
        (r#"{"errors":["no token-1"]}"#, "is an error, although its status is success (the service says: no token-1)"),
        (r#"{"errors":[{"code":403,"message":"no"}]}"#, "403: the service refuses access (the service says: no)"),
    ] {
        let error = granted(body.as_bytes(), &Secrets::default()).unwrap_err().to_string();
        assert!(error.contains(wrong) && error.contains("; "), "{error} for {body}");
    }
    for (life, expected) in [("1799", 1799), ("\"1799\"", 1799), ("1799.5", 1799), ("18446744073709551615", 86_400)] {
        let body = format!(r#"{{"access_token":"token-1","expires_in":{life}}}"#);
        let (token, life) = granted(body.as_bytes(), &Secrets::default()).unwrap();
        assert_eq!((token.expose_secret(), life.as_secs()), ("token-1", expected));
    }
}

#[tokio::test]
async fn what_we_have_sent_or_been_granted_is_hidden_where_it_is_sent_back() {
    let falcon = Falcon::start(Setup::default()).await.unwrap();
    let echo = r#"{"errors":[{"code":403,"message":"client_secret=secret-of-the-tests is wrong"}]}"#;
    falcon.fail(Asked::Token, 1, &Answer::Body(echo.into()));
    let config = config(&falcon, false);
    let tokens = tokens(&config);
    let error = tokens.get().await.err().unwrap().to_string();
    assert!(error.contains("client_secret=[hidden] is wrong") && !error.contains("secret-of"), "{error}");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let token = tokens.get().await.unwrap();
    let page = format!("<title>Bearer {} &amp; more</title>", token.secret.expose_secret());
    assert_eq!(answer::title(page.as_bytes(), &config.secrets).as_deref(), Some("Bearer [hidden] & more"));
}
