//! Follows a property that only passes a value on to the string that it passes on: `get NAME(){return m.K}` to the key `K`
//! of what `m` is declared as, over a few constants. Builds that rename the keys of JSON leave nothing else under `NAME`.
//!
//! Only what leads to one string for sure is followed; everything else says why not.
//!
//! Must not: change anything.

use std::collections::{BTreeMap, BTreeSet};

use super::super::json::{self, Value};
use super::super::limits;
use super::outline::{self, Entry, Kind, Outline, Wanted, name};
use super::property::{Computed, Findings, json_text, named, no_string};
use super::scope::{Binding, innermost};
use super::token::{Token, TokenKind};
use super::value::{Base, Constant, Form, Leaf, Shape};
use super::{JsError, literal, position};

/// Something that the property reads.
#[derive(Clone)]
struct Reference {
    /// Which entry reads it.
    entry: usize,
    /// Where.
    at: usize,
    shape: Shape,
}

/// Adds what the entries of a property are and lead to.
pub(super) fn follow(bytes: &[u8], property: &str, entries: &[Entry], found: &mut Findings) -> Result<(), JsError> {
    let follower = Follower { bytes, property };
    let mut references = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        for leaf in &entry.leaves {
            match leaf {
                Leaf::Constant(constant) if entry.kind == Kind::Json => {
                    json_text(bytes, property, constant, &entry.path, found);
                }
                Leaf::Read(shape) if !matches!(shape.base, Base::Other) => match (shape.base, shape.key) {
                    (_, Some(key)) if entry.kind != Kind::Json && follower.is_property(&key) => {
                        passed_on(entry, found);
                    }
                    (Base::Variable(_), _) | (_, Some(_)) => {
                        references.push(Reference { entry: index, at: shape.at, shape: *shape });
                    }
                    _ if entry.kind == Kind::Json => {}
                    (base, None) => {
                        found.computed(shape.at, named(entry, no_string(base)), false, &entry.path);
                    }
                },
                _ if entry.kind == Kind::Json => {}
                Leaf::Constant(constant) => found.constant(constant.clone(), &entry.path),
                Leaf::Read(shape) if shape.key.is_some_and(|key| follower.is_property(&key)) => {
                    passed_on(entry, found);
                }
                Leaf::Read(shape) => found.computed(shape.at, named(entry, "an expression"), false, &entry.path),
                Leaf::Nothing => found.computed(entry.at, named(entry, "no string"), true, &entry.path),
                Leaf::Other { at, what } => found.computed(*at, named(entry, what), false, &entry.path),
            }
        }
    }
    if references.len() > limits::JS_REFERENCES {
        let at = references.first().map_or(0, |reference| reference.at);
        return Err(JsError::References { name: property.to_owned(), at: position(bytes, at) });
    }
    for (index, at, outcome) in follower.resolve(references)? {
        let Some(entry) = entries.get(index) else { continue };
        match outcome {
            Outcome::Found(constants) if entry.kind == Kind::Json => {
                for constant in &constants {
                    json_text(bytes, property, constant, &entry.path, found);
                }
            }
            Outcome::Found(constants) => {
                for constant in constants {
                    found.constant(constant, &entry.path);
                }
            }
            // What is read at run time may be anything.
            _ if entry.kind == Kind::Json => {}
            Outcome::Same => passed_on(entry, found),
            Outcome::Other => found.computed(at, named(entry, "an expression"), false, &entry.path),
            Outcome::Lost(why) => {
                let (what, path) = ("an expression", entry.path.clone());
                found.computed.push(Computed { at, what, passes: false, why: Some(why), path });
            }
        }
    }
    Ok(())
}

struct Follower<'b> {
    bytes: &'b [u8],
    property: &'b str,
}

/// What a reference leads to.
enum Outcome {
    Found(Vec<Constant>),
    /// Another property of the same name.
    Same,
    /// Nothing that is known.
    Other,
    Lost(String),
}

