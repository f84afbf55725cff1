//! Exceptions: read from a rule, checked, and made a part of its condition.

use std::rc::Rc;

use crate::check::bind;
use crate::condition::ast::{Modifier, Operator};
use crate::condition::parser::parse_operand_prefix;
use crate::fields::Schema;

use super::budget::Budget;
use super::definitions::{Entry, Exception};
use super::diagnostic::Code;
use super::node::Node;
use super::problem::{Problem, Result};
use super::text::{Scalar, Text};
use super::yaml::Yaml;

/// How deep the lists of an exception may be nested.
const MAX_DEPTH: usize = 8;

/// Reads `exceptions` of a rule. When they are appended, fields may be missing.
pub(super) fn read(
    node: &Node<'_>,
    is_append: bool,
    budget: &mut Budget,
    warnings: &mut Vec<Problem>,
) -> Result<Vec<Exception>> {
    let mut exceptions: Vec<Exception> = Vec::new();
    let Some(all) = node.get("exceptions").filter(|all| !all.is_null()) else { return Ok(exceptions) };
    let items = all.sequence().ok_or_else(|| node.error_at(all, "Rule exceptions must be a sequence"))?;
    for item in items {
        let child = node.child(item);
        if item.mapping().is_none() {
            return Err(child.error("Rule exception must be a mapping"));
        }
        let name = child.required("name")?.text.clone();
        let child = child.named(format!("{}, exception '{name}'", node.label));
        if exceptions.iter().any(|one| one.name == name) {
            let message = format!("Multiple definitions of exception '{name}' in the same rule");
            warnings.push(child.warning(Code::ExceptionNameNotUnique, message));
        }
        exceptions.push(exception(&child, name, is_append, budget, warnings)?);
    }
    Ok(exceptions)
}

fn exception(
    node: &Node<'_>,
    name: String,
    is_append: bool,
    budget: &mut Budget,
    warnings: &mut Vec<Problem>,
) -> Result<Exception> {
    let fields = filled(node, "fields", budget)?;
    if node.get("fields").is_none() && !is_append {
        return Err(node.error("Item has no mapping for key 'fields'"));
    }
    let comps = filled(node, "comps", budget)?;
    let mut values = Vec::new();
    match node.get("values") {
        Some(all) => {
            let items = all.sequence().ok_or_else(|| node.error_at(all, "Rule exception values must be a sequence"))?;
            for item in items {
                values.push(entry(node, item, 0, budget)?.unwrap_or(Entry::Implied("")));
            }
        }
        None if is_append => {
            warnings.push(node.warning(Code::AppendNoValues, "Overriding/appending exception with no values"));
        }
        None => {}
    }
    Ok(Exception { name, at: node.at(), fields, comps, values })
}

/// Returns an entry. An empty list counts as none.
fn filled(node: &Node<'_>, key: &str, budget: &mut Budget) -> Result<Option<Entry>> {
    let found = node.get(key).map(|yaml| entry(node, yaml, 0, budget)).transpose()?.flatten();
    Ok(found.filter(|entry| !matches!(entry, Entry::List(entries) if entries.is_empty())))
}

fn entry(node: &Node<'_>, yaml: &Rc<Yaml>, depth: usize, budget: &mut Budget) -> Result<Option<Entry>> {
    let text = yaml.scalar().unwrap_or_default();
    budget.take(text).map_err(|message| node.error_at(yaml, message))?;
    if depth > MAX_DEPTH {
        return Err(node.error_at(yaml, format!("lists are nested deeper than {MAX_DEPTH}")));
    }
    if let Some(items) = yaml.sequence() {
        let items = items.iter().map(|item| Ok(entry(node, item, depth + 1, budget)?.unwrap_or(Entry::Implied(""))));
        return Ok(Some(Entry::List(items.collect::<Result<_>>()?)));
    }
    match yaml.scalar() {
        Some("") => Err(node.error_at(yaml, "Value must be non-empty")),
        Some(_) => Ok(Scalar::new(yaml, node.file).map(Entry::One)),
        None => Ok(None),
    }
}

/// Fills in what is implied and checks fields and operators. Without a schema, the source is unknown and fields are not
/// checked.
pub(super) fn validate(exception: &mut Exception, label: &str, schema: Option<&dyn Schema>) -> Result<()> {
    let at = exception.at;
    let error = |message: String| Err(Problem::new(Code::Validate, at, label, message));
    match (&exception.fields, &exception.comps) {
        (Some(Entry::List(fields)), None) => {
            exception.comps = Some(Entry::List(fields.iter().map(|_| Entry::Implied("=")).collect()));
        }
        (_, None) => exception.comps = Some(Entry::Implied("in")),
        _ => {}
    }
    let unknown = |field: &Entry| schema.is_some_and(|schema| !is_field(field.text(), schema));
    match (&exception.fields, &exception.comps) {
        (Some(Entry::List(fields)), Some(Entry::List(comps))) => {
            if fields.len() != comps.len() {
                return error("Fields and comps lists must have equal length".to_owned());
            }
            let is_unknown = |comp: &&Entry| !is_operator(comp.text().trim()) && !is_modified(comp.text().trim());
            if let Some(comp) = comps.iter().find(is_unknown) {
                return error(format!("'{}' is not a supported comparison operator", comp.text().trim()));
            }
            if let Some(field) = fields.iter().find(|field| unknown(field)) {
                return error(format!("'{}' is not a supported filter field", field.text()));
            }
            Ok(())
        }
        (Some(Entry::List(_)), _) => error("Fields and comps lists must have equal length".to_owned()),
        (Some(_), Some(Entry::List(_))) => error("Fields and comps must both be strings".to_owned()),
        (Some(field), Some(comp)) => {
            let comp = comp.text().trim();
            if !matches!(comp, "in" | "pmatch" | "intersects") && !is_modified(comp) {
                return error(
                    "When fields is a single value, comps must be one of (in, pmatch, intersects) or a modifier operator \
                     (e.g. startswith oneof)"
                        .to_owned(),
                );
            }
            if unknown(field) { error(format!("'{}' is not a supported filter field", field.text())) } else { Ok(()) }
        }
        (None, _) | (_, None) => {
            error("Rule exception item must have fields property with a list of fields".to_owned())
        }
    }
}

