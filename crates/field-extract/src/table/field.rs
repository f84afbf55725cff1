//! A field: one row of the table.

use super::node::NodeId;

/// The type of a field's value, as Falco's plugin API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Uint64,
}

impl Kind {
    /// Returns the name that the plugin API's `get_fields` uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Uint64 => "uint64",
        }
    }
}

/// How the value of a field is made from the members that it is read from.
///
/// "The first" is the first member of [`Field::from`] that the record has. A JSON `null` counts as missing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// The first, as text.
    Text,
    /// The first, as text: `eventTime`, else the start of a time window.
    Time,
    /// The one, as text. It is in an object that is searched only when it is asked for: `table/tree.rs`.
    Within,
    /// The first that is not empty, else the first.
    Filled,
    /// The first, as JSON text.
    Json,
    /// The elements of an array, as JSON text without the brackets.
    Elements,
    /// `true` if the first is `true`, else `false`.
    Flag,
    /// The sum of all that the record has.
    Sum,
    /// 1 if the first is one of these names, else 0.
    OneOf(&'static [&'static str]),
    /// 0 if the first is one of these names, else 1.
    NoneOf(&'static [&'static str]),
    /// The first, without `.amazonaws.com` at its end.
    ShortSource,
    /// A flag; if it is missing, derived from the type of the event.
    Management,
    /// A flag; if it is missing, derived from the name of the event.
    ReadOnly,
    /// The user: `value/rules/identity.rs`.
    User,
    /// The user before a role was assumed: `value/rules/identity.rs`.
    OriginalUser,
    /// The name of an assumed role's session: `value/rules/identity.rs`.
    SessionName,
    /// Whether multi-factor authentication was used, where AWS knows it: `value/rules/identity.rs`.
    Mfa,
    /// The identity provider of a SAML user: `value/rules/identity.rs`.
    SamlProvider,
    /// The identity provider of an OIDC user: `value/rules/identity.rs`.
    OidcProvider,
    /// The summary: `value/rules/info.rs`.
    Info,
    /// `s3://bucket/key`.
    Uri,
    /// The first, else the subnet of the first instance.
    Subnet,
    /// The tag `Name`: `value/rules/instances.rs`.
    InstanceName,
    /// The first image: `value/rules/instances.rs`.
    ImageId,
    /// All images, or the one with the index in the argument: `value/rules/instances.rs`.
    ImageIds,
    /// The members with this key of the objects in an array, or that of the object with the index in the argument. The
    /// first array that has one counts.
    Each(&'static str),
}

/// The largest number of members that one field is read from.
pub(crate) const MAX_FROM: usize = 5;

/// A field: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name that rules use.
    pub name: &'static str,
    /// Whether the value is a list.
    pub list: bool,
    /// The name for people.
    pub display: &'static str,
    /// A description in one sentence.
    pub description: &'static str,
    /// Falco's hints for user interfaces: `hidden`, `info`, `conversation`.
    pub properties: &'static [&'static str],
    /// The members of the record that it is read from, with nested names joined by dots.
    pub from: &'static [&'static str],
    pub(crate) how: How,
    /// `from`, resolved to members of the tree.
    pub(crate) nodes: [NodeId; MAX_FROM],
}

impl Field {
    /// Returns the type of the value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.how {
            How::Sum | How::OneOf(_) | How::NoneOf(_) => Kind::Uint64,
            _ => Kind::String,
        }
    }

    /// Whether it takes an argument, which is an optional index: `ec2.imageids[0]`.
    #[must_use]
    pub fn takes_index(&self) -> bool {
        matches!(self.how, How::ImageIds | How::Each(_))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.into_iter().take(self.from.len())
    }

    pub(crate) const fn properties(mut self, properties: &'static [&'static str]) -> Self {
        self.properties = properties;
        self
    }

    pub(crate) const fn list(mut self) -> Self {
        self.list = true;
        self
    }
}

/// Makes a row of the table.
pub(crate) const fn row(
    name: &'static str,
    how: How,
    from: &'static [&'static str],
    display: &'static str,
    description: &'static str,
) -> Field {
    Field { name, list: false, display, description, properties: &[], from, how, nodes: [NodeId::ROOT; MAX_FROM] }
}
