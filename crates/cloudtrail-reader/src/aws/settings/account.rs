//! Account IDs as users write them and as Falco reads them.

use crate::bucket::lost_zeros;
use common_aws::names::is_account_id;
use serde_json::Number;

/// The first number that is too large: account IDs have 12 digits.
const BEYOND: u64 = 1_000_000_000_000;
/// The largest number that may come from digits with a leading zero. Falco tries each scalar of its YAML, quoted or
/// not, as an `int` and then as a `double` (`yaml_helper.h`), and yaml-cpp reads an `int` with a leading zero as octal.
/// An account ID without a leading zero is larger than an `int`, so it comes unchanged as a `double`.
const MOST_OCTAL: u64 = i32::MAX as u64;
/// The smallest number that is taken for an account ID, as it is or in octal: smaller ones, except zero, would have five
/// zeros at their beginning, and are more likely something else.
const LEAST: u64 = 0o10_000_000;

/// Checks a text that should be an account ID.
///
/// # Errors
/// If it is not; the message describes an account ID.
pub(super) fn account(text: &str) -> Result<String, String> {
    if is_account_id(text) { Ok(text.to_owned()) } else { Err(no_account(&format!("{text:?}")) + lost_zeros(text)) }
}

/// Converts a number into an account ID, with the leading zeros that a number lacks.
///
/// # Errors
/// If it is not an account ID, or may have been read as octal; the message says how to write it.
pub(super) fn of_number(number: &Number) -> Result<String, String> {
    let Some(account) = whole(number).filter(|it| *it < BEYOND) else { return Err(no_account(&number.to_string())) };
    if number.is_u64() && (1..LEAST).contains(&account) {
        return Err(no_account(&number.to_string()));
    }
    if number.is_u64() && (LEAST..=MOST_OCTAL).contains(&account) {
        return Err(format!(
            "{number} may be another account's number in octal, as Falco reads one that begins with a zero; give all of \
             init_config as JSON text, and the account in quotes"
        ));
    }
    Ok(format!("{account:012}"))
}

/// Returns the number if it is whole. Falco's doubles are exact far beyond 12 digits.
fn whole(number: &Number) -> Option<u64> {
    let float = || number.as_f64().filter(|it| it.fract() == 0.0 && (0.0..BEYOND as f64).contains(it));
    number.as_u64().or_else(|| float().map(|it| it as u64))
}

fn no_account(seen: &str) -> String {
    format!("{seen} is no account; an account is 12 digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_falco_and_json_give_them() {
        for (json, expected) in [
            // Falco's results for "111122223333", "012345678901", "000000000089" and "000000000000".
            ("111122223333.0", Ok("111122223333")),
            ("12345678901.0", Ok("012345678901")),
            ("89.0", Ok("000000000089")),
            ("0", Ok("000000000000")),
            // Falco's result for "012345670123".
            ("1402433619", Err("1402433619 may be another account's number in octal")),
            // Falco's result for "000010000000", and a number that nobody's account is.
            ("2097152", Err("2097152 may be another account's number in octal")),
            ("2097151", Err("2097151 is no account; an account is 12 digits")),
            ("12", Err("12 is no account; an account is 12 digits")),
            ("1", Err("1 is no account; an account is 12 digits")),
            ("2147483647", Err("2147483647 may be another account's number in octal")),
            ("2147483648", Ok("002147483648")),
            ("111122223333", Ok("111122223333")),
            ("999999999999", Ok("999999999999")),
            ("1000000000000", Err("1000000000000 is no account; an account is 12 digits")),
            ("1000000000000.0", Err("1000000000000.0 is no account; an account is 12 digits")),
            ("1e300", Err("1e+300 is no account; an account is 12 digits")),
            ("111122223333.5", Err("111122223333.5 is no account; an account is 12 digits")),
            ("-1", Err("-1 is no account; an account is 12 digits")),
            ("-1.0", Err("-1.0 is no account; an account is 12 digits")),
        ] {
            let found = of_number(&serde_json::from_str(json).unwrap());
            match expected {
                Ok(account) => assert_eq!(found.as_deref(), Ok(account), "{json}"),
                Err(why) => assert!(found.as_ref().is_err_and(|error| error.starts_with(why)), "{json}: {found:?}"),
            }
        }
    }

    #[test]
    fn texts() {
        assert_eq!(account("012345678901").as_deref(), Ok("012345678901"));
        for wrong in ["1111222233334", "11112222333x", ""] {
            assert_eq!(account(wrong), Err(format!("{wrong:?} is no account; an account is 12 digits")));
        }
        let error = account("12").unwrap_err();
        assert!(error.starts_with("\"12\" is no account; an account is 12 digits; zeros at its beginning"), "{error}");
    }
}
