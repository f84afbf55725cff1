//! `%field` in a text.

use std::collections::BTreeMap;

use crate::check::BindError;
use crate::check::bind;
use crate::check::extract::Extract;
use crate::condition::ast::Operand;
use crate::condition::parser::parse_operand_prefix;
use crate::fields::{Record, Schema};
use crate::value::buffer::Pool;

use super::print::{self, OutputValue};

/// How long the name of a field with its transformers and arguments may be, in bytes.
const MAX_FIELD: usize = 4_096;

/// The widest field that a number after `%` can ask for.
const MAX_WIDTH: usize = 4_096;

/// The output of a rule: text with `%field`, `%field[argument]`, `%tolower(field)` and `%10field`, which is cut or filled
/// to a width of ten.
#[derive(Clone, Debug)]
pub struct Output {
    text: String,
    parts: Vec<Part>,
    /// The fields, each under the name that Falco's JSON gives it.
    fields: Vec<(String, Extract)>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Field { extract: Extract, width: usize },
}

/// Parses an output. A star at its beginning is taken as given: a field without a value never hides an alert.
///
/// # Errors
/// All of them. After one, parsing goes on behind the name of the field.
pub(crate) fn parse(text: &str, schema: &dyn Schema) -> Result<Output, Vec<BindError>> {
    if text.is_empty() {
        return Err(vec![BindError::new(0, "empty formatting token")]);
    }
    let mut errors = Vec::new();
    let mut output = Output { text: text.to_owned(), parts: Vec::new(), fields: Vec::new() };
    let mut at = usize::from(text.starts_with('*'));
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(percent) = rest.find('%') else {
            output.parts.push(Part::Text(rest.to_owned()));
            break;
        };
        if percent > 0 {
            output.parts.push(Part::Text(rest.get(..percent).unwrap_or_default().to_owned()));
        }
        at += percent + 1;
        at += field(text, at, schema, &mut output).unwrap_or_else(|error| {
            errors.push(error);
            let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
            text.bytes().skip(at).take_while(is_name).count()
        });
    }
    if errors.is_empty() { Ok(output) } else { Err(errors) }
}

/// Parses a field after its percent sign, and returns its length.
fn field(text: &str, at: usize, schema: &dyn Schema, output: &mut Output) -> Result<usize, BindError> {
    let invalid = |problem: &str| {
        BindError::new(at, format!("invalid formatting syntax: formatting cannot end with a {problem}"))
    };
    let rest = text.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return Err(invalid("%"));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let name = rest.get(digits..).unwrap_or_default();
    if name.is_empty() {
        return Err(invalid("number"));
    }
    let width = rest.get(..digits).and_then(|digits| digits.parse().ok()).unwrap_or(0);
    let (operand, extract, length) = longest(name, schema).map_err(|error| BindError {
        at,
        message: format!("unknown filter: {}", error.message),
        is_unknown_field: true,
    })?;
    collect_fields(&operand, schema, &mut output.fields);
    output.parts.push(Part::Field { extract, width: std::cmp::min(width, MAX_WIDTH) });
    Ok(digits + length)
}

/// Finds the longest beginning that is a field or a transformer: `%ct.name.` is `ct.name` with a full stop after it.
fn longest(text: &str, schema: &dyn Schema) -> Result<(Operand, Extract, usize), BindError> {
    let mut end = (0..=text.len().min(MAX_FIELD)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let mut problem = None;
    while end > 0 {
        let head = text.get(..end).unwrap_or_default();
        match parse_operand_prefix(head) {
            Ok((operand, length)) => match bind::operand(schema, &operand, 0) {
                Ok(extract) => return Ok((operand, extract, length)),
                Err(error) => {
                    problem.get_or_insert(error);
                    end = length.min(end);
                }
            },
            Err(error) => {
                problem.get_or_insert(BindError::new(0, error.message));
            }
        }
        end = (0..end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    }
    Err(problem.unwrap_or_else(|| BindError::new(0, "expected a field")))
}

/// Appends each field of an operand, those inside of transformers too.
fn collect_fields(operand: &Operand, schema: &dyn Schema, out: &mut Vec<(String, Extract)>) {
    match operand {
        Operand::Field { .. } => {
            if let Ok(extract) = bind::operand(schema, operand, 0) {
                out.push((print::field_name(operand), extract));
            }
        }
        Operand::Transformer { arguments, .. } => arguments.iter().for_each(|one| collect_fields(one, schema, out)),
        Operand::List(items) => items.iter().for_each(|one| collect_fields(one, schema, out)),
        Operand::Value(_) => {}
    }
}

impl Output {
    /// Parses an output on its own, such as one that is appended to those of all rules.
    ///
    /// # Errors
    ///
    /// The message says which field is unknown.
    pub fn parse(text: &str, schema: &dyn Schema) -> Result<Self, String> {
        let first = |errors: Vec<BindError>| errors.into_iter().next().map_or_else(String::new, |first| first.message);
        parse(text, schema).map_err(first)
    }

    /// Returns the text as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the names of the fields.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_str())
    }

    /// Appends the text for a record. A field without a value is `<NA>`.
    pub fn write(&self, record: &mut dyn Record, out: &mut Vec<u8>) {
        let mut pool = Pool::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text.as_bytes()),
                Part::Field { extract, width } => {
                    let start = out.len();
                    print::write(extract, record, &mut pool, out);
                    if *width > 0 {
                        out.resize(start + width, b' ');
                    }
                }
            }
        }
    }

    /// Returns the values of the fields for a record, by name.
    pub fn values(&self, record: &mut dyn Record) -> BTreeMap<&str, OutputValue> {
        let mut pool = Pool::default();
        let values =
            self.fields.iter().map(|(name, extract)| (name.as_str(), print::value(extract, record, &mut pool)));
        values.collect()
    }
}
