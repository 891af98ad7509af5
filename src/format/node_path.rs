//! Paths to a place in an XML document, text or binary: `/a/b` is the text of an element, `/a/b/@c` an attribute. A step
//! may carry `[2]` (the second such sibling, counted from 1) and `[@name='x']`, several in a row, each counting what the
//! ones before it left. `*` is any element, `*:a` (in text) an `a` of whatever prefix. Names match literally, prefix and
//! all, as `XPath` 1.0 abbreviations read.
//!
//! Must not: know how a document is stored.

use std::fmt;

/// A path that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("path {path:?}, character {offset}: expected {expected}; paths look like /a/b[2]/@c or /a/b[@name='x']")]
pub struct PathError {
    /// The path.
    pub path: String,
    /// Byte offset in it.
    pub offset: usize,
    /// What should be there.
    pub expected: &'static str,
}

/// A path, ready to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePath {
    steps: Vec<Step>,
    attribute: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    name: String,
    predicates: Vec<Predicate>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Predicate {
    Nth(u32),
    Attribute { name: String, value: String },
}

impl NodePath {
    /// Reads a path.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let bad = |rest: &str, expected| PathError { path: path.to_owned(), offset: path.len() - rest.len(), expected };
        let mut rest = path;
        let mut out = Self { steps: Vec::new(), attribute: None };
        while let Some(after) = rest.strip_prefix('/') {
            if let Some(name) = after.strip_prefix('@') {
                if name.is_empty() || name.contains(['/', '[', ']', '@', '\'', '"']) || out.steps.is_empty() {
                    return Err(bad(name, "one attribute name at the end of an element's path"));
                }
                out.attribute = Some(name.to_owned());
                return Ok(out);
            }
            let end = after.find(['/', '[']).unwrap_or(after.len());
            let (name, mut tail) = after.split_at(end);
            if name.is_empty() || name.contains([']', '@', '\'', '"', '=']) {
                return Err(bad(after, "an element name"));
            }
            let mut step = Step { name: name.to_owned(), predicates: Vec::new() };
            while let Some(inside) = tail.strip_prefix('[') {
                let (predicate, after) =
                    predicate(inside).ok_or_else(|| bad(inside, "a number from 1, or @name='value', and ]"))?;
                step.predicates.push(predicate);
                tail = after;
            }
            out.steps.push(step);
            rest = tail;
        }
        if rest.is_empty() && !out.steps.is_empty() { Ok(out) } else { Err(bad(rest, "/ and an element name")) }
    }

    /// The attribute the path ends in, if it does.
    pub fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }

    /// The path of the parent, the element's name, and the attributes that its predicates ask for: what is needed to
    /// make a missing element. `None` when only counting could tell which element is meant.
    pub(crate) fn missing(&self) -> Option<Missing<'_>> {
        let (last, parents) = self.steps.split_last()?;
        if parents.is_empty() || last.name.starts_with('*') {
            return None;
        }
        let mut attributes = Vec::new();
        for predicate in &last.predicates {
            match predicate {
                Predicate::Attribute { name, value } => attributes.push((name.as_str(), value.as_str())),
                Predicate::Nth(1) => {}
                Predicate::Nth(_) => return None,
            }
        }
        Some(Missing { parent: Self { steps: parents.to_vec(), attribute: None }, name: &last.name, attributes })
    }

    /// The same element, without the attribute.
    pub(crate) fn element(&self) -> Self {
        Self { steps: self.steps.clone(), attribute: None }
    }

    /// The elements on the way, outermost first, the addressed one last.
    pub(crate) fn elements(&self) -> impl Iterator<Item = (Self, String)> {
        (1..=self.steps.len()).map(|len| {
            let steps = self.steps[..len].to_vec();
            let name = steps.last().map(ToString::to_string).unwrap_or_default();
            (Self { steps, attribute: None }, name)
        })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.predicates.iter().try_for_each(|predicate| match predicate {
            Predicate::Nth(number) => write!(f, "[{number}]"),
            Predicate::Attribute { name, value } => {
                let quote = if value.contains('\'') { '"' } else { '\'' };
                write!(f, "[@{name}={quote}{value}{quote}]")
            }
        })
    }
}

impl fmt::Display for NodePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| write!(f, "/{step}"))?;
        self.attribute.as_ref().map_or(Ok(()), |name| write!(f, "/@{name}"))
    }
}

/// An element to make: under which parent, its name, and the attributes it must have.
pub(crate) struct Missing<'p> {
    pub(crate) parent: NodePath,
    pub(crate) name: &'p str,
    pub(crate) attributes: Vec<(&'p str, &'p str)>,
}

/// What stands in `[...]`, and what follows the bracket.
fn predicate(inside: &str) -> Option<(Predicate, &str)> {
    if let Some(after) = inside.strip_prefix('@') {
        let (name, after) = after.split_once('=')?;
        let quote = after.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let (value, after) = after.get(1..)?.split_once(quote)?;
        let after = after.strip_prefix(']')?;
        let plain = !name.is_empty() && !name.contains(['[', ']', '/', '@', '\'', '"']);
        return plain.then(|| (Predicate::Attribute { name: name.to_owned(), value: value.to_owned() }, after));
    }
    let (number, after) = inside.split_once(']')?;
    let number = number.parse().ok().filter(|number| *number > 0)?;
    Some((Predicate::Nth(number), after))
}

/// An element as the matcher sees it.
pub(crate) trait Element {
    /// Whether this is its name.
    fn is_named(&self, name: &str) -> bool;
    /// The value of an attribute, if it has it as text.
    fn attribute(&self, name: &str) -> Option<String>;
}

/// Follows a document's elements and tells which ones a path means.
pub(crate) struct Matcher<'p> {
    path: &'p NodePath,
    /// Per open element and for the document: whether the path leads through it, and how many children each predicate of
    /// the next step has let pass.
    open: Vec<(bool, Vec<u32>)>,
}

impl<'p> Matcher<'p> {
    pub(crate) fn new(path: &'p NodePath) -> Self {
        let mut matcher = Self { path, open: Vec::new() };
        matcher.push(true);
        matcher
    }

    /// An element opens; true when it is one the path means.
    pub(crate) fn enter(&mut self, element: &impl Element) -> bool {
        let path = self.path;
        let depth = self.open.len().saturating_sub(1);
        let matched = match (self.open.last_mut(), path.steps.get(depth)) {
            (Some((true, counters)), Some(step)) => passes(step, counters, element),
            _ => false,
        };
        self.push(matched);
        matched && depth + 1 == path.steps.len()
    }

    /// The element closes.
    pub(crate) fn leave(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    fn push(&mut self, matched: bool) {
        let next = if matched { self.path.steps.get(self.open.len()) } else { None };
        self.open.push((matched, vec![0; next.map_or(0, |step| step.predicates.len())]));
    }
}

fn passes(step: &Step, counters: &mut [u32], element: &impl Element) -> bool {
    if step.name != "*" && !element.is_named(&step.name) {
        return false;
    }
    step.predicates.iter().zip(counters).all(|(predicate, counter)| match predicate {
        Predicate::Nth(wanted) => {
            *counter = counter.saturating_add(1);
            counter == wanted
        }
        Predicate::Attribute { name, value } => element.attribute(name).as_ref() == Some(value),
    })
}
