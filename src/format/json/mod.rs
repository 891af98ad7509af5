//! JSON (RFC 8259) edited by byte range, addressed by JSON Pointer (RFC 6901).
//!
//! Three steps of a pointer mean more than the RFC gives them. `*` is each element of an array; in an object it is a plain key.
//! `[KEY=VALUE]` is each element of an array that is an object with that member, a string or number written so; where it meets
//! an object, that object itself if it has the member and no key of that name. `**` is the value itself and everything below
//! it, at any depth.
//!
//! Nothing is re-serialised: order, white space, number forms, a byte order mark and duplicate keys stay. Where a key
//! stands twice in one object, an edit changes every occurrence, because readers differ in which one counts.
//!
//! * `document`: a text, and what pointers lead to in it; `error`: why there is none.
//! * `steps`: pointers.
//! * `scan`: the grammar, read once from the first byte to the last.
//! * `search`: where pointers lead to; `picked`: the one step that depends on what follows.
//! * `write`: what an edit puts where.
//!
//! Must not: build a tree, or a map of an object: what is held is what was asked for, however large the document is.

mod document;
mod error;
mod picked;
mod scan;
mod search;
mod steps;
mod write;

use std::collections::BTreeMap;
use std::ops::Range;

use super::setting::Setting;
use super::splice::Splices;
use document::Document;
pub use document::Value;
pub use error::JsonError;
use scan::Node;
use steps::{Pointer, Step};
pub(super) use write::quoted;

/// Every value at `pointer`, in the order of the text: several where keys are duplicated, none where it leads nowhere.
pub fn get(bytes: &[u8], pointer: &str) -> Result<Vec<Value>, JsonError> {
    let document = Document::of(bytes)?;
    Ok(document.find_one(&document.steps(pointer)?)?.iter().map(|node| document.value(node)).collect())
}

/// For each value at `pointer`, what each of these pointers below it leads to.
pub fn each(bytes: &[u8], pointer: &str, below: &[&str]) -> Result<Vec<Vec<Vec<Value>>>, JsonError> {
    let document = Document::of(bytes)?;
    let below: Vec<Pointer> = below.iter().map(|pointer| document.steps(pointer)).collect::<Result<_, _>>()?;
    let values = |found: Vec<Node>| found.iter().map(|node| document.value(node)).collect();
    let of = |node: &Node| Ok(search::below(document.text, node, &below)?.into_iter().map(values).collect());
    document.find_one(&document.steps(pointer)?)?.iter().map(of).collect()
}

/// The document with several values. Pointers mean what is there before any of them: `[KEY=TEXT]` finds an element whose KEY
/// another edit changes.
pub fn set_all(bytes: &[u8], settings: &[Setting<'_>]) -> Result<Vec<u8>, JsonError> {
    let document = Document::of(bytes)?;
    let pointers: Vec<Pointer> = settings.iter().map(|setting| document.steps(setting.at)).collect::<Result<_, _>>()?;
    let mut splices = Splices::new();
    let mut seen: BTreeMap<usize, &str> = BTreeMap::new();
    let mut later = Vec::new();
    for (setting, mut targets) in settings.iter().zip(document.find(&pointers)?) {
        let Setting { at, value, .. } = *setting;
        if targets.is_empty() {
            later.push(setting);
        }
        let taken = |node: &Node| seen.get(&node.range.start).is_some_and(|other| *other != value);
        if targets.iter().any(taken) {
            return Err(JsonError::Conflict { pointer: at.to_owned() });
        }
        targets.retain(|node| seen.insert(node.range.start, value).is_none());
        for (range, text) in document.replacements(at, &targets, value)? {
            splices.replace(range, text);
        }
    }
    let mut content = splices.apply(bytes)?;
    for Setting { at, value, create } in later {
        content = set(&content, at, value, *create)?;
    }
    Ok(content)
}

/// The document with a string at `pointer`, in every place the pointer leads to. A number stays a number and a boolean one,
/// or it is an error; a string takes the place of `null`. `create` makes a missing one.
pub fn set(bytes: &[u8], pointer: &str, value: &str, create: bool) -> Result<Vec<u8>, JsonError> {
    let document = Document::of(bytes)?;
    let steps = document.steps(pointer)?;
    let targets = document.find_one(&steps)?;
    let mut edits = document.replacements(pointer, &targets, value)?;
    if targets.is_empty() {
        edits = document.insertions(pointer, &steps, &quoted(value), create)?;
    }
    let mut splices = Splices::new();
    for (range, text) in edits {
        splices.replace(range, text);
    }
    Ok(splices.apply(bytes)?)
}

/// Whether everything above the last step of `pointer` is there, so that the last one could be made.
pub fn has_parent(bytes: &[u8], pointer: &str) -> Result<bool, JsonError> {
    let document = Document::of(bytes)?;
    let mut steps = document.steps(pointer)?;
    steps.pop();
    Ok(!document.find_one(&steps)?.is_empty())
}

/// A member found by its key alone.
pub(super) struct Named {
    /// The bytes of the value.
    pub range: Range<usize>,
    /// The value.
    pub value: Value,
}

/// Every member called `key`, at any depth, in the order of the text.
pub(super) fn named(text: &str, key: &str) -> Result<Vec<Named>, JsonError> {
    let document = Document::of(text.as_bytes())?;
    let found = document.find_one(&vec![Step::Below, Step::Key(key.to_owned())])?;
    Ok(found.into_iter().map(|node| Named { value: document.value(&node), range: node.range }).collect())
}

/// The members of the object that the text is, duplicates too; none where it is something else.
pub(super) fn members(text: &str) -> Result<Vec<(String, Named)>, JsonError> {
    let document = Document::of(text.as_bytes())?;
    let mut members = Vec::new();
    for root in document.find_one(&Pointer::new())? {
        scan::children(document.text, &root, |key, node| {
            let name = key.and_then(|key| scan::decoded(&document.text[key]));
            members.extend(name.map(|name| (name, Named { value: document.value(&node), range: node.range })));
        });
    }
    Ok(members)
}

/// Whether a step picks among what is there, so that it does not say what to make.
pub(crate) fn picks(step: &str) -> bool {
    Step::of(step).picks()
}
