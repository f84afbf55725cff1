//! Who acted.

use crate::reader::Reader;
use crate::tree::{NodeId, node};
use crate::value::Text;

const TYPE: NodeId = node("userIdentity.type");
const USER_NAME: NodeId = node("userIdentity.userName");
const INVOKED_BY: NodeId = node("userIdentity.invokedBy");
const ROLE_NAME: NodeId = node("userIdentity.sessionContext.sessionIssuer.userName");
const ON_BEHALF_OF: NodeId = node("userIdentity.onBehalfOf.userId");
const ARN: NodeId = node("userIdentity.arn");
const PRINCIPAL: NodeId = node("userIdentity.principalId");

/// The user, or what `evt.plugininfo` says in its place.
pub(crate) enum User<'r> {
    Known(Text<'r>),
    Unknown(&'static str),
}

impl<'r> User<'r> {
    pub(crate) fn text(self) -> Option<Text<'r>> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown(_) => None,
        }
    }
}

/// The user by the type of identity (extract.go:109-149), and for other types by what the identity says (difference 7).
#[inline]
pub(crate) fn user<'r>(reader: &mut Reader<'_, 'r>) -> User<'r> {
    let identity = reader.string(TYPE);
    let name = match identity.as_deref() {
        Some(b"Root" | b"IAMUser") => reader.text(USER_NAME),
        Some(b"AWSService") => reader.text(INVOKED_BY),
        Some(b"AssumedRole") => reader.text(ROLE_NAME).or_else(|| Some(Text::fixed("AssumedRole"))),
        Some(b"AWSAccount") => Some(Text::fixed("AWSAccount")),
        Some(b"FederatedUser") => Some(Text::fixed("FederatedUser")),
        other => {
            let instead = if other.is_some() { "<unknown user type>" } else { "" };
            let name = reader.text(USER_NAME).or_else(|| reader.text(ON_BEHALF_OF));
            return name.map_or(User::Unknown(instead), User::Known);
        }
    };
    name.map_or(User::Unknown("<NA>"), User::Known)
}

/// Of a role the name of its session, else the user's name (extract.go:151-169, 348-354).
pub(crate) fn original_user<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    if is_role(reader) { session(reader) } else { reader.text(USER_NAME) }
}

/// The name of an assumed role's session; nobody else has one.
pub(crate) fn session_name<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    if is_role(reader) { session(reader) } else { None }
}

fn is_role(reader: &mut Reader<'_, '_>) -> bool {
    reader.string(TYPE).as_deref() == Some(b"AssumedRole")
}

fn session<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    let arn = string(reader, ARN);
    let parts = |text: &Option<Text<'_>>, separator: u8| {
        text.as_ref().map_or(0, |text| text.as_bytes().split(|byte| *byte == separator).count())
    };
    // assumed-role/ROLE/SESSION
    let arn_parts = parts(&arn, b'/');
    if arn_parts == 3 {
        return arn.map(|arn| last(arn, b'/'));
    }
    // ID:SESSION
    let principal = string(reader, PRINCIPAL);
    if parts(&principal, b':') == 2 {
        return principal.map(|principal| last(principal, b':'));
    }
    // assumed-role/PATH/ROLE/SESSION, for which the original has nothing (difference 9)
    arn.filter(|_| arn_parts > 3).map(|arn| last(arn, b'/'))
}

/// A member as text if it is a string: the JSON text of anything else must not be taken apart.
fn string<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let raw = reader.raw(node)?;
    matches!(raw, crate::reader::Raw::String(_)).then(|| reader.text_of(&raw)).flatten()
}

fn last(text: Text<'_>, separator: u8) -> Text<'_> {
    text.cut(|text| text.iter().rposition(|byte| *byte == separator).map_or(0, |at| at + 1)..text.len())
}
