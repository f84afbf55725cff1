//! Environment variables of the SDK: those with mistakes, and those without effect.

use super::options::AwsOptions;
use super::shared::{Origin, Shared};
use super::{endpoints, ignored};
use crate::environment::{quoted, variable};

/// Variables in addition to those that begin with `AWS_`.
const OTHERS: [&str; 10] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
];
/// Older names, which the SDK for Go still reads, and the current names.
const OLDER: [(&str, &str); 2] = [("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"), ("AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY")];

/// Returns the mistakes in the environment.
pub(super) fn mistakes(options: &AwsOptions) -> Vec<String> {
    let all = std::env::vars_os();
    let all = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut mistakes: Vec<_> = all.filter_map(|(name, value)| mistake(&name, &value)).collect();
    mistakes.extend(older(options, variable));
    mistakes.sort_unstable();
    mistakes
}

/// Returns a message for each key under an older name. To ignore it could mean to read another account.
fn older(options: &AwsOptions, get: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let is_set = |name: &str| get(name).is_some();
    let is_asked = options.refuses_older_keys && options.profile.is_none();
    let is_missed = |(older, name): &&(&str, &str)| is_asked && is_set(older) && !is_set(name);
    let named = OLDER.iter().filter(is_missed);
    named.map(|(older, name)| format!("{older}: is not read; set {name}, or unset {older}")).collect()
}

fn mistake(name: &str, value: &str) -> Option<String> {
    // The bundles among them are checked where they are read.
    if !(name.starts_with("AWS_") && name != "AWS_CA_BUNDLE" || OTHERS.contains(&name) && !name.ends_with("CA_BUNDLE"))
    {
        return None;
    }
    quoted(name, value).or_else(|| endpoints::mistake(name, value))
}

/// Logs the settings that are ignored.
pub(super) fn warn(shared: &Shared) {
    let has = |name: &str| variable(name).is_some();
    let keys = [has("AWS_ACCESS_KEY_ID"), has("AWS_SECRET_ACCESS_KEY")];
    match shared.profile.origin {
        Origin::Variable(name) if keys == [true, true] => {
            tracing::warn!(
                profile = shared.profile.name,
                "AWS_ACCESS_KEY_ID in the environment is used, not the credentials of the profile that {name} names: the \
                 AWS SDKs prefer keys; unset them to use the profile"
            );
        }
        Origin::Option => {}
        _ if keys[0] != keys[1] => {
            tracing::warn!("only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set: it is not used");
        }
        _ => {}
    }
    ignored::warn(shared);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_empty_values_are_named_without_the_value() {
        for (name, value, expected) in [
            ("AWS_REGION", "\"us-east-1\"", Some("AWS_REGION: its value stands in quotation marks")),
            ("AWS_SECRET_ACCESS_KEY", "'hunter2'", Some("AWS_SECRET_ACCESS_KEY: its value stands")),
            ("https_proxy", "\"http://user:hunter2@p:1\"", Some("https_proxy: its value stands")),
            ("AWS_ENDPOINT_URL_S3", "", Some("AWS_ENDPOINT_URL_S3: is empty")),
            ("AWS_REGION", "", None),
            ("AWS_REGION", "us-east-1", None),
            ("PS1", "\"$ \"", None),
        ] {
            let found = mistake(name, value);
            assert_eq!(found.is_some(), expected.is_some(), "{name}: {found:?}");
            let text = found.unwrap_or_default();
            assert!(text.starts_with(expected.unwrap_or_default()) && !text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn keys_under_older_names_are_named_unless_others_are_set() {
        let env = |given: &'static [&'static str]| move |name: &str| given.contains(&name).then(|| "x".to_owned());
        let python = AwsOptions::default();
        let go = AwsOptions { refuses_older_keys: true, ..AwsOptions::default() };
        let option = AwsOptions { profile: Some("p".into()), ..go.clone() };
        assert_eq!(
            older(&go, env(&["AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"])),
            ["AWS_ACCESS_KEY: is not read; set AWS_ACCESS_KEY_ID, or unset AWS_ACCESS_KEY"]
        );
        assert_eq!(older(&go, env(&["AWS_SECRET_KEY"])).len(), 1);
        assert_eq!(older(&go, env(&["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])), [""; 0]);
        assert_eq!(older(&python, env(&["AWS_ACCESS_KEY", "AWS_SECRET_KEY"])), [""; 0]);
        assert_eq!(older(&option, env(&["AWS_ACCESS_KEY", "AWS_SECRET_KEY"])), [""; 0]);
    }
}
