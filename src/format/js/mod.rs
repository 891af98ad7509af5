//! JavaScript (ECMA-262, 16th edition) edited by byte range: the strings that a program can read as a property.
//!
//! A tokenizer that follows brackets and statements reads the file, so that comments, strings, templates and regular
//! expressions that merely look like a property are none. What gives `NAME` a value:
//!
//! * a member of an object, a field of a class, an assignment (`=`, `||=`, `??=`, `&&=`), under a name, a quoted one, or a
//!   key in brackets that is `"NA" + "ME"` or a constant of the file;
//! * a getter; a function without parameters, for what it returns: bundlers export so;
//! * the default of a pattern or parameter (`{NAME = "x"}`, `{NAME: a = "x"}`); a variable of that name;
//! * `Object.defineProperty`, `defineProperties`, `Object.create`, `Reflect.set`, `Object.fromEntries`, `new Map`, the
//!   `set` of anything, what compilers make of fields (`f(this, "NAME", "x")`), and older bundlers of exports
//!   (`r.d(e, "NAME", function...)`);
//! * a member, at any depth, of a JSON text that `JSON.parse` reads, from a literal or a variable.
//!
//! Every one counts, and all of them are set, or the edit is refused and names what it does not reach. Set is what is
//! one of constant strings for sure: a literal, literals joined with `+`, both arms of `?:`, both sides of `||` and `??`
//! (an empty string in front of `||` is passed over), the last of a list, and what a name leads to over a few constants
//! (`m.K` and `const m = JSON.parse('{"K":"x"}')`; of modules, `m = r(42)`, one only may have the key). A variable of a
//! function is no property: it counts where it is a constant, and for what a property reads of it. What reads another
//! property `NAME` (`{NAME: a.NAME}`, `{NAME}` of an import, of a pattern or of what no file declares) has no value of its
//! own.
//!
//! What holds no text does not hinder beside a constant: `null`, `undefined`, `void 0` and booleans, which no server takes
//! for a credential and which programs begin with; a function with parameters, or without `return`. A number, an array and
//! an object are refused: a number is sent as text, and the others may hold one. So is a method that returns more than
//! one string. Different constants are refused as well, the empty one too, unless the address picks: see [`Property`].
//!
//! What cannot be seen: code in strings (`eval`, `new Function`), other files, keys that are computed otherwise, members
//! that are written to by way of functions that the file does not show as one of those above.
//!
//! What is written keeps the quotes, and is ASCII: a file may be served with any character set.
//!
//! Must not: build a tree, or run anything.

mod follow;
mod hidden;
mod holder;
mod literal;
mod outline;
mod pick;
mod property;
mod scope;
mod syntax;
mod token;
mod value;

pub use pick::Property;
pub use token::{Punctuator, Token, TokenKind};

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::limits;
use super::setting::Setting;
use super::splice::{SpliceError, Splices};
use super::text::{EncodingError, Position, utf8};
use property::{Computed, Findings, Found};
use value::{Constant, Form};

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
    /// Compiled, not JavaScript.
    #[error(
        "Hermes bytecode of version {version}, not JavaScript: put the value in before hermesc compiles it, for example in the bundle \
         that Metro writes"
    )]
    Hermes {
        /// Its bytecode version.
        version: u32,
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
    /// No address of a property.
    #[error("{text:?} is no property: expected NAME, settings.NAME or NAME[0]; a name with dots or brackets in quotes")]
    Address {
        /// The text.
        text: String,
    },
    /// Several constants, and nothing says which one is meant.
    #[error(
        "{count} different constants are values of {name:?}: {listed}; write one of these behind FILE.js{}",
        others(*more)
    )]
    Different {
        /// The name.
        name: String,
        /// How many there are.
        count: usize,
        /// Where they are, and the addresses that mean one of them.
        listed: String,
        /// How many more values are no constants.
        more: usize,
    },
    /// Values that are computed.
    #[error("the value of {name:?} at {at} is {found}, expected a string constant{}{instead}", others(*more))]
    NotConstant {
        /// The name.
        name: String,
        /// The first of them.
        at: Position,
        /// What is there.
        found: &'static str,
        /// How many more of them there are.
        more: usize,
        /// Addresses that mean the constants alone.
        instead: Box<str>,
    },
    /// A value that is read from elsewhere, which cannot be found for sure.
    #[error(
        "the value of {name:?} at {at} is {found}, which cannot be followed: {why}; if the build renamed it, edit what \
         it was built from, then build (GeneXus for Angular: app.settings.json){}{instead}",
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
        /// Addresses that mean the constants alone.
        instead: Box<str>,
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
    match more {
        0 => String::new(),
        1 => "; one more value is no constant either".to_owned(),
        more => format!("; {more} more values are no constants either"),
    }
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

