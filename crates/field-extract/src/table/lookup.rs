//! The fields, and how they are found by name.

use super::field::Field;
use super::rows::ROWS;
use super::tree::node;

static FIELDS: [Field; ROWS.len()] = resolve();

#[expect(clippy::indexing_slicing, reason = "runs when the crate is compiled")]
const fn resolve() -> [Field; ROWS.len()] {
    let mut fields = [ROWS[0]; ROWS.len()];
    let mut i = 0;
    while i < fields.len() {
        fields[i] = ROWS[i];
        let mut number = 0;
        while number < fields[i].from.len() {
            fields[i].nodes[number] = node(fields[i].from[number]);
            number += 1;
        }
        i += 1;
    }
    fields
}

/// Returns every field, in the order of the table.
#[must_use]
pub fn fields() -> &'static [Field] {
    &FIELDS
}

/// Returns the field with that name.
#[must_use]
pub fn field(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// Returns the field whose name is closest to `name`, for "did you mean". `None` if no name is close.
#[must_use]
pub fn closest(name: &str) -> Option<&'static Field> {
    closest_name(name, FIELDS.iter().map(|field| field.name)).and_then(field)
}

/// Returns the name that is closest to `name`, in any case. `None` if none is close.
#[must_use]
pub fn closest_name<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let name = name.to_ascii_lowercase();
    let near = names.into_iter().map(|other| (distance(name.as_bytes(), other.as_bytes()), other));
    let (distance, other) = near.min_by_key(|(distance, _)| *distance)?;
    // A few wrong letters are a typo; more are another word.
    (distance <= (name.len() / 3).min(3)).then_some(other)
}

/// Returns the field that may be meant by a name that is not a field: that of a record's member, such as `ct.name` for `eventName`, in any
/// case, or else the [`closest`] one. `userIdentity` and other parts before the last one may be left out. A field that is
/// read from this member alone comes first.
#[must_use]
pub fn meant_field(name: &str) -> Option<&'static Field> {
    let last = |member: &'static str| member.rsplit('.').next().unwrap_or(member);
    let find = |name: &str, part: &dyn Fn(&'static str) -> &'static str| {
        let is_from = |field: &&Field| field.from.iter().any(|member| part(member).eq_ignore_ascii_case(name));
        let mut all = FIELDS.iter().filter(is_from).peekable();
        let first = all.peek().copied();
        all.find(|field| field.from.len() == 1).or(first)
    };
    let of_member = find(name, &|it| it).or_else(|| find(&format!("userIdentity.{name}"), &|it| it));
    of_member.or_else(|| find(name, &last)).or_else(|| closest(name))
}

/// Returns the Levenshtein distance: the bytes to insert, delete or change to turn one name into the other.
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
    use super::super::field::Kind;
    use super::{closest, field, fields};
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
