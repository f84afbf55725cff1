//! The accounts that are wanted.

/// The length of an AWS account's number.
const DIGITS: usize = 12;

/// The accounts that are wanted: at least one, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounts(Vec<String>);

/// Why a text is no list of accounts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountsError {
    /// An element is not the number of an account.
    #[error("{0:?} is no account; an account is 12 digits, and commas separate accounts")]
    NotAnAccount(String),
}

impl Accounts {
    /// Reads numbers of accounts, separated by commas, with blanks around them. A comma at the end is allowed, as it
    /// always was; a text without an account gives `None`, which means all accounts.
    ///
    /// # Errors
    /// Names the element that is no account.
    pub fn parse(text: &str) -> Result<Option<Self>, AccountsError> {
        let text = text.trim();
        let text = text.strip_suffix(',').unwrap_or(text);
        if text.trim().is_empty() {
            return Ok(None);
        }
        let mut accounts = Vec::new();
        for account in text.split(',').map(str::trim) {
            if !is_account(account) {
                return Err(AccountsError::NotAnAccount(account.to_owned()));
            }
            accounts.push(account.to_owned());
        }
        accounts.sort();
        accounts.dedup();
        Ok(Some(Self(accounts)))
    }

    /// Whether the account is one of them.
    #[must_use]
    pub fn contains(&self, account: &str) -> bool {
        self.0.binary_search_by(|known| known.as_str().cmp(account)).is_ok()
    }
}

/// Whether a text is the number of an account.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit())
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
    }
}
