//! Entitlements in DER, which iOS 15 and later read instead of the property list: `[APPLICATION 16] { INTEGER 1,
//! [CONTEXT 16] { SEQUENCE { UTF8String, value }... } }`, keys sorted.
//!
//! Written in that canonical form. Xcode 12.5 and before wrote a SET without an envelope, unsorted, with other BOOLEANs;
//! that is read, and said.
//!
//! Must not: decide what an app may claim.

#![allow(clippy::wildcard_enum_match_arm, reason = "plist::Value is open, and belongs to another crate")]

use super::apple_plist::{Dictionary, Value};
use super::der::{self, DerError, Reader, Tlv, tag};
use super::limits;

/// `[APPLICATION 16]`, constructed.
const ENVELOPE: u8 = 0x70;
/// `[CONTEXT 16]`, constructed: a dictionary.
const DICTIONARY: u8 = 0xb0;
const VERSION: u64 = 1;

/// Entitlements that have no DER form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "entitlement {key:?} is {found}; expected texts, whole numbers, true or false, data, lists and dictionaries of them"
)]
pub struct NoDerForm {
    /// The key.
    pub key: String,
    /// What it is.
    pub found: &'static str,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The entitlements.
    pub entitlements: Dictionary,
    /// Whether every byte is as the canonical form has it.
    pub canonical: bool,
}

/// Encodes entitlements.
pub fn encode(entitlements: &Dictionary) -> Result<Vec<u8>, NoDerForm> {
    let body = dictionary(entitlements)?;
    Ok(der::value(ENVELOPE, &[&der::unsigned(&[1]), &body]))
}

fn dictionary(entries: &Dictionary) -> Result<Vec<u8>, NoDerForm> {
    let mut sorted: Vec<(&String, &Value)> = entries.iter().collect();
    sorted.sort_by_key(|(key, _)| key.as_bytes());
    let mut pairs = Vec::new();
    for (key, value) in sorted {
        pairs.push(der::sequence(&[&der::value(tag::UTF8_STRING, &[key.as_bytes()]), &encoded(key, value)?]));
    }
    let pairs: Vec<&[u8]> = pairs.iter().map(Vec::as_slice).collect();
    Ok(der::value(DICTIONARY, &pairs))
}

fn encoded(key: &str, value: &Value) -> Result<Vec<u8>, NoDerForm> {
    let none = |found| Err(NoDerForm { key: key.to_owned(), found });
    Ok(match value {
        Value::Boolean(value) => der::value(tag::BOOLEAN, &[&[if *value { 0xff } else { 0 }]]),
        Value::String(text) => der::value(tag::UTF8_STRING, &[text.as_bytes()]),
        Value::Data(bytes) => der::octets(bytes),
        Value::Integer(number) => match (number.as_signed(), number.as_unsigned()) {
            (_, Some(number)) => der::unsigned(&number.to_be_bytes()),
            (Some(number), None) => negative(number),
            (None, None) => return none("a number beyond 64 bits"),
        },
        Value::Array(values) => {
            let values = values.iter().map(|value| encoded(key, value)).collect::<Result<Vec<_>, _>>()?;
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            der::sequence(&values)
        }
        Value::Dictionary(entries) => dictionary(entries)?,
        Value::Real(_) => return none("a number with a fraction"),
        Value::Date(_) => return none("a date"),
        _ => return none("a reference"),
    })
}

/// A negative INTEGER: two's complement without leading ones that say nothing.
fn negative(number: i64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let redundant = bytes.windows(2).take_while(|pair| matches!(pair, [0xff, second] if second & 0x80 != 0)).count();
    der::value(tag::INTEGER, &[bytes.get(redundant..).unwrap_or_default()])
}

/// Decodes entitlements, canonical or as older tools wrote them.
pub fn decode(bytes: &[u8]) -> Result<Decoded, DerError> {
    let mut reader = Reader::new(bytes);
    let outer = reader.any()?;
    reader.end("the entitlements")?;
    let body = if outer.tag == ENVELOPE {
        let mut inner = outer.reader();
        let version = inner.expect(tag::INTEGER, "version of the entitlements")?;
        if version.small() != Some(VERSION) {
            return Err(DerError {
                offset: 0,
                problem: format!("entitlements of version {:?}, expected 1", version.small()),
            });
        }
        let body = inner.any()?;
        inner.end("the entitlements")?;
        body
    } else {
        outer
    };
    let Value::Dictionary(entitlements) = decoded(&body, 0)? else {
        return Err(DerError { offset: 0, problem: format!("tag {:#04x}, expected a dictionary", body.tag) });
    };
    let canonical = encode(&entitlements).is_ok_and(|canonical| canonical == bytes);
    Ok(Decoded { entitlements, canonical })
}

fn decoded(tlv: &Tlv<'_>, depth: usize) -> Result<Value, DerError> {
    let wrong = |problem: String| Err(DerError { offset: 0, problem });
    if depth > limits::NESTING {
        return wrong(format!("entitlements nested deeper than {}", limits::NESTING));
    }
    let text = |tlv: &Tlv<'_>| match std::str::from_utf8(tlv.content) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(DerError { offset: 0, problem: format!("a text that is not UTF-8: {error}") }),
    };
    Ok(match tlv.tag {
        tag::BOOLEAN => Value::Boolean(tlv.content.iter().any(|&byte| byte != 0)),
        tag::UTF8_STRING => Value::String(text(tlv)?),
        tag::OCTET_STRING => Value::Data(tlv.content.to_vec()),
        tag::INTEGER => {
            let negative = tlv.content.first().is_some_and(|first| first & 0x80 != 0);
            match (negative, tlv.small(), tlv.content.len()) {
                (false, Some(number), _) => Value::Integer(number.into()),
                (true, _, 1..=8) => {
                    let number = tlv.content.iter().fold(-1_i64, |number, &byte| number << 8 | i64::from(byte));
                    Value::Integer(number.into())
                }
                _ => return wrong("a number beyond 64 bits".to_owned()),
            }
        }
        tag::SEQUENCE => {
            let (mut values, mut reader) = (Vec::new(), tlv.reader());
            while !reader.is_empty() {
                values.push(decoded(&reader.any()?, depth + 1)?);
            }
            Value::Array(values)
        }
        DICTIONARY | tag::SET => {
            let (mut entries, mut reader) = (Dictionary::new(), tlv.reader());
            while !reader.is_empty() {
                let mut pair = reader.expect(tag::SEQUENCE, "an entitlement")?.reader();
                let key = text(&pair.expect(tag::UTF8_STRING, "the name of an entitlement")?)?;
                let value = decoded(&pair.any()?, depth + 1)?;
                pair.end("an entitlement")?;
                if entries.insert(key.clone(), value).is_some() {
                    return wrong(format!("entitlement {key:?} occurs twice"));
                }
            }
            Value::Dictionary(entries)
        }
        other => return wrong(format!("tag {other:#04x}, which no entitlement has")),
    })
}
