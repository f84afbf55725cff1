//! Values as text and for JSON.

use std::net::IpAddr;

use crate::builtin::Builtin;
use crate::check::extract::{AnyField, Extract, Source};
use crate::condition::ast::Operand;
use crate::fields::{FieldType, Record};
use crate::value::buffer::{One, Pool, c_string};

/// The longest text of a list in Falco, which ends there.
const MAX_LIST: usize = 1_023;

/// The value of a field for JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutputValue {
    /// The record does not have the field.
    Null,
    /// Text; it need not be UTF-8.
    Text(Vec<u8>),
    /// A number.
    Number(u64),
    /// A time of `evt.…`, which Falco writes with its sign: `evt.reltime` of a record before the first one is negative.
    Signed(i64),
    /// True or false.
    Bool(bool),
    /// The values of a list field.
    List(Vec<Self>),
}

/// The name of a field as Falco prints it.
pub(super) fn field_name(operand: &Operand) -> String {
    let Operand::Field { name, argument } = operand else { return String::new() };
    let Some(argument) = argument else { return name.clone() };
    let mut text = String::new();
    let mut is_quoted = argument.is_empty();
    for char in argument.chars() {
        is_quoted |= matches!(char, '\u{8}' | '\u{c}' | '\n' | '\r' | '\t' | ' ' | '=' | '\\' | '"' | '\'');
        match char {
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            other => text.push(other),
        }
    }
    if is_quoted { format!("{name}[\"{text}\"]") } else { format!("{name}[{text}]") }
}

fn builtin(extract: &Extract) -> Option<Builtin> {
    match extract.plain_field()?.field {
        AnyField::Builtin(field) => Some(field),
        AnyField::Schema(_) => None,
    }
}

/// Appends the value as text.
pub(super) fn write(extract: &Extract, record: &mut dyn Record, pool: &mut Pool, out: &mut Vec<u8>) {
    let is_padded = builtin(extract).is_some_and(Builtin::is_padded);
    let start = out.len();
    let found = is_printable(extract)
        && extract.with(record, pool, |values| {
            if !extract.result.is_list {
                return values.get(0).is_some_and(|one| write_one(extract, one, is_padded, out));
            }
            out.push(b'(');
            for one in values.iter() {
                // As in Falco, an empty first value has no comma after it.
                if out.len() - start > 1 {
                    out.push(b',');
                }
                write_one(extract, one, is_padded, out);
            }
            out.push(b')');
            out.truncate(start + MAX_LIST);
            true
        });
    if !found {
        out.truncate(start);
        out.extend_from_slice(b"<NA>");
    }
}

/// Whether Falco prints the value: it has no format for `len` of a text that was put together.
const fn is_printable(extract: &Extract) -> bool {
    let is_length = matches!(extract.result.kind, FieldType::Number) && matches!(extract.base.kind, FieldType::Text);
    !is_length || matches!(extract.source, Source::Field(_))
}

fn write_one(extract: &Extract, one: One<'_>, is_padded: bool, out: &mut Vec<u8>) -> bool {
    match one {
        One::Text(text) => out.extend_from_slice(c_string(text)),
        One::Number(number) if is_padded => out.extend_from_slice(format!("{number:09}").as_bytes()),
        One::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        One::Bool(bool) => out.extend_from_slice(if bool { b"true" } else { b"false" }),
        One::Ip(ip) => out.extend_from_slice(address(extract, ip).as_bytes()),
    }
    true
}

fn address(extract: &Extract, ip: IpAddr) -> String {
    if extract.base.kind == FieldType::IpNet { "<IPNET>".to_owned() } else { ip.to_string() }
}

/// Returns the value for JSON.
pub(super) fn value(extract: &Extract, record: &mut dyn Record, pool: &mut Pool) -> OutputValue {
    if builtin(extract).is_some_and(Builtin::is_time_in_json) {
        return OutputValue::Signed(record.event().time.cast_signed());
    }
    let is_time = builtin(extract).is_some() && extract.base.kind != FieldType::Number;
    let mut found = OutputValue::Null;
    extract.with(record, pool, |values| {
        let one = |one: One<'_>| match one {
            One::Text(text) => OutputValue::Text(c_string(text).to_vec()),
            One::Number(number) if is_time => OutputValue::Signed(number.cast_signed()),
            One::Number(number) => OutputValue::Number(number),
            One::Bool(bool) => OutputValue::Bool(bool),
            One::Ip(ip) => OutputValue::Text(address(extract, ip).into_bytes()),
        };
        found = if extract.result.is_list {
            OutputValue::List(values.iter().map(one).collect())
        } else {
            values.get(0).map_or(OutputValue::Null, one)
        };
        true
    });
    found
}
