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
//! Must not: build a map of an object.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use super::limits;
use super::setting::Setting;
use super::splice::{SpliceError, Splices};
use super::text::{EncodingError, Position, utf8};

/// Why a document cannot be read or edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The encoding.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
    /// Two edits of one place.
    #[error(transparent)]
    Overlap(#[from] SpliceError),
    /// Not JSON.
    #[error("not valid JSON at {at}: expected {expected}, found {found}")]
    Syntax {
        /// Where.
        at: Position,
        /// What RFC 8259 allows there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Too deep.
    #[error("nested deeper than {} levels at {at}", limits::NESTING)]
    Depth {
        /// Where.
        at: Position,
    },
    /// Not a pointer.
    #[error("{pointer:?} is not a JSON pointer: expected \"\" or a text starting with '/' where '~' is ~0 or ~1")]
    Pointer {
        /// The text.
        pointer: String,
    },
    /// Nothing there.
    #[error("nothing at {pointer:?}: {step:?} is missing{}", there(known))]
    NotFound {
        /// The pointer.
        pointer: String,
        /// The first step that leads nowhere.
        step: String,
        /// The keys that are there instead.
        known: Vec<String>,
    },
    /// An object or array where a single value is expected.
    #[error("{pointer:?} is an {kind} at {at}, expected a single value")]
    Container {
        /// The pointer.
        pointer: String,
        /// "object" or "array".
        kind: &'static str,
        /// Where.
        at: Position,
    },
    /// A number or truth value, and something else as the new value.
    #[error("{pointer:?} is {kind} at {at}, which the given value is not: a reader that expects {kind} would fail")]
    Type {
        /// The pointer.
        pointer: String,
        /// "a number" or "a boolean".
        kind: &'static str,
        /// Where.
        at: Position,
    },
    /// Two pointers that lead to one value, and two values for it.
    #[error("{pointer:?} and another pointer lead to one value, and are given different ones; keep one of them")]
    Conflict {
        /// One of the pointers.
        pointer: String,
    },
    /// Creating below something that cannot have children.
    #[error("cannot make {pointer:?}: {parent:?} is no object or array, or {step:?} is no index of it")]
    Parent {
        /// The pointer.
        pointer: String,
        /// The place that would have to hold it.
        parent: String,
        /// The step.
        step: String,
    },
}

fn there(keys: &[String]) -> String {
    if keys.is_empty() { String::new() } else { format!("; there: {}", keys.join(", ")) }
}

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

/// Every value at `pointer`: several where keys are duplicated, none where it leads nowhere.
pub fn get(bytes: &[u8], pointer: &str) -> Result<Vec<Value>, JsonError> {
    let document = Document::parse(bytes)?;
    let steps = steps(pointer)?;
    Ok(document.find(&steps).iter().map(|node| document.value(node)).collect())
}

/// For each value at `pointer`, what each of these pointers below it leads to; the document is read once for all of them.
pub fn each(bytes: &[u8], pointer: &str, below: &[&str]) -> Result<Vec<Vec<Vec<Value>>>, JsonError> {
    let document = Document::parse(bytes)?;
    let below: Vec<Vec<String>> = below.iter().map(|pointer| steps(pointer)).collect::<Result<_, _>>()?;
    let of = |node: &Node| {
        let values = |steps: &Vec<String>| document.find_from(node, steps).iter().map(|n| document.value(n)).collect();
        below.iter().map(values).collect()
    };
    Ok(document.find(&steps(pointer)?).into_iter().map(of).collect())
}

/// The document with several values. Pointers mean what is there before any of them: `[KEY=TEXT]` finds an element whose KEY
/// another edit changes.
pub fn set_all(bytes: &[u8], settings: &[Setting<'_>]) -> Result<Vec<u8>, JsonError> {
    let document = Document::parse(bytes)?;
    let mut splices = Splices::new();
    let mut seen: BTreeMap<usize, &str> = BTreeMap::new();
    let mut later = Vec::new();
    for setting in settings {
        let Setting { at, value, .. } = *setting;
        let mut targets = document.find(&steps(at)?);
        if targets.is_empty() {
            later.push(setting);
        }
        let taken = |node: &&Node| seen.get(&node.range.start).is_some_and(|other| *other != value);
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
    let document = Document::parse(bytes)?;
    let steps = steps(pointer)?;
    let targets = document.find(&steps);
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
    let document = Document::parse(bytes)?;
    let steps = steps(pointer)?;
    let above = steps.len().saturating_sub(1);
    Ok(!document.find(steps.get(..above).unwrap_or_default()).is_empty())
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
    let document = Document::parse(text.as_bytes())?;
    let mut found = Vec::new();
    let mut open = vec![&document.root];
    while let Some(node) = open.pop() {
        match &node.kind {
            Kind::Object(members) => {
                for (name, value) in members {
                    if document.key(name).is_some_and(|name| name == key) {
                        found.push(Named { range: value.range.clone(), value: document.value(value) });
                    }
                    open.push(value);
                }
            }
            Kind::Array(items) => open.extend(items),
            Kind::String | Kind::Literal => {}
        }
    }
    found.sort_by_key(|member| member.range.start);
    Ok(found)
}

/// The members of the object that the text is, duplicates too; none where it is something else.
pub(super) fn members(text: &str) -> Result<Vec<(String, Named)>, JsonError> {
    let document = Document::parse(text.as_bytes())?;
    let Kind::Object(members) = &document.root.kind else { return Ok(Vec::new()) };
    let named = |value: &Node| Named { range: value.range.clone(), value: document.value(value) };
    Ok(members.iter().filter_map(|(name, value)| Some((document.key(name)?, named(value)))).collect())
}

fn is_number(text: &str) -> bool {
    let mut scanner = Scanner { text, at: 0 };
    matches!(scanner.peek(), Some(b'-' | b'0'..=b'9')) && scanner.number().is_ok() && scanner.at == text.len()
}

pub(super) fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

/// The reference tokens of a pointer, unescaped (RFC 6901, section 4).
fn steps(pointer: &str) -> Result<Vec<String>, JsonError> {
    let wrong = || JsonError::Pointer { pointer: pointer.to_owned() };
    if pointer.is_empty() {
        return Ok(Vec::new());
    }
    let tail = pointer.strip_prefix('/').ok_or_else(wrong)?;
    tail.split('/')
        .map(|token| {
            let mut step = String::new();
            let mut chars = token.chars();
            while let Some(c) = chars.next() {
                match (c, c == '~') {
                    (_, false) => step.push(c),
                    _ => match chars.next() {
                        Some('0') => step.push('~'),
                        Some('1') => step.push('/'),
                        _ => return Err(wrong()),
                    },
                }
            }
            Ok(step)
        })
        .collect()
}

/// An array index: digits without a leading zero (RFC 6901, section 4).
fn index(step: &str) -> Option<usize> {
    let canonical = step == "0" || !step.starts_with('0');
    if canonical && step.bytes().all(|byte| byte.is_ascii_digit()) { step.parse().ok() } else { None }
}

/// The step that is a value and everything below it.
const BELOW: &str = "**";

/// Key and value of a step `[KEY=VALUE]`.
fn member(step: &str) -> Option<(&str, &str)> {
    step.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

/// Whether a step picks among what is there, so that it does not say what to make.
pub(crate) fn picks(step: &str) -> bool {
    step == "*" || step == BELOW || member(step).is_some()
}

/// A value and everything below it, in the order of the text.
fn everything(node: &Node) -> Vec<&Node> {
    let mut all = Vec::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        all.push(node);
        match &node.kind {
            Kind::Object(members) => open.extend(members.iter().rev().map(|(_, value)| value)),
            Kind::Array(items) => open.extend(items.iter().rev()),
            Kind::String | Kind::Literal => {}
        }
    }
    all
}

struct Node {
    range: Range<usize>,
    kind: Kind,
}

enum Kind {
    Object(Vec<(Range<usize>, Node)>),
    Array(Vec<Node>),
    String,
    Literal,
}

struct Document<'b> {
    text: &'b str,
    root: Node,
}

impl<'b> Document<'b> {
    fn parse(bytes: &'b [u8]) -> Result<Self, JsonError> {
        let (text, mark) = utf8(bytes)?;
        let mut scanner = Scanner { text, at: mark };
        scanner.blanks();
        let root = scanner.value(0)?;
        scanner.blanks();
        if scanner.at < text.len() {
            return Err(scanner.expected("the end of the document"));
        }
        Ok(Self { text, root })
    }

    fn at(&self, offset: usize) -> Position {
        Position::of(self.text, offset)
    }

    fn key(&self, range: &Range<usize>) -> Option<String> {
        serde_json::from_str(&self.text[range.clone()]).ok()
    }

    fn value(&self, node: &Node) -> Value {
        let raw = &self.text[node.range.clone()];
        match node.kind {
            Kind::Object(_) => Value::Object,
            Kind::Array(_) => Value::Array,
            Kind::Literal => Value::Literal(raw.to_owned()),
            // A lone surrogate has no text: shown as it is written.
            Kind::String => Value::String(serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())),
        }
    }

    fn find(&self, steps: &[String]) -> Vec<&Node> {
        self.find_from(&self.root, steps)
    }

    fn find_from<'n>(&self, node: &'n Node, steps: &[String]) -> Vec<&'n Node> {
        let mut nodes = vec![node];
        for step in steps {
            nodes = nodes.into_iter().flat_map(|node| self.children(node, step)).collect();
            // Below `**` one value is reached in several ways; it is one place.
            let mut seen = HashSet::new();
            nodes.retain(|node| seen.insert((node.range.start, node.range.end)));
        }
        nodes
    }

    /// The edits that put a value where values are.
    fn replacements(
        &self,
        pointer: &str,
        targets: &[&Node],
        value: &str,
    ) -> Result<Vec<(Range<usize>, String)>, JsonError> {
        let text = quoted(value);
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for node in targets {
            let at = || self.at(node.range.start);
            let kind = match node.kind {
                Kind::Object(_) => "object",
                Kind::Array(_) => "array",
                Kind::Literal => {
                    let there = &self.text[node.range.clone()];
                    let (kind, fits) = match there {
                        "null" => ("null", false),
                        "true" | "false" => ("a boolean", matches!(value, "true" | "false")),
                        _ => ("a number", is_number(value)),
                    };
                    if !fits && kind != "null" {
                        return Err(JsonError::Type { pointer: pointer.to_owned(), kind, at: at() });
                    }
                    edits.push((node.range.clone(), if fits { value.to_owned() } else { text.clone() }));
                    continue;
                }
                Kind::String => {
                    // What reads as the new value already may be written with other escapes.
                    let there = serde_json::from_str::<String>(&self.text[node.range.clone()]);
                    if !there.is_ok_and(|there| there == value) {
                        edits.push((node.range.clone(), text.clone()));
                    }
                    continue;
                }
            };
            return Err(JsonError::Container { pointer: pointer.to_owned(), kind, at: at() });
        }
        Ok(edits)
    }

    fn children<'n>(&self, node: &'n Node, step: &str) -> Vec<&'n Node> {
        if step == BELOW {
            return everything(node);
        }
        match &node.kind {
            Kind::Object(members) => {
                let same = |key: &Range<usize>| self.key(key).is_some_and(|key| key == step);
                let named: Vec<&Node> = members.iter().filter(|(key, _)| same(key)).map(|(_, value)| value).collect();
                let picked = member(step).is_some_and(|(key, value)| self.has_member(node, key, value));
                if named.is_empty() && picked { vec![node] } else { named }
            }
            Kind::Array(items) if step == "*" => items.iter().collect(),
            Kind::Array(items) => match member(step) {
                None => index(step).and_then(|index| items.get(index)).into_iter().collect(),
                Some((key, value)) => items.iter().filter(|item| self.has_member(item, key, value)).collect(),
            },
            Kind::String | Kind::Literal => Vec::new(),
        }
    }

    /// Whether a node is an object with this member.
    fn has_member(&self, node: &Node, key: &str, value: &str) -> bool {
        let Kind::Object(_) = node.kind else { return false };
        self.children(node, key).into_iter().any(|member| match self.value(member) {
            Value::String(text) | Value::Literal(text) => text == value,
            Value::Object | Value::Array => false,
        })
    }

    /// Where and what to insert so that `text` stands at the end of `steps`, in every place they lead to; an error unless
    /// `create`.
    fn insertions(
        &self,
        pointer: &str,
        steps: &[String],
        text: &str,
        create: bool,
    ) -> Result<Vec<(Range<usize>, String)>, JsonError> {
        let existing = (0..steps.len()).rev().find(|&len| !self.find(&steps[..len]).is_empty()).unwrap_or(0);
        let parents = self.find(&steps[..existing]);
        let (Some(last), Some(step)) = (parents.last(), steps.get(existing)) else {
            return Err(JsonError::Pointer { pointer: pointer.to_owned() });
        };
        if !create {
            let known = match &last.kind {
                Kind::Object(members) => members.iter().filter_map(|(key, _)| self.key(key)).take(20).collect(),
                Kind::Array(_) | Kind::String | Kind::Literal => Vec::new(),
            };
            return Err(JsonError::NotFound { pointer: pointer.to_owned(), step: step.clone(), known });
        }
        let impossible = |step: &String| JsonError::Parent {
            pointer: pointer.to_owned(),
            parent: steps[..existing].iter().map(|step| format!("/{step}")).collect(),
            step: step.clone(),
        };
        // What only picks among elements does not say what to make.
        if let Some(picks) = steps[existing..].iter().find(|step| picks(step)) {
            return Err(impossible(picks));
        }
        // Everything below the first missing step, innermost first.
        let colon = self.colon();
        let missing = &steps[existing + 1..];
        let value =
            missing.iter().rev().fold(text.to_owned(), |inner, key| format!("{{{}{colon}{inner}}}", quoted(key)));
        let insertion = |parent: &&Node| match &parent.kind {
            Kind::Object(members) => {
                let member = format!("{}{colon}{value}", quoted(step));
                let last = members.last().map(|(key, node)| (key.start, node.range.end));
                Ok(self.insert_behind(parent, last, &member))
            }
            Kind::Array(items) if step == "-" || index(step) == Some(items.len()) => {
                let last = items.last().map(|node| (node.range.start, node.range.end));
                Ok(self.insert_behind(parent, last, &value))
            }
            Kind::Array(_) | Kind::String | Kind::Literal => Err(impossible(step)),
        };
        parents.iter().map(insertion).collect()
    }

    /// Behind the last item, with the white space that stands before that one.
    fn insert_behind(&self, parent: &Node, last: Option<(usize, usize)>, item: &str) -> (Range<usize>, String) {
        match last {
            None => (parent.range.start + 1..parent.range.start + 1, item.to_owned()),
            Some((start, end)) => {
                let before = &self.text[..start];
                let blanks = &before[before.trim_end_matches([' ', '\t', '\r', '\n']).len()..];
                (end..end, format!(",{blanks}{item}"))
            }
        }
    }

    /// What stands between a key and its value in this document.
    fn colon(&self) -> &str {
        let mut open = vec![&self.root];
        while let Some(node) = open.pop() {
            match &node.kind {
                Kind::Object(members) => {
                    if let Some((key, value)) = members.first() {
                        return &self.text[key.end..value.range.start];
                    }
                }
                Kind::Array(items) => open.extend(items),
                Kind::String | Kind::Literal => {}
            }
        }
        ":"
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        let found = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("{c:?}"),
            None => "the end of the file".to_owned(),
        };
        JsonError::Syntax { at: Position::of(self.text, self.at), expected, found }
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node, JsonError> {
        if depth > limits::NESTING {
            return Err(JsonError::Depth { at: Position::of(self.text, self.at) });
        }
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => {
                self.string()?;
                Kind::String
            }
            Some(b'-' | b'0'..=b'9') => {
                self.number()?;
                Kind::Literal
            }
            _ => {
                let rest = &self.text[self.at..];
                let word = ["true", "false", "null"].into_iter().find(|word| rest.starts_with(word));
                self.at += word.ok_or_else(|| self.expected("a value"))?.len();
                Kind::Literal
            }
        };
        Ok(Node { range: start..self.at, kind })
    }

    fn object(&mut self, depth: usize) -> Result<Kind, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Object(members));
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key in quotes"));
            }
            self.string()?;
            let key = start..self.at;
            self.blanks();
            self.take(b':', "':' behind the key")?;
            self.blanks();
            members.push((key, self.value(depth + 1)?));
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Kind::Object(members));
                }
                _ => return Err(self.expected("',' or '}'")),
            }
            self.blanks();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Kind, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Kind::Array(items));
                }
                _ => return Err(self.expected("',' or ']'")),
            }
            self.blanks();
        }
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    let digits = match self.peek() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
                        Some(b'u') => 4,
                        _ => return Err(self.expected("an escape character")),
                    };
                    self.at += 1;
                    for _ in 0..digits {
                        if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                            return Err(self.expected("four hexadecimal digits"));
                        }
                        self.at += 1;
                    }
                }
                Some(0..0x20) | None => return Err(self.expected("the end of the text in quotes")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }
}