/// One step from a reference.
enum Hop {
    Found(Vec<Constant>),
    Same,
    Other,
    On(Shape),
    Lost(String),
}

impl Follower<'_> {
    fn is_property(&self, key: &Token) -> bool {
        name(self.bytes, key) == self.property
    }

    /// Looks everything up together, so that the file is read once for each hop.
    fn resolve(&self, mut references: Vec<Reference>) -> Result<Vec<(usize, usize, Outcome)>, JsError> {
        let mut outcomes = Vec::new();
        for _ in 0..limits::JS_HOPS {
            let (mut keys, mut variables) = (BTreeSet::new(), BTreeSet::new());
            for Shape { base, key, .. } in references.iter().map(|reference| reference.shape) {
                keys.extend(key.map(|key| name(self.bytes, &key).into_owned()));
                if let Base::Variable(token) | Base::Through(token) = base {
                    variables.insert(name(self.bytes, &token).into_owned());
                }
            }
            if references.is_empty() {
                return Ok(outcomes);
            }
            let wanted = Wanted { keys: &keys, variables: &variables, property: None, aliases: &BTreeSet::new() };
            let outline = outline::read(self.bytes, &wanted)?;
            let round = Round::new(self, outline, &keys, &references);
            let mut next = Vec::new();
            for Reference { entry, at, shape } in references {
                for hop in round.hop(shape) {
                    match hop {
                        Hop::Found(mut constants) => {
                            constants.retain(|constant| !(shape.falls && constant.value.is_empty()));
                            outcomes.push((entry, at, Outcome::Found(constants)));
                        }
                        Hop::Same => outcomes.push((entry, at, Outcome::Same)),
                        Hop::Other => outcomes.push((entry, at, Outcome::Other)),
                        Hop::On(Shape { key: Some(key), .. }) if self.is_property(&key) => {
                            outcomes.push((entry, at, Outcome::Same));
                        }
                        Hop::On(on) => {
                            let shape = Shape { falls: on.falls || shape.falls, ..on };
                            next.push(Reference { entry, at, shape });
                        }
                        Hop::Lost(why) => outcomes.push((entry, at, Outcome::Lost(why))),
                    }
                }
            }
            references = next;
            if references.len() > limits::JS_REFERENCES {
                break;
            }
        }
        let far = || format!("it leads on over more than {} names", limits::JS_HOPS);
        outcomes.extend(references.into_iter().map(|reference| (reference.entry, reference.at, Outcome::Lost(far()))));
        Ok(outcomes)
    }
}

/// It has no value of its own, which matters only where nothing else has one.
fn passed_on(entry: &Entry, found: &mut Findings) {
    match entry.kind {
        Kind::Getter => {}
        Kind::Shorthand => found.computed(entry.at, "a variable of that name", true, &entry.path),
        Kind::Member
        | Kind::Default
        | Kind::Field
        | Kind::Assignment
        | Kind::Variable
        | Kind::Method
        | Kind::Argument
        | Kind::Export
        | Kind::Descriptor
        | Kind::Described
        | Kind::Target
        | Kind::Json => found.computed(entry.at, "an expression", true, &entry.path),
    }
}

/// What one reading of the file told.
struct Round<'f> {
    bytes: &'f [u8],
    property: &'f str,
    outline: Outline,
    /// What each variable that is read, by where, is declared as.
    declared: BTreeMap<usize, Declared>,
    /// The strings under each key, in objects and JSON texts; what is no string too.
    values: BTreeMap<String, Vec<Held>>,
}

enum Declared {
    As { at: usize, value: Vec<Leaf> },
    Nowhere,
    Unclear(String),
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
    Written(Vec<Leaf>),
    /// A string in a JSON text.
    Json(Constant),
    /// Something else in a JSON text.
    NoString,
}

