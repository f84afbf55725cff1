//! The fields that `--fields` names.

use anyhow::anyhow;
use field_extract::{Field, closest, field, fields};
use std::fmt;

/// Fields in the order in which they are printed.
pub(crate) struct Selection(Vec<Selected>);

/// A field, with the index of the element that is asked for where it is a list.
pub(crate) struct Selected {
    pub(crate) field: &'static Field,
    pub(crate) index: Option<u64>,
    /// The name as typed, as a JSON string with its colon: what stands before the value in every line.
    pub(crate) key: String,
}

impl Selection {
    /// Reads `a,b[0],c` or `all`. A field named twice is printed once.
    pub(crate) fn parse(names: &str) -> Result<Self, Vec<anyhow::Error>> {
        if names.trim() == "all" {
            return Ok(Self(fields().iter().map(|field| Selected::new(field, None)).collect()));
        }
        if names.trim().is_empty() {
            return Err(vec![anyhow!("--fields: names no field; `ct-ingest fields` lists them all")]);
        }
        let (mut selected, mut mistakes) = (Vec::<Selected>::new(), Vec::new());
        for name in names.split(',').map(str::trim) {
            match Selected::parse(name) {
                Ok(one) if selected.iter().any(|other| other.key == one.key) => {}
                Ok(one) => selected.push(one),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(Self(selected)) } else { Err(mistakes) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Selected> {
        self.0.iter()
    }
}

impl Selected {
    fn new(field: &'static Field, index: Option<u64>) -> Self {
        let name = match index {
            Some(index) => format!("{}[{index}]", field.name),
            None => field.name.to_owned(),
        };
        Self { field, index, key: format!("\"{name}\":") }
    }

    fn parse(name: &str) -> anyhow::Result<Self> {
        if name.is_empty() {
            return Err(anyhow!(
                "--fields: a name is missing beside a comma; write the names without blanks between, or all of them in \
                 one pair of quotes: --fields ct.id,ct.name"
            ));
        }
        if name.contains(char::is_whitespace) {
            let names: Vec<&str> = name.split_whitespace().collect();
            return Err(anyhow!("--fields {name}: names are separated by commas: --fields {}", names.join(",")));
        }
        let (base, index) = match name.split_once('[') {
            Some((base, rest)) => {
                let index = rest.strip_suffix(']').and_then(|digits| digits.parse().ok());
                (base, Some(index.ok_or_else(|| anyhow!("--fields {name}: the index is no number in brackets"))?))
            }
            None => (name, None),
        };
        match field(base) {
            Some(field) if index.is_some() && !field.takes_index() => {
                Err(anyhow!("--fields {name}: {base} is one value and takes no index"))
            }
            Some(field) => Ok(Self::new(field, index)),
            None => match closest(base) {
                Some(near) => Err(anyhow!("--fields {name}: no such field; did you mean {}?", near.name)),
                None => Err(anyhow!("--fields {name}: no such field; `ct-ingest fields` lists them all")),
            },
        }
    }
}

impl fmt::Debug for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|it| it.key.trim_matches(['"', ':'])).collect();
        f.write_str(&names.join(","))
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
        check(" ct.name , ct.id,ct.name", Ok("ct.name,ct.id"));
        check("ec2.imageids,ec2.imageids[1],ec2.imageids[0]", Ok("ec2.imageids,ec2.imageids[1],ec2.imageids[0]"));
        check("ec2.imageids[x]", Err(&["--fields ec2.imageids[x]: the index is no number in brackets"]));
        check("ct.id[0]", Err(&["--fields ct.id[0]: ct.id is one value and takes no index"]));
        check(" ", Err(&["--fields: names no field; `ct-ingest fields` lists them all"]));
        let missing = "--fields: a name is missing beside a comma; write the names without blanks between, or all of them \
            in one pair of quotes: --fields ct.id,ct.name";
        check("ct.id,", Err(&[missing]));
        check("ct.id ct.name", Err(&["--fields ct.id ct.name: names are separated by commas: --fields ct.id,ct.name"]));
        assert_eq!(Selection::parse("all").unwrap().iter().count(), fields().len());
    }
}
