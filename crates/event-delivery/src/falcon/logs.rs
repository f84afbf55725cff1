//! The settings of CloudWatch Logs.

use audit_schema::AccountId;
use audit_schema::falcon::Format;
use common_aws::names::{parse_region, region_hint};
use layered_settings::{Rule, SettingsReader, table};

use super::format::EventFormat;
use super::rules;
use crate::backend::logs::{CloudWatchLogsOptions, LogStream};

/// The days that a log group can keep its events (`PutRetentionPolicy`).
const RETENTIONS: &[&str] = &[
    "1", "3", "5", "7", "14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "1827",
    "2192", "2557", "2922", "3288", "3653",
];
const GROUP: Rule = Rule::Described("1 to 512 letters, digits, _, -, /, . or #");
const STREAM: Rule = Rule::Described("1 to 512 characters without : and *");
/// The longest name of a group or stream.
const LONGEST: usize = 512;

table! {
    /// The section `[cloudwatch_logs]`.
    pub const LOGS_SETTINGS;

    LOGS_REGION = "cloudwatch_logs" "region", Some("CLOUDWATCH_LOGS_REGION"), "", rules::AWS_REGION,
        "The log group's region", note: "new", hint: region_hint;
    LOGS_GROUP = "cloudwatch_logs" "log_group", Some("CLOUDWATCH_LOGS_LOG_GROUP"), "", GROUP,
        "The log group of CLOUDWATCH_LOGS", note: "new";
    LOGS_STREAM = "cloudwatch_logs" "log_stream", Some("CLOUDWATCH_LOGS_LOG_STREAM"), "fig-bridge", STREAM,
        "The log stream", note: "new";
    LOGS_FORMAT = "cloudwatch_logs" "format", Some("CLOUDWATCH_LOGS_FORMAT"), "falcon", rules::FORMATS,
        "Falcon's line, the audit event, or OCSF", note: "new";
    LOGS_CREATE = "cloudwatch_logs" "create", Some("CLOUDWATCH_LOGS_CREATE"), "false", Rule::Flag,
        "Whether a missing group or stream is created", note: "new";
    LOGS_RETENTION = "cloudwatch_logs" "retention", Some("CLOUDWATCH_LOGS_RETENTION"), "", Rule::OneOf(RETENTIONS),
        "Days that a created group keeps events. Unset: for ever", note: "new",
        also: Some(("retention_days", "CLOUDWATCH_LOGS_RETENTION_DAYS"));
    LOGS_ACCOUNT = "cloudwatch_logs" "account_id", Some("CLOUDWATCH_LOGS_ACCOUNT_ID"), "", rules::ACCOUNT,
        "The account in audit events. Unset: the account of the AWS credentials", note: "new";
}

/// The checked settings of CloudWatch Logs.
#[derive(Clone, Debug)]
pub struct LogsSettings {
    /// The region.
    pub region: String,
    /// Where events go.
    pub stream: LogStream,
    /// The form of the events. [`Format::Lake`] without an account has that of the credentials.
    pub format: EventFormat,
}

impl LogsSettings {
    /// Reads the settings; `None` after a mistake, which the reader then has.
    pub fn read(reader: &mut SettingsReader) -> Option<Self> {
        let why = "CLOUDWATCH_LOGS is enabled";
        let region = reader.required_as(LOGS_REGION, why, parse_region);
        let group = reader.required_as(LOGS_GROUP, why, group);
        let stream = reader.always_as(LOGS_STREAM, stream);
        let format = reader.always_as(LOGS_FORMAT, rules::format);
        let account = reader.optional_as(LOGS_ACCOUNT, rules::account);
        let create = reader.flag(LOGS_CREATE);
        let days = |text: &str| RETENTIONS.contains(&text).then(|| text.parse::<i32>().ok())?;
        let retention_days = reader.optional_as(LOGS_RETENTION, days);
        if create == Some(false) && retention_days.is_some() {
            let (name, other) = (LOGS_RETENTION.name(), LOGS_CREATE.name());
            reader.warn(format!("{name} has no effect unless {other} = true: it is for a group that is created"));
        }
        let stream = LogStream { group: group?, stream: stream?, create: create?, retention_days };
        let format = EventFormat { format: format?, account };
        Some(Self { region: region?, stream, format })
    }

    /// Returns whether the account of the credentials is needed.
    #[must_use]
    pub fn needs_account(&self) -> bool {
        self.format.format == Format::Lake && self.format.account.is_none()
    }

    /// Returns the options of the backend. `account` is in audit events if the settings name none.
    #[must_use]
    pub fn options(
        &self,
        name: &'static str,
        account: Option<AccountId>,
        calls: usize,
        proxy: Option<String>,
    ) -> CloudWatchLogsOptions {
        let EventFormat { format, account: named } = self.format.clone();
        let shown = EventFormat { format, account: named.or(account) };
        CloudWatchLogsOptions {
            name,
            stream: self.stream.clone(),
            calls,
            overhead: self.format.overhead(),
            format: shown.into_function(),
            proxy,
        }
    }
}

fn group(text: &str) -> Option<String> {
    let is_allowed = |char: char| char.is_ascii_alphanumeric() || "_-/.#".contains(char);
    (text.len() <= LONGEST && text.chars().all(is_allowed)).then(|| text.to_owned())
}

fn stream(text: &str) -> Option<String> {
    let is_good = (1..=LONGEST).contains(&text.chars().count()) && !text.contains([':', '*']);
    is_good.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_service_takes() {
        for good in ["/falcon/audit", "a", "A.b#c-1_2"] {
            assert_eq!(group(good).as_deref(), Some(good));
        }
        let long = "x".repeat(LONGEST + 1);
        for wrong in ["a b", "a:b", "arn:aws:logs:x", &long] {
            assert_eq!(group(wrong), None, "{wrong}");
        }
        assert_eq!(stream("a b/[$LATEST]").as_deref(), Some("a b/[$LATEST]"));
        for wrong in ["", "a:b", "a*", &long] {
            assert_eq!(stream(wrong), None, "{wrong}");
        }
    }
}