impl<'f> Round<'f> {
    fn new(follower: &Follower<'f>, outline: Outline, keys: &BTreeSet<String>, references: &[Reference]) -> Self {
        let (bytes, property) = (follower.bytes, follower.property);
        let mut values: BTreeMap<String, Vec<Held>> = keys.iter().map(|key| (key.clone(), Vec::new())).collect();
        for entry in outline.entries.iter().filter(|entry| matches!(entry.kind, Kind::Member | Kind::Shorthand)) {
            if let Some(held) = values.get_mut(&entry.key) {
                held.push(Held { at: entry.at, object: entry.object, content: Content::Written(entry.leaves.clone()) });
            }
        }
        for (text, _) in &outline.jsons {
            json_members(bytes, text, &mut values);
        }
        let mut round = Self { bytes, property, outline, declared: BTreeMap::new(), values };
        let mut read: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for reference in references {
            if let Base::Variable(token) | Base::Through(token) = reference.shape.base {
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
                None => Declared::Nowhere,
                Some((index, binding)) => match written.get(&Some(index)) {
                    Some(&at) => {
                        let at = position(self.bytes, at);
                        Declared::Unclear(format!("{variable:?} gets another value at {at}"))
                    }
                    None if twice(bindings, index) => {
                        let at = position(self.bytes, binding.at);
                        let why = format!("{variable:?} is declared more than once, the last time at {at}");
                        Declared::Unclear(why)
                    }
                    None => Declared::As { at: binding.at, value: binding.value.clone() },
                },
            };
            self.declared.insert(place, outcome);
        }
    }

    fn hop(&self, shape: Shape) -> Vec<Hop> {
        let Shape { base, key, .. } = shape;
        let key_text = key.map(|key| name(self.bytes, &key).into_owned());
        match (base, key_text) {
            (Base::Variable(token), key_text) => self.variable(&token, shape, key_text),
            (Base::Through(token), Some(key)) => match self.declared.get(&token.start) {
                Some(Declared::As { value, .. })
                    if matches!(value.as_slice(), [Leaf::Read(Shape { base: Base::Module, key: None, .. })]) =>
                {
                    self.member(Base::Module, None, &key)
                }
                _ => vec![Hop::Other],
            },
            (base, Some(key)) => self.member(base, None, &key),
            (_, None) => vec![Hop::Lost("it is no string".to_owned())],
        }
    }

    fn variable(&self, token: &Token, shape: Shape, key: Option<String>) -> Vec<Hop> {
        let variable = name(self.bytes, token);
        let lost = |why: String| vec![Hop::Lost(why)];
        let (at, value) = match self.declared.get(&token.start) {
            Some(Declared::As { at, value }) => (*at, value.as_slice()),
            Some(Declared::Unclear(why)) => return lost(why.clone()),
            // A property of the global object, which has the same name.
            Some(Declared::Nowhere) if key.is_none() && variable == self.property => return vec![Hop::Same],
            Some(Declared::Nowhere) | None => return lost(format!("{variable:?} is not declared in this file")),
        };
        let no_value = || {
            let at = position(self.bytes, at);
            Hop::Lost(format!("{variable:?}, declared at {at}, is no string, object, JSON.parse text or module"))
        };
        let own = |leaf: &Shape| leaf.key.is_some_and(|key| name(self.bytes, &key) == self.property);
        match (key, value) {
            (_, []) => vec![no_value()],
            (None, value) => {
                let hop = |leaf: &Leaf| match leaf {
                    Leaf::Constant(constant) => Hop::Found(vec![constant.clone()]),
                    Leaf::Read(shape) if own(shape) => Hop::Same,
                    Leaf::Read(shape) if matches!(shape.base, Base::Variable(_)) || shape.key.is_some() => {
                        if shape.base == Base::Other { no_value() } else { Hop::On(*shape) }
                    }
                    Leaf::Nothing => Hop::Found(Vec::new()),
                    Leaf::Read(_) => Hop::Lost(format!("{variable:?} is declared as something else than that")),
                    Leaf::Other { .. } => no_value(),
                };
                value.iter().map(hop).collect()
            }
            (Some(key), [Leaf::Read(declared)]) => match (declared.base, declared.key) {
                // `let t = m`, and `t.K` is read
                (Base::Variable(_), None) => vec![Hop::On(Shape { key: shape.key, at: shape.at, ..*declared })],
                (Base::Other, _) => vec![no_value()],
                (base, None) => self.member(base, Some(&variable), &key),
                (_, Some(_)) => lost(format!("{variable:?} is declared as something else than that")),
            },
            (Some(_), [Leaf::Constant(_)]) => lost(format!("{variable:?} is declared as something else than that")),
            (Some(_), _) => vec![no_value()],
        }
    }

