//! What an edit puts where: values in the place of values, and new ones behind the last.
//!
//! Must not: change a byte that is not asked for.

use std::ops::Range;

use super::document::Document;
use super::error::JsonError;
use super::scan::{self, Kind, Node, Scanner, is_number};
use super::steps::{Pointer, Step};

/// Keys that an error names.
const KNOWN: usize = 20;

/// A text as a string of JSON.
pub(in crate::format) fn quoted(value: &str) -> String {
    serde_json::Value::from(value).to_string()
}

impl Document<'_> {
    /// The edits that put a value where values are.
    pub(super) fn replacements(
        &self,
        pointer: &str,
        targets: &[Node],
        value: &str,
    ) -> Result<Vec<(Range<usize>, String)>, JsonError> {
        let text = quoted(value);
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        for node in targets {
            let at = || self.at(node.range.start);
            let kind = match node.kind {
                Kind::Object => "object",
                Kind::Array => "array",
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
                    let there = scan::decoded(&self.text[node.range.clone()]);
                    if there.is_none_or(|there| there != value) {
                        edits.push((node.range.clone(), text.clone()));
                    }
                    continue;
                }
            };
            return Err(JsonError::Container { pointer: pointer.to_owned(), kind, at: at() });
        }
        Ok(edits)
    }

    /// Where and what to insert so that `text` stands at the end of `steps`, in every place they lead to; an error unless
    /// `create`.
    pub(super) fn insertions(
        &self,
        pointer: &str,
        steps: &Pointer,
        text: &str,
        create: bool,
    ) -> Result<Vec<(Range<usize>, String)>, JsonError> {
        let (existing, parents) = self.deepest(steps)?;
        let (Some(last), Some(step)) = (parents.last(), steps.get(existing)) else {
            return Err(JsonError::Pointer { pointer: pointer.to_owned() });
        };
        if !create {
            let mut known = Vec::new();
            scan::children(self.text, last, |key, _| {
                if known.len() < KNOWN {
                    known.extend(key.and_then(|key| scan::decoded(&self.text[key])));
                }
            });
            return Err(JsonError::NotFound { pointer: pointer.to_owned(), step: step.to_string(), known });
        }
        let impossible = |step: &Step| JsonError::Parent {
            pointer: pointer.to_owned(),
            parent: steps[..existing].iter().map(|step| format!("/{step}")).collect(),
            step: step.to_string(),
        };
        // What only picks among elements does not say what to make.
        if let Some(picks) = steps[existing..].iter().find(|step| step.picks()) {
            return Err(impossible(picks));
        }
        // Everything below the first missing step, innermost first.
        let colon = self.colon();
        let name = |step: &Step| quoted(&step.to_string());
        let missing = &steps[existing + 1..];
        let value = missing.iter().rev().fold(text.to_owned(), |inner, key| format!("{{{}{colon}{inner}}}", name(key)));
        let insertion = |parent: &Node| {
            let (mut last, mut count) = (None, 0);
            scan::children(self.text, parent, |key, node| {
                last = Some((key.map_or(node.range.start, |key| key.start), node.range.end));
                count += 1;
            });
            let item = match (parent.kind, step) {
                (Kind::Object, _) => format!("{}{colon}{value}", name(step)),
                (Kind::Array, Step::Name { name, index }) if name == "-" || *index == Some(count) => value.clone(),
                (Kind::Array | Kind::String | Kind::Literal, _) => return Err(impossible(step)),
            };
            Ok(self.insert_behind(parent, last, &item))
        };
        parents.iter().map(insertion).collect()
    }

    /// How many of the steps lead somewhere, and where to.
    fn deepest(&self, steps: &Pointer) -> Result<(usize, Vec<Node>), JsonError> {
        for existing in (0..steps.len()).rev() {
            let parents = self.find_one(&steps[..existing].to_vec())?;
            if !parents.is_empty() {
                return Ok((existing, parents));
            }
        }
        Ok((0, Vec::new()))
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

    /// What stands between a key and its value in this document: in the first object that has one.
    fn colon(&self) -> &str {
        let mut scanner = Scanner::plain(self.text, self.mark);
        while let Some(byte) = scanner.peek() {
            if byte == b'"' {
                // It was read before.
                let _ = scanner.string();
                continue;
            }
            scanner.at += 1;
            scanner.blanks();
            if byte == b'{' && scanner.peek() == Some(b'"') {
                let _ = scanner.string();
                let start = scanner.at;
                scanner.blanks();
                scanner.at += 1;
                scanner.blanks();
                return &self.text[start..scanner.at];
            }
        }
        ":"
    }
}