/// How Hermes bytecode begins (`BytecodeFileHeader` of Hermes), its version behind it.
const HERMES: [u8; 8] = 0x1f19_03c1_03bc_1fc6_u64.to_le_bytes();

/// Refuses compiled code, and encodings other than those that have ASCII as it is. What is no UTF-8 can be edited too.
fn check_encoding(bytes: &[u8]) -> Result<(), JsError> {
    if let Some(version) = bytes.strip_prefix(&HERMES).and_then(|rest| rest.first_chunk()) {
        return Err(JsError::Hermes { version: u32::from_le_bytes(*version) });
    }
    match utf8(bytes) {
        Ok(_) | Err(EncodingError::Utf8 { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Every value of `property` that is a constant, in the order of the file; none where it has no value. Where it has values
/// and none of them is a constant, that is an error.
pub fn get(bytes: &[u8], property: &str) -> Result<Vec<String>, JsError> {
    check_encoding(bytes)?;
    let property = parsed(property)?;
    let chosen = Choice::of(property::find(bytes, &property.name)?, &property);
    if chosen.constants.is_empty()
        && let Some(error) = chosen.not_constant(bytes, &property, true)
    {
        return Err(error);
    }
    Ok(chosen.constants.into_iter().map(|(_, found)| found.constant.value).collect())
}

/// A value of a property that an edit does not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Where.
    pub at: Position,
    /// What is there, never the text itself.
    pub what: String,
    /// An address that means it, for a constant.
    pub address: Option<String>,
}

/// The values of the property that an edit of this address leaves as they are: what a number or a path passes over, and
/// what is no constant. Empty where every value that the file shows is reached.
pub fn left(bytes: &[u8], property: &str) -> Result<Vec<Left>, JsError> {
    check_encoding(bytes)?;
    let property = parsed(property)?;
    let chosen = Choice::of(property::find(bytes, &property.name)?, &property);
    let addresses = chosen.addresses(&property);
    let constants = chosen.passed_over.iter().map(|(number, found)| {
        let address = addresses.get(number).cloned();
        (found.constant.range.start, Left { at: place_of(bytes, found), what: "another constant".to_owned(), address })
    });
    let computed = chosen.computed.iter().chain(&chosen.not_meant).filter(|computed| !computed.passes);
    let computed = computed.map(|computed| {
        let what = match &computed.why {
            Some(why) => format!("{}, which cannot be followed: {why}", read_at(bytes, computed.at)),
            None => computed.what.to_owned(),
        };
        (computed.at, Left { at: position(bytes, computed.at), what, address: None })
    });
    let mut left: Vec<(usize, Left)> = constants.chain(computed).collect();
    left.sort_by_key(|(at, _)| *at);
    Ok(left.into_iter().map(|(_, left)| left).collect())
}

/// The file with `value` as every value of `property`, or of those that it picks. A property cannot be made: `create`
/// only changes the error.
pub fn set(bytes: &[u8], property: &str, value: &str, create: bool) -> Result<Vec<u8>, JsError> {
    set_all(bytes, &[Setting { at: property, value, create }])
}

/// The file with several values, none of which may take the place of another.
pub fn set_all(bytes: &[u8], edits: &[Setting<'_>]) -> Result<Vec<u8>, JsError> {
    check_encoding(bytes)?;
    let mut taken: BTreeMap<(usize, usize), Setting<'_>> = BTreeMap::new();
    let mut splices = Splices::new();
    for edit in edits {
        let Setting { at: name, value, create } = *edit;
        for constant in constants(bytes, name, create)? {
            let Range { start, end } = constant.range;
            match taken.insert((start, end), *edit) {
                Some(other) if other.value != value => {
                    let (first, second) = (other.at.to_owned(), name.to_owned());
                    return Err(JsError::Conflict { first, second, at: position(bytes, start) });
                }
                Some(_) => continue,
                None if constant.value == value => continue,
                None => {}
            }
            let written = |text: &str| literal::encode(text, constant.quote);
            let text = match constant.form {
                Form::Literal => written(value),
                Form::Json => {
                    let quoted = super::json::quoted(value);
                    written(quoted.get(1..quoted.len() - 1).unwrap_or_default())
                }
                Form::Joined => {
                    let quote = char::from(constant.quote);
                    format!("{quote}{}{quote}", written(value))
                }
            };
            splices.replace(start..end, text);
        }
    }
    Ok(splices.apply(bytes)?)
}

fn parsed(text: &str) -> Result<Property, JsError> {
    Property::parse(text).ok_or_else(|| JsError::Address { text: text.to_owned() })
}

/// The values of a property that is edited.
fn constants(bytes: &[u8], text: &str, create: bool) -> Result<Vec<Constant>, JsError> {
    let property = parsed(text)?;
    let chosen = Choice::of(property::find(bytes, &property.name)?, &property);
    let differ = |(_, found): &(usize, Found), first: &Found| found.constant.value != first.constant.value;
    if let Some((_, first)) = chosen.constants.first()
        && chosen.constants.iter().any(|found| differ(found, first))
    {
        return Err(chosen.different(bytes, &property));
    }
    if let Some(error) = chosen.not_constant(bytes, &property, chosen.constants.is_empty()) {
        return Err(error);
    }
    if chosen.constants.is_empty() {
        let name = text.to_owned();
        return Err(if create { JsError::Create { name } } else { JsError::NotFound { name } });
    }
    Ok(chosen.constants.into_iter().map(|(_, found)| found.constant).collect())
}

/// Where a constant's value begins.
fn place_of(bytes: &[u8], found: &Found) -> Position {
    let quote = usize::from(found.constant.form == Form::Literal);
    position(bytes, found.constant.range.start.saturating_sub(quote))
}

/// What an address means of all that a file has.
struct Choice {
    /// With the numbers that mean them.
    constants: Vec<(usize, Found)>,
    passed_over: Vec<(usize, Found)>,
    computed: Vec<Computed>,
    not_meant: Vec<Computed>,
}

/// Places that an error lists.
const LISTED: usize = 8;

impl Choice {
    fn of(found: Findings, property: &Property) -> Self {
        let held = |path: &[String]| property.holders.is_empty() || property.is_at(path);
        let mut number = 0;
        let (mut constants, mut passed_over) = (Vec::new(), Vec::new());
        for (index, constant) in found.constants.into_iter().enumerate() {
            let mut meant = constant.paths.iter().any(|path| held(path));
            if meant {
                meant = property.index.is_none_or(|index| index == number);
                number += 1;
            }
            if meant { &mut constants } else { &mut passed_over }.push((index, constant));
        }
        let computed = found.computed.into_iter();
        let (computed, not_meant) = computed.partition(|computed| property.index.is_none() && held(&computed.path));
        Self { constants, passed_over, computed, not_meant }
    }

    /// For the number of each constant, as far as they are listed, the shortest names that mean no other; else its number.
    fn addresses(&self, property: &Property) -> BTreeMap<usize, String> {
        let mut all: Vec<&(usize, Found)> = self.constants.iter().chain(&self.passed_over).collect();
        all.sort_by_key(|(number, _)| *number);
        let only = |number: usize, wanted: &Property| {
            let is_at = |path: &Vec<String>| wanted.is_at(path);
            !all.iter().any(|(other, found)| *other != number && found.paths.iter().any(is_at))
                && !self.computed.iter().chain(&self.not_meant).any(|found| !found.passes && is_at(&found.path))
        };
        let address = |number: usize, found: &Found| {
            let suffixes = found
                .paths
                .iter()
                .flat_map(|path| (2..=path.len()).filter_map(|names| path.get(path.len() - names..)?.split_last()));
            let named = |(name, holders): (&String, &[String])| Property {
                holders: holders.to_vec(),
                name: name.clone(),
                index: None,
            };
            let mut own = suffixes.map(named).filter(|wanted| wanted.name == property.name && only(number, wanted));
            own.next().unwrap_or(Property { holders: Vec::new(), name: property.name.clone(), index: Some(number) })
        };
        all.iter().take(LISTED).map(|(number, found)| (*number, address(*number, found).to_string())).collect()
    }

    /// Where the constants are that are meant, with the address of each.
    fn listed(&self, bytes: &[u8], property: &Property) -> String {
        let addresses = self.addresses(property);
        let numbered =
            |number: usize| Property { holders: Vec::new(), name: property.name.clone(), index: Some(number) };
        let mut listed: Vec<String> = self
            .constants
            .iter()
            .take(LISTED)
            .map(|(number, found)| {
                let (own, by_number) = (addresses.get(number), numbered(*number).to_string());
                let other = own.filter(|own| **own != by_number).map(|own| format!("#{own} or ")).unwrap_or_default();
                format!("{other}#{by_number} at {}", place_of(bytes, found))
            })
            .collect();
        if self.constants.len() > LISTED {
            listed.push(format!("{} more", self.constants.len() - LISTED));
        }
        listed.join("; ")
    }

    fn different(&self, bytes: &[u8], property: &Property) -> JsError {
        let values: BTreeSet<&str> = self.constants.iter().map(|(_, found)| found.constant.value.as_str()).collect();
        let more = self.computed.iter().filter(|computed| !computed.passes).count();
        JsError::Different {
            name: property.name.clone(),
            count: values.len(),
            listed: self.listed(bytes, property),
            more,
        }
    }

    /// The error of the values that are none; with `passing` also of those that do not matter beside a constant.
    fn not_constant(&self, bytes: &[u8], property: &Property, passing: bool) -> Option<JsError> {
        let hinders = |computed: &&Computed| passing || !computed.passes;
        let first = self.computed.iter().find(hinders)?;
        let (name, at) = (property.name.clone(), position(bytes, first.at));
        let more = self.computed.iter().filter(hinders).count() - 1;
        let instead = if self.constants.is_empty() {
            String::new()
        } else {
            format!("; to change constants alone, write one of these behind FILE.js: {}", self.listed(bytes, property))
        };
        let instead = instead.into_boxed_str();
        Some(match first.why.clone() {
            Some(why) => {
                let found = read_at(bytes, first.at);
                JsError::NotFollowed { name, at, found, why, more, instead }
            }
            None => JsError::NotConstant { name, at, found: first.what, more, instead },
        })
    }
}

/// The names that are read at a place: `m.VF`.
fn read_at(bytes: &[u8], at: usize) -> String {
    let rest = bytes.get(at..).unwrap_or_default();
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'$' | b'.');
    let read: Vec<u8> = rest.iter().take(80).take_while(name).copied().collect();
    if read.is_empty() { "an expression".to_owned() } else { String::from_utf8_lossy(&read).into_owned() }
}

/// What a token is as a text: a string, or a template without substitutions. `None` for every other token.
pub(crate) fn text(bytes: &[u8], token: Token) -> Option<String> {
    let is_template = match token.kind {
        TokenKind::String => false,
        TokenKind::Template => true,
        TokenKind::Identifier
        | TokenKind::PrivateName
        | TokenKind::Number
        | TokenKind::TemplateHead
        | TokenKind::TemplateMiddle
        | TokenKind::TemplateTail
        | TokenKind::Regex
        | TokenKind::Punctuator(_)
        | TokenKind::End => return None,
    };
    let inside = bytes.get(token.start + 1..token.end.checked_sub(1)?)?;
    Some(literal::decode(inside, is_template).text)
}

/// Every token of a file, the end included: what the property search sees.
pub fn tokens(bytes: &[u8]) -> Result<Vec<Token>, JsError> {
    check_encoding(bytes)?;
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
