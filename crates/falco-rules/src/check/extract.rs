//! Operands that know how to find their value in a record.

use crate::builtin::{self, Builtin};
use crate::condition::ast::Transformer;
use crate::fields::{Argument, Record, Value};
use crate::value::buffer::{One, Pool, Values, c_string, trimmed};
use crate::value::{base64, getopt};

use super::types::Type;

/// An operand.
#[derive(Clone, Debug)]
pub(crate) struct Extract {
    pub(crate) source: Source,
    /// Transformers with one argument, the first one applied first.
    pub(crate) transforms: Vec<Transformer>,
    /// The type before the transformers, which other transformers see as that of their argument.
    pub(crate) base: Type,
    /// The type of the result.
    pub(crate) result: Type,
    /// The name for messages.
    pub(crate) name: String,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Field(FieldRef),
    Literal(Vec<u8>),
    List(Vec<Extract>),
    Join(Box<Extract>, Box<Extract>),
    Concat(Vec<Extract>),
    GetOpt { arguments: Box<Extract>, spec: Box<Extract>, selector: Option<u8> },
}

/// A field with its argument.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FieldRef {
    pub(crate) field: AnyField,
    pub(crate) argument: Option<OwnedArgument>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AnyField {
    Builtin(Builtin),
    Schema(u32),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OwnedArgument {
    pub(crate) key: String,
    pub(crate) index: Option<u64>,
}

impl FieldRef {
    pub(crate) fn read<'v>(&self, record: &'v mut dyn Record) -> Option<Value<'v>> {
        let argument = self.argument.as_ref().map(|owned| Argument { key: &owned.key, index: owned.index });
        match self.field {
            AnyField::Schema(id) => record.value(id, argument),
            AnyField::Builtin(builtin) => builtin::read(builtin, argument, record),
        }
    }
}

impl Extract {
    /// The field, if the value is that of a field as it is.
    pub(crate) fn plain_field(&self) -> Option<&FieldRef> {
        match &self.source {
            Source::Field(field) if self.transforms.is_empty() => Some(field),
            _ => None,
        }
    }

    /// Appends the values to `out`, which is empty. Returns false if the record does not have the value.
    pub(crate) fn collect(&self, record: &mut dyn Record, out: &mut Values, pool: &mut Pool) -> bool {
        if !self.collect_source(record, out, pool) {
            return false;
        }
        self.transforms.iter().all(|transform| {
            let before = std::mem::replace(out, pool.take());
            let is_list = self.base.is_list || self.is_option_list();
            let done = apply(*transform, &before, is_list, out);
            pool.give(before);
            done
        })
    }

    const fn is_option_list(&self) -> bool {
        matches!(self.source, Source::GetOpt { selector: None, .. })
    }

    fn collect_source(&self, record: &mut dyn Record, out: &mut Values, pool: &mut Pool) -> bool {
        match &self.source {
            Source::Field(field) => {
                if let Some(value) = field.read(record) {
                    out.push(&value);
                }
                out.len() > 0
            }
            Source::Literal(text) => {
                out.push_text(text);
                true
            }
            Source::List(items) => items.iter().all(|item| item.append_to_list(record, out, pool)),
            Source::Join(separator, list) => join(separator, list, record, out, pool),
            Source::Concat(parts) => {
                let mut found = true;
                out.push_with(|text| {
                    found = parts.iter().all(|part| {
                        part.with(record, pool, |values| values.get(0).map(|one| one.append_c_string(text)).is_some())
                    });
                });
                found
            }
            Source::GetOpt { arguments, spec, selector } => {
                arguments.with_buffer(record, pool, |values, record, pool| {
                    spec.with(record, pool, |spec| {
                        let spec = spec.get(0).and_then(One::text);
                        spec.is_some_and(|spec| getopt::options(values, spec, *selector, out))
                    })
                })
            }
        }
    }

    /// Appends the values as items of a list: numbers as their digits.
    fn append_to_list(&self, record: &mut dyn Record, out: &mut Values, pool: &mut Pool) -> bool {
        let is_number = self.base == Type::NUMBER;
        self.with(record, pool, |values| {
            for one in values.iter() {
                match one {
                    One::Number(number) if is_number => out.push_text(number.to_string().as_bytes()),
                    other => out.push_one(other),
                }
            }
            true
        })
    }

    /// Calls a function with the values, if there are some.
    pub(crate) fn with(
        &self,
        record: &mut dyn Record,
        pool: &mut Pool,
        use_them: impl FnOnce(&Values) -> bool,
    ) -> bool {
        self.with_buffer(record, pool, |values, _, _| use_them(values))
    }

    /// Calls a function with the values, and with the record and the buffers again.
    pub(crate) fn with_buffer(
        &self,
        record: &mut dyn Record,
        pool: &mut Pool,
        use_them: impl FnOnce(&Values, &mut dyn Record, &mut Pool) -> bool,
    ) -> bool {
        let mut values = pool.take();
        let found = self.collect(record, &mut values, pool) && use_them(&values, record, pool);
        pool.give(values);
        found
    }
}

fn join(separator: &Extract, list: &Extract, record: &mut dyn Record, out: &mut Values, pool: &mut Pool) -> bool {
    separator.with_buffer(record, pool, |separator, record, pool| {
        let Some(separator) = separator.get(0) else { return false };
        list.with(record, pool, |items| {
            out.push_with(|text| {
                for (index, item) in items.iter().enumerate() {
                    match separator {
                        _ if index == 0 => {}
                        // The NUL of a transformed separator counts in Falco: what comes after it is not compared.
                        One::Text(between) => text.extend_from_slice(between),
                        other => other.append_c_string(text),
                    }
                    item.append_c_string(text);
                }
            });
            true
        })
    })
}

/// Applies a transformer with one argument to each value; `len` of a list gives one number.
fn apply(transform: Transformer, values: &Values, is_list: bool, out: &mut Values) -> bool {
    if transform == Transformer::Len {
        let length = if is_list {
            Some(values.len())
        } else {
            values.get(0).and_then(One::text).map(|text| c_string(text).len())
        };
        let Some(length) = length else { return false };
        out.push_number(u64::try_from(length).unwrap_or(u64::MAX));
        return true;
    }
    values.iter().all(|one| {
        let Some(text) = one.text() else { return false };
        let text = trimmed(text);
        let mut is_done = true;
        out.push_with(|bytes| {
            is_done = apply_to_text(transform, text, bytes);
            // Falco ends such a value with a NUL that is counted in its length.
            bytes.push(0);
        });
        is_done
    })
}

fn apply_to_text(transform: Transformer, text: &[u8], out: &mut Vec<u8>) -> bool {
    match transform {
        Transformer::ToLower => out.extend(text.iter().map(u8::to_ascii_lowercase)),
        Transformer::ToUpper => out.extend(text.iter().map(u8::to_ascii_uppercase)),
        Transformer::BaseName => out.extend_from_slice(text.rsplit(|byte| *byte == b'/').next().unwrap_or_default()),
        Transformer::Base64 => return base64::decode(text, out),
        Transformer::Len | Transformer::Join | Transformer::Concat | Transformer::GetOpt | Transformer::Val => {}
    }
    true
}
