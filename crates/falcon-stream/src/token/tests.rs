use super::*;
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
