//! Environment variables that are probably misspelt.

use std::collections::BTreeSet;

use crate::{Setting, Sources, Table, closest};

/// Returns a warning for each variable that is set, that no setting reads, and whose name is like that of a variable that
/// is not set. Names of other programs are unlike all of them, so they cause no warning.
pub(crate) fn misspelt(table: &Table, sources: &Sources<'_>) -> Vec<String> {
    let is_set = |name: &str| (sources.env)(name).is_some_and(|value| !value.is_empty());
    let unread = sources.variables.iter().filter(|name| !is_known(table, name)).collect::<BTreeSet<_>>();
    let warning = |name: &&String| {
        let instead = match meant(table, name) {
            Some(setting) if setting.variables().any(is_set) => return None,
            Some(Setting { variable: Some(variable), .. }) => format!("did you mean {variable}?"),
            Some(setting) => format!("set {} under [{}] in a file", setting.key, setting.section),
            None => format!("the variables of its section are {}", of_section(table, name)?),
        };
        is_set(name).then(|| format!("the variable {name} is not read; {instead}"))
    };
    unread.iter().filter_map(warning).collect()
}

fn is_known(table: &Table, name: &str) -> bool {
    table.settings.iter().any(|setting| setting.variables().any(|known| known == name))
}

/// Returns the variables of the section that a variable's name begins with. A name that begins with one word may belong to
/// another program.
fn of_section(table: &Table, name: &str) -> Option<String> {
    let begins = |section: &str| is_below(name, section).is_some_and(|rest| !is_of_service(rest));
    let is_meant = |it: &&&Setting| it.section.contains('_') && begins(it.section);
    let section = table.settings.iter().find(is_meant)?.section;
    let of_it = table.settings.iter().filter(|it| it.section == section).filter_map(|it| it.variable);
    let known: Vec<_> = of_it.filter(|known| is_below(known, section).is_some()).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// Returns the words of a name behind `first` and `_`.
fn is_below<'n>(name: &'n str, first: &str) -> Option<&'n str> {
    let (start, rest) = name.split_at_checked(first.len())?;
    rest.strip_prefix('_').filter(|_| start.eq_ignore_ascii_case(first))
}

/// Returns whether the last words of a name are those that Kubernetes makes for a Service: its name, then these
/// (kubernetes.io, "Service", "Environment variables").
fn is_of_service(words: &str) -> bool {
    words.split('_').any(|word| ["SERVICE", "PORT"].contains(&word))
}

/// Returns the setting that a variable was probably meant to set.
fn meant(table: &Table, name: &str) -> Option<&'static Setting> {
    let (first, rest) = name.split_once('_').unwrap_or((name, ""));
    if table.shared_words.contains(&first) {
        return None;
    }
    let all = || table.settings.iter().copied();
    let read = || all().flat_map(|setting| setting.variables().map(move |name| (name, setting)));
    let is_beside = |known: &str| known.split('_').next().is_some_and(|word| word.eq_ignore_ascii_case(first));
    // SECTION_KEY, although the variable has another name or does not exist.
    let by_section = || all().find(|it| is_below(name, it.section).is_some_and(|key| it.has_key(key)));
    // One mistyped letter or a few, behind the same first word.
    let by_letters = || closest(name, read().filter(|(known, _)| is_beside(known)));
    // A mistyped first word.
    let by_first = || {
        let same_rest =
            read().filter(|(known, _)| !rest.is_empty() && known.split_once('_').is_some_and(|it| it.1 == rest));
        closest(first, same_rest.map(|(known, setting)| (known.split('_').next().unwrap_or(known), setting)))
    };
    // A word too many at the beginning, or words left out or cut short behind it.
    let by_rest = || read().find(|(known, _)| *known == rest).map(|(_, setting)| setting);
    let by_words =
        || read().find(|(known, _)| is_beside(known) && is_shortened(name, known)).map(|(_, setting)| setting);
    // Words too many behind a variable that begins with its section. Others, such as LOG_LEVEL, are those of many programs.
    let is_own = |known: &str, setting: &Setting| is_below(known, setting.section).is_some();
    let is_longer = |known: &str| is_below(name, known).is_some_and(|rest| !is_of_service(rest));
    let by_more =
        || read().find(|(known, setting)| is_own(known, setting) && is_longer(known)).map(|(_, setting)| setting);
    by_section().or_else(by_letters).or_else(by_first).or_else(by_rest).or_else(by_words).or_else(by_more)
}

