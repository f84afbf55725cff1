//! Accounts, as users write them and as Falco reads what they write.

use crate::bucket::is_account;
use serde_json::Number;

/// Numbers of accounts are below this: they have 12 digits.
const BEYOND: u64 = 1_000_000_000_000;
/// The largest number that may come of digits with a zero before them. Falco tries each scalar of its YAML, quoted or
/// not, as an `int` and then as a `double` (`yaml_helper.h`), and yaml-cpp reads an `int` that begins with a zero as
/// octal. An account without a zero before it is larger than an `int`, and comes as a `double`, as it is.
const MOST_OCTAL: u64 = i32::MAX as u64;
/// Up to here octal and decimal are the same.
const LAST_ALIKE: u64 = 7;

/// Takes a text that is an account.
///
/// # Errors
/// Says what an account is.
pub(super) fn account(text: &str) -> Result<String, String> {
    if is_account(text) { Ok(text.to_owned()) } else { Err(no_account(&format!("{text:?}"))) }
}

/// The account that a number stands for, with the zeros before it that a number does not have.
///
/// # Errors
/// Says what an account is, or how to write one whose number may have been read as octal.
pub(super) fn of_number(number: &Number) -> Result<String, String> {
    let Some(account) = whole(number).filter(|it| *it < BEYOND) else { return Err(no_account(&number.to_string())) };
    if number.is_u64() && (LAST_ALIKE + 1..=MOST_OCTAL).contains(&account) {
        return Err(format!(
            "{number} may be another account's number in octal, as Falco reads one that begins with a zero; give all of \
             init_config as JSON text, and the account in quotes"
        ));
    }
    Ok(format!("{account:012}"))
}

/// The number, if it is whole. Falco's doubles are exact up to far more than 12 digits.
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
            // What Falco makes of "111122223333", "012345678901", "000000000089" and "000000000000".
            ("111122223333.0", Ok("111122223333")),
            ("12345678901.0", Ok("012345678901")),
            ("89.0", Ok("000000000089")),
            ("0", Ok("000000000000")),
            // Of "012345670123".
            ("1402433619", Err("1402433619 may be another account's number in octal")),
            ("10", Err("10 may be another account's number in octal")),
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
        for wrong in ["12", "1111222233334", "11112222333x", ""] {
            assert_eq!(account(wrong), Err(format!("{wrong:?} is no account; an account is 12 digits")));
        }
    }
}
