//! Names become fields, and constants values: each with its type checked, as libs' compiler does it.

use crate::builtin;
use crate::condition::ast::{Check, Modifier, Operand, Operator, Right, Transformer};
use crate::fields::{ArgumentRule, FieldInfo, FieldType, Schema};
use crate::value::glob::Glob;
use crate::value::network::Network;
use crate::value::path::Paths;
use crate::value::pattern;

use super::BindError;
use super::extract::{AnyField, Extract, FieldRef, OwnedArgument, Source};
use super::test::{Constant, Constants, ScalarTest, Test, TextTest, Texts};
use super::types::Type;

/// The longest constant that Falco takes, in bytes.
const MAX_CONSTANT: usize = 255;

/// A comparison that is ready.
#[derive(Clone, Debug)]
pub(crate) enum BoundCheck {
    Exists(Extract),
    Constants(Extract, Test),
    Operands(Extract, Operator, Extract),
}

/// Binds `left exists`.
pub(crate) fn exists(schema: &dyn Schema, left: &Operand, at: usize) -> Result<BoundCheck, BindError> {
    operand(schema, left, at).map(BoundCheck::Exists)
}

/// Binds a comparison.
pub(crate) fn check(schema: &dyn Schema, check: &Check, at: usize) -> Result<BoundCheck, BindError> {
    let left = operand(schema, &check.left, at)?;
    let filter_error = |message: String| BindError::new(at, format!("filter error: {message}"));
    left.result.check(check.operator).map_err(filter_error)?;
    let values = match &check.right {
        Right::Operand(right) => {
            let right = operand(schema, right, check.right_at)?;
            check_operands(&left, check.operator, &right).map_err(|message| BindError::new(check.right_at, message))?;
            return Ok(BoundCheck::Operands(left, check.operator, right));
        }
        Right::Value(value) => std::slice::from_ref(value),
        Right::List(values) => values,
    };
    let test = constants(left.result, check.operator, check.modifier, values);
    Ok(BoundCheck::Constants(left, test.map_err(|message| BindError::new(check.right_at, message))?))
}

fn check_operands(left: &Extract, operator: Operator, right: &Extract) -> Result<(), String> {
    if matches!(operator, Operator::PathMatch | Operator::Regex) {
        let name = operator.word().to_uppercase();
        return Err(format!("operator '{name}' doesn't support right-hand side fields"));
    }
    if left.result.kind == FieldType::IpNet {
        return Err("field type 'IPNET' doesn't support right-hand side fields".to_owned());
    }
    if left.result == right.result {
        return Ok(());
    }
    Err(format!(
        "field '{}' has type '{}' while the right-hand side field '{}' has incompatible type '{}'",
        left.name,
        left.result.describe(),
        right.name,
        right.result.describe()
    ))
}

/// Binds an operand.
pub(crate) fn operand(schema: &dyn Schema, operand: &Operand, at: usize) -> Result<Extract, BindError> {
    match operand {
        Operand::Field { name, argument } => field(schema, name, argument.as_deref(), at),
        Operand::Value(text) => Ok(computed(Source::Literal(text.clone().into_bytes()), Type::TEXT)),
        Operand::List(items) => {
            let items = items.iter().map(|item| self::operand(schema, item, at)).collect::<Result<_, _>>()?;
            Ok(computed(Source::List(items), Type::TEXTS))
        }
        Operand::Transformer { name, arguments, argument } => {
            if let [only] = arguments.as_slice() {
                let inner = self::operand(schema, only, at)?;
                return transformed(*name, inner, argument.is_some()).map_err(|message| BindError::new(at, message));
            }
            let arguments = arguments.iter().map(|one| self::operand(schema, one, at)).collect::<Result<_, _>>()?;
            several(*name, arguments, argument.as_deref()).map_err(|message| BindError::new(at, message))
        }
    }
}

fn computed(source: Source, base: Type) -> Extract {
    Extract { source, transforms: Vec::new(), base, result: base, name: "INTERNAL".to_owned() }
}

fn transformed(name: Transformer, mut inner: Extract, has_argument: bool) -> Result<Extract, String> {
    let word = name.word();
    if has_argument {
        return Err(format!("filter error: transformer '{word}' does not support field arguments"));
    }
    if name == Transformer::Val {
        return Ok(inner);
    }
    if matches!(name, Transformer::Join | Transformer::Concat | Transformer::GetOpt) {
        return Err(format!("{word}() needs more than one argument"));
    }
    let Some(result) = inner.result.transformed(name) else {
        return Err(format!(
            "can't add field transformer: type '{}' is not supported by '{word}' transformer applied on {}field '{}'",
            inner.result.kind.name(),
            if inner.result.is_list { "list " } else { "" },
            inner.name
        ));
    };
    inner.transforms.push(name);
    inner.result = result;
    Ok(inner)
}

