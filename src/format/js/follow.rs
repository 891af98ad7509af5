//! Follows a property that only passes a value on to the string that it passes on: `get NAME(){return m.K}` to the key `K`
//! of what `m` is declared as, over a few constants. Builds that rename the keys of JSON leave nothing else under `NAME`.
//!
//! Only what leads to one string for sure is followed; everything else says why not.
//!
//! Must not: change anything.

use std::collections::{BTreeMap, BTreeSet};

use super::super::json::{self, Value};
use super::super::limits;
use super::outline::{self, Base, Entry, Kind, Outline, Shape, name};
use super::property::{Computed, Constant, Findings};
use super::scope::{Binding, innermost};
use super::token::{Token, TokenKind};
use super::{JsError, literal, position};

/// Something that the property reads.
#[derive(Clone)]
struct Reference {
    /// Which entry reads it.
    entry: usize,
    shape: Shape,
}

/// Adds what the entries of a property lead to.
pub(super) fn follow(bytes: &[u8], property: &str, found: &mut Findings) -> Result<(), JsError> {
    let entries = outline::read(bytes, &BTreeSet::from([property.to_owned()]), &BTreeSet::new())?.entries;
    let follower = Follower { bytes, property, entries: &entries };
    // What hands a value over in passing (`a.NAME = b.c`, `NAME: () => n`) counts where nothing else gives one.
    let weak = |entry: &Entry| entry.kind == Kind::Assignment || entry.shape.arrow;
    follower.all(found, |entry| !weak(entry))?;
    if found.constants.is_empty() {
        follower.all(found, weak)?;
    }
    found.constants.sort_by_key(|constant| constant.range.start);
    found.constants.dedup_by(|one, other| one.range == other.range);
    found.computed.sort_by_key(|computed| computed.at);
    Ok(())
}

struct Follower<'b> {
    bytes: &'b [u8],
    property: &'b str,
    entries: &'b [Entry],
}

/// What an entry leads to, or why to nothing.
type Outcome = Result<Vec<Constant>, String>;

/// One step from a reference.
enum Hop {
    Found(Vec<Constant>),
    On(Shape),
    Lost(String),
}

impl Follower<'_> {
    fn all(&self, found: &mut Findings, takes: impl Fn(&Entry) -> bool) -> Result<(), JsError> {
        let mut references = Vec::new();
        for (index, entry) in self.entries.iter().enumerate().filter(|(_, entry)| takes(entry)) {
            let Shape { base, key, .. } = entry.shape;
            if entry.kind == Kind::Getter && base == Base::Other {
                let what = "a getter that returns no string, variable or member of one";
                found.computed.push(Computed::passing(entry.at, what));
            }
            // The literals of everything else were found already, and `NAME: x.NAME` leads to nothing new.
            let known = matches!(base, Base::Text(_)) && entry.kind != Kind::Getter;
            let same = key.is_some_and(|key| name(self.bytes, &key) == self.property);
            let value = key.is_some() || matches!(base, Base::Text(_) | Base::Variable(_));
            if base != Base::Other && value && !known && !same {
                references.push(Reference { entry: index, shape: entry.shape });
            }
        }
        if references.len() > limits::JS_REFERENCES {
            let at = self.entries.first().map_or(0, |entry| entry.at);
            return Err(JsError::References { name: self.property.to_owned(), at: position(self.bytes, at) });
        }
        for (index, outcome) in self.resolve(references)? {
            let Some(entry) = self.entries.get(index) else { continue };
            match outcome {
                Ok(constants) => {
                    found.computed.retain(|computed| computed.at != entry.at);
                    found.constants.extend(constants);
                }
                Err(why) => match found.computed.iter_mut().find(|computed| computed.at == entry.at) {
                    Some(computed) => computed.why = Some(why),
                    None => found.computed.push(Computed::lost(entry.at, why)),
                },
            }
        }
        Ok(())
    }

    /// Looks everything up together, so that the file is read once for each hop.
    fn resolve(&self, mut references: Vec<Reference>) -> Result<Vec<(usize, Outcome)>, JsError> {
        let mut outcomes = Vec::new();
        for _ in 0..limits::JS_HOPS {
            let (mut keys, mut variables) = (BTreeSet::new(), BTreeSet::new());
            for Shape { base, key, .. } in references.iter().map(|reference| reference.shape) {
                keys.extend(key.map(|key| name(self.bytes, &key).into_owned()));
                if let Base::Variable(token) = base {
                    variables.insert(name(self.bytes, &token).into_owned());
                }
            }
            if references.is_empty() {
                return Ok(outcomes);
            }
            let round = Round::new(self, outline::read(self.bytes, &keys, &variables)?, keys, &references);
            let mut next = Vec::new();
            for Reference { entry, shape } in references {
                match round.hop(shape) {
                    Hop::Found(constants) => outcomes.push((entry, Ok(constants))),
                    Hop::On(shape) => next.push(Reference { entry, shape }),
                    Hop::Lost(why) => outcomes.push((entry, Err(why))),
                }
            }
            references = next;
        }
        let far = || format!("it leads on over more than {} names", limits::JS_HOPS);
        outcomes.extend(references.into_iter().map(|reference| (reference.entry, Err(far()))));
        Ok(outcomes)
    }
}

