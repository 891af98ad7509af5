//! JavaScript (ECMA-262, 16th edition) edited by byte range: the string constant that is the value of a property.
//!
//! A tokenizer that follows brackets and statements reads the file, so that comments, strings, templates and regular
//! expressions that merely look like a property are none. What counts as the value of `NAME`:
//!
//! * a member of an object literal: `NAME: "x"`, `"NAME": 'x'`, `["NAME"]: "x"`, with a template too if nothing is
//!   substituted in it;
//! * an assignment or class field: `a.NAME = "x"`, `a["NAME"] = "x"`, `NAME = "x"` as a statement, a declaration or a
//!   field. A parameter's or a pattern's default is none;
//! * a member, at any depth, of a JSON text that is the literal argument of `JSON.parse`.
//!
//! * what a value that only reads another one leads to, over a few constants, where that is one string for sure:
//!   `get NAME(){return m.K}` and `const m = JSON.parse('{"K":"x"}')`. Of modules (`m = r(42)`) one only may have the key.
//!
//! A member whose value is computed makes an edit an error, because half of the values would be changed. What only passes
//! a value on (`NAME: a.NAME`, `{NAME}`, `NAME: () => n`, `a.NAME = b`, a method) is such an error only where there is no
//! constant at all. Patterns, which bind names (`let {NAME: n} = a`), are passed over. Code in strings (`eval`) and
//! `Object.defineProperty` are not looked into.
//!
//! What is written keeps the quotes. It is UTF-8 if the file holds anything above ASCII, else it is escaped, because an
//! ASCII file may be served with any character set.
//!
//! Must not: build a tree, or run anything.

mod follow;
mod hidden;
mod literal;
mod outline;
mod property;
mod scope;
mod syntax;
mod token;

pub use token::{Punctuator, Token, TokenKind};

use std::collections::BTreeMap;
use std::ops::Range;

use super::limits;
use super::splice::{SpliceError, Splices};
use super::text::{EncodingError, Position, utf8};

/// Why a file cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsError {
    /// The encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Two edits of one place.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// Not JavaScript.
    #[error("not valid JavaScript at {at}: expected {expected}, found {found}")]
    Syntax {
        /// Where.
        at: Position,
        /// What ECMA-262 allows there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Too deep.
    #[error("more than {} brackets are open at {at}", limits::JS_NESTING)]
    Depth {
        /// Where.
        at: Position,
    },
    /// Nothing there.
    #[error("no property {name:?} has a value in this file")]
    NotFound {
        /// The name.
        name: String,
    },
    /// Nothing there, and it was to be made.
    #[error(
        "no property {name:?} has a value in this file, and none can be made: no place in a program follows from it"
    )]
    Create {
        /// The name.
        name: String,
    },
    /// Values that are computed.
    #[error("the value of {name:?} at {at} is {found}, expected a string constant{}", others(*more))]
    NotConstant {
        /// The name.
        name: String,
        /// The first of them.
        at: Position,
        /// What is there.
        found: &'static str,
        /// How many more of them there are.
        more: usize,
    },
    /// A value that is read from elsewhere, which cannot be found for sure.
    #[error(
        "the value of {name:?} at {at} is {found}, which cannot be followed: {why}; if the build renamed it, edit what \
         it was built from, then build (GeneXus for Angular: app.settings.json){}",
        others(*more)
    )]
    NotFollowed {
        /// The name.
        name: String,
        /// The first of them.
        at: Position,
        /// What is there.
        found: String,
        /// Why it cannot be followed.
        why: String,
        /// How many more values are no constants.
        more: usize,
    },
    /// Too many of those.
    #[error("more than {} values of {name:?} are read from elsewhere, the first at {at}", limits::JS_REFERENCES)]
    References {
        /// The name.
        name: String,
        /// The first of them.
        at: Position,
    },
    /// Two properties that read one string, and two values.
    #[error("{first:?} and {second:?} both read the string at {at}, so they cannot have different values")]
    Conflict {
        /// One name.
        first: String,
        /// The other.
        second: String,
        /// The string.
        at: Position,
    },
}

fn others(more: usize) -> String {
    if more == 0 { String::new() } else { format!("; {more} more values are none either") }
}

fn position(bytes: &[u8], at: usize) -> Position {
    Position::of(bytes, at)
}

fn syntax(bytes: &[u8], at: usize, expected: &'static str) -> JsError {
    let rest = bytes.get(at..).unwrap_or_default();
    let found = match String::from_utf8_lossy(rest.get(..rest.len().min(4)).unwrap_or_default()).chars().next() {
        Some(c) => format!("{c:?}"),
        None => "the end of the file".to_owned(),
    };
    JsError::Syntax { at: position(bytes, at), expected, found }
}

