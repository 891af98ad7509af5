//! The designated requirement (`requirement.h`): by what later versions of the same code are recognised.
//!
//! Only what signers put into it by default is made here. A set that is there is kept as bytes.
//!
//! Must not: evaluate a requirement.

use super::{MAGIC_REQUIREMENT, MAGIC_REQUIREMENTS, wrap};
use crate::format::hex;

const TYPE_DESIGNATED: u32 = 3;
const KIND_EXPRESSION: u32 = 1;
const OP_IDENTIFIER: u32 = 2;
const OP_ANCHOR_HASH: u32 = 4;
const OP_AND: u32 = 6;
const OP_CERTIFICATE_FIELD: u32 = 11;
const OP_CERTIFICATE_EXTENSION: u32 = 14;
const OP_APPLE_GENERIC_ANCHOR: u32 = 15;
const MATCH_EXISTS: u32 = 0;
const MATCH_EQUAL: u32 = 1;
const LEAF: u32 = 0;
const INTERMEDIATE: u32 = 1;
/// Extension of Apple's intermediate certificate for developers, 1.2.840.113635.100.6.2.1.
pub const EXTENSION_WWDR: &[u8] = b"\x2a\x86\x48\x86\xf7\x63\x64\x06\x02\x01";

/// By what code is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Designated<'a> {
    /// A developer's certificate that Apple issued: the identifier, and the common name of the certificate.
    Apple {
        /// The code's identifier.
        identifier: &'a str,
        /// Common name of the signing certificate.
        common_name: &'a str,
    },
    /// Any other certificate: the identifier, and the SHA-1 of the signing certificate.
    Certificate {
        /// The code's identifier.
        identifier: &'a str,
        /// SHA-1 of the certificate in DER.
        sha1: &'a [u8],
    },
}

/// A set without a requirement, as ad-hoc signatures have it.
pub fn empty() -> Vec<u8> {
    wrap(MAGIC_REQUIREMENTS, &[0; 4])
}

/// A set with a designated requirement.
pub fn designated(by: &Designated<'_>) -> Vec<u8> {
    let mut code = Vec::new();
    match by {
        Designated::Apple { identifier, common_name } => {
            number(&mut code, OP_AND);
            number(&mut code, OP_IDENTIFIER);
            data(&mut code, identifier.as_bytes());
            number(&mut code, OP_AND);
            number(&mut code, OP_APPLE_GENERIC_ANCHOR);
            number(&mut code, OP_AND);
            number(&mut code, OP_CERTIFICATE_FIELD);
            number(&mut code, LEAF);
            data(&mut code, b"subject.CN");
            number(&mut code, MATCH_EQUAL);
            data(&mut code, common_name.as_bytes());
            number(&mut code, OP_CERTIFICATE_EXTENSION);
            number(&mut code, INTERMEDIATE);
            data(&mut code, EXTENSION_WWDR);
            number(&mut code, MATCH_EXISTS);
        }
        Designated::Certificate { identifier, sha1 } => {
            number(&mut code, OP_AND);
            number(&mut code, OP_IDENTIFIER);
            data(&mut code, identifier.as_bytes());
            number(&mut code, OP_ANCHOR_HASH);
            number(&mut code, LEAF);
            data(&mut code, sha1);
        }
    }
    set(&code)
}

impl Designated<'_> {
    /// The requirement as text, as the seal of nested code holds it.
    pub fn text(&self) -> String {
        match self {
            Self::Apple { identifier, common_name } => format!(
                "identifier \"{}\" and anchor apple generic and certificate leaf[subject.CN] = \"{}\" and certificate \
                 1[field.1.2.840.113635.100.6.2.1] /* exists */",
                escape(identifier),
                escape(common_name)
            ),
            Self::Certificate { identifier, sha1 } => {
                format!("identifier \"{}\" and certificate leaf = H\"{}\"", escape(identifier), hex::lower(sha1))
            }
        }
    }
}

/// The requirement of ad-hoc code as text: nothing but its own hash.
pub fn ad_hoc_text(cdhash: &[u8]) -> String {
    format!("cdhash H\"{}\"", hex::lower(cdhash))
}

/// A set in which requirements for code of one identifier are for code of another one; all else in it stays. What is no set
/// that can be read stays whole.
pub fn renamed(blob: &[u8], old: &str, new: &str) -> Vec<u8> {
    renamed_set(blob, old, new).unwrap_or_else(|| blob.to_vec())
}

fn renamed_set(blob: &[u8], old: &str, new: &str) -> Option<Vec<u8>> {
    let number_at = |at: usize| {
        let bytes = blob.get(at..at.checked_add(4)?)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    let count = number_at(8).filter(|_| number_at(0) == Some(MAGIC_REQUIREMENTS))?;
    let (mut index, mut content) = (Vec::new(), Vec::new());
    let start = 12 + 8 * usize::try_from(count).ok().filter(|count| *count <= blob.len() / 8)?;
    number(&mut index, count);
    for entry in (12..start).step_by(8) {
        let (kind, at) = (number_at(entry)?, usize::try_from(number_at(entry + 4)?).ok()?);
        let len = usize::try_from(number_at(at.checked_add(4)?)?).ok()?;
        let code = blob.get(at.checked_add(8)?..at.checked_add(len)?)?;
        number(&mut index, kind);
        number(&mut index, u32::try_from(start + content.len()).ok()?);
        content.extend(wrap(number_at(at)?, &renamed_code(code, old, new)));
    }
    Some(wrap(MAGIC_REQUIREMENTS, &[index, content].concat()))
}

/// Operators and data of a requirement, all of them in units of four bytes.
fn renamed_code(code: &[u8], old: &str, new: &str) -> Vec<u8> {
    let operator = |identifier: &str| {
        let mut bytes = OP_IDENTIFIER.to_be_bytes().to_vec();
        data(&mut bytes, identifier.as_bytes());
        bytes
    };
    let (old, new) = (operator(old), operator(new));
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(&old) {
            out.extend_from_slice(&new);
            at += old.len();
        } else {
            out.extend_from_slice(rest.get(..4).unwrap_or(rest));
            at += 4;
        }
    }
    out
}

/// Whether a set has no requirement.
pub fn is_empty(blob: &[u8]) -> bool {
    blob.get(8..12).is_none_or(|count| count == [0; 4])
}

fn set(code: &[u8]) -> Vec<u8> {
    let expression = [KIND_EXPRESSION.to_be_bytes().as_slice(), code].concat();
    let requirement = wrap(MAGIC_REQUIREMENT, &expression);
    let mut index = Vec::new();
    for value in [1, TYPE_DESIGNATED, 20] {
        number(&mut index, value);
    }
    wrap(MAGIC_REQUIREMENTS, &[index, requirement].concat())
}

fn number(code: &mut Vec<u8>, value: u32) {
    code.extend_from_slice(&value.to_be_bytes());
}

/// A length, the bytes, and zeros up to a multiple of four.
fn data(code: &mut Vec<u8>, bytes: &[u8]) {
    number(code, u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    code.extend_from_slice(bytes);
    code.resize(code.len().next_multiple_of(4), 0);
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
