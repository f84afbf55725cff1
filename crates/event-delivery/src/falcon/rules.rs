//! The rules of settings that several backends have.

use audit_schema::AccountId;
use audit_schema::falcon::Format;
use layered_settings::Rule;

/// The rule of a setting for a region.
pub const AWS_REGION: Rule = Rule::Described("an AWS region such as eu-west-1");
pub(super) const ACCOUNT: Rule = Rule::Described("an account's 12 digits");
pub(super) const FORMATS: Rule = Rule::OneOf(&["falcon", "lake", "ocsf"]);

/// Returns the format of this name.
pub(super) fn format(text: &str) -> Option<Format> {
    Format::ALL.into_iter().find(|format| format.as_str() == text)
}

/// Returns the account.
pub(super) fn account(text: &str) -> Option<AccountId> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_a_word_of_the_rule() {
        let words: Vec<&str> = Format::ALL.iter().map(|format| format.as_str()).collect();
        assert!(matches!(FORMATS, Rule::OneOf(known) if known == words));
    }
}
