//! A text, what pointers lead to in it, and what that is.
//!
//! Must not: change it.

use super::super::text::{Position, utf8};
use super::error::JsonError;
use super::scan::{self, Kind, Node};
use super::search;
use super::steps::{self, Pointer};

/// A value that was found.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// A string, decoded.
    String(String),
    /// A number, `true`, `false` or `null`, as it is written.
    Literal(String),
    /// An object.
    Object,
    /// An array.
    Array,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::String(_) => "String(redacted)",
            Self::Literal(_) => "Literal(redacted)",
            Self::Object => "Object",
            Self::Array => "Array",
        })
    }
}

/// A text that may be JSON.
pub(super) struct Document<'b> {
    pub text: &'b str,
    /// Bytes of its byte order mark.
    pub mark: usize,
}

impl<'b> Document<'b> {
    pub(super) fn of(bytes: &'b [u8]) -> Result<Self, JsonError> {
        let (text, mark) = utf8(bytes)?;
        Ok(Self { text, mark })
    }

    /// A pointer's steps; what is wrong with the document is said first.
    pub(super) fn steps(&self, pointer: &str) -> Result<Pointer, JsonError> {
        match steps::of(pointer) {
            Some(steps) => Ok(steps),
            None => Err(self.find(&[]).err().unwrap_or(JsonError::Pointer { pointer: pointer.to_owned() })),
        }
    }

    /// Where each of these pointers leads to, in the order of the text, once the whole of it was read.
    pub(super) fn find(&self, pointers: &[Pointer]) -> Result<Vec<Vec<Node>>, JsonError> {
        search::all(self.text, self.mark, pointers)
    }

    pub(super) fn find_one(&self, pointer: &Pointer) -> Result<Vec<Node>, JsonError> {
        Ok(self.find(std::slice::from_ref(pointer))?.pop().unwrap_or_default())
    }

    pub(super) fn at(&self, offset: usize) -> Position {
        Position::of(self.text, offset)
    }

    pub(super) fn value(&self, node: &Node) -> Value {
        let raw = &self.text[node.range.clone()];
        match node.kind {
            Kind::Object => Value::Object,
            Kind::Array => Value::Array,
            Kind::Literal => Value::Literal(raw.to_owned()),
            // A lone surrogate has no text: shown as it is written.
            Kind::String => Value::String(scan::decoded(raw).unwrap_or_else(|| raw.to_owned())),
        }
    }
}