fn is_operator(word: &str) -> bool {
    word == "exists" || Operator::find(word).is_some()
}

/// Whether a word is an operator with a modifier, such as `startswith oneof`.
fn is_modified(word: &str) -> bool {
    let Some((operator, modifier)) = word.split_once(' ') else { return false };
    let takes_modifier = |one: Operator| !one.takes_list() && !one.takes_number();
    Operator::find(operator).is_some_and(takes_modifier) && Modifier::find(modifier).is_some()
}

fn is_field(text: &str, schema: &dyn Schema) -> bool {
    match parse_operand_prefix(text) {
        Ok((operand, length)) if length == text.len() => bind::operand(schema, &operand, 0).is_ok(),
        _ => false,
    }
}

/// Appends the exceptions to a condition, as Falco does: as text.
pub(super) fn append(condition: &mut Text, exceptions: &[Exception], label: &str) -> Result<()> {
    condition.wrap("(", ")");
    for exception in exceptions {
        let text = match &exception.fields {
            Some(Entry::List(fields)) => several_fields(exception, fields, label)?,
            Some(field) => one_field(exception, field, label)?,
            None => String::new(),
        };
        if text.is_empty() {
            continue;
        }
        check_length(exception, condition.text.len() + text.len(), label)?;
        match anchor(exception) {
            Some(scalar) => condition.push(&Text::made(format!(" and not {text}"), scalar)),
            None => condition.push_str(&format!(" and not {text}")),
        }
    }
    Ok(())
}

fn check_length(exception: &Exception, bytes: usize, label: &str) -> Result<()> {
    let too_long = |message| Problem::new(Code::Validate, exception.at, label, message);
    Budget::EXCEPTIONS.check_length(bytes).map_err(too_long)
}

/// A scalar for the place of an exception in messages.
fn anchor(exception: &Exception) -> Option<&Rc<Scalar>> {
    fn first(entry: &Entry) -> Option<&Rc<Scalar>> {
        match entry {
            Entry::One(scalar) => Some(scalar),
            Entry::List(entries) => entries.iter().find_map(first),
            Entry::Implied(_) => None,
        }
    }
    exception.fields.as_ref().and_then(first)
}

fn one_field(exception: &Exception, field: &Entry, label: &str) -> Result<String> {
    let comp = exception.comps.as_ref().map_or("in", Entry::text).trim();
    let mut values = Vec::new();
    for value in &exception.values {
        if matches!(value, Entry::List(_)) {
            let message = "Expected values array to contain a list of strings";
            return Err(Problem::new(Code::Validate, exception.at, label, message));
        }
        values.push(quote_item(value.text()));
    }
    Ok(if values.is_empty() { String::new() } else { format!("({} {comp} ({}))", field.text(), values.join(", ")) })
}

fn several_fields(exception: &Exception, fields: &[Entry], label: &str) -> Result<String> {
    let Some(Entry::List(comps)) = &exception.comps else { return Ok(String::new()) };
    let mut rows = Vec::new();
    // Each row has the text of the fields.
    let mut bytes = 0;
    for row in &exception.values {
        let values = match row {
            Entry::List(values) => values.as_slice(),
            _ => &[],
        };
        if values.len() != fields.len() {
            let message = "Fields and values lists must have equal length";
            return Err(Problem::new(Code::Validate, exception.at, label, message));
        }
        let checks = fields.iter().zip(comps).zip(values).map(|((field, comp), value)| {
            let comp = comp.text().trim();
            format!(" {} {comp} {}", field.text(), value_text(value, comp))
        });
        let row = format!("({})", checks.collect::<Vec<_>>().join(" and "));
        bytes += row.len();
        check_length(exception, bytes, label)?;
        rows.push(row);
    }
    Ok(if rows.is_empty() { String::new() } else { format!("({})", rows.join(" or ")) })
}

fn value_text(value: &Entry, comp: &str) -> String {
    match value {
        Entry::List(items) => {
            let items: Vec<_> = items.iter().map(|item| quote_item(item.text())).collect();
            format!("({})", items.join(", "))
        }
        one => {
            let text = one.text();
            let takes_list = matches!(comp, "in" | "intersects" | "pmatch") || is_modified(comp);
            match takes_list {
                true if text.starts_with('(') => text.to_owned(),
                true => format!("({text})"),
                false => quote_item(text),
            }
        }
    }
}

/// Puts quotes around a value with spaces, if it has none.
pub(super) fn quote_item(text: &str) -> String {
    if text.contains(' ') && !text.starts_with(['"', '\'']) { format!("\"{text}\"") } else { text.to_owned() }
}
