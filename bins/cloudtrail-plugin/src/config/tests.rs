use super::*;

fn read(json: &str) -> Result<Config, String> {
    Config::new(serde_json::from_str(json).unwrap()).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(json: &str, why: &[&str]) {
    let error = read(json).unwrap_err();
    assert_eq!(error.strip_prefix("init_config: ").unwrap().split("; ").count(), error.matches("; ").count() + 1);
    for why in why {
        assert!(error.contains(why), "{error:?} does not say {why:?}");
    }
}

#[test]
fn without_a_word_it_is_the_originals_defaults() {
    let config = read("{}").unwrap();
    assert_eq!((config.sqs_delete, config.s3_download_concurrency), (true, 32));
    assert_eq!((config.s3_interval.as_ref(), config.sqs_owner_account.as_ref()), (None, None));
    assert_eq!(config, read(r#"{"s3Interval":"","aws":{"region":""},"sqsDelete":null,"s3AccountList":" "}"#).unwrap());
}

#[test]
fn all_keys_in_any_case() {
    let keys = r#"{"sqsDelete":false,"s3DownloadConcurrency":7,"s3Interval":"5d","useAsync":false,"useS3SNS":true,
        "s3AccountList":"111111111111, 222222222222,","sqsOwnerAccount":"333333333333",
        "aws":{"profile":"p","region":"eu-north-1","config":"/c","credentials":"/d"}}"#;
    let config = read(keys).unwrap();
    assert_eq!((config.sqs_delete, config.s3_download_concurrency), (false, 7));
    assert_eq!(config.s3_account_list, ["111111111111", "222222222222"]);
    assert_eq!(config.sqs_owner_account.as_deref(), Some("333333333333"));
    assert_eq!(config.aws.region.as_deref(), Some("eu-north-1"));
    let upper = keys.replace("sqsDelete", "SQSDelete").replace("s3D", "S3D").replace("region", "Region");
    assert_eq!(config, read(&upper.replace("aws", "AWS")).unwrap());
}

#[test]
fn mistakes_are_named_all_at_once() {
    refused("[]", &["the configuration is an array, not an object"]);
    refused(r#"{"sqsDelete":"yes"}"#, &["sqsDelete: is a string; true or false is wanted"]);
    refused(r#"{"UseASYNC":1,"useS3SNS":[]}"#, &["useAsync: is a number", "useS3SNS: is an array"]);
    for number in ["0", "-1", "1.5", "1025", "1e9", "\"32\"", "true"] {
        refused(&format!(r#"{{"s3DownloadConcurrency":{number}}}"#), &["s3DownloadConcurrency: is ", "1 to 1024"]);
    }
    refused(
        r#"{"s3AccountList":"111111111111222222222222"}"#,
        &["s3AccountList: \"111111111111222222222222\" is no account"],
    );
    refused(r#"{"s3AccountList":"111111111111 222222222222"}"#, &["s3AccountList: "]);
    refused(r#"{"sqsOwnerAccount":"me","s3Interval":5}"#, &["sqsOwnerAccount: \"me\"", "s3Interval: is a number"]);
    refused(r#"{"aws":"eu-north-1"}"#, &["aws is a string, not an object"]);
    refused(r#"{"aws":{"region":1,"profile":{}}}"#, &["aws.region: is a number", "aws.profile: is an object"]);
}

#[test]
fn the_schema_names_all_keys_with_title_and_default() {
    let schema = schemars::schema_for!(Init).to_value();
    let properties = schema["properties"].as_object().unwrap();
    let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
    names.sort_unstable();
    let keys = ["aws", "s3AccountList", "s3DownloadConcurrency", "s3Interval", "sqsDelete", "sqsOwnerAccount"];
    assert_eq!(names, [&keys[..], &["useAsync", "useS3SNS"]].concat());
    for (name, property) in properties {
        assert!(property["title"].is_string() && property["description"].is_string(), "{name}: {property}");
        assert!(property.get("default").is_some(), "{name}: {property}");
    }
    assert_eq!(schema["properties"]["aws"]["properties"].as_object().unwrap().len(), 4);
    assert!(!schema.to_string().contains("$ref"), "Falco's validator is spared references");
    assert!(schema.get("required").is_none() && schema.get("additionalProperties").is_none());
    assert_eq!(schema["properties"]["s3DownloadConcurrency"]["default"], 32);
    assert_eq!(schema["properties"]["s3DownloadConcurrency"]["maximum"], MOST_CONCURRENCY);
}
