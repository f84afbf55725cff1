//! Settings that other AWS SDKs read and this one does not.

use super::shared::Shared;
use crate::environment::variable;
use std::sync::Once;

/// A setting, when to report it, and the alternative.
struct IgnoredSetting(&'static str, Condition, &'static str);

/// When to report a setting.
enum Condition {
    Set,
    /// None of these settings is set.
    Without(&'static [&'static str]),
    /// It has this value, in any case.
    Is(&'static str),
}

const PROXIES: &[&str] = &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
const METADATA: &str = "the metadata service gets one second and four attempts";
const REGIONAL: &str = "endpoints are always regional";
const ACCESS_POINTS: &str = "the region of an access point is that of its ARN";

const VARIABLES: [IgnoredSetting; 17] = [
    IgnoredSetting("AWS_ACCESS_KEY", Condition::Without(&["AWS_ACCESS_KEY_ID"]), "set AWS_ACCESS_KEY_ID"),
    IgnoredSetting("AWS_SECRET_KEY", Condition::Without(&["AWS_SECRET_ACCESS_KEY"]), "set AWS_SECRET_ACCESS_KEY"),
    IgnoredSetting("AWS_SECURITY_TOKEN", Condition::Without(&["AWS_SESSION_TOKEN"]), "set AWS_SESSION_TOKEN"),
    IgnoredSetting("AWS_METADATA_SERVICE_TIMEOUT", Condition::Set, METADATA),
    IgnoredSetting("AWS_METADATA_SERVICE_NUM_ATTEMPTS", Condition::Set, METADATA),
    IgnoredSetting("AWS_STS_REGIONAL_ENDPOINTS", Condition::Is("legacy"), REGIONAL),
    IgnoredSetting("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", Condition::Is("legacy"), REGIONAL),
    IgnoredSetting("AWS_S3_USE_ARN_REGION", Condition::Is("false"), ACCESS_POINTS),
    IgnoredSetting(
        "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS",
        Condition::Is("true"),
        "they are read where one is named",
    ),
    IgnoredSetting("AWS_DEFAULTS_MODE", Condition::Set, "set AWS_RETRY_MODE and AWS_MAX_ATTEMPTS"),
    IgnoredSetting("AWS_CSM_ENABLED", Condition::Is("true"), "use the program's own metrics"),
    IgnoredSetting("AWS_DATA_PATH", Condition::Set, "the services' models are built in"),
    IgnoredSetting("BOTO_CONFIG", Condition::Set, "use ~/.aws/config or AWS_CONFIG_FILE"),
    IgnoredSetting("HTTP_PROXY", Condition::Without(PROXIES), "set HTTPS_PROXY"),
    IgnoredSetting("http_proxy", Condition::Without(PROXIES), "set HTTPS_PROXY"),
    IgnoredSetting("PYTHONHTTPSVERIFY", Condition::Is("0"), "certificates are always checked; set AWS_CA_BUNDLE"),
    IgnoredSetting("SSLKEYLOGFILE", Condition::Set, "keys of TLS are never written"),
];

const KEYS: [IgnoredSetting; 9] = [
    IgnoredSetting("aws_security_token", Condition::Without(&["aws_session_token"]), "set aws_session_token"),
    IgnoredSetting("duration_seconds", Condition::Set, "a session lasts an hour and is renewed"),
    IgnoredSetting("metadata_service_timeout", Condition::Set, METADATA),
    IgnoredSetting("metadata_service_num_attempts", Condition::Set, METADATA),
    IgnoredSetting("sts_regional_endpoints", Condition::Is("legacy"), REGIONAL),
    IgnoredSetting("s3_use_arn_region", Condition::Is("false"), ACCESS_POINTS),
    IgnoredSetting("s3_disable_multiregion_access_points", Condition::Is("true"), "they are read where one is named"),
    IgnoredSetting("defaults_mode", Condition::Set, "set retry_mode and max_attempts"),
    IgnoredSetting("s3", Condition::Set, "set use_dualstack_endpoint or endpoint_url in the profile itself"),
];

/// Logs all settings without effect, once and in one line.
pub(super) fn warn(shared: &Shared) {
    static ONCE: Once = Once::new();
    let variables = found(&VARIABLES, variable);
    let keys = found(&KEYS, |key| shared.get(key).map(str::to_owned));
    let keys = keys.into_iter().map(|key| format!("in AWS profile {}: {key}", shared.profile.name));
    let all: Vec<_> = variables.into_iter().chain(keys).collect();
    if !all.is_empty() {
        ONCE.call_once(|| tracing::warn!("settings without effect here: {}", all.join("; ")));
    }
}

fn found(table: &[IgnoredSetting], get: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let is_worth = |IgnoredSetting(name, when, _): &&IgnoredSetting| {
        get(name).is_some_and(|value| match when {
            Condition::Set => true,
            Condition::Without(names) => names.iter().all(|name| get(name).is_none()),
            Condition::Is(word) => value.trim().eq_ignore_ascii_case(word),
        })
    };
    table.iter().filter(is_worth).map(|IgnoredSetting(name, _, instead)| format!("{name} ({instead})")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_without_effect_are_named_with_what_to_use_instead() {
        for IgnoredSetting(name, when, instead) in VARIABLES.iter().chain(&KEYS) {
            let table = if VARIABLES.iter().any(|it| it.0 == *name) { &VARIABLES[..] } else { &KEYS[..] };
            let value = if let Condition::Is(word) = when { word } else { "hunter2" };
            let expected = [format!("{name} ({instead})")];
            assert_eq!(found(table, |asked| (asked == *name).then(|| value.to_owned())), expected);
            let others = found(table, |asked| match when {
                Condition::Set => None,
                Condition::Without(names) => (asked == *name || names.contains(&asked)).then(|| value.to_owned()),
                Condition::Is(_) => (asked == *name).then(|| "other".to_owned()),
            });
            assert_eq!(others, [""; 0], "{name}");
        }
    }
}
