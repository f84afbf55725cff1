//! The accounts that are wanted.

use common_aws::names::{ACCOUNT_DIGITS, is_account_id};

/// The accounts that are wanted: at least one, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts(Vec<String>);

/// Why a text is not a list of accounts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// An element is not an account ID.
    #[error("{0:?} is no account; an account is 12 digits, and commas separate accounts{lost}", lost = lost_zeros(.0))]
    NotAnAccount(String),
}

impl Accounts {
    /// Parses account IDs, separated by commas, with blanks around them. A comma at the end has always been allowed. A
    /// text without an account gives `None`, which means all accounts.
    ///
    /// # Errors
    /// If an element is not an account ID.
    pub fn parse(text: &str) -> Result<Option<Self>, AccountsError> {
        let text = text.trim();
        let text = text.strip_suffix(',').unwrap_or(text);
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut accounts = Vec::new();
        for account in text.split(',').map(str::trim) {
            if !is_account_id(account) {
                return Err(AccountsError::NotAnAccount(account.to_owned()));
            }
            accounts.push(account.to_owned());
        }
        accounts.sort();
        accounts.dedup();
        Ok(Some(Self(accounts)))
    }

    /// Returns whether the account is one of them.
    #[must_use]
    pub fn contains(&self, account: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(account)).is_ok()
    }
}

/// Returns advice for a text that may be an account ID without its leading zeros: some programs read such digits as a
/// number.
pub(crate) fn lost_zeros(text: &str) -> &'static str {
    if !text.is_empty() && text.len() < ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
        "; zeros at its beginning may be missing, as YAML removes them: write all 12 digits, in quotes"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<Option<&[&str]>, &str>) {
        let found = Accounts::parse(text).map(|it| it.map(|it| it.0)).map_err(|error| error.to_string());
        let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found, expected.map(|it| it.map(owned)).map_err(str::to_owned), "{text}");
    }

    #[test]
    fn lists_of_accounts() {
        check("", Ok(None));
        check(" , ", Ok(None));
        check("222222222222 , 111111111111,", Ok(Some(&["111111111111", "222222222222"])));
        let wrong =
            |text: &str| format!("{text:?} is no account; an account is 12 digits, and commas separate accounts");
        check("111111111111222222222222", Err(&wrong("111111111111222222222222")));
        check("111111111111 222222222222", Err(&wrong("111111111111 222222222222")));
        check("111111111111,,222222222222", Err(&wrong("")));
        check("12345678901x", Err(&wrong("12345678901x")));
        let cut = "; zeros at its beginning may be missing, as YAML removes them: write all 12 digits, in quotes";
        for text in ["1234", "12345678901", "0"] {
            check(text, Err(&(wrong(text) + cut)));
            check(&format!("111111111111,{text}"), Err(&(wrong(text) + cut)));
        }
    }
}