    /// The strings under a key of an object, a JSON text or a module.
    fn member(&self, base: Base, variable: Option<&str>, key: &str) -> Vec<Hop> {
        let lost = |why: String| vec![Hop::Lost(why)];
        if let Some(variable) = variable
            && let Some(entry) = self.outline.entries.iter().find(|entry| {
                entry.kind == Kind::Assignment
                    && entry.key == key
                    && entry.path.iter().rev().nth(1).is_some_and(|owner| owner == variable)
            })
        {
            return lost(format!("{key:?} gets another value at {}", position(self.bytes, entry.at)));
        }
        let held = self.values.get(key).map(Vec::as_slice).unwrap_or_default();
        let of = |object: usize| held.iter().filter(|held| held.object == object).collect::<Vec<_>>();
        let held = match base {
            Base::Json(token) => of(token.start),
            Base::Object(start) => of(start),
            // Which module that is, the file need not tell: there must be one only that can be meant.
            Base::Module => held.iter().filter(|held| held.is_string()).collect(),
            Base::Variable(_) | Base::Through(_) | Base::Other => Vec::new(),
        };
        let objects: BTreeSet<usize> = held.iter().map(|held| held.object).collect();
        if objects.len() > 1 {
            let listed: Vec<String> =
                held.iter().take(4).map(|held| position(self.bytes, held.at).to_string()).collect();
            let more = if held.len() > 4 { format!(" and {} more", held.len() - 4) } else { String::new() };
            return lost(format!("more than one object has a string {key:?}: {}{more}", listed.join("; ")));
        }
        match held.as_slice() {
            [] => lost(format!("no object that it can mean has a string {key:?} in this file")),
            [Held { content: Content::Written(leaves), .. }] => {
                let hop = |leaf: &Leaf| match leaf {
                    Leaf::Constant(constant) => Hop::Found(vec![constant.clone()]),
                    Leaf::Read(shape) if matches!(shape.base, Base::Variable(_)) => Hop::On(*shape),
                    Leaf::Read(shape) if shape.key.is_some() && shape.base != Base::Other => Hop::On(*shape),
                    Leaf::Nothing => Hop::Found(Vec::new()),
                    Leaf::Read(_) | Leaf::Other { .. } => self.no_string(key, &held),
                };
                leaves.iter().map(hop).collect()
            }
            // `JSON.parse` takes the last of several; all of them are the same value afterwards.
            held if held.iter().all(|held| matches!(held.content, Content::Json(_))) => {
                let constant = |held: &&Held| match &held.content {
                    Content::Json(constant) => Some(constant.clone()),
                    Content::Written(_) | Content::NoString => None,
                };
                vec![Hop::Found(held.iter().filter_map(constant).collect())]
            }
            held => vec![self.no_string(key, held)],
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
            Content::Written(leaves) => matches!(leaves.as_slice(), [Leaf::Constant(_)]),
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
                Content::Json(Constant { value, range, quote, form: Form::Json })
            }
            Value::Literal(_) | Value::Object | Value::Array => Content::NoString,
        };
        held.push(Held { at, object: token.start, content });
    }
}
