//! Codecs: identity first, then edits, then hostile bytes.

mod build;
mod json;
mod properties;
mod xml;
mod zip;
