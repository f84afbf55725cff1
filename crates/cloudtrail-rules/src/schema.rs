//! The fields of CloudTrail records for rules.

use falco_rules::{ArgumentRule, FieldInfo, FieldType, Schema};
use field_extract::{Kind, fields};

/// The table of field-extract. The number of a field is its row.
pub(crate) struct Fields;

impl Schema for Fields {
    fn field(&self, name: &str) -> Option<FieldInfo> {
        let (row, field) = fields().iter().enumerate().find(|(_, field)| field.name == name)?;
        Some(FieldInfo {
            id: u32::try_from(row).ok()?,
            kind: match field.kind() {
                Kind::String => FieldType::Text,
                Kind::Uint64 => FieldType::Number,
            },
            is_list: field.list,
            argument: ArgumentRule { index: field.takes_index(), key: false, required: false },
        })
    }
}