/// Returns whether each word of `name`, and there are at least two, begins a word of `known`, in the same order.
fn is_shortened(name: &str, known: &str) -> bool {
    let mut words = known.split('_');
    let name = name.to_uppercase();
    let is_next = |word: &str| !word.is_empty() && words.any(|known| known.starts_with(word));
    name.contains('_') && name.split('_').all(is_next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rule, table};
    use std::ffi::OsString;

    table! {
        const SETTINGS;
        BACKENDS = "main" "backends", Some("FIG_BACKENDS"), "", Rule::Text, "a";
        THREADS = "main" "worker_threads", Some("FIG_WORKER_THREADS"), "", Rule::Text, "b";
        LEVEL = "logging" "level", Some("LOG_LEVEL"), "", Rule::Text, "c";
        SECRET = "falcon" "client_secret", Some("FALCON_CLIENT_SECRET"), "", Rule::Text, "d", secret: true;
        CLOUD = "falcon" "cloud_region", Some("FALCON_CLOUD_REGION"), "", Rule::Text, "e";
        CLOUDS = "events" "exclude_clouds", None, "", Rule::Text, "f";
        SERVICES = "events" "service_names", Some("EVENTS_SERVICE_NAMES"), "", Rule::Text, "g";
        QUEUE = "sqs" "queue", Some("AWS_SQS"), "", Rule::Text, "h";
        KEY = "s3" "kms_key", Some("S3_KMS_KEY"), "", Rule::Text, "i";
        DAYS = "watch_logs" "retention", Some("WATCH_LOGS_RETENTION"), "", Rule::Text, "j",
            also: Some(("retention_days", "WATCH_LOGS_RETENTION_DAYS"));
        GROUP = "watch_logs" "log_group", Some("WATCH_LOGS_LOG_GROUP"), "", Rule::Text, "k";
    }
    const TABLE: Table =
        Table { settings: SETTINGS, other_sections: &[], file_flag: "--config", shared_words: &["AWS"] };

    fn warnings(variables: &[&str]) -> Vec<String> {
        let env = |name: &str| variables.contains(&name).then(|| OsString::from("hunter2"));
        let names = variables.iter().map(ToString::to_string).collect();
        misspelt(&TABLE, &Sources { files: Vec::new(), env: &env, variables: names, flags: Vec::new() })
    }

    #[test]
    fn misspelt_variables_are_named_with_the_likely_one() {
        for (name, instead) in [
            ("FIG_BACKEND", "did you mean FIG_BACKENDS?"),
            ("fig_backends", "did you mean FIG_BACKENDS?"),
            ("FALCON_CLINET_SECRET", "did you mean FALCON_CLIENT_SECRET?"),
            ("FLACON_CLIENT_SECRET", "did you mean FALCON_CLIENT_SECRET?"),
            ("FALCON_SECRET", "did you mean FALCON_CLIENT_SECRET?"),
            ("FALCON_REGION", "did you mean FALCON_CLOUD_REGION?"),
            ("FALCON_CLOUD", "did you mean FALCON_CLOUD_REGION?"),
            ("FIG_WORKERS", ""),
            ("FIG_WORKER", "did you mean FIG_WORKER_THREADS?"),
            ("FIG_LOG_LEVEL", "did you mean LOG_LEVEL?"),
            ("LOGGING_LEVEL", "did you mean LOG_LEVEL?"),
            ("MAIN_BACKENDS", "did you mean FIG_BACKENDS?"),
            ("S3_KMS_KEY_ID", "did you mean S3_KMS_KEY?"),
            ("WATCH_LOGS_GROUP", "did you mean WATCH_LOGS_LOG_GROUP?"),
            ("WATCH_LOGS_RETENTION_IN_DAYS", "did you mean WATCH_LOGS_RETENTION?"),
            ("WATCH_LOGS_RETENTIONDAYS", "did you mean WATCH_LOGS_RETENTION?"),
            ("watch_logs_retention_days", "did you mean WATCH_LOGS_RETENTION?"),
            ("WATCH_LOGS_TTL", "the variables of its section are WATCH_LOGS_RETENTION, WATCH_LOGS_LOG_GROUP"),
            ("EVENTS_EXCLUDE_CLOUDS", "set exclude_clouds under [events] in a file"),
        ] {
            let expected = Some(format!("the variable {name} is not read; {instead}")).filter(|_| !instead.is_empty());
            assert_eq!(warnings(&[name]), Vec::from_iter(expected), "{name}");
        }
    }

    #[test]
    fn variables_of_others_cause_no_warning_and_neither_does_one_whose_setting_is_set() {
        let others = [
            "PATH",
            "LANG",
            "LOG",
            "HOSTNAME",
            "AWS_SNS",
            "AWS_SQ",
            "GCP_REGION",
            "FIG_PORT",
            "FIG_SERVICE_HOST",
            "FIG_SERVICE_PORT",
            "FIG_PORT_9090_TCP_ADDR",
            "EVENTS_SERVICE_HOST",
            "EVENTS_SERVICE_PORT",
            "EVENTS_PORT",
            "FALCON_CID",
            "FALCON_SENSOR_SERVICE_HOST",
            "LOG_FORMAT",
            "LOG_LEVEL_ROOT",
            "S3_ENDPOINT",
            "S3_KMS_KEY_SERVICE_HOST",
            "S3_KMS_KEY_PORT_80_TCP",
            "WATCH_LOGS_SERVICE_HOST",
            "WATCH_LOGS_PORT",
            "WATCH_LOGS_RETENTION_DAYS",
            "",
            "_",
        ];
        assert_eq!(warnings(&others), [""; 0]);
        assert_eq!(warnings(&["FIG_BACKEND", "FIG_BACKENDS"]), [""; 0]);
        assert_eq!(warnings(&["WATCH_LOGS_RETENTIO", "WATCH_LOGS_RETENTION_DAYS"]), [""; 0]);
        assert_eq!(warnings(&["FIG_BACKEND", "FIG_BACKEND"]).len(), 1);
    }
}
