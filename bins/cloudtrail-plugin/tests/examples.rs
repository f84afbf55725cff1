//! The configurations of examples/falco, as Falco hands them to the plugin.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails where its set-up does")]

mod common;

use cloudtrail_reader::aws::QueueName;
use cloudtrail_reader::bucket::BucketUri;
use common::library;
use plugin_host::Plugin;
use serde_json::{Map, Value};
use std::path::Path;

#[test]
fn every_configuration_is_taken() {
    let schema: Value = serde_json::from_str(&library().init_schema()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/falco");
    let mut kinds = Vec::new();
    for file in ["falco.yaml", "falco-s3.yaml", "falco-sqs.yaml"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let init = init_config(&text);
        for (key, value) in &init {
            let known = &schema["properties"][key];
            assert!(known.is_object(), "{file}: there is no key {key}");
            for member in value.as_object().into_iter().flat_map(Map::keys) {
                assert!(known["properties"][member].is_object(), "{file}: there is no key {key}.{member}");
            }
        }
        Plugin::init(library(), &Value::Object(init).to_string()).unwrap();
        let params = text.lines().find_map(|line| line.strip_prefix("    open_params: ")).unwrap();
        kinds.push(match params.split_once("://") {
            Some(("s3", _)) => params.parse::<BucketUri>().map(|_| "s3").unwrap(),
            Some(("sqs", _)) => params.parse::<QueueName>().map(|_| "sqs").unwrap(),
            _ => "path",
        });
    }
    assert_eq!(kinds, ["path", "s3", "sqs"]);
}

/// An account in YAML, quoted or not, and Falco's JSON for it.
#[test]
fn an_account_in_yaml_is_taken() {
    for account in ["111122223333", "\"111122223333\"", "\"012345678901\""] {
        let text = format!("    init_config:\n      sqsOwnerAccount: {account}\n      s3AccountList: {account}\n");
        let init = Value::Object(init_config(&text)).to_string();
        assert!(init.contains(".0"), "{init}: no text reaches the plugin");
        Plugin::init(library(), &init).unwrap();
    }
}

/// Returns the member `init_config` of the only plugin, as Falco turns it into JSON: text that looks like a number
/// becomes one, quoted or not (falco, `yaml_helper.h`). It parses only the YAML that these files use.
fn init_config(text: &str) -> Map<String, Value> {
    let (mut init, mut group) = (Map::new(), None);
    let lines = text.lines().skip_while(|line| !line.starts_with("    init_config:")).skip(1);
    for line in lines.take_while(|line| line.starts_with("      ")).filter(|line| !line.trim_start().starts_with('#')) {
        let (key, value) = line.trim().split_once(':').unwrap();
        let value = value.trim().trim_matches('"');
        let json = scalar(value);
        if line.starts_with("        ") {
            init[group.as_ref().unwrap()][key] = json;
        } else if value.is_empty() {
            group = Some(key.to_owned());
            init.insert(key.to_owned(), Value::Object(Map::new()));
        } else {
            init.insert(key.to_owned(), json);
        }
    }
    init
}

/// Returns an `int`, else a `double`, else a boolean, else a string.
fn scalar(text: &str) -> Value {
    let int = || text.parse::<i32>().ok().map(Value::from);
    let double = || text.parse::<f64>().ok().map(Value::from);
    let switch = || text.parse::<bool>().ok().map(Value::from);
    int().or_else(double).or_else(switch).unwrap_or_else(|| text.into())
}
