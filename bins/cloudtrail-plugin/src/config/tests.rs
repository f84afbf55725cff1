use super::*;
use cloudtrail_reader::aws::MOST_DOWNLOADS;

fn read(json: &str) -> Result<Settings, String> {
    settings(serde_json::from_str(json).unwrap()).map_err(|error| error.to_string())
}

#[test]
fn without_a_word_it_is_the_originals_defaults() {
    let config = read("{}").unwrap();
    assert_eq!((config.delete, config.downloads, config.emit_insights), (true, 32, false));
    assert_eq!((config.filter.interval.as_ref(), config.owner_account.as_ref()), (None, None));
    // Falco turns an empty map into null, and templates write an empty text.
    for nothing in ["null", r#""""#, r#"" ""#] {
        assert_eq!(config, read(nothing).unwrap(), "{nothing}");
    }
    assert_eq!(config, read(r#"{"S4Interval":"5d"}"#).unwrap(), "named in the log");
}

#[test]
fn all_keys_in_any_case() {
    let keys = r#"{"sqsDelete":false,"s3DownloadConcurrency":7,"s3Interval":"2026-01-01T00:00:00Z","useAsync":false,
        "useS3SNS":true,"s3AccountList":"111111111111, 222222222222,","sqsOwnerAccount":"333333333333","emitInsights":true,
        "cwlWindow":"6h",
        "aws":{"profile":"p","region":"eu-north-1","config":"/c","credentials":"/d"}}"#;
    let config = read(keys).unwrap();
    assert_eq!((config.delete, config.downloads, config.emit_insights), (false, 7, true));
    assert!(config.filter.accounts.as_ref().unwrap().contains("222222222222"));
    assert_eq!(config.filter.interval.as_ref().unwrap().start.to_string(), "2026-01-01T00:00:00Z");
    assert_eq!((config.owner_account.as_deref(), config.window.as_secs()), (Some("333333333333"), 6 * 3600));
    assert_eq!((config.aws.region.as_deref(), config.aws.credentials.as_deref()), (Some("eu-north-1"), Some("/d")));
    let upper = keys.replace("sqsDelete", "SQSDelete").replace("s3D", "S3D").replace("region", "Region");
    assert_eq!(config, read(&upper.replace("aws", "AWS")).unwrap());
}

#[test]
fn accounts_as_falco_reads_them_from_yaml() {
    let config = read(r#"{"sqsOwnerAccount":111122223333.0,"s3AccountList":12345678901.0}"#).unwrap();
    assert_eq!(config.owner_account.as_deref(), Some("111122223333"));
    assert!(config.filter.accounts.unwrap().contains("012345678901"));
    let error = read(r#"{"sqsOwnerAccount":1402433619}"#).unwrap_err();
    assert!(error.starts_with("init_config: sqsOwnerAccount: 1402433619 may be another account's"), "{error}");
}

#[test]
fn mistakes_are_named_all_at_once() {
    let all = r#"{"sqsDelete":"yes","UseASYNC":1,"s3DownloadConcurrency":1025,"s3AccountList":"111111111111222222222222",
        "sqsOwnerAccount":"me","s3Interval":"5 cows","aws":{"region":1}}"#;
    let error = read(all).unwrap_err();
    for part in [
        "init_config: s3DownloadConcurrency: must be a whole number from 1 to 512, not 1025; s3Interval: ",
        "; s3AccountList: \"111111111111222222222222\" is no account",
        "; sqsDelete: must be true or false, not \"yes\"; useAsync: must be true or false, not 1; sqsOwnerAccount: \"me\"",
        "; aws.region: must be a text, not 1",
    ] {
        assert!(error.contains(part), "{error:?} does not say {part:?}");
    }
    for (json, is) in [("[]", "an array"), ("true", "true"), ("7", "7"), (r#""eu""#, r#""eu""#)] {
        assert_eq!(read(json).unwrap_err(), format!("init_config: must be a JSON object, not {is}"));
    }
    assert_eq!(read(r#"{"aws":"eu"}"#).unwrap_err(), "init_config: aws: must be an object, not \"eu\"");
}

#[test]
fn the_schema_names_all_keys_with_title_and_default() {
    let schema = schemars::schema_for!(Init).to_value();
    let properties = schema["properties"].as_object().unwrap();
    let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
    names.sort_unstable();
    let keys = [
        "aws",
        "cwlWindow",
        "emitInsights",
        "s3AccountList",
        "s3DownloadConcurrency",
        "s3Interval",
        "sqsDelete",
        "sqsOwnerAccount",
    ];
    assert_eq!(names, [&keys[..], &["useAsync", "useS3SNS"]].concat());
    for (name, property) in properties {
        assert!(property["title"].is_string() && property["description"].is_string(), "{name}: {property}");
        assert!(property.get("default").is_some(), "{name}: {property}");
    }
    assert_eq!(schema["properties"]["aws"]["properties"].as_object().unwrap().len(), 4);
    assert!(schema.get("required").is_none() && schema.get("additionalProperties").is_none());
    assert_eq!(schema["properties"]["s3DownloadConcurrency"]["default"], 32);
    assert_eq!(schema["properties"]["s3DownloadConcurrency"]["maximum"], MOST_DOWNLOADS);
    let description = schema["description"].as_str().unwrap();
    assert!(description.starts_with("Where CloudTrail logs are read from"), "{description}");
}

/// falcodump (wireshark, extcap/falcodump.cpp) makes an option of each key. It fails if a `type` is not a string, and
/// takes defaults that are not strings from the end of the description.
#[test]
fn the_schema_is_one_that_falcodump_reads() {
    let schema = schemars::schema_for!(Init).to_value();
    let of_aws = schema["properties"]["aws"]["properties"].as_object().unwrap();
    let options = schema["properties"].as_object().unwrap().iter().filter(|(name, _)| *name != "aws").chain(of_aws);
    let switches = ["sqsDelete", "useAsync", "useS3SNS", "emitInsights"].map(|key| (key, "boolean"));
    for (name, option) in options {
        let expected = switches.iter().find(|(key, _)| key == name).map_or("string", |(_, kind)| kind);
        let expected = if name == "s3DownloadConcurrency" { "integer" } else { expected };
        assert_eq!(option["type"], expected, "{name}");
        let (description, default) = (option["description"].as_str().unwrap(), &option["default"]);
        let told = description.rsplit_once("(Default: ").and_then(|(_, end)| end.strip_suffix(')')).unwrap();
        let written = default.to_string();
        assert!(default.is_string() || told == written, "{name}: {description}, but {written}");
    }
    assert_eq!(schema.to_string().matches("$ref").count(), 1);
}

/// In draft 7, which Falco's validator knows, a `$ref` at the root hides the rest, so that [`settings`] sees every mistake.
#[test]
fn the_schema_keeps_no_configuration_from_us() {
    let schema = schemars::schema_for!(Init).to_value();
    assert_eq!(schema["$ref"], "#/$defs/Anything");
    assert_eq!(schema["$defs"]["Anything"], json!({"title": "cloudtrail"}));
    assert_eq!(schema["type"], json!(["object", "null", "string"]));
}
