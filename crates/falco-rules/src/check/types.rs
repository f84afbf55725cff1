//! Which operators and transformers go with which types.

use crate::condition::ast::{Operator, Transformer};
use crate::fields::FieldType;

/// The type of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) kind: FieldType,
    pub(crate) is_list: bool,
}

impl Type {
    pub(crate) const TEXT: Self = Self { kind: FieldType::Text, is_list: false };
    pub(crate) const TEXTS: Self = Self { kind: FieldType::Text, is_list: true };
    pub(crate) const NUMBER: Self = Self { kind: FieldType::Number, is_list: false };

    /// The type after a transformer with one argument; `None` if it cannot be applied.
    pub(crate) fn transformed(self, by: Transformer) -> Option<Self> {
        match by {
            Transformer::Len if self.is_list || self.kind == FieldType::Text => Some(Self::NUMBER),
            Transformer::ToLower | Transformer::ToUpper | Transformer::Base64 | Transformer::BaseName
                if self.kind == FieldType::Text =>
            {
                Some(self)
            }
            _ => None,
        }
    }

    /// Whether values of this type can be compared with an operator; else why not, in Falco's words.
    pub(crate) fn check(self, operator: Operator) -> Result<(), String> {
        use Operator::{Equal, Greater, GreaterEqual, In, Intersects, Less, LessEqual, NotEqual};
        let word = operator.word();
        if self.is_list {
            return match operator {
                In | Intersects => Ok(()),
                _ => Err(format!("'{word}' operator not supported list filters")),
            };
        }
        let is_equality = matches!(operator, Equal | NotEqual | In | Intersects);
        let is_order = matches!(operator, Less | LessEqual | Greater | GreaterEqual);
        let (is_supported, kind) = match self.kind {
            FieldType::Text => (!matches!(operator, Operator::BContains | Operator::BStartsWith), "string"),
            FieldType::Number | FieldType::RelativeTime | FieldType::AbsoluteTime => {
                (is_equality || is_order, "numeric")
            }
            FieldType::Bool => (is_equality, "numeric"),
            FieldType::IpAddr | FieldType::IpNet => (is_equality, "ip address and network"),
        };
        if is_supported { Ok(()) } else { Err(format!("'{word}' operator not supported for {kind} filters")) }
    }

    /// Falco's name, with a mark for lists.
    pub(crate) fn describe(self) -> String {
        format!("{}{}", self.kind.name(), if self.is_list { " (list)" } else { "" })
    }
}
