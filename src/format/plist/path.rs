//! Key paths into a property list: `Key/Sub/0`.
//!
//! ```text
//! path = step { "/" step }
//! step = KEY               a key of a dictionary; digits also stand for an element of an array, from 0
//!      | "*"               every element, every key
//!      | "[" KEY "=" TEXT "]"   the dictionaries of an array whose KEY is TEXT
//!      | "[=" TEXT "]"     the strings of an array that are TEXT
//! ```
//! `*` within TEXT stands for any characters. A key with `/` is written with `~1`, one with `~` with `~0`, as in JSON
//! pointers (RFC 6901, section 3).
//!
//! Must not: know how a property list is stored.

use std::fmt;

use plist::Value;

/// A path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key path {path:?}: expected {expected}; key paths look like Key/Sub/0 or Key/[Name=text]/0")]
pub struct KeyPathError {
    /// The path.
    pub path: String,
    /// What should be there.
    pub expected: &'static str,
}

/// A key path, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPath {
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Any,
    Where { key: Option<String>, text: String },
}

/// A step to one child.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Child {
    Key(String),
    Index(usize),
}

impl KeyPath {
    /// Reads a path.
    pub fn parse(path: &str) -> Result<Self, KeyPathError> {
        let wrong = |expected| KeyPathError { path: path.to_owned(), expected };
        let mut steps = Vec::new();
        let mut rest = path;
        loop {
            let (step, after) = if let Some(inside) = rest.strip_prefix('[') {
                let (inside, after) = inside.split_once(']').ok_or_else(|| wrong("a closing ]"))?;
                let (key, text) = inside.split_once('=').ok_or_else(|| wrong("= between the brackets"))?;
                let key = (!key.is_empty()).then(|| unescaped(key));
                (Step::Where { key, text: text.to_owned() }, after)
            } else {
                let end = rest.find('/').unwrap_or(rest.len());
                let (step, after) = rest.split_at(end);
                match step {
                    "" => return Err(wrong("a key between slashes")),
                    "*" => (Step::Any, after),
                    key => (Step::Key(unescaped(key)), after),
                }
            };
            steps.push(step);
            match after.strip_prefix('/') {
                Some(after) => rest = after,
                None if after.is_empty() => return Ok(Self { steps }),
                None => return Err(wrong("/ behind ]")),
            }
        }
    }

    /// The path to one place.
    pub(super) fn exact(at: Vec<Child>) -> Self {
        let step = |child| match child {
            Child::Key(key) => Step::Key(key),
            Child::Index(index) => Step::Key(index.to_string()),
        };
        Self { steps: at.into_iter().map(step).collect() }
    }

    /// The key that a step is; `None` where it is none, or picks among several.
    pub(super) fn key(&self, step: usize) -> Option<&str> {
        match self.steps.get(step)? {
            Step::Key(key) => Some(key),
            Step::Any | Step::Where { .. } => None,
        }
    }

    /// The same with another step.
    pub(super) fn with(&self, step: usize, new: Step) -> Self {
        let mut steps = self.steps.clone();
        if let Some(old) = steps.get_mut(step) {
            *old = new;
        }
        Self { steps }
    }

    /// What the first steps lead to.
    pub(super) fn reached<'v>(&self, root: &'v Value, steps: usize) -> Vec<&'v Value> {
        let mut found = Vec::new();
        walk(root, self.steps.get(..steps).unwrap_or_default(), &mut Vec::new(), &mut found);
        found.into_iter().filter_map(|at| value_at(root, &at)).collect()
    }

    /// All places that the path leads to.
    pub(super) fn resolve(&self, root: &Value) -> Vec<Vec<Child>> {
        let mut found = Vec::new();
        walk(root, &self.steps, &mut Vec::new(), &mut found);
        found
    }

    /// Where the path ends in `root`: the deepest container that is there, and the keys that are missing in it. `None`
    /// where what is missing is not a plain key.
    pub(super) fn missing(&self, root: &Value) -> Option<Missing> {
        for len in (0..self.steps.len()).rev() {
            let (there, gone) = self.steps.split_at(len);
            let mut found = Vec::new();
            walk(root, there, &mut Vec::new(), &mut found);
            let Some(parent) = found.into_iter().next_back() else { continue };
            let keys = gone.iter().map(|step| match step {
                Step::Key(key) => Some(key.clone()),
                Step::Any | Step::Where { .. } => None,
            });
            return Some(Missing { parent, keys: keys.collect::<Option<_>>()? });
        }
        None
    }

    /// The first step that leads nowhere, for messages.
    pub(super) fn first_missing(&self, root: &Value) -> String {
        let gone = (1..=self.steps.len()).find(|&len| {
            let mut found = Vec::new();
            walk(root, self.steps.get(..len).unwrap_or_default(), &mut Vec::new(), &mut found);
            found.is_empty()
        });
        gone.and_then(|len| self.steps.get(len - 1)).map(ToString::to_string).unwrap_or_default()
    }
}

/// What has to be made.
pub(super) struct Missing {
    pub(super) parent: Vec<Child>,
    /// Keys below it, outermost first.
    pub(super) keys: Vec<String>,
}

fn walk(value: &Value, steps: &[Step], at: &mut Vec<Child>, found: &mut Vec<Vec<Child>>) {
    let Some((step, rest)) = steps.split_first() else {
        found.push(at.clone());
        return;
    };
    let mut enter = |child: Child, value: &Value| {
        at.push(child);
        walk(value, rest, at, found);
        at.pop();
    };
    match (value, step) {
        (Value::Dictionary(dictionary), Step::Key(key)) => {
            if let Some(value) = dictionary.get(key) {
                enter(Child::Key(key.clone()), value);
            }
        }
        (Value::Dictionary(dictionary), Step::Any) => {
            dictionary.iter().for_each(|(key, value)| enter(Child::Key(key.clone()), value));
        }
        (Value::Array(array), Step::Key(key)) => {
            if let Some((index, value)) = key.parse().ok().and_then(|index: usize| Some((index, array.get(index)?))) {
                enter(Child::Index(index), value);
            }
        }
        (Value::Array(array), Step::Any) => {
            array.iter().enumerate().for_each(|(index, value)| enter(Child::Index(index), value));
        }
        (Value::Array(array), Step::Where { key, text }) => {
            for (index, value) in array.iter().enumerate() {
                let tested = match key {
                    None => Some(value),
                    Some(key) => value.as_dictionary().and_then(|dictionary| dictionary.get(key)),
                };
                if tested.and_then(Value::as_string).is_some_and(|is| matches(is, text)) {
                    enter(Child::Index(index), value);
                }
            }
        }
        _ => {}
    }
}

/// Whether `text` is what `pattern` says, `*` standing for any characters.
fn matches(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// A `~` is escaped where it would be read as an escape, so that `Key~ipad` is written as people know it.
fn escaped(key: &str) -> String {
    key.replace("~0", "~00").replace("~1", "~01").replace('/', "~1")
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(&escaped(key)),
            Self::Any => f.write_str("*"),
            Self::Where { key, text } => write!(f, "[{}={text}]", escaped(key.as_deref().unwrap_or_default())),
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            write!(f, "{}{step}", if index > 0 { "/" } else { "" })?;
        }
        Ok(())
    }
}

pub(super) fn value_at<'v>(root: &'v Value, at: &[Child]) -> Option<&'v Value> {
    at.iter().try_fold(root, |value, child| match child {
        Child::Key(key) => value.as_dictionary()?.get(key),
        Child::Index(index) => value.as_array()?.get(*index),
    })
}
