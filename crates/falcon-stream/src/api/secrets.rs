//! Removes our secrets from texts of others: a service or a proxy may send back what it received.

use crate::lock::lock;
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Mutex;

/// The number of latest secrets that are remembered: the client secret, and a token for the API and each feed, which
/// are replaced every half hour.
const MOST: usize = 64;
/// The shortest secret that is hidden. A shorter text may be an ordinary word. Falcon's secrets have 40 characters, its
/// tokens hundreds.
const SHORTEST: usize = 7;
/// The replacement for a secret.
const HIDDEN: &str = "[hidden]";

/// The secrets that were sent or are about to be sent.
#[derive(Default)]
pub(crate) struct Secrets(Mutex<VecDeque<SecretString>>);

impl Secrets {
    /// Remembers a secret.
    pub(crate) fn add(&self, secret: &SecretString) {
        let text = secret.expose_secret();
        if text.len() < SHORTEST {
            return;
        }
        let mut known = lock(&self.0);
        known.retain(|other| other.expose_secret() != text);
        known.push_back(secret.clone());
        if known.len() > MOST {
            known.pop_front();
        }
    }

    /// Returns the text without the secrets, in plain or form-encoded spelling.
    pub(crate) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in lock(&self.0).iter() {
            let plain = secret.expose_secret();
            let encoded: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
            for form in [plain, encoded.as_str()] {
                if text.contains(form) {
                    text = Cow::Owned(text.replace(form, HIDDEN));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_as_they_are_and_as_a_form_has_them() {
        let secrets = Secrets::default();
        for secret in ["hunter2/+", "", "abc"] {
            secrets.add(&SecretString::from(secret));
        }
        for (text, expected) in [
            ("the secret hunter2/+ is wrong", "the secret [hidden] is wrong"),
            ("client_secret=hunter2%2F%2B&x", "client_secret=[hidden]&x"),
            ("hunter2, abc and nothing", "hunter2, abc and nothing"),
        ] {
            assert_eq!(secrets.hide(text), expected);
        }
    }

    #[test]
    fn the_latest_are_remembered() {
        let secrets = Secrets::default();
        for number in 0..2 * MOST {
            secrets.add(&SecretString::from(format!("token-{number:04}")));
            secrets.add(&SecretString::from("the client secret"));
        }
        assert_eq!(secrets.hide("token-0001 token-0127 the client secret"), "token-0001 [hidden] [hidden]");
    }
}