/// What one reading of the file told.
struct Round<'f> {
    bytes: &'f [u8],
    outline: Outline,
    /// What each variable that is read, by where, is declared as.
    declared: BTreeMap<usize, Result<Shape, String>>,
    /// The strings under each key, in objects and JSON texts; what is no string too.
    values: BTreeMap<String, Vec<Held>>,
}

/// A value under a key.
struct Held {
    at: usize,
    /// Where the object or JSON text begins.
    object: usize,
    content: Content,
}

enum Content {
    /// In an object.
    Written(Shape),
    /// A string in a JSON text.
    Json(Constant),
    /// Something else in a JSON text.
    NoString,
}

impl<'f> Round<'f> {
    fn new(follower: &Follower<'f>, outline: Outline, keys: BTreeSet<String>, references: &[Reference]) -> Self {
        let bytes = follower.bytes;
        let mut values: BTreeMap<String, Vec<Held>> = keys.into_iter().map(|key| (key, Vec::new())).collect();
        for entry in outline.entries.iter().filter(|entry| entry.kind == Kind::Member) {
            if let Some(held) = values.get_mut(&entry.key) {
                held.push(Held { at: entry.at, object: entry.object, content: Content::Written(entry.shape) });
            }
        }
        for text in &outline.jsons {
            json_members(bytes, text, &mut values);
        }
        let mut round = Self { bytes, outline, declared: BTreeMap::new(), values };
        let mut read: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for reference in references {
            if let Base::Variable(token) = reference.shape.base {
                read.entry(name(bytes, &token).into_owned()).or_default().insert(token.start);
            }
        }
        for (variable, places) in read {
            round.declarations(&variable, &places);
        }
        round
    }

    /// Finds which declaration each place means where a variable is read.
    fn declarations(&mut self, variable: &str, places: &BTreeSet<usize>) {
        let none = Vec::new();
        let bindings = self.outline.bindings.get(variable).unwrap_or(&none);
        let writes = self.outline.writes.get(variable).map(Vec::as_slice).unwrap_or_default();
        let mut written = BTreeMap::new();
        for (index, &at) in innermost(bindings, writes.iter().copied()).into_iter().zip(writes) {
            written.entry(index).or_insert(at);
        }
        let found = innermost(bindings, places.iter().copied());
        for (&place, index) in places.iter().zip(found) {
            let outcome = match index.and_then(|index| Some((index, bindings.get(index)?))) {
                None => Err(format!("{variable:?} is not declared in this file")),
                Some((index, binding)) => match written.get(&Some(index)) {
                    Some(&at) => Err(format!("{variable:?} gets another value at {}", position(self.bytes, at))),
                    None if twice(bindings, index) => {
                        let at = position(self.bytes, binding.at);
                        Err(format!("{variable:?} is declared more than once, the last time at {at}"))
                    }
                    None if binding.shape.base == Base::Other || binding.shape.arrow => {
                        let at = position(self.bytes, binding.at);
                        Err(format!("{variable:?}, declared at {at}, is no string, object, JSON.parse text or module"))
                    }
                    None => Ok(binding.shape),
                },
            };
            self.declared.insert(place, outcome);
        }
    }

    fn hop(&self, shape: Shape) -> Hop {
        let Shape { base, key, .. } = shape;
        let key_text = key.map(|key| name(self.bytes, &key).into_owned());
        match (base, key_text) {
            (Base::Text(token), None) => self.text(&token),
            (Base::Variable(token), key_text) => {
                let declared = match self.declared.get(&token.start) {
                    Some(Ok(shape)) => *shape,
                    Some(Err(why)) => return Hop::Lost(why.clone()),
                    None => return Hop::Lost("it cannot be read".to_owned()),
                };
                match (declared.base, declared.key, key_text) {
                    (Base::Text(token), None, None) => self.text(&token),
                    // `let t = m`, `let t = m.K`
                    (Base::Variable(_), _, None) | (_, Some(_), None) => Hop::On(declared),
                    // `let t = m`, and `t.K` is read
                    (Base::Variable(_), None, Some(_)) => Hop::On(Shape { key, ..declared }),
                    (_, None, Some(key)) => self.member(declared.base, &key),
                    _ => {
                        let name = name(self.bytes, &token).into_owned();
                        Hop::Lost(format!("{name:?} is declared as something else than that"))
                    }
                }
            }
            (base, Some(key)) => self.member(base, &key),
            (_, None) => Hop::Lost("it is no string".to_owned()),
        }
    }

