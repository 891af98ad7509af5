//! All that gives a property its value in one file: constants, and what is none.
//!
//! Must not: change anything.

use std::collections::{BTreeMap, BTreeSet};

use super::super::json::{self, JsonError, Value};
use super::outline::{self, Entry, Kind, Outline, Wanted};
use super::scope::innermost;
use super::value::{Base, Constant, Form, Leaf};
use super::{JsError, follow, hidden, literal};

/// A constant, and the names that lead to it.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub constant: Constant,
    /// From each property that has it, the property's own name last.
    pub paths: Vec<Vec<String>>,
}

/// A value that is no constant.
#[derive(Debug, Clone)]
pub(super) struct Computed {
    /// Where the value begins.
    pub at: usize,
    /// What is there instead.
    pub what: &'static str,
    /// It is no string, or passes on what another property of that name has: beside a constant it does not matter.
    pub passes: bool,
    /// What it reads, and why that cannot be followed.
    pub why: Option<String>,
    /// The names that lead to it.
    pub path: Vec<String>,
}

/// All there is about a property in one file, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub constants: Vec<Found>,
    pub computed: Vec<Computed>,
}

impl Findings {
    pub fn constant(&mut self, constant: Constant, path: &[String]) {
        self.constants.push(Found { constant, paths: vec![path.to_vec()] });
    }

    pub fn computed(&mut self, at: usize, what: &'static str, passes: bool, path: &[String]) {
        self.computed.push(Computed { at, what, passes, why: None, path: path.to_vec() });
    }

    /// Puts them in order, each once.
    fn sort(&mut self) {
        self.constants.sort_by_key(|found| (found.constant.range.start, found.constant.range.end));
        self.constants.dedup_by(|later, first| {
            let same = later.constant.range == first.constant.range;
            if same {
                first.paths.append(&mut later.paths);
            }
            same
        });
        // What hinders stands before what does not.
        self.computed.sort_by_key(|computed| (computed.at, computed.passes));
        self.computed.dedup_by_key(|computed| computed.at);
    }
}

/// Looks for a property, and for what it passes on.
pub(super) fn find(bytes: &[u8], property: &str) -> Result<Findings, JsError> {
    let mut found = Findings::default();
    if !hidden::may_hold(bytes, property) {
        return Ok(found);
    }
    let keys = BTreeSet::from([property.to_owned()]);
    let mut aliases = BTreeSet::new();
    let read = |aliases: &BTreeSet<String>| {
        let variables = aliases.iter().chain(&keys).cloned().collect();
        outline::read(bytes, &Wanted { keys: &keys, variables: &variables, property: Some(property), aliases })
    };
    let mut outline = read(&aliases)?;
    if !outline.aliases.is_empty() {
        aliases = std::mem::take(&mut outline.aliases);
        outline = read(&aliases)?;
    }
    let mut entries = std::mem::take(&mut outline.entries);
    settle(bytes, property, &outline, &mut entries);
    for (text, path) in &outline.jsons {
        json_text(bytes, property, &Constant::literal(bytes, text), path, &mut found);
    }
    if !outline.texts {
        entries.retain(|entry| entry.kind != Kind::Json);
    }
    follow::follow(bytes, property, &entries, &mut found)?;
    found.sort();
    Ok(found)
}

/// Leaves out what a variable's scope tells to be none: keys that are another text, and what variables of functions get
/// other than constants, as far as no property reads it.
fn settle(bytes: &[u8], property: &str, outline: &Outline, entries: &mut Vec<Entry>) {
    let mut read: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for variable in entries.iter().filter_map(|entry| entry.variable) {
        read.entry(outline::name(bytes, &variable).into_owned()).or_default().insert(variable.start);
    }
    let mut local = BTreeSet::new();
    let mut other = BTreeSet::new();
    for (variable, places) in &read {
        let none = Vec::new();
        let bindings = outline.bindings.get(variable).unwrap_or(&none);
        let written = outline.writes.contains_key(variable);
        for (&place, index) in places.iter().zip(innermost(bindings, places.iter().copied())) {
            let Some(binding) = index.and_then(|index| bindings.get(index)) else { continue };
            if binding.start > 0 {
                local.insert(place);
            }
            let holds = |leaf: &Leaf| matches!(leaf, Leaf::Constant(constant) if constant.value == property);
            if !written && !binding.value.is_empty() && !binding.value.iter().any(holds) {
                other.insert(place);
            }
        }
    }
    entries.retain(|entry| match (entry.kind, entry.variable) {
        (Kind::Variable | Kind::Shorthand, _) | (_, None) => true,
        (_, Some(key)) => !other.contains(&key.start),
    });
    for entry in entries.iter_mut().filter(|entry| entry.kind == Kind::Variable) {
        if entry.variable.is_some_and(|variable| local.contains(&variable.start)) {
            entry.leaves.retain(|leaf| matches!(leaf, Leaf::Constant(_)));
        }
    }
}

/// What a JSON text has under the name.
pub(super) fn json_text(bytes: &[u8], property: &str, text: &Constant, path: &[String], found: &mut Findings) {
    let at = text.range.start;
    let raw = bytes.get(text.range.clone()).unwrap_or_default();
    let joined = text.form == Form::Joined;
    let decoded = if joined { None } else { Some(literal::decode(raw, text.quote == b'`')) };
    if decoded.as_ref().is_some_and(|decoded| decoded.lossy) {
        return;
    }
    let members = match json::named(&text.value, property) {
        Ok(members) => members,
        Err(JsonError::Depth { .. }) if text.value.contains(property) => {
            return found.computed(at, "JSON that is nested too deep", false, path);
        }
        // No JSON, so no property.
        Err(_) => return,
    };
    for member in members {
        let Some(decoded) = &decoded else {
            return found.computed(at, "in JSON that is put together", false, path);
        };
        match member.value {
            Value::String(value) => {
                let quoted = decoded.written(member.range.start + 1..member.range.end.saturating_sub(1));
                let range = at + quoted.start..at + quoted.end;
                found.constant(Constant { value, range, quote: text.quote, form: Form::Json }, path);
            }
            Value::Literal(literal) => {
                let at = at + decoded.written(member.range).start;
                found.computed(at, "JSON, but no string", matches!(literal.as_str(), "null" | "true" | "false"), path);
            }
            Value::Object | Value::Array => {
                found.computed(at + decoded.written(member.range).start, "JSON, but no string", false, path);
            }
        }
    }
}

/// What an entry that is no string, and cannot be followed, is called.
pub(super) fn named(entry: &Entry, what: &'static str) -> &'static str {
    match entry.kind {
        Kind::Getter => "a getter that returns no string, variable or member of one",
        Kind::Method => "a method",
        Kind::Member
        | Kind::Shorthand
        | Kind::Default
        | Kind::Field
        | Kind::Assignment
        | Kind::Variable
        | Kind::Argument
        | Kind::Export
        | Kind::Descriptor
        | Kind::Described
        | Kind::Target
        | Kind::Json => what,
    }
}

/// What a base is that is no string by itself.
pub(super) fn no_string(base: Base) -> &'static str {
    match base {
        Base::Object(_) => "an object",
        Base::Json(_) | Base::Module => "a call",
        Base::Variable(_) | Base::Through(_) | Base::Other => "an expression",
    }
}
