//! An element and its attributes, by the ranges of bytes in which they lie.
//!
//! Must not: read text.

use std::ops::Range;

pub(crate) struct Attribute {
    pub(crate) name: String,
    /// Between the quotes.
    pub(crate) value: Range<usize>,
    pub(crate) quote: char,
}

pub(crate) struct Element {
    pub(crate) parent: Option<usize>,
    /// Of `<`.
    pub(crate) start: usize,
    pub(crate) name: Range<usize>,
    pub(crate) attributes: Vec<Attribute>,
    /// Behind the start tag up to the end tag; empty for `<a/>`.
    pub(crate) content: Range<usize>,
    /// `<a/>`: the range of `/>`.
    pub(crate) empty_tag: Option<Range<usize>>,
    /// How many elements lie directly in it.
    pub(crate) children: usize,
}

impl Element {
    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}
