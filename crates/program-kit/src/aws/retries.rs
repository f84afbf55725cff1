//! The SDK's retries.

use super::shared::{NamedValue, Shared};
use aws_config::retry::{RetryConfig, RetryMode};

/// The default number of attempts. Programs that must not give up retry in addition, with their own backoff; here it is
/// enough to hide one dropped connection.
const ATTEMPTS: u32 = 3;
/// boto3's default for its mode `legacy`, which the SDK lacks; its standard mode is used instead.
const LEGACY_ATTEMPTS: u32 = 5;

/// Reads `AWS_MAX_ATTEMPTS` and `AWS_RETRY_MODE`, or the profile's `max_attempts` and `retry_mode`. The SDK would panic
/// on wrong values.
pub(super) fn config(shared: &Shared) -> Result<RetryConfig, Vec<String>> {
    of(shared.given("AWS_MAX_ATTEMPTS", "max_attempts"), shared.given("AWS_RETRY_MODE", "retry_mode"))
}

fn of(attempts: NamedValue, mode: NamedValue) -> Result<RetryConfig, Vec<String>> {
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