/// A transformer with several arguments.
fn several(name: Transformer, arguments: Vec<Extract>, argument: Option<&str>) -> Result<Extract, String> {
    let types: Vec<_> = arguments.iter().map(|one| one.base).collect();
    if name != Transformer::GetOpt && argument.is_some() {
        return Err(format!("transformer '{}' does not support field arguments", name.word()));
    }
    let two = <[Extract; 2]>::try_from(arguments);
    match (name, two) {
        (Transformer::Join, Ok([separator, list])) => {
            if separator.base.is_list {
                return Err("join() first argument (separator) must be a single value, not a list".to_owned());
            }
            if !list.base.is_list {
                return Err("join() second argument must be a list".to_owned());
            }
            Ok(computed(Source::Join(Box::new(separator), Box::new(list)), Type::TEXT))
        }
        (Transformer::Join, Err(_)) => Err("join() requires exactly 2 arguments: separator and list".to_owned()),
        (Transformer::Concat, arguments) => {
            if types.iter().any(|one| *one != Type::TEXT) {
                return Err("concat() arguments must be strings".to_owned());
            }
            let parts = arguments.map_or_else(|all| all, |two| two.into());
            Ok(computed(Source::Concat(parts), Type::TEXT))
        }
        (Transformer::GetOpt, Ok([arguments, spec])) => getopt(arguments, spec, argument),
        (Transformer::GetOpt, Err(_)) => {
            Err("getopt() requires exactly 2 arguments: args list and optstring".to_owned())
        }
        (other, _) => Err(format!("transformer '{}' takes one argument", other.word())),
    }
}

fn getopt(arguments: Extract, spec: Extract, selector: Option<&str>) -> Result<Extract, String> {
    if !arguments.base.is_list {
        return Err("getopt() first argument must be a list".to_owned());
    }
    if spec.base.is_list {
        return Err("getopt() second argument (optstring) must be a single value".to_owned());
    }
    if arguments.base.kind != FieldType::Text || spec.base.kind != FieldType::Text {
        return Err("getopt() arguments must be strings".to_owned());
    }
    let selector = match selector.map(str::as_bytes) {
        None => None,
        Some([one]) => Some(*one),
        Some(_) => return Err("getopt() field argument must be a single option character".to_owned()),
    };
    let result = if selector.is_some() { Type::TEXT } else { Type::TEXTS };
    let source = Source::GetOpt { arguments: Box::new(arguments), spec: Box::new(spec), selector };
    // Falco tells other transformers that this is a text.
    Ok(Extract { result, ..computed(source, Type::TEXT) })
}

fn field(schema: &dyn Schema, name: &str, argument: Option<&str>, at: usize) -> Result<Extract, BindError> {
    let full_name = || argument.map_or_else(|| name.to_owned(), |argument| format!("{name}[{argument}]"));
    let unknown = || BindError {
        at,
        message: format!("filter_check called with nonexistent field {}", full_name()),
        is_unknown_field: true,
    };
    let (field, info) = find(schema, name).ok_or_else(unknown)?;
    let wrong = |problem: &str| BindError::new(at, format!("filter '{}': {name} {problem}", full_name()));
    let argument = match argument {
        None if info.argument.required => return Err(wrong("requires an argument but none provided")),
        None => None,
        // libs' own fields have no brackets in their names.
        Some(_) if matches!(field, AnyField::Builtin(one) if !one.is_json()) => return Err(unknown()),
        Some(key) if key.contains(' ') => return Err(wrong("has unbalanced argument brackets")),
        Some(key) if key.contains(']') => return Err(unknown()),
        Some(key) => Some(owned_argument(key, info.argument).map_err(wrong)?),
    };
    let kind = Type { kind: info.kind, is_list: info.is_list };
    let source = Source::Field(FieldRef { field, argument });
    Ok(Extract { source, transforms: Vec::new(), base: kind, result: kind, name: name.to_owned() })
}

/// Finds a field of this crate or of the schema.
pub(crate) fn find(schema: &dyn Schema, name: &str) -> Option<(AnyField, FieldInfo)> {
    if let Some((field, info)) = builtin::find(name) {
        return Some((AnyField::Builtin(field), info));
    }
    schema.field(name).map(|info| (AnyField::Schema(info.id), info))
}

fn owned_argument(key: &str, rule: ArgumentRule) -> Result<OwnedArgument, &'static str> {
    if !rule.index && !rule.key {
        return Err("does not allow nor require an argument but one is provided");
    }
    let index = if rule.index { index(key) } else { Err("") };
    match index {
        Err(problem) if !rule.key => Err(problem),
        index => Ok(OwnedArgument { key: key.to_owned(), index: index.ok() }),
    }
}

