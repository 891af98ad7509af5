//! One value: the message `Item`, of a resource or of an attribute.
//!
//! Must not: know what it is the value of.

use super::AaptError;
use super::wire::{Edits, Field, Part, Value as Wire, bytes_field, fields, malformed, number_field, text};
use crate::format::arsc::Value;

/// Field numbers of `Item`.
const REF: u32 = 1;
const STR: u32 = 2;
const RAW_STR: u32 = 3;
const STYLED_STR: u32 = 4;
const FILE: u32 = 5;
const ID: u32 = 6;
const PRIM: u32 = 7;
/// Field numbers of `Primitive`.
const INT_DECIMAL: u32 = 6;
const INT_HEXADECIMAL: u32 = 7;
const BOOLEAN: u32 = 8;

/// A value that was read.
pub(super) struct Item {
    /// What it is; the name of a reference that has no id is in `name`.
    pub(super) value: Value,
    pub(super) name: Option<String>,
    /// The message that holds its text or number, and that field where it is written.
    holder: Option<(Part, Option<Field>)>,
}

/// Only once: protobuf would merge messages and take the last of texts, and an edit would leave the others.
pub(super) fn once<T>(slot: &mut Option<T>, value: T, at: &Field) -> Result<(), AaptError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(malformed(at.range.start, "one field of its number", format!("field {} again", at.number))),
    }
}

impl Item {
    pub(super) fn read(bytes: &[u8], item: &Part) -> Result<Self, AaptError> {
        let mut value: Option<Field> = None;
        for field in fields(bytes, item) {
            let field = field?;
            if (REF..=PRIM).contains(&field.number) {
                once(&mut value, field.clone(), &field)?;
            }
        }
        let plain = |value| Self { value, name: None, holder: None };
        let Some(field) = value else { return Ok(plain(Value::Null)) };
        let part = field.part()?.clone();
        Ok(match field.number {
            REF => reference(bytes, &part)?,
            STR | RAW_STR => {
                let (text, at) = first_text(bytes, &part)?;
                Self { value: Value::String(text), name: None, holder: Some((part, at)) }
            }
            STYLED_STR => plain(Value::Styled(first_text(bytes, &part)?.0)),
            FILE => plain(Value::String(first_text(bytes, &part)?.0)),
            // `TYPE_INT_BOOLEAN`: what aapt2 compiles an id to.
            ID => plain(Value::Other { data_type: 0x12, data: 0 }),
            PRIM => primitive(bytes, &part)?,
            _ => plain(Value::Null),
        })
    }

    /// Whether its text can be replaced: it is no path.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.value, Value::String(_)) && self.holder.is_some()
    }

    /// Whether its number or truth value can be replaced.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.value, Value::Other { .. }) && matches!(self.holder, Some((_, Some(_))))
    }

    /// Another text; `around` ends with the item.
    pub(super) fn set_text(&self, edits: &mut Edits, around: &[Part], new: &str) {
        if let Some((holder, at)) = &self.holder {
            set_text(edits, &[around, std::slice::from_ref(holder)].concat(), (1, at.as_ref()), new);
        }
    }

    /// Another number or truth value of the kind that is there; `around` ends with the item.
    pub(super) fn set_number(&self, edits: &mut Edits, around: &[Part], new: u32) {
        if let Some((holder, Some(at))) = &self.holder {
            let around = [around, std::slice::from_ref(holder)].concat();
            // A decimal one is signed: protobuf writes negative numbers with 64 bits.
            let wide = match at.number {
                INT_DECIMAL => u64::from_ne_bytes(i64::from(new.cast_signed()).to_ne_bytes()),
                BOOLEAN => u64::from(new != 0),
                _ => u64::from(new),
            };
            edits.replace(&around, at.range.clone(), number_field(at.number, wide));
        }
    }
}

/// Another text in field `number` of the innermost message of `around`. An empty one is not written, as protobuf does it.
pub(super) fn set_text(edits: &mut Edits, around: &[Part], (number, at): (u32, Option<&Field>), new: &str) {
    let end = around.last().map_or(0, |message| message.end);
    match at {
        None => edits.replace(around, end..end, bytes_field(number, new.as_bytes())),
        Some(field) if new.is_empty() => edits.replace(around, field.range.clone(), Vec::new()),
        Some(field) => {
            if let Wire::Bytes(part) = &field.value {
                let inner = [around, std::slice::from_ref(part)].concat();
                edits.replace(&inner, part.start..part.end, new.as_bytes().to_vec());
            }
        }
    }
}

/// Field 1 of a message that is a text; one that is not written is empty.
fn first_text(bytes: &[u8], message: &Part) -> Result<(String, Option<Field>), AaptError> {
    let mut found: Option<Field> = None;
    for field in fields(bytes, message) {
        let field = field?;
        if field.number == 1 {
            once(&mut found, field.clone(), &field)?;
        }
    }
    let content = found.as_ref().map(|field| text(bytes, field.part()?)).transpose()?;
    Ok((content.unwrap_or_default().to_owned(), found))
}

fn reference(bytes: &[u8], message: &Part) -> Result<Item, AaptError> {
    let (mut id, mut name) = (0, None);
    for field in fields(bytes, message) {
        let field = field?;
        match field.number {
            2 => id = field.u32()?,
            3 => name = Some(text(bytes, field.part()?)?.to_owned()),
            _ => {}
        }
    }
    let name = name.filter(|name| !name.is_empty());
    let value = if id == 0 && name.is_none() { Value::Null } else { Value::Reference(id) };
    Ok(Item { value, name, holder: None })
}

/// Types as `Res_value` numbers them.
fn primitive(bytes: &[u8], message: &Part) -> Result<Item, AaptError> {
    let mut found: Option<Field> = None;
    for field in fields(bytes, message) {
        let field = field?;
        // One of them, whichever is known here.
        once(&mut found, field.clone(), &field)?;
    }
    let Some(field) = found else { return Ok(Item { value: Value::Null, name: None, holder: None }) };
    let other = |data_type: u8, data: u32| Value::Other { data_type, data };
    let value = match (field.number, &field.value) {
        (1 | 2, _) => Value::Null,
        (3, Wire::Fixed32(data)) => other(0x04, *data),
        (4 | 13, Wire::Fixed32(data)) => other(0x05, *data),
        (5 | 14, Wire::Fixed32(data)) => other(0x06, *data),
        (13, _) => other(0x05, field.u32()?),
        (14, _) => other(0x06, field.u32()?),
        (INT_DECIMAL, _) => other(0x10, field.u32()?),
        (INT_HEXADECIMAL, _) => other(0x11, field.u32()?),
        (BOOLEAN, _) => other(0x12, if field.varint()? == 0 { 0 } else { u32::MAX }),
        (9, _) => other(0x1c, field.u32()?),
        (10, _) => other(0x1d, field.u32()?),
        (11, _) => other(0x1e, field.u32()?),
        (12, _) => other(0x1f, field.u32()?),
        (number, _) => {
            return Err(malformed(field.range.start, "a primitive value that is known", format!("field {number}")));
        }
    };
    Ok(Item { value, name: None, holder: Some((message.clone(), Some(field))) })
}
