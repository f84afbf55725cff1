//! A list of fields, as people type it.

use field_extract::{Field, field, fields, meant_field};
use std::fmt;

/// The selected fields, in the order in which they are written.
#[derive(Default)]
pub struct Selection(Vec<Selected>);

/// A field, with the index of an element if it is a list.
pub(crate) struct Selected {
    /// The field.
    pub(crate) field: &'static Field,
    /// The index.
    pub(crate) index: Option<u64>,
    /// The name as typed.
    pub(crate) name: String,
    /// The name as a JSON string with its colon, which precedes the value in every line.
    pub(crate) key: String,
}

/// A mistake in a list of fields.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SelectionError {
    /// The list is empty.
    #[error(": names no field; `ct-ingest fields` lists them all")]
    Empty,
    /// There is nothing between two commas.
    #[error(
        ": a name is missing next to a comma; write the names without blanks, or all of them in one pair of quotes: \
         ct.id,ct.name"
    )]
    Gap,
    /// There are blanks within a name.
    #[error(" {0}: names are separated by commas: {commas}", commas = with_commas(.0))]
    Blanks(String),
    /// The field is named more than once.
    #[error(" {0}: is named twice")]
    Twice(String),
    /// The index is not a number in brackets.
    #[error(" {0}: the index is not a number in brackets")]
    Index(String),
    /// The field is one value.
    #[error(" {0}: {1} is one value and takes no index")]
    NoList(String, String),
    /// The name is not that of a field. The second value is the field that may be meant.
    #[error(" {0}: no such field; {meant}", meant = meant(*.1))]
    Unknown(String, Option<&'static str>),
}

fn with_commas(names: &str) -> String {
    names.split_whitespace().collect::<Vec<_>>().join(",")
}

fn meant(name: Option<&str>) -> String {
    name.map_or_else(|| "`ct-ingest fields` lists them all".to_owned(), |name| format!("did you mean {name}?"))
}

impl Selection {
    /// Parses `a,b[0],c` or `all`.
    ///
    /// # Errors
    /// All mistakes in the list. Each message continues the name of an option: `--fields` and ` ct.nme: no such field`.
    pub fn parse(names: &str) -> Result<Self, Vec<SelectionError>> {
        if names.trim() == "all" {
            return Ok(Self(fields().iter().map(|field| Selected::new(field, None)).collect()));
        }
        if names.trim().is_empty() {
            return Err(vec![SelectionError::Empty]);
        }
        let (mut selected, mut mistakes) = (Vec::<Selected>::new(), Vec::new());
        for name in names.split(',').map(str::trim) {
            match Selected::parse(name) {
                Ok(one) if selected.iter().any(|other| other.name == one.name) => {
                    mistakes.push(SelectionError::Twice(one.name));
                }
                Ok(one) => selected.push(one),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(Self(selected)) } else { Err(mistakes) }
    }

    /// Returns the fields.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Selected> {
        self.0.iter()
    }

    /// Returns the names.
    pub(crate) fn names(&self) -> Vec<String> {
        self.iter().map(|one| one.name.clone()).collect()
    }
}

impl Selected {
    fn new(field: &'static Field, index: Option<u64>) -> Self {
        let name = match index {
            Some(index) => format!("{}[{index}]", field.name),
            None => field.name.to_owned(),
        };
        Self { field, index, key: format!("\"{name}\":"), name }
    }

    fn parse(name: &str) -> Result<Self, SelectionError> {
        if name.is_empty() {
            return Err(SelectionError::Gap);
        }
        if name.contains(char::is_whitespace) {
            return Err(SelectionError::Blanks(name.to_owned()));
        }
        let (base, index) = match name.split_once('[') {
            Some((base, rest)) => {
                let index = rest.strip_suffix(']').and_then(|digits| digits.parse().ok());
                (base, Some(index.ok_or_else(|| SelectionError::Index(name.to_owned()))?))
            }
            None => (name, None),
        };
        match field(base) {
            Some(field) if index.is_some() && !field.takes_index() => {
                Err(SelectionError::NoList(name.to_owned(), base.to_owned()))
            }
            Some(field) => Ok(Self::new(field, index)),
            None => Err(SelectionError::Unknown(name.to_owned(), meant_field(base).map(|field| field.name))),
        }
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &str, expected: Result<&str, &[&str]>) {
        let found = Selection::parse(names).map(|selection| format!("{selection:?}"));
        let found = found.map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(found, expected.map(str::to_owned).map_err(|it| it.iter().map(ToString::to_string).collect()));
    }

    #[test]
    fn names_lists_and_indices() {
        check("ct.id", Ok("ct.id"));
        check(" ct.name , ct.id", Ok("ct.name,ct.id"));
        check("ct.name,ct.id, ct.name", Err(&[" ct.name: is named twice"]));
        check("ec2.imageids,ec2.imageids[1],ec2.imageids[0]", Ok("ec2.imageids,ec2.imageids[1],ec2.imageids[0]"));
        check("ec2.imageids[x]", Err(&[" ec2.imageids[x]: the index is not a number in brackets"]));
        check("ct.id[0]", Err(&[" ct.id[0]: ct.id is one value and takes no index"]));
        check(" ", Err(&[": names no field; `ct-ingest fields` lists them all"]));
        let missing = ": a name is missing next to a comma; write the names without blanks, or all of them in \
             one pair of quotes: ct.id,ct.name";
        check("ct.id,", Err(&[missing]));
        check("ct.id ct.name", Err(&[" ct.id ct.name: names are separated by commas: ct.id,ct.name"]));
        assert_eq!(Selection::parse("all").unwrap().iter().count(), fields().len());
    }

    #[test]
    fn a_member_of_the_record_leads_to_its_field() {
        for (name, field) in [
            ("eventName", "ct.name"),
            ("eventname", "ct.name"),
            ("eventID", "ct.id"),
            ("eventTime", "ct.time"),
            ("sourceIPAddress", "ct.srcip"),
            ("userIdentity.type", "ct.user.identitytype"),
            ("userName", "ct.user"),
            ("arn", "ct.user.arn"),
            ("functionName", "ct.request.functionname"),
            ("awsRegion", "ct.region"),
            ("ct.nme", "ct.name"),
        ] {
            check(name, Err(&[&format!(" {name}: no such field; did you mean {field}?")]));
        }
        check("bogus", Err(&[" bogus: no such field; `ct-ingest fields` lists them all"]));
    }
}