fn index(key: &str) -> Result<u64, &'static str> {
    if !key.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("has an invalid index argument not composed only by digits");
    }
    if key.is_empty() || (key.len() > 1 && key.starts_with('0')) {
        return Err("has an invalid index argument starting with 0");
    }
    key.parse().map_err(|_| "has an invalid index argument not representable on 64 bit")
}

fn constants(left: Type, operator: Operator, modifier: Option<Modifier>, values: &[String]) -> Result<Test, String> {
    if let Some(long) = values.iter().find(|value| left.kind == FieldType::Text && value.len() > MAX_CONSTANT) {
        return Err(format!("filter parameter too long ({} bytes, at most {MAX_CONSTANT}): {long}", long.len()));
    }
    if left.kind == FieldType::Text {
        let bytes = || values.iter().map(|value| value.clone().into_bytes().into_boxed_slice());
        if left.is_list {
            return Ok(Test::List { operator, constants: Constants::Texts(bytes().collect()) });
        }
        return text_test(operator, modifier, values).map(Test::Text);
    }
    let constants = values.iter().map(|value| constant(left.kind, value)).collect::<Result<Vec<_>, _>>()?;
    Ok(if left.is_list {
        Test::List { operator, constants: Constants::Others(constants) }
    } else {
        Test::Scalar(ScalarTest { operator, modifier, constants })
    })
}

fn text_test(operator: Operator, modifier: Option<Modifier>, values: &[String]) -> Result<TextTest, String> {
    let texts = || values.iter().map(|value| value.clone().into_bytes().into_boxed_slice()).collect::<Texts>();
    match (operator, modifier) {
        (Operator::In | Operator::Intersects, _) => return Ok(TextTest::In(texts())),
        (Operator::PathMatch, _) => return Ok(TextTest::Paths(Paths::new(values.iter().map(String::as_bytes)))),
        (Operator::Equal, Some(Modifier::Any)) => return Ok(TextTest::In(texts())),
        (Operator::NotEqual, Some(Modifier::All)) if !values.is_empty() => return Ok(TextTest::NotIn(texts())),
        _ => {}
    }
    let single = values.iter().map(|value| single_test(operator, value)).collect::<Result<Vec<_>, _>>()?;
    match modifier {
        Some(modifier) => Ok(TextTest::Modified(modifier, single)),
        None => single.into_iter().next().ok_or_else(|| "the right side is missing".to_owned()),
    }
}

fn single_test(operator: Operator, value: &str) -> Result<TextTest, String> {
    let own: Box<[u8]> = value.as_bytes().into();
    Ok(match operator {
        Operator::Equal => TextTest::Equal(own),
        Operator::NotEqual => TextTest::NotEqual(own),
        Operator::Contains => TextTest::Contains(Box::new(memchr::memmem::Finder::new(&own).into_owned())),
        Operator::IContains => TextTest::ContainsFolded(own.to_ascii_lowercase().into()),
        Operator::StartsWith => TextTest::StartsWith(own),
        Operator::EndsWith => TextTest::EndsWith(own),
        Operator::Glob => TextTest::Glob(Glob::new(&own, false)),
        Operator::IGlob => TextTest::Glob(Glob::new(&own, true)),
        Operator::Regex => TextTest::Regex(pattern::compile(value)?),
        other => TextTest::Order(other, own),
    })
}

fn constant(kind: FieldType, text: &str) -> Result<Constant, String> {
    Ok(match kind {
        FieldType::Text | FieldType::Number | FieldType::RelativeTime | FieldType::AbsoluteTime => {
            Constant::Number(number(text).ok_or_else(|| format!("{text} is not a valid number"))?)
        }
        FieldType::Bool => match text {
            "true" => Constant::Bool(true),
            "false" => Constant::Bool(false),
            _ => return Err(format!("filter error: unrecognized boolean value {text}")),
        },
        FieldType::IpAddr => {
            let family = if text.contains('.') { "IPv4" } else { "IPv6" };
            Constant::Ip(text.parse().map_err(|_| format!("unrecognized {family} address {text}"))?)
        }
        FieldType::IpNet => Constant::Network(Network::parse(text)?),
    })
}

/// Reads a number as C's `sscanf` does: a sign is taken, -1 is the largest number, and one that is too large as well.
fn number(text: &str) -> Option<u64> {
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']);
    let (is_negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..)?),
        Some(b'+') => (false, text.get(1..)?),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(match digits.parse::<u64>() {
        Ok(number) if is_negative => number.wrapping_neg(),
        Ok(number) => number,
        Err(_) => u64::MAX,
    })
}
