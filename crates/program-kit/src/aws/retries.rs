//! How often the SDK tries a call again.

use super::shared::Shared;
use crate::environment::variable;
use aws_config::retry::{RetryConfig, RetryMode};

/// How often the SDK itself tries a call where nothing says otherwise. Programs that must not give up try again on top of
/// that, with their own backoff; here it is enough that one dropped connection is not seen.
const ATTEMPTS: u32 = 3;
/// boto3's default for its mode `legacy`, which the SDK does not have; its standard mode takes that place.
const LEGACY_ATTEMPTS: u32 = 5;

/// Reads `AWS_MAX_ATTEMPTS` and `AWS_RETRY_MODE`, or the profile's `max_attempts` and `retry_mode`. The SDK would panic
/// where they are wrong.
pub(super) fn config(shared: &Shared) -> Result<RetryConfig, Vec<String>> {
    let given = |name: &'static str, key: &'static str| {
        variable(name).map(|value| (name, value)).or_else(|| Some((key, shared.get(key)?.to_owned())))
    };
    of(given("AWS_MAX_ATTEMPTS", "max_attempts"), given("AWS_RETRY_MODE", "retry_mode"))
}

type Given = Option<(&'static str, String)>;

fn of(attempts: Given, mode: Given) -> Result<RetryConfig, Vec<String>> {
    let mut mistakes = Vec::new();
    let (mode, usual) = match mode.as_ref().map(|(name, value)| (name, value.to_ascii_lowercase())) {
        None => (RetryMode::Standard, ATTEMPTS),
        Some((_, word)) if word == "standard" => (RetryMode::Standard, ATTEMPTS),
        Some((_, word)) if word == "adaptive" => (RetryMode::Adaptive, ATTEMPTS),
        Some((_, word)) if word == "legacy" => (RetryMode::Standard, LEGACY_ATTEMPTS),
        Some((name, word)) => {
            mistakes.push(format!("{name}={word}: must be standard, adaptive or legacy"));
            (RetryMode::Standard, ATTEMPTS)
        }
    };
    let attempts = attempts.map_or(usual, |(name, value)| {
        let count = value.trim().parse().ok().filter(|count| *count > 0);
        count.unwrap_or_else(|| {
            mistakes.push(format!("{name}={value}: must be a whole number from 1"));
            usual
        })
    });
    let config = RetryConfig::standard().with_retry_mode(mode).with_max_attempts(attempts);
    if mistakes.is_empty() { Ok(config) } else { Err(mistakes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_and_mode_are_read_and_mistakes_are_named() {
        let given = |name: &'static str, value: &str| Some((name, value.to_owned()));
        let found =
            |attempts, mode| of(attempts, mode).map(|config| (config.max_attempts(), format!("{:?}", config.mode())));
        let expected = |attempts, mode: &str| Ok((attempts, mode.to_owned()));
        assert_eq!(found(None, None), expected(3, "Standard"));
        assert_eq!(found(given("AWS_MAX_ATTEMPTS", "7"), given("retry_mode", "Adaptive")), expected(7, "Adaptive"));
        assert_eq!(found(None, given("AWS_RETRY_MODE", "legacy")), expected(5, "Standard"));
        let wrong = found(given("AWS_MAX_ATTEMPTS", "0"), given("retry_mode", "often")).unwrap_err();
        assert_eq!(
            wrong,
            [
                "retry_mode=often: must be standard, adaptive or legacy",
                "AWS_MAX_ATTEMPTS=0: must be a whole number from 1"
            ]
        );
    }
}