    fn text(&self, token: &Token) -> Hop {
        Hop::Found(vec![Constant::literal(self.bytes, token)])
    }

    /// The strings under a key of an object, a JSON text or a module.
    fn member(&self, base: Base, key: &str) -> Hop {
        let held = self.values.get(key).map(Vec::as_slice).unwrap_or_default();
        let of = |object: usize| held.iter().filter(|held| held.object == object).collect::<Vec<_>>();
        let held = match base {
            Base::Json(token) => of(token.start),
            Base::Object(start) => of(start),
            // Which module that is, the file need not tell: there must be one only that can be meant.
            Base::Module => held.iter().filter(|held| held.is_string()).collect(),
            Base::Text(_) | Base::Variable(_) | Base::Other => Vec::new(),
        };
        let objects: BTreeSet<usize> = held.iter().map(|held| held.object).collect();
        if objects.len() > 1 {
            let listed: Vec<String> =
                held.iter().take(4).map(|held| position(self.bytes, held.at).to_string()).collect();
            let more = if held.len() > 4 { format!(" and {} more", held.len() - 4) } else { String::new() };
            return Hop::Lost(format!("more than one object has a string {key:?}: {}{more}", listed.join("; ")));
        }
        match held.as_slice() {
            [] => Hop::Lost(format!("no object that it can mean has a string {key:?} in this file")),
            [Held { content: Content::Written(shape), .. }] => match shape.base {
                Base::Text(token) => self.text(&token),
                Base::Other | Base::Object(_) => self.no_string(key, &held),
                _ => Hop::On(*shape),
            },
            // `JSON.parse` takes the last of several; all of them are the same value afterwards.
            held if held.iter().all(|held| matches!(held.content, Content::Json(_))) => {
                let constant = |held: &&Held| match &held.content {
                    Content::Json(constant) => Some(constant.clone()),
                    Content::Written(_) | Content::NoString => None,
                };
                Hop::Found(held.iter().filter_map(constant).collect())
            }
            held => self.no_string(key, held),
        }
    }

    fn no_string(&self, key: &str, held: &[&Held]) -> Hop {
        let at = held.iter().find(|held| !held.is_string()).or(held.first()).map_or(0, |held| held.at);
        Hop::Lost(format!("{key:?} at {} is not one string constant", position(self.bytes, at)))
    }
}

impl Held {
    fn is_string(&self) -> bool {
        match &self.content {
            Content::Json(_) => true,
            Content::Written(shape) => matches!(shape.base, Base::Text(_)),
            Content::NoString => false,
        }
    }
}

/// Whether another declaration stands in the same brackets.
fn twice(bindings: &[Binding], index: usize) -> bool {
    let place = |index: usize| bindings.get(index).map(|binding| (binding.start, binding.end));
    place(index) == place(index + 1) || index.checked_sub(1).is_some_and(|before| place(index) == place(before))
}

/// Adds what a JSON text has under the keys.
fn json_members(bytes: &[u8], token: &Token, values: &mut BTreeMap<String, Vec<Held>>) {
    let inner = token.start + 1..token.end.saturating_sub(1);
    let decoded = literal::decode(bytes.get(inner.clone()).unwrap_or_default(), token.kind == TokenKind::Template);
    if decoded.lossy {
        return;
    }
    let quote = bytes.get(token.start).copied().unwrap_or(b'"');
    for (key, member) in json::members(&decoded.text).unwrap_or_default() {
        let Some(held) = values.get_mut(&key) else { continue };
        let at = inner.start + decoded.written(member.range.clone()).start;
        let content = match member.value {
            Value::String(value) => {
                let range = decoded.written(member.range.start + 1..member.range.end.saturating_sub(1));
                let range = inner.start + range.start..inner.start + range.end;
                Content::Json(Constant { value, range, quote, json: true })
            }
            Value::Literal(_) | Value::Object | Value::Array => Content::NoString,
        };
        held.push(Held { at, object: token.start, content });
    }
}
