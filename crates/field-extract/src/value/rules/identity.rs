//! The user of an event.

use crate::table::node::NodeId;
use crate::table::tree::node;
use crate::value::reader::{Raw, Reader};
use crate::value::text::Text;

const TYPE: NodeId = node("userIdentity.type");
const USER_NAME: NodeId = node("userIdentity.userName");
const INVOKED_BY: NodeId = node("userIdentity.invokedBy");
const ROLE_NAME: NodeId = node("userIdentity.sessionContext.sessionIssuer.userName");
const ON_BEHALF_OF: NodeId = node("userIdentity.onBehalfOf.userId");
const ARN: NodeId = node("userIdentity.arn");
const PRINCIPAL: NodeId = node("userIdentity.principalId");

const IS_ASSUMED_ROOT: NodeId = node("userIdentity.sessionContext.assumedRoot");
const SESSION_MFA: NodeId = node("userIdentity.sessionContext.attributes.mfaAuthenticated");
const ACCESS_KEY: NodeId = node("userIdentity.accessKeyId");
const SIGN_IN_MFA: NodeId = node("additionalEventData.MFAUsed");
const PROVIDER: NodeId = node("userIdentity.identityProvider");
const FEDERATED_PROVIDER: NodeId = node("userIdentity.sessionContext.webIdFederationData.federatedProvider");
const SAML_PROVIDER: NodeId = node("additionalEventData.SamlProviderArn");
const REQUEST_PRINCIPAL: NodeId = node("requestParameters.principalArn");

/// The user, or the text that `evt.plugininfo` has in its place.
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

/// Returns the user by the type of identity (extract.go:109-149). For other types, takes the names in the identity
/// (difference 7).
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

/// Returns the session name of a role, or the user name of any other identity (extract.go:151-169, 348-354).
pub(crate) fn original_user<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    if is_role(reader) { session(reader) } else { reader.text(USER_NAME) }
}

/// Returns the session name of an assumed role; other identities have none.
pub(crate) fn session_name<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    if is_role(reader) { session(reader) } else { None }
}

fn is_role(reader: &mut Reader<'_, '_>) -> bool {
    is_type(reader, &[b"AssumedRole"])
}

fn is_type(reader: &mut Reader<'_, '_>, types: &[&[u8]]) -> bool {
    reader.string(TYPE).is_some_and(|found| types.contains(&&*found))
}

/// Returns whether MFA was used. AWS knows that only of users that it has authenticated itself: federated users, and the
/// administrators behind `AssumeRoot`, have theirs at their identity provider, and the record says `false` or `No`.
pub(crate) fn mfa<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    let is_known = is_type(reader, &[b"IAMUser", b"Root"]);
    if !is_known || reader.text(IS_ASSUMED_ROOT).is_some_and(|is| is.as_bytes() == b"true") {
        return None;
    }
    // A sign-in says more than the session in which it was made.
    match reader.string(SIGN_IN_MFA).as_deref() {
        Some(b"Yes") => return Some(Text::fixed("true")),
        Some(b"No") => return Some(Text::fixed("false")),
        _ => {}
    }
    match reader.text(SESSION_MFA).as_ref().map(Text::as_bytes) {
        Some(b"true") => return Some(Text::fixed("true")),
        Some(b"false") => return Some(Text::fixed("false")),
        _ => {}
    }
    // A request with a long-term access key has no session, and no MFA.
    reader.string(ACCESS_KEY).is_some_and(|key| key.starts_with(b"AKIA")).then(|| Text::fixed("false"))
}

/// Returns the SAML provider: that of a console sign-in, or of a call of `AssumeRoleWithSAML`.
pub(crate) fn saml_provider<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    if let Some(provider) = reader.text(SAML_PROVIDER) {
        return Some(provider);
    }
    // The identity has only a hash of the provider, if the request has its ARN.
    is_type(reader, &[b"SAMLUser"]).then(|| reader.text(REQUEST_PRINCIPAL).or_else(|| reader.text(PROVIDER))).flatten()
}

/// Returns the OIDC provider: that of a session, or of a call of `AssumeRoleWithWebIdentity`.
pub(crate) fn oidc_provider<'r>(reader: &mut Reader<'_, 'r>) -> Option<Text<'r>> {
    if let Some(provider) = reader.text(FEDERATED_PROVIDER) {
        return Some(provider);
    }
    is_type(reader, &[b"WebIdentityUser"]).then(|| reader.text(PROVIDER)).flatten()
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
    // assumed-role/PATH/ROLE/SESSION, for which the original has no value (difference 9)
    arn.filter(|_| arn_parts > 3).map(|arn| last(arn, b'/'))
}

/// Returns the text of a member that is a string. The JSON text of another value must not be split.
fn string<'r>(reader: &mut Reader<'_, 'r>, node: NodeId) -> Option<Text<'r>> {
    let raw = reader.raw(node)?;
    matches!(raw, Raw::String(_)).then(|| reader.text_of(&raw)).flatten()
}

fn last(text: Text<'_>, separator: u8) -> Text<'_> {
    text.cut(|text| text.iter().rposition(|byte| *byte == separator).map_or(0, |at| at + 1)..text.len())
}