/// Whether the file is UTF-8 beyond ASCII. One that is no UTF-8 at all can be edited too, in ASCII.
fn is_wide(bytes: &[u8]) -> Result<bool, JsError> {
    match utf8(bytes) {
        Ok((text, _)) => Ok(!text.is_ascii()),
        Err(EncodingError::Utf8 { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Every value of `name` that is a constant, in the order of the file; none where it has no value. Where it has values and
/// none of them is a constant, that is an error.
pub fn get(bytes: &[u8], name: &str) -> Result<Vec<String>, JsError> {
    is_wide(bytes)?;
    let found = property::find(bytes, name)?;
    if found.constants.is_empty()
        && let Some(error) = not_constant(bytes, name, &found.computed)
    {
        return Err(error);
    }
    Ok(found.constants.into_iter().map(|constant| constant.value).collect())
}

/// A value for one property.
#[derive(Debug, Clone, Copy)]
pub struct Edit<'e> {
    /// The property.
    pub name: &'e str,
    /// The value.
    pub value: &'e str,
    /// A property cannot be made: this only changes the error.
    pub create: bool,
}

/// The file with `value` as every value of `name`. A property cannot be made: `create` only changes the error.
pub fn set(bytes: &[u8], name: &str, value: &str, create: bool) -> Result<Vec<u8>, JsError> {
    set_all(bytes, &[Edit { name, value, create }])
}

/// The file with several values, none of which may take the place of another.
pub fn set_all(bytes: &[u8], edits: &[Edit<'_>]) -> Result<Vec<u8>, JsError> {
    let ascii = !is_wide(bytes)?;
    let mut taken: BTreeMap<(usize, usize), Edit<'_>> = BTreeMap::new();
    let mut splices = Splices::new();
    for edit in edits {
        let Edit { name, value, create } = *edit;
        for constant in constants(bytes, name, create)? {
            let Range { start, end } = constant.range;
            match taken.insert((start, end), *edit) {
                Some(other) if other.value != value => {
                    let (first, second) = (other.name.to_owned(), name.to_owned());
                    return Err(JsError::Conflict { first, second, at: position(bytes, start) });
                }
                Some(_) => continue,
                None if constant.value == value => continue,
                None => {}
            }
            let quoted = super::json::quoted(value);
            let text = if constant.json { quoted.get(1..quoted.len() - 1).unwrap_or_default() } else { value };
            splices.replace(start..end, literal::encode(text, constant.quote, ascii));
        }
    }
    Ok(splices.apply(bytes)?)
}

/// The values of a property that is edited.
fn constants(bytes: &[u8], name: &str, create: bool) -> Result<Vec<property::Constant>, JsError> {
    let mut found = property::find(bytes, name)?;
    if !found.constants.is_empty() {
        found.computed.retain(|computed| !computed.passes);
    }
    if let Some(error) = not_constant(bytes, name, &found.computed) {
        return Err(error);
    }
    if found.constants.is_empty() {
        let name = name.to_owned();
        return Err(if create { JsError::Create { name } } else { JsError::NotFound { name } });
    }
    Ok(found.constants)
}

fn not_constant(bytes: &[u8], name: &str, computed: &[property::Computed]) -> Option<JsError> {
    let first = computed.first()?;
    let (name, at, more) = (name.to_owned(), position(bytes, first.at), computed.len() - 1);
    Some(match first.why.clone() {
        Some(why) => JsError::NotFollowed { name, at, found: read_at(bytes, first.at), why, more },
        None => JsError::NotConstant { name, at, found: first.what, more },
    })
}

/// The names that are read at a place: `m.VF`.
fn read_at(bytes: &[u8], at: usize) -> String {
    let rest = bytes.get(at..).unwrap_or_default();
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'$' | b'.');
    let read: Vec<u8> = rest.iter().take(80).take_while(name).copied().collect();
    if read.is_empty() { "an expression".to_owned() } else { String::from_utf8_lossy(&read).into_owned() }
}

/// Every token of a file, the end included: what the property search sees.
pub fn tokens(bytes: &[u8]) -> Result<Vec<Token>, JsError> {
    is_wide(bytes)?;
    let read = |module| {
        let mut syntax = syntax::Syntax::new(bytes, module);
        let mut tokens: Vec<Token> = Vec::new();
        while tokens.last().is_none_or(|token| token.kind != TokenKind::End) {
            match syntax.step() {
                Ok(step) => tokens.push(step.token),
                Err(error) => return (Err(error), syntax.may_restart()),
            }
        }
        (Ok(tokens), syntax.may_restart() && syntax.is_module())
    };
    match read(false) {
        (_, true) => read(true).0,
        (outcome, false) => outcome,
    }
}
