//! The users of an event.

use std::borrow::Cow;

use super::details::Detail;
use super::observables::{Observable, Observables};
use super::source::Source;
use crate::falcon::map::UNKNOWN;
use crate::json::Members;

/// A user: `actor.user`, or the user whom the operation is about.
pub(super) struct User<'s> {
    name: Cow<'s, str>,
    uid: Option<Cow<'s, str>>,
    /// The customer whose user it is.
    org: Option<Cow<'s, str>>,
    kind: Kind,
}

/// What kind of user it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A person, whose name is a mail address.
    Mail,
    /// An API client.
    Service,
    /// Falcon itself.
    System,
    Unknown,
}

/// The beginnings of `UserId` for an API client.
const API_CLIENTS: [&str; 2] = ["API:", "api-client-id:"];
/// The `UserId` of what Falcon does itself.
const FALCON: &str = "Crowdstrike";

impl<'s> User<'s> {
    fn new(name: Cow<'s, str>, uid: Option<Cow<'s, str>>, org: Option<Cow<'s, str>>) -> Self {
        let kind = kind(&name);
        Self { name, uid, org, kind }
    }

    /// Returns the user who acted: `event.UserId`.
    pub(super) fn actor(source: &'s Source<'_>) -> Option<Self> {
        let name = Cow::Borrowed(source.user.as_deref()?);
        Some(Self::new(name, source.details.get(Detail::ActorUserUuid), source.details.get(Detail::ActorCid)))
    }

    /// Returns the user whom the details name.
    pub(super) fn target(source: &'s Source<'_>) -> Option<Self> {
        let name = source.details.first(&[Detail::TargetName, Detail::ActionTargetName]);
        let uid = source.details.first(&[Detail::TargetUuid, Detail::TargetUserUuid]);
        // A user needs a name. The id is one.
        let name = name.or_else(|| uid.clone())?;
        Some(Self::new(name, uid, source.details.get(Detail::TargetCid)))
    }

    /// Returns a user of whom the event says nothing.
    pub(super) fn unknown() -> Self {
        Self { name: Cow::Borrowed(UNKNOWN), uid: None, org: None, kind: Kind::Unknown }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes the members of an object, and ends it.
    pub(super) fn write(&self, mut members: Members<'_>) {
        members.text("name", &self.name);
        members.text_if("uid", self.uid.as_deref());
        members.members(match self.kind {
            Kind::Mail => r#""type_id":1,"type":"User""#,
            Kind::Service => r#""type_id":4,"type":"Service""#,
            Kind::System => r#""type_id":3,"type":"System""#,
            Kind::Unknown => r#""type_id":0,"type":"Unknown""#,
        });
        if self.kind == Kind::Mail {
            members.text("email_addr", &self.name);
        }
        if let Some(uid) = &self.org {
            let mut org = members.object("org");
            org.text("uid", uid);
            org.end();
        }
        members.end();
    }

    /// Adds the name and the mail address.
    pub(super) fn observe(&self, [name, mail]: [Observable; 2], observables: &mut Observables<'s>) {
        if self.name != UNKNOWN {
            observables.push(name, self.name.clone());
        }
        if self.kind == Kind::Mail {
            observables.push(mail, self.name.clone());
        }
    }
}

fn kind(name: &str) -> Kind {
    if is_mail(name) {
        Kind::Mail
    } else if API_CLIENTS.iter().any(|prefix| name.starts_with(prefix)) {
        Kind::Service
    } else if name.eq_ignore_ascii_case(FALCON) {
        Kind::System
    } else {
        Kind::Unknown
    }
}

/// Returns whether a text is a mail address of OCSF's type `email_t` and of the usual characters.
fn is_mail(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    let Some((first, rest)) = host.split_once('.') else { return false };
    let are = |text: &str, others: &[u8]| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
    };
    are(name, b"!#$%&'*+-/=?^_`{|}~.") && are(first, b"-") && are(rest, b"-.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_told_apart() {
        for (name, expected) in [
            ("ada@example.com", Kind::Mail),
            ("ada.b+c@mail.example-1.com", Kind::Mail),
            ("API:0f0f", Kind::Service),
            ("api-client-id:00aa", Kind::Service),
            ("Crowdstrike", Kind::System),
            ("ada", Kind::Unknown),
            ("ada@localhost", Kind::Unknown),
            ("ada@example.com (Ada)", Kind::Unknown),
            ("@example.com", Kind::Unknown),
            ("a@b@example.com", Kind::Unknown),
            ("béatrice@example.com", Kind::Unknown),
        ] {
            assert_eq!(kind(name), expected, "{name}");
        }
    }
}
