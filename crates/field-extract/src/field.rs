//! What a row of the table says, and how rows are found.

use crate::table::ROWS;
use crate::tree::{NodeId, node};

/// The type of a field's value, as Falco's plugin API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    String,
    /// A whole number.
    Uint64,
}

impl Kind {
    /// The name in `get_fields`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Uint64 => "uint64",
        }
    }
}

/// How a field's value is found in what it is read from.
///
/// "The first" always means the first of [`Field::from`] that the record has; a JSON `null` is as good as missing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// The first, as text.
    Text,
    /// The first that is not empty, else the first.
    Filled,
    /// The first, as the record's own JSON.
    Json,
    /// The elements of an array, as the record's own JSON, without the brackets.
    Elements,
    /// `true` where the first is `true`, else `false`.
    Flag,
    /// The sum of those that are there.
    Sum,
    /// 1 where the first is one of these names, else 0.
    OneOf(&'static [&'static str]),
    /// 0 where the first is one of these names, else 1.
    NoneOf(&'static [&'static str]),
    /// The first without `.amazonaws.com` at its end.
    ShortSource,
    /// A flag; where it is missing, by the type of event.
    Management,
    /// A flag; where it is missing, by the name of the event.
    ReadOnly,
    /// Who acted: [`crate::rules::identity`].
    User,
    /// Who acted, before a role was assumed: [`crate::rules::identity`].
    OriginalUser,
    /// The name of an assumed role's session: [`crate::rules::identity`].
    SessionName,
    /// The summary: [`crate::rules::info`].
    Info,
    /// `s3://bucket/key`.
    Uri,
    /// The first, else the subnet of the first of the instances.
    Subnet,
    /// The tag `Name`: [`crate::rules::instances`].
    InstanceName,
    /// The first image: [`crate::rules::instances`].
    ImageId,
    /// All images, or the one that the argument names: [`crate::rules::instances`].
    ImageIds,
}

/// How many places of a record one field may be read from.
pub(crate) const PLACES: usize = 5;

/// A field: a row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name, as it stands in a rule.
    pub name: &'static str,
    /// Whether it has several values.
    pub list: bool,
    /// The name for people.
    pub display: &'static str,
    /// One sentence on what it holds.
    pub description: &'static str,
    /// Falco's hints for user interfaces: `hidden`, `info`, `conversation`.
    pub properties: &'static [&'static str],
    /// The members of the record that it is read from, nested names joined by dots.
    pub from: &'static [&'static str],
    pub(crate) how: How,
    /// `from`, resolved.
    pub(crate) nodes: [NodeId; PLACES],
}

impl Field {
    /// The type of the value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.how {
            How::Sum | How::OneOf(_) | How::NoneOf(_) => Kind::Uint64,
            _ => Kind::String,
        }
    }

    /// Whether it takes an argument, which then is an index and may be left out: `ec2.imageids[0]`.
    #[must_use]
    pub fn takes_index(&self) -> bool {
        matches!(self.how, How::ImageIds)
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = NodeId> {
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

/// A row of the table.
pub(crate) const fn row(
    name: &'static str,
    how: How,
    from: &'static [&'static str],
    display: &'static str,
    description: &'static str,
) -> Field {
    Field { name, list: false, display, description, properties: &[], from, how, nodes: [NodeId::ROOT; PLACES] }
}

static FIELDS: [Field; ROWS.len()] = resolve();

#[expect(clippy::indexing_slicing, reason = "runs when the crate is compiled")]
const fn resolve() -> [Field; ROWS.len()] {
    let mut fields = [ROWS[0]; ROWS.len()];
    let mut i = 0;
    while i < fields.len() {
        fields[i] = ROWS[i];
        let mut place = 0;
        while place < fields[i].from.len() {
            fields[i].nodes[place] = node(fields[i].from[place]);
            place += 1;
        }
        i += 1;
    }
    fields
}

/// Every field, in the order of the table.
#[must_use]
pub fn fields() -> &'static [Field] {
    &FIELDS
}

/// The field of that name.
#[must_use]
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// The field whose name is closest to `name`, for "did you mean"; none where nothing is close.
#[must_use]
pub fn closest(name: &str) -> Option<&'static Field> {
    let name = name.to_ascii_lowercase();
    let near = FIELDS.iter().map(|field| (distance(name.as_bytes(), field.name.as_bytes()), field));
    let (distance, field) = near.min_by_key(|(distance, _)| *distance)?;
    // A few letters of a name mistyped is a typo; more is another word.
    (distance <= (name.len() / 3).min(3)).then_some(field)
}

/// How many bytes must be put in, taken out or changed to turn one name into the other.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let (mut corner, mut left) = (i, i + 1);
        for (cell, b) in row.iter_mut().skip(1).zip(to) {
            let above = *cell;
            left = (corner + usize::from(a != b)).min(above + 1).min(left + 1);
            corner = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Kind, closest, field, fields};
    use std::collections::BTreeSet;

    #[test]
    fn the_table_begins_with_the_original_fields() {
        assert!(fields().len() >= 73);
        let names: BTreeSet<&str> = fields().iter().map(|field| field.name).collect();
        assert_eq!(names.len(), fields().len(), "each name once");
        let numbers: Vec<&str> =
            fields()[..73].iter().filter(|it| it.kind() == Kind::Uint64).map(|it| it.name).collect();
        assert_eq!(numbers, ["s3.bytes", "s3.bytes.in", "s3.bytes.out", "s3.cnt.get", "s3.cnt.put", "s3.cnt.other"]);
        assert_eq!((fields()[0].name, fields()[72].name), ("ct.id", "iam.policy"));
        assert!(fields().iter().all(|it| it.list == it.takes_index()));
    }

    #[test]
    fn names() {
        #[track_caller]
        fn check(name: &str, expect: impl Into<Option<&'static str>>) {
            assert_eq!(closest(name).map(|field| field.name), expect.into(), "{name}");
        }
        assert!(field("ct.name").is_some() && field("ct.Name").is_none());
        check("ct.name", "ct.name");
        check("CT.Name", "ct.name");
        check("ct.nmae", "ct.name");
        check("ct.useragnet", "ct.useragent");
        check("ct.request.bucket", None);
        check("xyz", None);
        check("", None);
    }
}
